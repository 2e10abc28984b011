/* ASPAs of several sources, against a naive list, and their text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../random.h"
#include "base/err.h"
#include "policy/aspa_table.h"

enum { SOURCES = 3, CUSTOMERS = 200, PROVIDERS = 12 };

/* What each source says of each customer: bits of providers; has: that it has an ASPA. */
struct naive {
    bool has[SOURCES][CUSTOMERS];
    unsigned providers[SOURCES][CUSTOMERS];
};

static size_t list_of(unsigned bits, uint32_t *ret_list)
{
    size_t count = 0;
    for (uint32_t i = 0; i < PROVIDERS; i++)
        if (bits >> i & 1)
            ret_list[count++] = i * 1000;
    return count;
}

static enum aspa_hop naive_hop(const struct naive *n, unsigned customer, unsigned provider)
{
    bool has = false;
    for (unsigned i = 0; i < SOURCES; i++) {
        has |= n->has[i][customer];
        if (n->has[i][customer] && (n->providers[i][customer] >> provider & 1))
            return ASPA_PROVIDER;
    }
    return has ? ASPA_NOT_PROVIDER : ASPA_NO_ATTESTATION;
}

static void add_bit(void *ctx, uint32_t provider)
{
    *(unsigned *)ctx |= 1u << provider / 1000;
}

/* What is said of a customer: bits of providers, and that there is something. */
static unsigned said_of(const struct aspa_table *t, unsigned customer)
{
    unsigned bits = 0;
    bool has = aspa_table_each_provider(t, 100 + customer, add_bit, &bits);
    return bits | (unsigned)has << 31;
}

static void it_is_what_a_list_is(void **state)
{
    (void)state;
    struct random r = {5};
    struct naive n = {0};
    struct aspa_table t = {0};
    for (unsigned i = 0; i < 20000; i++) {
        unsigned source = random_below(&r, SOURCES);
        unsigned customer = random_below(&r, CUSTOMERS);
        uint32_t list[PROVIDERS];
        unsigned before = said_of(&t, customer);
        bool changed;
        if (n.has[source][customer]) {
            size_t count = list_of(n.providers[source][customer], list);
            changed = aspa_table_remove(&t, 100 + customer, list, count);
        } else {
            n.providers[source][customer] = random_below(&r, 1u << PROVIDERS);
            size_t count = list_of(n.providers[source][customer], list);
            changed = aspa_table_add(&t, 100 + customer, list, count);
        }
        n.has[source][customer] ^= true;
        assert_int_equal(changed, said_of(&t, customer) != before);
        customer = random_below(&r, CUSTOMERS);
        for (unsigned p = 0; p < PROVIDERS; p++)
            assert_int_equal(aspa_table_hop(&t, 100 + customer, p * 1000),
                             naive_hop(&n, customer, p));
    }
    aspa_table_release(&t);
}

static void none_says_nothing(void **state)
{
    (void)state;
    struct aspa_table t = {0};
    assert_int_equal(aspa_table_hop(&t, 1, 2), ASPA_NO_ATTESTATION);
    aspa_table_add(&t, 1, NULL, 0);
    assert_int_equal(aspa_table_hop(&t, 1, 2), ASPA_NOT_PROVIDER);
    aspa_table_release(&t);
}

static void assert_text(const char *text, uint32_t customer, const char *providers)
{
    struct text_error error = {0};
    struct aspa aspa;
    struct strbuf out = {0};
    assert_int_equal(aspa_parse(text, &aspa, &error), 0);
    assert_int_equal(aspa.customer, customer);
    for (size_t i = 0; i < aspa.count; i++)
        strbuf_printf(&out, "%u ", aspa.providers[i]);
    assert_string_equal(strbuf_text(&out), providers);
    strbuf_release(&out);
    aspa_release(&aspa);
}

static void assert_wrong(const char *text, int err, size_t column, const char *said)
{
    struct text_error error = {0};
    struct aspa aspa;
    assert_int_equal(aspa_parse(text, &aspa, &error), err);
    assert_string_equal(strbuf_text(&error.say), said);
    assert_int_equal(error.column, column);
    text_error_release(&error);
}

#define EXPECTED "(expected a customer and its providers: 64500: 64501 64502)"

static void it_is_read(void **state)
{
    (void)state;
    assert_text("64500: 64502 64501 64502", 64500, "64501 64502 ");
    assert_text(" AS64500 :64501, AS64502", 64500, "64501 64502 ");
    assert_text("1.10: 0", 65546, "0 ");
    assert_wrong("", ERR_INVALID, 1, "there is no AS number " EXPECTED);
    assert_wrong("64500", ERR_INVALID, 6, "there is no ':' after the customer " EXPECTED);
    assert_wrong("64500:", ERR_INVALID, 7,
                 "there are no providers " EXPECTED "; 0 says that it has none");
    assert_wrong("64500: x", ERR_INVALID, 8, "'x' is no AS number " EXPECTED);
    assert_wrong("64500: 1-2", ERR_INVALID, 8, "'1-2' is no AS number " EXPECTED);
    assert_wrong("64500: 4294967296", ERR_RANGE, 8, "'4294967296' is no AS number " EXPECTED);
    assert_wrong("0: 1", ERR_RANGE, 1, "'0' cannot be a customer " EXPECTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_what_a_list_is),
        cmocka_unit_test(none_says_nothing),
        cmocka_unit_test(it_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
