/* Verifying paths by ASPAs: cases by hand, and the procedures as the draft has them, word by word,
 * on random tables and paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../random.h"
#include "policy/aspa_verify.h"
#include "wire/aspath.h"

static void add(struct aspa_table *t, const char *text)
{
    struct text_error error = {0};
    struct aspa aspa;
    assert_int_equal(aspa_parse(text, &aspa, &error), 0);
    aspa_table_add(t, aspa.customer, aspa.providers, aspa.count);
    aspa_release(&aspa);
}

static enum aspa_state state_of(const struct aspa_table *t, enum role ours, uint32_t neighbor,
                                const char *path)
{
    uint8_t bytes[256];
    struct writer w = writer_over(bytes, sizeof(bytes));
    assert_int_equal(aspath_parse(path, &w), 0);
    return aspa_verify(t, ours, neighbor, writer_span(&w));
}

/* 10 is a customer of 20 and 30, 20 of 40, 40 has no providers; 50 is a customer of 40, 90
 * of 20. 60 says nothing. */
static struct aspa_table some_table(void)
{
    struct aspa_table t = {0};
    add(&t, "10: 20 30");
    add(&t, "20: 40");
    add(&t, "40: 0");
    add(&t, "50: 40");
    add(&t, "90: 0 20");
    return t;
}

static void cases_by_hand(void **state)
{
    (void)state;
    static const struct {
        enum role ours;
        uint32_t neighbor;
        const char *path;
        enum aspa_state expected;
    } cases[] = {
        /* From a customer or a peer all hops lead up. */
        {ROLE_PROVIDER, 40, "40 20 10", ASPA_VALID},
        {ROLE_PROVIDER, 40, "40 40 20 20 20 10", ASPA_VALID},
        {ROLE_PEER, 20, "20 10", ASPA_VALID},
        {ROLE_PEER, 10, "10", ASPA_VALID},
        {ROLE_PEER, 60, "60", ASPA_VALID},
        {ROLE_PEER, 60, "60 10", ASPA_INVALID},     /* 60 is no provider of 10 */
        {ROLE_PEER, 10, "10 60", ASPA_UNKNOWN},     /* and 60 does not say */
        {ROLE_PROVIDER, 10, "10 20", ASPA_INVALID}, /* a leak: 10 is no provider of 20 */
        {ROLE_PROVIDER, 10, "10 30 60", ASPA_UNKNOWN},
        {ROLE_RS, 20, "20 10", ASPA_VALID},
        {ROLE_RS, 50, "50 40", ASPA_INVALID},
        /* A route server does not stand in the path. */
        {ROLE_RS_CLIENT, 99, "20 10", ASPA_VALID},
        {ROLE_RS_CLIENT, 99, "50 40", ASPA_INVALID},
        /* From a provider they lead up, and then down. */
        {ROLE_CUSTOMER, 40, "40 20 10", ASPA_VALID},
        {ROLE_CUSTOMER, 50, "50 40 20 10", ASPA_VALID},
        {ROLE_CUSTOMER, 50, "50 40", ASPA_VALID},
        {ROLE_CUSTOMER, 50, "50 60 20 10", ASPA_INVALID},
        {ROLE_CUSTOMER, 50, "50 20 10", ASPA_VALID}, /* two tops side by side */
        {ROLE_CUSTOMER, 60, "60 70 80", ASPA_UNKNOWN},
        {ROLE_CUSTOMER, 60, "60 70", ASPA_VALID},         /* one hop may be between two tops */
        {ROLE_CUSTOMER, 40, "40 10 20", ASPA_INVALID},    /* 10 leaks to 40 what is from 20 */
        {ROLE_CUSTOMER, 30, "30 10 20 40", ASPA_UNKNOWN}, /* all of it may lead down */
        /* What is no path of one neighbour to the other. */
        {ROLE_CUSTOMER, 40, "", ASPA_INVALID},
        {ROLE_PEER, 40, "", ASPA_INVALID},
        {ROLE_PEER, 20, "20 {10}", ASPA_INVALID},
        {ROLE_CUSTOMER, 20, "{20 10}", ASPA_INVALID},
        {ROLE_PEER, 30, "20 10", ASPA_INVALID},
        {ROLE_CUSTOMER, 41, "40 20 10", ASPA_INVALID},
        {ROLE_NONE, 40, "40 10 20", ASPA_UNKNOWN},
        /* A provider beside AS 0 is one all the same (§4). */
        {ROLE_PEER, 20, "20 90", ASPA_VALID},
        {ROLE_PEER, 30, "30 90", ASPA_INVALID},
    };
    struct aspa_table t = some_table();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum aspa_state got = state_of(&t, cases[i].ours, cases[i].neighbor, cases[i].path);
        if (got != cases[i].expected)
            fail_msg("'%s' from %u, we being %s: %s, not %s", cases[i].path, cases[i].neighbor,
                     role_name(cases[i].ours), aspa_state_text(got),
                     aspa_state_text(cases[i].expected));
    }
    aspa_table_release(&t);
}

