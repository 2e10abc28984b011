/* Parsing of a command line with a table of commands. */
#ifndef BGPD_CLI_PARSE_H
#define BGPD_CLI_PARSE_H

#include "base/strbuf.h"
#include "cli/command.h"

struct cli_setting {
    const struct cli_option *option;
    const char *value; /* borrowed from argv; "" for a flag */
};

/* A parsed command line. */
struct cli_call {
    const struct cli_command *command; /* NULL: none was named */
    const char *args[CLI_ARGS_MAX];    /* by position in command->args; NULL when not given */
    const char **more;                 /* owned: further ones of which there may be many */
    size_t more_count;
    struct cli_setting *settings; /* owned; in the order they were given */
    size_t setting_count;
    char *const *program; /* what follows "--", of argv; NULL: nothing, or no program may */
    bool wants_help;
};

/* Parses the words after the program's name, which end with a NULL behind the last one. Global
 * options may stand anywhere; after the command's name a letter that is the command's own means the
 * command's option. ERR_INVALID, with what is wrong and the nearest valid word in *error,
 * ERR_NOT_FOUND when the words end before they name a command; ret_call->command is then what was
 * understood so far. Release the call in any case. */
int cli_parse(const struct cli_table *table, int count, char *const *words,
              struct cli_call *ret_call, struct strbuf *error);
void cli_call_release(struct cli_call *call);
/* Parses the words that stand before one that is still being written. False when they are wrong.
 * *ret_awaits is the option whose value that word is, or NULL. Release the call in any case. */
bool cli_parse_before(const struct cli_table *table, int count, char *const *words,
                      struct cli_call *ret_call, const struct cli_option **ret_awaits);

/* How often the option was given. */
size_t cli_call_count(const struct cli_call *call, const char *name);
/* Its last value, NULL when it was not given. */
const char *cli_call_text(const struct cli_call *call, const char *name);
/* Its last value as a number (already checked), `fallback` when it was not given. */
uint64_t cli_call_number(const struct cli_call *call, const char *name, uint64_t fallback);
/* Its values, joined with `separator` into `out`. */
void cli_call_join(const struct cli_call *call, const char *name, const char *separator,
                   struct strbuf *out);
/* Its value number `index`, NULL after the last. */
const char *cli_call_value(const struct cli_call *call, const char *name, size_t index);

/* True when `child` is directly below `parent` (NULL: at the top). */
bool cli_is_child(const struct cli_command *parent, const struct cli_command *child);
/* The last word of the path. */
const char *cli_command_word(const struct cli_command *command);

#endif
