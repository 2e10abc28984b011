/* VRPs and origin validation: the examples of RFC 6811, a naive list on random VRPs and routes, and
 * their text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../random.h"
#include "base/err.h"
#include "policy/rpki_entries.h"
#include "policy/vrp_table.h"

static struct vrp vrp_of(const char *text)
{
    struct text_error error = {0};
    struct vrp vrp;
    if (vrp_parse(text, &vrp, &error) != 0)
        fail_msg("%s: %s", text, strbuf_text(&error.say));
    return vrp;
}

static void add(struct vrp_table *t, const char *text)
{
    struct vrp vrp = vrp_of(text);
    vrp_table_add(t, &vrp);
}

static enum rov_state state_of(const struct vrp_table *t, const char *prefix, uint32_t as)
{
    struct prefix p;
    assert_int_equal(prefix_parse(prefix, &p), 0);
    return vrp_table_validate(t, p.version, p.bytes, p.len_bits, as);
}

static void a_route_has_one_of_three_states(void **state)
{
    (void)state;
    struct vrp_table t;
    vrp_table_init(&t);
    assert_int_equal(state_of(&t, "192.0.2.0/24", 64500), ROV_NOT_FOUND);
    add(&t, "192.0.2.0/24 le 26 64500");
    add(&t, "192.0.2.0/24 64501");
    add(&t, "2001:db8::/32 le 48 64500");
    assert_int_equal(state_of(&t, "192.0.2.0/24", 64500), ROV_VALID);
    assert_int_equal(state_of(&t, "192.0.2.64/26", 64500), ROV_VALID);
    assert_int_equal(state_of(&t, "192.0.2.64/27", 64500), ROV_INVALID);
    assert_int_equal(state_of(&t, "192.0.2.0/24", 64501), ROV_VALID);
    assert_int_equal(state_of(&t, "192.0.2.0/25", 64501), ROV_INVALID);
    assert_int_equal(state_of(&t, "192.0.2.0/24", 64502), ROV_INVALID);
    assert_int_equal(state_of(&t, "192.0.2.0/23", 64500), ROV_NOT_FOUND); /* not covered */
    assert_int_equal(state_of(&t, "192.0.3.0/24", 64500), ROV_NOT_FOUND);
    assert_int_equal(state_of(&t, "192.0.2.0/24", 0), ROV_INVALID); /* no origin */
    assert_int_equal(state_of(&t, "2001:db8:1::/48", 64500), ROV_VALID);
    assert_int_equal(state_of(&t, "2001:db9::/32", 64500), ROV_NOT_FOUND);
    vrp_table_release(&t);
}

/* RFC 6811 §4, RFC 6483 §4. */
static void as_0_is_never_valid(void **state)
{
    (void)state;
    struct vrp_table t;
    vrp_table_init(&t);
    add(&t, "0.0.0.0/0 le 32 0");
    assert_int_equal(state_of(&t, "192.0.2.0/24", 0), ROV_INVALID);
    assert_int_equal(state_of(&t, "0.0.0.0/0", 64500), ROV_INVALID);
    assert_int_equal(state_of(&t, "2001:db8::/32", 64500), ROV_NOT_FOUND);
    add(&t, "192.0.2.0/24 64500");
    assert_int_equal(state_of(&t, "192.0.2.0/24", 64500), ROV_VALID);
    vrp_table_release(&t);
}

/* --- random VRPs --- */

enum { VRPS = 400 };

struct naive {
    struct vrp vrps[VRPS];
    unsigned sources[VRPS];
    unsigned count;
};

/* Few addresses, so that prefixes nest. */
static struct prefix random_prefix(struct random *r)
{
    uint8_t version = random_below(r, 3) == 0 ? IP_V6 : IP_V4;
    uint8_t bytes[16] = {(uint8_t)(10 + random_below(r, 2)), (uint8_t)(random_below(r, 2) * 128),
                         (uint8_t)random_below(r, 4), (uint8_t)(random_below(r, 4) * 64)};
    return prefix_make(version, (uint8_t)random_below(r, prefix_max_bits(version) + 1), bytes);
}

static struct vrp random_vrp(struct random *r)
{
    struct vrp vrp = {.prefix = random_prefix(r), .as = random_below(r, 4)};
    unsigned longer = prefix_max_bits(vrp.prefix.version) - vrp.prefix.len_bits;
    vrp.max_length = (uint8_t)(vrp.prefix.len_bits + random_below(r, longer + 1));
    return vrp;
}

