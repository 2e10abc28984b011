/* The log: levels, one line an event, the budget of a talkative source. */
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

static void budget(void **state)
{
    (void)state;
    struct log_limit limit = {0};
    uint32_t suppressed = 99;
    for (int i = 0; i < 10; i++) {
        assert_true(log_limit_allow(&limit, 1000, &suppressed));
        assert_int_equal(suppressed, 0);
    }
    for (int i = 0; i < 7; i++)
        assert_false(log_limit_allow(&limit, 10999, &suppressed));
    assert_true(log_limit_allow(&limit, 11000, &suppressed));
    assert_int_equal(suppressed, 7);
    assert_true(log_limit_allow(&limit, 11000, &suppressed));
    assert_int_equal(suppressed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels),
        cmocka_unit_test(a_line_stays_one_line),
        cmocka_unit_test(long_lines_are_cut),
        cmocka_unit_test(budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
