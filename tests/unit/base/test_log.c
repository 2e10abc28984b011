/* The log: levels, one line an event, and a writer that nobody waits for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

/* What log_line writes to stderr. */
static char *captured(enum log_level level, const char *text)
{
    static char buf[4096];
    int fds[2];
    int saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(fds), 0);
    dup2(fds[1], STDERR_FILENO);
    close(fds[1]);
    log_line(level, "%s", text);
    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t n = read(fds[0], buf, sizeof(buf) - 1);
    close(fds[0]);
    buf[n > 0 ? n : 0] = '\0';
    return buf;
}

static void levels(void **state)
{
    (void)state;
    log_init(LOG_LEVEL_INFO);
    assert_true(log_enabled(LOG_LEVEL_ERROR));
    assert_true(log_enabled(LOG_LEVEL_INFO));
    assert_false(log_enabled(LOG_LEVEL_DEBUG));
    assert_string_equal(captured(LOG_LEVEL_DEBUG, "quiet"), "");
    assert_non_null(strstr(captured(LOG_LEVEL_WARNING, "shown"), "warning shown\n"));
    log_init(LOG_LEVEL_TRACE);
    assert_non_null(strstr(captured(LOG_LEVEL_TRACE, "now"), "trace   now\n"));
}

static void a_line_stays_one_line(void **state)
{
    (void)state;
    log_init(LOG_LEVEL_INFO);
    char *line = captured(LOG_LEVEL_INFO, "a\nb\rc\x1b[0m");
    assert_non_null(strstr(line, "info    a b c [0m\n"));
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    line = captured(LOG_LEVEL_INFO, "gr\xc3\xbc\xc3\x9f\x7f\xc2\x9b\xe2\x80\xae\xff.");
    assert_non_null(strstr(line, "info    gr\xc3\xbc\xc3\x9f       .\n"));
}

static void long_lines_are_cut(void **state)
{
    (void)state;
    char text[4000];
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    char *line = captured(LOG_LEVEL_ERROR, text);
    assert_int_equal(strlen(line), 2048);
    assert_int_equal(line[2047], '\n');
}

/* A pipe that nobody reads: lines do not wait, and what is lost is counted. */
static void lines_never_wait(void **state)
{
    (void)state;
    enum { LINES = 20000 };
    int fds[2];
    int saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(fds), 0);
    dup2(fds[1], STDERR_FILENO);
    close(fds[1]);
    log_init(LOG_LEVEL_INFO);
    assert_int_equal(log_writer_start(), 0);
    for (unsigned i = 0; i < LINES; i++)
        log_info("line %u of a flood that nobody takes", i);
    /* Nor does the end: it comes with the writer still waiting. */
    assert_false(log_writer_stop(20));
    FILE *in = fdopen(fds[0], "r");
    char text[4096];
    unsigned seen = 0;
    unsigned lost = 0;
    while (seen + lost < LINES && fgets(text, sizeof(text), in)) {
        unsigned number;
        const char *message = strstr(text, "line ");
        const char *told = strstr(text, "the log: ");
        if (told && sscanf(told, "the log: %u lines are lost", &number) == 1)
            lost += number;
        else if (message && sscanf(message, "line %u", &number) == 1)
            assert_int_equal(number, seen++); /* in order, none twice */
        else
            fail_msg("unexpected: %s", text);
    }
    assert_true(lost > 0 && seen > 1000);
    assert_int_equal(seen + lost, LINES);
    dup2(saved, STDERR_FILENO);
    close(saved);
    fclose(in);
}

static void the_rest_is_written_at_the_end(void **state)
{
    (void)state;
    static char text[65536];
    int fds[2];
    int saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(fds), 0);
    dup2(fds[1], STDERR_FILENO);
    close(fds[1]);
    assert_int_equal(log_writer_start(), 0);
    for (unsigned i = 0; i < 100; i++)
        log_info("line %u", i);
    assert_true(log_writer_stop(10000));
    log_info("at once");
    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t n = 0;
    ssize_t got;
    while ((got = read(fds[0], text + n, sizeof(text) - 1 - (size_t)n)) > 0)
        n += got;
    close(fds[0]);
    text[n] = '\0';
    assert_non_null(strstr(text, "line 99\n"));
    assert_non_null(strstr(strstr(text, "line 99\n"), "at once\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels),
        cmocka_unit_test(a_line_stays_one_line),
        cmocka_unit_test(long_lines_are_cut),
        cmocka_unit_test(the_rest_is_written_at_the_end),
        cmocka_unit_test(lines_never_wait), /* last: leaves a writer behind */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