/* --- as the draft has it --- */

enum { LENGTH = 9, ASES = 6 };

/* A(1) is the origin, A(N) the neighbour. */
struct naive_path {
    uint32_t a[LENGTH + 1];
    unsigned n;
};

static unsigned ramp_up(const struct aspa_table *t, const struct naive_path *p, bool sure)
{
    for (unsigned i = 1; i < p->n; i++) {
        enum aspa_hop hop = aspa_table_hop(t, p->a[i], p->a[i + 1]);
        if (hop == ASPA_NOT_PROVIDER || (sure && hop == ASPA_NO_ATTESTATION))
            return i;
    }
    return p->n;
}

static unsigned ramp_down(const struct aspa_table *t, const struct naive_path *p, bool sure)
{
    for (unsigned j = p->n; j > 1; j--) {
        enum aspa_hop hop = aspa_table_hop(t, p->a[j], p->a[j - 1]);
        if (hop == ASPA_NOT_PROVIDER || (sure && hop == ASPA_NO_ATTESTATION))
            return p->n - j + 1;
    }
    return p->n;
}

static enum aspa_state naive(const struct aspa_table *t, enum role ours, const struct naive_path *p)
{
    bool down = ours == ROLE_CUSTOMER;
    if (ramp_up(t, p, false) + (down ? ramp_down(t, p, false) : 0) < p->n)
        return ASPA_INVALID;
    if (ramp_up(t, p, true) + (down ? ramp_down(t, p, true) : 0) < p->n)
        return ASPA_UNKNOWN;
    return ASPA_VALID;
}

static void random_table(struct random *r, struct aspa_table *t)
{
    for (uint32_t as = 1; as <= ASES; as++) {
        uint32_t providers[ASES];
        size_t count = 0;
        if (random_below(r, 3) == 0)
            continue;
        for (uint32_t p = 1; p <= ASES; p++)
            if (p != as && random_below(r, 2) == 0)
                providers[count++] = p;
        aspa_table_add(t, as, providers, count);
    }
}

/* Writes a path with prepending, in segments; its ASNs without that are those of *p. */
static void random_path(struct random *r, struct naive_path *p, struct writer *w)
{
    uint32_t left_to_right[LENGTH];
    p->n = 1 + random_below(r, LENGTH);
    for (unsigned i = 0; i < p->n; i++) {
        do
            left_to_right[i] = 1 + random_below(r, ASES);
        while (i > 0 && left_to_right[i] == left_to_right[i - 1]);
        p->a[p->n - i] = left_to_right[i];
        unsigned times = 1 + (random_below(r, 4) == 0) * random_below(r, 3);
        writer_u8(w, ASPATH_SEQUENCE);
        writer_u8(w, (uint8_t)times);
        for (; times > 0; times--)
            writer_u32(w, left_to_right[i]);
    }
}

static void it_is_as_the_draft_has_it(void **state)
{
    (void)state;
    struct random r = {3};
    unsigned counts[ASPA_STATES] = {0};
    for (unsigned round = 0; round < 2000; round++) {
        struct aspa_table t = {0};
        random_table(&r, &t);
        for (unsigned i = 0; i < 50; i++) {
            uint8_t bytes[512];
            struct writer w = writer_over(bytes, sizeof(bytes));
            struct naive_path p;
            enum role ours = (enum role)(ROLE_PROVIDER + random_below(&r, ROLE_NAMES));
            random_path(&r, &p, &w);
            enum aspa_state expected = naive(&t, ours, &p);
            assert_int_equal(aspa_verify(&t, ours, p.a[p.n], writer_span(&w)), expected);
            counts[expected]++;
        }
        aspa_table_release(&t);
    }
    for (unsigned i = 0; i < ASPA_STATES; i++)
        assert_true(counts[i] > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases_by_hand),
        cmocka_unit_test(it_is_as_the_draft_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
