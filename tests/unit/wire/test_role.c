/* Roles: RFC 9234 §4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/role.h"

/* Tables 1 and 2 of RFC 9234, and who of the others is above and below a side by §5. */
static const struct {
    enum role role;
    const char *name;
    uint8_t value;
    enum role counterpart;
    bool looks_up;
    bool looks_down;
} rows[] = {
    {ROLE_PROVIDER, "provider", 0, ROLE_CUSTOMER, false, true},
    {ROLE_RS, "rs", 1, ROLE_RS_CLIENT, false, true},
    {ROLE_RS_CLIENT, "rs-client", 2, ROLE_RS, true, false},
    {ROLE_CUSTOMER, "customer", 3, ROLE_PROVIDER, true, false},
    {ROLE_PEER, "peer", 4, ROLE_PEER, true, true},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void each_role(void **state)
{
    (void)state;
    assert_int_equal(ROLE_NAMES, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        assert_string_equal(role_name(rows[i].role), rows[i].name);
        assert_int_equal(role_from_name(rows[i].name), rows[i].role);
        assert_int_equal(role_to_wire(rows[i].role), rows[i].value);
        assert_int_equal(role_from_wire(rows[i].value), rows[i].role);
        assert_int_equal(role_counterpart(rows[i].role), rows[i].counterpart);
        assert_int_equal(role_looks_up(rows[i].role), rows[i].looks_up);
        assert_int_equal(role_looks_down(rows[i].role), rows[i].looks_down);
    }
}

static void what_is_no_role(void **state)
{
    (void)state;
    static const enum role none[] = {ROLE_NONE, ROLE_UNKNOWN, ROLE_SEVERAL};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_int_equal(role_counterpart(none[i]), ROLE_NONE);
        assert_false(role_looks_up(none[i]) || role_looks_down(none[i]));
    }
    assert_null(role_name(ROLE_NONE));
    assert_string_equal(role_name(ROLE_UNKNOWN), "unknown");
    assert_string_equal(role_name(ROLE_SEVERAL), "several");
    for (unsigned value = ROWS; value <= UINT8_MAX; value++)
        assert_int_equal(role_from_wire((uint8_t)value), ROLE_UNKNOWN);
    static const char *const words[] = {"", "unknown", "several", "Peer", "rs_client", "customers"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        assert_int_equal(role_from_name(words[i]), ROLE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_role),
        cmocka_unit_test(what_is_no_role),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
