/* What there is to say of a configuration file: errors and warnings, each a line. */
#ifndef BGPD_CONFIG_REPORT_H
#define BGPD_CONFIG_REPORT_H

#include <stdbool.h>
#include <stddef.h>

enum {
    CONFIG_ERRORS_MAX = 100 /* that are told of; further ones are counted, and so are warnings */
};

/* "FILE:LINE:COLUMN: what is wrong (what was expected)", or what has no effect. */
struct config_line {
    char *text;        /* owned; no line feed, all of it printable */
    size_t lead_bytes; /* "FILE:LINE:COLUMN: " */
    bool warning;
};

/* What there is to say of a file, in its order. Of more than CONFIG_ERRORS_MAX errors the others
 * are counted in a last line, and so are those of the warnings. */
struct config_report {
    struct config_line *lines; /* owned */
    size_t line_count;
    size_t error_count; /* of all that were found */
    size_t warning_count;
};

/* Which rules of policies the `tests` of a file reach. */
struct config_coverage {
    struct config_report unreached; /* a warning for each that none reaches */
    size_t rule_count;
    size_t reached_count;
};

/* Writes the lines of the one kind to the log, each after `lead`. */
void config_report_log(const struct config_report *report, bool warnings, const char *lead);
/* Adds a warning, "FILE: what is wrong", about a file that the configuration names. All of it is
 * printable. */
void config_report_warn(struct config_report *report, const char *text);
void config_report_release(struct config_report *report);

#endif
