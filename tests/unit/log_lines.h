/* What the log writes, for tests: lines without their time. */
#ifndef BGPD_TESTS_LOG_LINES_H
#define BGPD_TESTS_LOG_LINES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static FILE *log_lines_file;
static int log_lines_stderr = -1;
static char log_lines_text[65536];

/* From here on the log goes into a file. */
static inline void log_lines_begin(void)
{
    log_init(LOG_LEVEL_INFO);
    log_lines_file = tmpfile();
    if (!log_lines_file)
        abort();
    log_lines_stderr = dup(STDERR_FILENO);
    dup2(fileno(log_lines_file), STDERR_FILENO);
}

/* The lines since the last call, each with its end: "info    text\n". */
static inline const char *log_lines(void)
{
    static char line[4096];
    log_lines_text[0] = '\0';
    rewind(log_lines_file);
    while (fgets(line, sizeof(line), log_lines_file)) {
        const char *text = strchr(line, ' ');
        strcat(log_lines_text, text ? text + 1 : line);
    }
    rewind(log_lines_file);
    if (ftruncate(fileno(log_lines_file), 0) != 0)
        abort();
    return log_lines_text;
}

static inline void log_lines_end(void)
{
    dup2(log_lines_stderr, STDERR_FILENO);
    close(log_lines_stderr);
    fclose(log_lines_file);
}

#endif
