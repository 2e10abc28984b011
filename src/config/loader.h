/* One run of the loader: what every step of it shares, and the problems found so far.
 *
 * Internal to config. A step that finds something wrong reports it and goes on, so that the user
 * gets all problems of a file at once, up to a limit. */
#ifndef BGPD_CONFIG_LOADER_H
#define BGPD_CONFIG_LOADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/file_version.h"
#include "base/strbuf.h"
#include "config/config.h"
#include "config/report.h"
#include "config/toml.h"

struct policies;
struct sources;

struct problem {
    struct toml_place place;
    bool warning; /* the configuration can be used all the same */
    char *text;   /* owned */
    char *file;   /* owned: another file, named at that place, where the problem is; NULL */
    struct toml_place file_place;
};

/* A value that stands in for a parameter: where that is mentioned, and the value where it stands
 * itself. */
struct stand_in {
    struct toml_place place;
    const char *name;              /* of the parameter; borrowed */
    const struct toml_node *value; /* borrowed */
};

struct stand_ins {
    struct stand_in *at; /* owned */
    size_t count;
    size_t size;
};

/* A file, as it was before it was read. */
struct file_read {
    char *path; /* owned */
    struct file_version version;
};

struct loader {
    const char *path; /* of the file that was asked for; borrowed */
    const char *name; /* what problems call it; borrowed */
    char **files;     /* owned: paths of all files, by number; `path` is the first */
    size_t file_count;
    struct file_read *files_read; /* owned: those and others; one may be there several times */
    size_t files_read_count;
    size_t files_read_size;
    struct sources *sources;             /* owned: config/sources.h */
    const struct toml_node *root;        /* borrowed: what the files say together */
    struct config *config;               /* owned; under construction */
    const struct set_files *known_files; /* of the configuration before; borrowed; NULL: none */
    struct policies *policies;           /* owned: config/policies.h */
    struct problem *problems;            /* owned */
    size_t problem_count;
    size_t problem_size;
    size_t error_count;   /* all that were found: beyond CONFIG_ERRORS_MAX they are not kept */
    size_t warning_count; /* likewise */
    struct config_coverage *coverage;  /* where it is asked for; borrowed; NULL */
    const struct stand_ins *stand_ins; /* in what is being read; borrowed; NULL: none */
    bool again;      /* what is read now was perhaps read before, with other values */
    bool incomplete; /* parts of the files are not TOML, and what they say is not known */
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

/* Notes a file that is going to be read, as it is now. */
void loader_note_file(struct loader *l, const char *path);

/* Adds the problems, and how many more there are, to a report, in the order of the file. Control
 * characters are written as escapes: a problem never takes more than its line. */
void loader_report(struct loader *l, struct config_report *report);
/* Gives back the problems, and what was noted of files. */
void loader_release(struct loader *l);

/* True when there are as many errors as are told of: the text of further ones need not be made. */
bool loader_is_full(const struct loader *l);

/* Whether what stands at a place there is the value of a parameter. */
bool loader_stands_in(const struct loader *l, struct toml_place place);

/* Order in the files: <0, 0, >0. */
int loader_place_compare(struct toml_place a, struct toml_place b);

/* The path of the file that a place is in; borrowed. Relative names that stand there begin in its
 * folder. */
const char *loader_file(const struct loader *l, struct toml_place place);
/* What problems call that file; borrowed. */
const char *loader_name(const struct loader *l, struct toml_place place);

struct loader_line {
    char text[300];
};

/* "line 7" or, where that is in another file than `beside`, "FILE:7"; *text holds it. */
const char *loader_line_text(const struct loader *l, struct toml_place place,
                             struct toml_place beside, struct loader_line *text);

/* The value of a key of a table; NULL when it is not there. */
const struct toml_node *loader_find(const struct toml_node *table, const char *key);

#endif
