/* From a TOML file to a configuration. */
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
/* Adds an error that concerns the file as a whole. */
void config_report_fail(struct config_report *report, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
