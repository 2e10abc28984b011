/* The tables of docs/operations.md and docs/api.md that list what the code has lists of: reasons,
 * NOTIFICATIONs, limits, error codes. (Methods: test_reference; keys: test_config_docs.)
 *
 * `test_tables_docs FOLDER` reads the two in the folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/clients.h"
#include "api/http.h"
#include "api/jsonrpc.h"
#include "base/strbuf.h"
#include "config/file.h"
#include "config/load.h"
#include "rib/decide.h"
#include "rib/export.h"
#include "rib/path.h"
#include "rib/ribout.h"
#include "wire/message.h"
#include "wire/notification.h"

static const char *folder;

static char *read_document(const char *name)
{
    struct strbuf text = {0};
    strbuf_printf(&text, "%s/%s", folder, name);
    FILE *f = fopen(strbuf_text(&text), "r");
    if (!f)
        fail_msg("cannot open %s", strbuf_text(&text));
    strbuf_clear(&text);
    char block[4096];
    size_t got;
    while ((got = fread(block, 1, sizeof(block), f)) > 0)
        strbuf_add_bytes(&text, block, got);
    fclose(f);
    return strbuf_take(&text);
}

/* The rows of the table whose heading is `heading`; owned by the caller. */
static char *table(const char *document, const char *heading)
{
    char *text = read_document(document);
    const char *begin = strstr(text, heading);
    if (!begin)
        fail_msg("%s has no table %s", document, heading);
    begin = strchr(strchr(begin, '\n') + 1, '\n') + 1; /* after the line of dashes */
    const char *end = strstr(begin, "\n\n");
    char *rows = strndup(begin, (size_t)((end ? end + 1 : begin + strlen(begin)) - begin));
    free(text);
    return rows;
}

