/* How a subcommand is described, and what it works with. One table of these makes the parser, the
 * help and the manual. */
#ifndef BGPD_CLI_COMMAND_H
#define BGPD_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/client.h"

/* Exit statuses. */
enum {
    CLI_OK = 0,
    CLI_FAILED = 1,      /* the daemon refused, or something on this side failed */
    CLI_USAGE = 2,       /* the command line is wrong, or a value in it is */
    CLI_UNREACHABLE = 3, /* no daemon answers, or what does is none */
};

enum cli_format { FORMAT_TABLE, FORMAT_JSON, FORMAT_NDJSON, FORMAT_CSV };

struct cli_program {
    /* The daemon; `api` is "ADDR:PORT" or NULL, `verbosity` how often -v was given. Returns the
     * exit status. */
    int (*run)(const char *file, const char *api, unsigned verbosity);
    /* Checks a configuration file; with `json` the answer is JSON. Returns the exit status. */
    int (*check)(const char *file, bool json, bool coverage);
    /* Carries out a method of the API by a configuration file alone, without a daemon; takes over
     * `params`. The result, or NULL with why not in *error, several lines perhaps. */
    json_t *(*call_by_file)(const char *file, const char *method, json_t *params,
                            struct strbuf *error);
    /* The name of the address family with the number `n`, from 0 up, among all or those of routes
     * to prefixes; NULL after the last one. */
    const char *(*nth_family)(bool of_prefixes, unsigned n);
    /* Reads a file of the client's settings, and hands on those that it has. Not 0, with why in
     * *error, where it is wrong; one that is not there has none. */
    int (*read_client_file)(const char *path,
                            void (*set)(void *ctx, const char *key, const char *value), void *ctx,
                            struct strbuf *error);
};

/* What a command works with. */
struct cli {
    const struct cli_program *program;
    struct client client;
    enum cli_format format;
    bool color;
    unsigned verbosity;
};

enum { CLI_ARGS_MAX = 3 };

enum cli_value_kind {
    CLI_FLAG,          /* takes no value; may be repeated (-vv) */
    CLI_TEXT,          /* one value, the last one counts */
    CLI_NUMBER,        /* decimal, min to max */
    CLI_LIST,          /* any number of values: -m A -m B, or -m A B */
    CLI_FAMILY,        /* an address family, which the daemon judges */
    CLI_PREFIX_FAMILY, /* one whose routes are to prefixes */
};

struct cli_option {
    const char *name;  /* without the dashes; NULL ends a table */
    char letter;       /* 0: none */
    uint8_t kind;      /* enum cli_value_kind */
    const char *value; /* what the help calls the value */
    const char *help;
    uint64_t min;
    uint64_t max;
};

struct cli_arg {
    const char *name;    /* NULL ends the list */
    const char *choices; /* "ipv4|ipv6": anything else is refused; NULL: any text */
    /* Tells a value from the misspelled word of a command; NULL: any text is one. */
    bool (*accepts)(const char *text);
    bool optional;
    bool is_phrase; /* often of several words, which are one argument in quotes only */
    bool keyword;   /* given by writing the name itself, or its beginning, wherever it stands */
    bool many;      /* there may be any number of these; the last one that is no keyword */
};

struct cli_call;

/* An entry without `run` is a group: its path is the beginning of other paths. */
struct cli_command {
    const char *path;    /* "show routes learned" */
    const char *aliases; /* other names of the path's last word, with spaces between; or NULL */
    const char *help;    /* one line */
    const char *details; /* further help below the usage line; or NULL */
    struct cli_arg args[CLI_ARGS_MAX + 1];
    const struct cli_option *options; /* or NULL */
    /* How the help calls a program with its arguments that may follow "--"; NULL: none may. */
    const char *program;
    bool local;   /* does not talk to a daemon */
    bool has_csv; /* knows FORMAT_CSV */
    bool is_read; /* what it prints is for reading: by a pager, on a terminal */
    int (*run)(struct cli *cli, const struct cli_call *call);
};

struct cli_table {
    const struct cli_command *commands; /* groups before their members */
    size_t command_count;
    const struct cli_option *globals; /* understood by every command */
};

/* The table of this program (commands.c). */
extern const struct cli_table cli_table;

#endif