static enum rov_state naive_state(const struct naive *n, const struct prefix *p, uint32_t as)
{
    enum rov_state state = ROV_NOT_FOUND;
    for (unsigned i = 0; i < n->count; i++) {
        if (n->sources[i] == 0 || !prefix_covers(&n->vrps[i].prefix, p))
            continue;
        if (as != 0 && n->vrps[i].as == as && p->len_bits <= n->vrps[i].max_length)
            return ROV_VALID;
        state = ROV_INVALID;
    }
    return state;
}

static void count_vrp(void *ctx, const struct vrp *vrp)
{
    (void)vrp;
    ++*(unsigned *)ctx;
}

static void check(const struct vrp_table *t, const struct naive *n, struct random *r)
{
    struct prefix p = random_prefix(r);
    uint32_t as = random_below(r, 4);
    unsigned covering = 0;
    unsigned expected = 0;
    assert_int_equal(vrp_table_validate(t, p.version, p.bytes, p.len_bits, as),
                     naive_state(n, &p, as));
    vrp_table_each_covering(t, p.version, p.bytes, p.len_bits, count_vrp, &covering);
    for (unsigned i = 0; i < n->count; i++)
        expected += n->sources[i] > 0 && prefix_covers(&n->vrps[i].prefix, &p);
    assert_int_equal(covering, expected);
}

static void change(struct vrp_table *t, struct naive *n, struct random *r)
{
    unsigned i = random_below(r, n->count);
    if (n->sources[i] > 0 && random_below(r, 2) == 0)
        assert_int_equal(vrp_table_remove(t, &n->vrps[i]), --n->sources[i] == 0);
    else
        assert_int_equal(vrp_table_add(t, &n->vrps[i]), n->sources[i]++ == 0);
}

static void it_is_what_a_list_is(void **state)
{
    (void)state;
    struct random r = {11};
    for (unsigned round = 0; round < 20; round++) {
        struct naive n = {0};
        struct vrp_table t;
        vrp_table_init(&t);
        while (n.count < VRPS / 4) {
            struct vrp vrp = random_vrp(&r);
            bool known = false;
            for (unsigned i = 0; i < n.count; i++)
                known |= vrp_compare(&n.vrps[i], &vrp) == 0;
            if (!known)
                n.vrps[n.count++] = vrp;
        }
        for (unsigned i = 0; i < 1000; i++) {
            change(&t, &n, &r);
            check(&t, &n, &r);
        }
        uint32_t left = 0;
        for (unsigned i = 0; i < n.count; i++) {
            left += n.sources[i] > 0;
        }
        assert_int_equal(vrp_table_count(&t), left);
        for (unsigned i = 0; i < n.count; i++)
            while (n.sources[i] > 0)
                vrp_table_remove(&t, &n.vrps[i]), n.sources[i]--;
        assert_int_equal(vrp_table_count(&t), 0);
        assert_int_equal(t.families[0].prefixes.used + t.families[1].prefixes.used, 0);
        assert_true(t.more.used <= 1);
        vrp_table_release(&t);
    }
}

/* --- text --- */

static void assert_text(const char *text, const char *expected)
{
    struct vrp vrp = vrp_of(text);
    struct strbuf out = {0};
    vrp_format(&vrp, &out);
    assert_string_equal(strbuf_text(&out), expected);
    strbuf_release(&out);
}

static void assert_wrong(const char *text, int err, size_t column, const char *said)
{
    struct text_error error = {0};
    struct vrp vrp;
    assert_int_equal(vrp_parse(text, &vrp, &error), err);
    assert_string_equal(strbuf_text(&error.say), said);
    assert_int_equal(error.column, column);
    text_error_release(&error);
}

