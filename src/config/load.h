/* From a TOML file, or a text that was sent in its place, to a configuration. */
#ifndef BGPD_CONFIG_LOAD_H
#define BGPD_CONFIG_LOAD_H

#include <stddef.h>

#include "config/config.h"
#include "config/report.h"

/* Reads, parses and checks a file. Returns a new config, or NULL when *report (zero-initialised)
 * has errors; warnings may be in it in either case. File system trouble is an error like others. */
struct config *config_load(const char *path, struct config_report *report);
/* The same, and finds what the tests reach where the file has no errors; `ret_coverage` is
 * zero-initialised. */
struct config *config_load_covered(const char *path, struct config_report *report,
                                   struct config_coverage *ret_coverage);
/* The same as config_load from memory; `path` is only used in messages (and to find
 * md5_password_file). */
struct config *config_parse(const char *text, size_t len_bytes, const char *path,
                            struct config_report *report);
/* Adds an error that concerns the file, or the text of that name, as a whole. */
void config_report_fail(struct config_report *report, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Where a configuration is to be read from: a file, or a text that was sent in its place. */
struct config_source {
    char *path; /* owned; the file; relative names in either begin in its folder */
    char *text; /* owned; NULL: the file is read. May hold passwords */
    char *name; /* owned; what places in the text are called */
    struct set_files *known_files; /* a reference; NULL: there are none */
};

struct config_source config_source_file(const char *path);
struct config_source config_source_sent(const char *path, const char *name, const char *text);
/* What `before` has read of files is taken over, where these are as they were. */
void config_source_know(struct config_source *from, const struct config *before);
/* As config_load, of either. */
struct config *config_source_load(const struct config_source *from, struct config_report *report);
/* Gives back what it holds, the text wiped. */
void config_source_release(struct config_source *from);

#endif
