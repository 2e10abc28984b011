/* The file of a client's settings: what it hands on, and where it is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "config/client_file.h"

static char folder[] = "/tmp/bgpd-client-file-XXXXXX";
static char path[64];

static void on_key(void *ctx, const char *key, const char *value)
{
    strbuf_printf(ctx, "%s=%s;", key, value);
}

/* Reads a file with this text: what is handed on, or the error after its name. */
static void assert_read(const char *text, int err, const char *expected)
{
    struct strbuf got = {0};
    struct strbuf error = {0};
    FILE *f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
    assert_int_equal(client_file_read(path, on_key, &got, &error), err);
    if (err) {
        assert_int_equal(strncmp(strbuf_text(&error), path, strlen(path)), 0);
        assert_string_equal(strbuf_text(&error) + strlen(path), expected);
        assert_int_equal(got.len_bytes, 0);
    } else {
        assert_string_equal(strbuf_text(&got), expected);
        assert_int_equal(error.len_bytes, 0);
    }
    strbuf_release(&got);
    strbuf_release(&error);
}

static void test_values(void **state)
{
    (void)state;
    char beside[128];
    assert_read("", 0, "");
    assert_read("host = \"::1\"\nport = 65535\npager = \"\"", 0, "host=::1;pager=;port=65535;");
    assert_read("token_file = \"/etc/t\"", 0, "token_file=/etc/t;");
    snprintf(beside, sizeof(beside), "token_file=%s/t;", folder);
    assert_read("token_file = \"t\"", 0, beside);
}

static void test_errors(void **state)
{
    (void)state;
    assert_read("host = \"x\"\nprot = 1", ERR_INVALID,
                ":2:1: unknown key 'prot'; did you mean 'port'?");
    assert_read("port = 65536", ERR_INVALID, ":1:8: port must be a port from 1 to 65535");
    assert_read("port = -1", ERR_INVALID, ":1:8: port must be a port from 1 to 65535");
    assert_read("port = 1.5", ERR_INVALID, ":1:8: port must be a port from 1 to 65535");
    assert_read("host = true", ERR_INVALID, ":1:8: host must be a string");
    assert_read("[[pager]]", ERR_INVALID, ":1:1: pager must be a string, a command");
}

static void test_no_file(void **state)
{
    (void)state;
    struct strbuf got = {0};
    struct strbuf error = {0};
    unlink(path);
    assert_int_equal(client_file_read(path, on_key, &got, &error), 0);
    assert_int_equal(client_file_read(folder, on_key, &got, &error), ERR_INVALID);
    assert_int_equal(got.len_bytes, 0);
    strbuf_release(&error);
}

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/client.toml", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_no_file),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
