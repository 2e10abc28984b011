/* What is said of a file. */
#include "config/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

void config_report_log(const struct config_report *report, bool warnings, const char *lead)
{
    for (size_t i = 0; i < report->line_count; i++) {
        const struct config_line *line = &report->lines[i];
        if (line->warning != warnings)
            continue;
        if (warnings)
            log_warning("%s%s", lead, line->text);
        else
            log_error("%s%s", lead, line->text);
    }
}

void config_report_warn(struct config_report *report, const char *text)
{
    const char *said = strstr(text, ": ");
    report->lines = mem_resize(report->lines, report->line_count + 1, sizeof(*report->lines));
    report->lines[report->line_count++] =
        (struct config_line){.text = mem_strdup(text),
                             .lead_bytes = said ? (size_t)(said + 2 - text) : 0,
                             .warning = true};
    report->warning_count++;
}

void config_report_release(struct config_report *report)
{
    for (size_t i = 0; i < report->line_count; i++)
        free(report->lines[i].text);
    free(report->lines);
    *report = (struct config_report){0};
}