static void it_is_read_and_written(void **state)
{
    (void)state;
    assert_text("192.0.2.0/24 le 26 64500", "192.0.2.0/24 le 26 64500");
    assert_text("192.0.2.0/24 AS64500", "192.0.2.0/24 64500");
    assert_text(" 192.0.2.0/24  le 24\t0 ", "192.0.2.0/24 0");
    assert_text("2001:db8::/32 le 48 1.10", "2001:db8::/32 le 48 65546");
    assert_wrong("", ERR_INVALID, 1,
                 "is no AS number (expected a prefix and an AS: 192.0.2.0/24 64500, or "
                 "192.0.2.0/24 le 26 64500)");
    assert_wrong("192.0.2.0/24", ERR_INVALID, 1,
                 "'192.0.2.0/24' is no AS number (expected a prefix and an AS: 192.0.2.0/24 64500, "
                 "or 192.0.2.0/24 le 26 64500)");
    assert_wrong(
        "192.0.2.0/24 le 26", ERR_INVALID, 17,
        "'26' is a length, and there is no AS number after it (expected a prefix and an AS: "
        "192.0.2.0/24 64500, or 192.0.2.0/24 le 26 64500)");
    assert_wrong("192.0.2.0/24 1-2", ERR_INVALID, 14,
                 "'1-2' is no AS number (expected a prefix and an AS: 192.0.2.0/24 64500, or "
                 "192.0.2.0/24 le 26 64500)");
    assert_wrong("192.0.2.0/24 4294967296", ERR_RANGE, 14,
                 "'4294967296' is too large for an AS number");
    assert_wrong("192.0.2.1/24 64500", ERR_INVALID, 1,
                 "'192.0.2.1/24' has bits set after its length (expected 192.0.2.0/24)");
    assert_wrong("192.0.2.0/24 le 33 64500", ERR_RANGE, 14,
                 "le 33 is too long: prefixes of IPv4 have at most 32 bits");
    assert_wrong("192.0.2.0/24 le 23 64500", ERR_RANGE, 14,
                 "le 23 is shorter than the prefix, which has 24 bits");
    assert_wrong("192.0.2.0/24 *", ERR_INVALID, 14,
                 "'*' cannot stand here: a VRP is of one AS (expected 192.0.2.0/24 le 26 64500)");
    assert_wrong("192.0.2.0/24 ge 25 64500", ERR_INVALID, 14,
                 "'ge' cannot stand here: a VRP is of its prefix and longer ones (expected "
                 "192.0.2.0/24 le 26 64500)");
}

/* --- lists --- */

static struct rpki_entries *list_of(const char *const *vrps, const char *const *aspas)
{
    struct rpki_entries *e = rpki_entries_new();
    for (; *vrps; vrps++) {
        struct vrp vrp = vrp_of(*vrps);
        rpki_entries_add_vrp(e, &vrp);
    }
    for (; *aspas; aspas++) {
        struct text_error error = {0};
        struct aspa aspa;
        assert_int_equal(aspa_parse(*aspas, &aspa, &error), 0);
        rpki_entries_add_aspa(e, &aspa);
    }
    rpki_entries_settle(e);
    return e;
}

static void show(struct strbuf *out, char sign, const struct vrp *vrp, const struct aspa *aspa)
{
    if (vrp) {
        strbuf_add_char(out, sign);
        vrp_format(vrp, out);
        strbuf_add_char(out, ' ');
    }
    if (aspa) {
        strbuf_printf(out, "%c%u:", sign, aspa->customer);
        for (size_t i = 0; i < aspa->count; i++)
            strbuf_printf(out, "%u ", aspa->providers[i]);
    }
}

static void assert_difference(const struct rpki_entries *from, const struct rpki_entries *to,
                              const char *expected)
{
    struct rpki_entries_cursor at = {0};
    struct rpki_entries_change c;
    struct strbuf out = {0};
    while (rpki_entries_next(from, to, &at, &c)) {
        show(&out, '-', c.vrp_goes, c.aspa_goes);
        show(&out, '+', c.vrp_comes, c.aspa_comes);
    }
    assert_string_equal(strbuf_text(&out), expected);
    assert_int_equal(rpki_entries_equal(from, to), *expected == '\0');
    strbuf_release(&out);
}

static void lists_are_told_apart(void **state)
{
    (void)state;
    const char *const vrps_a[] = {"192.0.2.0/24 2", "192.0.2.0/24 1", "10.0.0.0/8 1", NULL};
    const char *const vrps_b[] = {"192.0.2.0/24 1", "192.0.2.0/24 le 25 1", "192.0.2.0/24 1", NULL};
    const char *const aspas_a[] = {"3: 4 2", "1: 2", NULL};
    const char *const aspas_b[] = {"3: 2", "3: 4, 2", "1: 3", "5: 0", NULL};
    struct rpki_entries *a = list_of(vrps_a, aspas_a);
    struct rpki_entries *b = list_of(vrps_b, aspas_b);
    assert_int_equal(b->vrp_count, 2);
    assert_difference(a, a, "");
    assert_difference(NULL, NULL, "");
    assert_difference(a, b, "-10.0.0.0/8 1 -192.0.2.0/24 2 +192.0.2.0/24 le 25 1 -1:2 +1:3 +5:0 ");
    assert_difference(NULL, b, "+192.0.2.0/24 1 +192.0.2.0/24 le 25 1 +1:3 +3:2 4 +5:0 ");
    assert_difference(b, NULL, "-192.0.2.0/24 1 -192.0.2.0/24 le 25 1 -1:3 -3:2 4 -5:0 ");
    rpki_entries_unref(a);
    rpki_entries_unref(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_route_has_one_of_three_states),
        cmocka_unit_test(as_0_is_never_valid),
        cmocka_unit_test(it_is_what_a_list_is),
        cmocka_unit_test(it_is_read_and_written),
        cmocka_unit_test(lists_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