static void must_hold(const char *rows, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void must_hold(const char *rows, const char *format, ...)
{
    char wanted[256];
    va_list args;
    va_start(args, format);
    vsnprintf(wanted, sizeof(wanted), format, args);
    va_end(args);
    if (!strstr(rows, wanted))
        fail_msg("'%s' is not in\n%s", wanted, rows);
}

/* How many pieces of code the first cells have: one for each reason. */
static unsigned count_reasons(const char *rows)
{
    unsigned marks = 0;
    for (const char *row = rows; *row; row = strchr(row, '\n') + 1) {
        const char *end = strstr(row + 1, " |");
        for (const char *c = row; c < end; c++)
            marks += *c == '`';
    }
    return marks / 2;
}

static void test_filtered(void **state)
{
    (void)state;
    char *rows = table("operations.md", "| `filtered` | Why |");
    for (unsigned r = RIB_ACCEPTED + 1; r <= RIB_REJECT_FLOW_PENDING; r++)
        must_hold(rows, "`%s`", rib_reject_text((enum rib_reject)r));
    must_hold(rows, "`policy NAME rule RULE`");
    assert_int_equal(count_reasons(rows), RIB_REJECT_FLOW_PENDING + 1);
    assert_string_equal(rib_reject_text((enum rib_reject)(RIB_REJECT_FLOW_PENDING + 1)), "unknown");
    free(rows);
}

static void test_withheld(void **state)
{
    (void)state;
    char *rows = table("operations.md", "| `withheld` | Why |");
    for (unsigned w = RIB_TOLD + 1; w <= RIB_WITHHELD_TOO_LARGE; w++)
        must_hold(rows, "`%s`", rib_withheld_text((enum rib_withheld)w));
    assert_int_equal(count_reasons(rows), RIB_WITHHELD_TOO_LARGE);
    free(rows);
}

static void test_steps(void **state)
{
    (void)state;
    char *rows = table("operations.md", "| The best path is preferred for | |");
    for (unsigned s = RIB_STEP_WEIGHT; s <= RIB_STEP_PRESENT; s++)
        must_hold(rows, "| `%s` |", rib_step_text((enum rib_step)s));
    assert_int_equal(count_reasons(rows), RIB_STEP_PRESENT);
    free(rows);
}

/* "NAME (CODE)", "NAME (CODE) / any" or "NAME (CODE) / NAME (SUBCODE), NAME (SUBCODE)". */
static uint8_t check_row(char *cell)
{
    char *rest = strstr(cell, " / ");
    if (rest)
        *rest = '\0';
    char *number = strrchr(cell, '(');
    assert_non_null(number);
    uint8_t code = (uint8_t)atoi(number + 1);
    number[-1] = '\0';
    assert_string_equal(cell, notification_code_name(code));
    if (!rest || strcmp(rest + 3, "any") == 0)
        return code;
    for (char *name = strtok(rest + 3, ","); name; name = strtok(NULL, ",")) {
        name += *name == ' ';
        number = strrchr(name, '(');
        assert_non_null(number);
        number[-1] = '\0';
        assert_string_equal(name, notification_subcode_name(code, (uint8_t)atoi(number + 1)));
    }
    return code;
}

static void test_notifications(void **state)
{
    (void)state;
    char *rows = table("operations.md", "| Code / subcode |");
    bool seen[NOTIFY_SEND_HOLD_EXPIRED + 1] = {false};
    char *next;
    for (char *row = rows; *row; row = next) {
        next = strchr(row, '\n') + 1;
        *strstr(row + 1, " |") = '\0';
        uint8_t code = check_row(row + 2);
        assert_in_range(code, 1, NOTIFY_SEND_HOLD_EXPIRED);
        seen[code] = true;
    }
    for (unsigned code = 1; code <= NOTIFY_SEND_HOLD_EXPIRED; code++)
        assert_true(seen[code]);
    free(rows);
}

static void add_thousands(char text[16], unsigned n)
{
    if (n < 1000)
        snprintf(text, 16, "%u", n);
    else
        snprintf(text, 16, "%u,%03u", n / 1000, n % 1000);
}

static void test_limits(void **state)
{
    (void)state;
    char *rows = table("operations.md", "| What | Limit | Beyond it |");
    char n[16];
    must_hold(rows, "%d connections, %d of them from elsewhere", CLIENTS_MAX,
              CLIENTS_STRANGERS_MAX);
    must_hold(rows, "%d s for a whole request", CLIENTS_REQUEST_MS / 1000);
    must_hold(rows, "`api_body_max` (%d MiB)", CONFIG_DEFAULT_API_BODY_MAX_BYTES >> 20);
    must_hold(rows, "%d MiB from those who may not change anything",
              HTTP_READER_BODY_MAX_BYTES >> 20);
    must_hold(rows, "A regular file of %d MiB; %d problems", CONFIG_FILE_MAX_BYTES >> 20,
              CONFIG_ERRORS_MAX);
    must_hold(rows, "| %u MiB of messages", RIBOUT_LIVE_LIMIT_BYTES >> 20);
    must_hold(rows, "; %u KiB while the peer catches up", RIBOUT_PASS_LIMIT_BYTES >> 10);
    add_thousands(n, RIBOUT_TOMBSTONE_LIMIT);
    must_hold(rows, "| %s prefixes, or twice", n);
    add_thousands(n, MESSAGE_MAX_BYTES);
    must_hold(rows, "| %s bytes;", n);
    free(rows);
}

static void test_error_codes(void **state)
{
    (void)state;
    static const int codes[] = {
        JSONRPC_PARSE_ERROR,    JSONRPC_INVALID_REQUEST, JSONRPC_METHOD_NOT_FOUND,
        JSONRPC_INVALID_PARAMS, JSONRPC_FAILED,          JSONRPC_NOT_FOUND,
        JSONRPC_FORBIDDEN,      JSONRPC_BAD_CONFIG,      JSONRPC_LIMIT,
    };
    char *rows = table("api.md", "| Code | Meaning |");
    unsigned lines = 0;
    for (const char *c = rows; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, sizeof(codes) / sizeof(codes[0]));
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        must_hold(rows, "| %d |", codes[i]);
    free(rows);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: test_tables_docs docs\n", stderr);
        return 2;
    }
    folder = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filtered),      cmocka_unit_test(test_withheld),
        cmocka_unit_test(test_notifications), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_error_codes),   cmocka_unit_test(test_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
