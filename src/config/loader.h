/* One run of the loader: what every step of it shares, and the problems found so far.
 *
 * Internal to config. A step that finds something wrong reports it and goes on, so that the user
 * gets all problems of a file at once, up to a limit. */
#ifndef BGPD_CONFIG_LOADER_H
#define BGPD_CONFIG_LOADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "config/config.h"
#include "config/report.h"
#include "config/toml.h"

struct policies;

struct problem {
    struct toml_place place;
    bool warning; /* the configuration can be used all the same */
    char *text;   /* owned */
    char *file;   /* owned: another file, named at that place, where the problem is; NULL */
    struct toml_place file_place;
};

struct loader {
    const char *path;             /* borrowed; relative names of files start in its folder */
    const char *name;             /* borrowed; what problems call what is read */
    const struct toml_node *root; /* borrowed */
    struct config *config;        /* owned; under construction */
    struct policies *policies;    /* owned: config/policies.h */
    struct problem *problems;     /* owned */
    size_t problem_count;
    size_t problem_size;
    size_t error_count;   /* all that were found: beyond CONFIG_ERRORS_MAX they are not kept */
    size_t warning_count; /* likewise */
    struct config_coverage *coverage; /* where it is asked for; borrowed; NULL */
    bool incomplete; /* parts of the file are not TOML, and what they say is not known */
    bool stumbled;   /* an error was found, told of or not, since this was last set to false */
    bool muted;      /* values inherited from a group: what is wrong with them was said there */
};

void loader_problem(struct loader *l, struct toml_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A problem in another file, which is named at `place`. */
void loader_problem_in(struct loader *l, struct toml_place place, const char *file,
                       struct toml_place file_place, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* A problem that something is not there: no problem when it may be in what could not be read. */
void loader_missing(struct loader *l, struct toml_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void loader_warning(struct loader *l, struct toml_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds the problems, and how many more there are, to a report, in the order of the file. Control
 * characters are written as escapes: a problem never takes more than its line. */
void loader_report(struct loader *l, struct config_report *report);
void loader_release_problems(struct loader *l);

/* True when there are as many errors as are told of: the text of further ones need not be made. */
bool loader_is_full(const struct loader *l);

/* Order in the file: <0, 0, >0. */
int loader_place_compare(struct toml_place a, struct toml_place b);

/* The value of a key of a table; NULL when it is not there. */
const struct toml_node *loader_find(const struct toml_node *table, const char *key);

#endif
