/* Sets of records against a naive model: random responses, complete and broken off, while the set
 * comes into use and goes out of it. What is passed on is checked at every step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../random.h"
#include "base/err.h"
#include "base/mem.h"
#include "rpki/record_set.h"

enum { VRPS = 300, CUSTOMERS = 20, LISTS = 4, RECORDS = VRPS + CUSTOMERS };

/* What there is of each record: a VRP 0 or 1, an ASPA 0 or the number of a list. */
typedef uint8_t state_of_all[RECORDS];

struct model {
    struct record_set set;
    state_of_all in;   /* in force */
    state_of_all next; /* when the response is taken */
    state_of_all stays;
    unsigned told[RECORDS][LISTS + 1];
    bool checks_gaps;
};

static struct vrp vrp_of(unsigned number)
{
    struct vrp vrp = {.as = 64500 + number % 3};
    uint8_t bytes[16] = {32, 1, (uint8_t)number, (uint8_t)(number >> 8)};
    vrp.prefix = prefix_make(number % 2 ? IP_V4 : IP_V6, 32, bytes);
    vrp.max_length = 32;
    return vrp;
}

static size_t list_of(unsigned list, uint32_t ret_providers[LISTS])
{
    for (unsigned i = 0; i < list; i++)
        ret_providers[i] = 100 * list + i;
    return list;
}

static unsigned number_of(const struct vrp *vrp)
{
    for (unsigned i = 0; i < VRPS; i++) {
        struct vrp other = vrp_of(i);
        if (prefix_equal(&other.prefix, &vrp->prefix) && other.as == vrp->as &&
            other.max_length == vrp->max_length)
            return i;
    }
    fail();
    return 0;
}

static void on_vrp(void *ctx, const struct vrp *vrp, bool add)
{
    struct model *m = ctx;
    unsigned *told = &m->told[number_of(vrp)][1];
    assert_int_equal(*told, !add);
    *told = add;
}

static void on_aspa(void *ctx, uint32_t customer, const uint32_t *providers, size_t count, bool add)
{
    struct model *m = ctx;
    uint32_t expected[LISTS];
    assert_in_range(customer, 0, CUSTOMERS - 1);
    assert_in_range(count, 1, LISTS);
    list_of((unsigned)count, expected);
    assert_memory_equal(providers, expected, count * sizeof(*providers));
    unsigned *told = &m->told[VRPS + customer][count];
    assert_int_equal(*told, !add);
    *told = add;
}

static void check_step(struct model *m)
{
    for (unsigned i = 0; m->checks_gaps && i < RECORDS; i++)
        if (m->stays[i])
            assert_int_equal(m->told[i][m->stays[i]], 1);
}

static void run(struct model *m)
{
    struct record_sink sink = {.vrp = on_vrp, .aspa = on_aspa, .ctx = m};
    while (record_set_step(&m->set, &sink))
        check_step(m);
    assert_false(record_set_has_work(&m->set));
}

static void check_all(struct model *m)
{
    unsigned counts[RECORD_KINDS] = {0};
    for (unsigned i = 0; i < RECORDS; i++) {
        unsigned kind = i >= VRPS ? RECORD_ASPA : i % 2 ? RECORD_VRP4 : RECORD_VRP6;
        counts[kind] += m->in[i] != 0;
        for (unsigned k = 1; k <= LISTS; k++)
            assert_int_equal(m->told[i][k], m->set.used && m->in[i] == k);
    }
    for (unsigned kind = 0; kind < RECORD_KINDS; kind++)
        assert_int_equal(m->set.in_force[kind], counts[kind]);
    assert_int_equal(m->set.total, counts[0] + counts[1] + counts[2]);
    assert_int_equal(record_set_is_empty(&m->set), m->set.total == 0);
}

static void say_vrp(struct model *m, struct random *r)
{
    unsigned number = random_below(r, VRPS);
    struct vrp vrp = vrp_of(number);
    bool announce = random_below(r, 3) > 0;
    int err =
        announce ? record_set_announce_vrp(&m->set, &vrp) : record_set_withdraw_vrp(&m->set, &vrp);
    if (announce == m->next[number])
        assert_int_equal(err, announce ? ERR_EXISTS : ERR_NOT_FOUND);
    else
        assert_int_equal(err, 0);
    m->next[number] = announce;
}

static void say_aspa(struct model *m, struct random *r)
{
    uint32_t customer = random_below(r, CUSTOMERS);
    uint8_t *next = &m->next[VRPS + customer];
    unsigned list = random_below(r, LISTS + 1);
    uint32_t providers[LISTS];
    size_t count = list_of(list, providers);
    int err = list ? record_set_announce_aspa(&m->set, customer, providers, count)
                   : record_set_withdraw_aspa(&m->set, customer);
    assert_int_equal(err, list == 0 && *next == 0 ? ERR_NOT_FOUND : 0);
    *next = (uint8_t)list;
}

static void respond(struct model *m, struct random *r)
{
    bool full = random_below(r, 3) == 0;
    struct record_sink sink = {.vrp = on_vrp, .aspa = on_aspa, .ctx = m};
    record_set_begin(&m->set, full);
    for (unsigned i = 0; i < RECORDS; i++)
        m->next[i] = full ? 0 : m->in[i];
    for (unsigned i = random_below(r, 200); i-- > 0;) {
        if (random_below(r, 8) > 0)
            say_vrp(m, r);
        else
            say_aspa(m, r);
        if (random_below(r, 100) == 0)
            record_set_use(&m->set, random_below(r, 2));
        if (random_below(r, 4) == 0)
            record_set_step(&m->set, &sink);
    }
}

/* What is the same before and after a response is never missing meanwhile. */
static void watch(struct model *m)
{
    m->checks_gaps = m->set.used;
    for (unsigned i = 0; i < RECORDS; i++)
        m->stays[i] = m->in[i] == m->next[i] ? m->in[i] : 0;
}

static void conclude(struct model *m, unsigned how)
{
    struct record_sink sink = {.vrp = on_vrp, .aspa = on_aspa, .ctx = m};
    switch (how) {
    case 0:
        record_set_abort(&m->set);
        break;
    case 1:
        record_set_clear(&m->set);
        memset(m->in, 0, sizeof(m->in));
        break;
    case 2: /* half of the way */
        record_set_commit(&m->set);
        record_set_step(&m->set, &sink);
        record_set_clear(&m->set);
        memset(m->in, 0, sizeof(m->in));
        break;
    default:
        run(m);
        watch(m);
        record_set_commit(&m->set);
        memcpy(m->in, m->next, sizeof(m->in));
    }
}

static void as_the_model_says(void **state)
{
    (void)state;
    struct random r = {7};
    struct model *m = mem_zalloc(sizeof(*m));
    record_set_init(&m->set, 100000);
    for (unsigned round = 0; round < 400; round++) {
        m->checks_gaps = false;
        respond(m, &r);
        assert_true(m->set.phase == RECORDS_FILLING);
        conclude(m, random_below(&r, 10));
        run(m);
        check_all(m);
        if (random_below(&r, 4) == 0)
            record_set_use(&m->set, random_below(&r, 2));
        m->checks_gaps = false;
        run(m);
        check_all(m);
    }
    record_set_release(&m->set);
    free(m);
}

static struct vrp host_of(uint32_t as)
{
    return (struct vrp){.prefix = {.version = IP_V4, .len_bits = 32}, .max_length = 32, .as = as};
}

struct counts {
    long told;
    uint32_t fetched;
};

static void count_vrp(void *ctx, const struct vrp *vrp, bool add)
{
    struct counts *counts = ctx;
    (void)vrp;
    counts->told += add ? 1 : -1;
}

static void count_fetched(void *ctx, uint8_t ip_version, const uint8_t *const *address_bytes,
                          const uint8_t *len_bits, unsigned count)
{
    struct counts *counts = ctx;
    assert_in_range(count, 1, RECORDS_AT_ONCE);
    for (unsigned i = 0; i < count; i++) {
        struct vrp vrp = host_of(0);
        assert_int_equal(ip_version, vrp.prefix.version);
        assert_int_equal(len_bits[i], vrp.prefix.len_bits);
        assert_int_equal(address_bytes[i][0], vrp.prefix.bytes[0]);
    }
    counts->fetched += count;
}

/* Those that stay are found, those that have gone are not. */
static void withdraw_half(struct record_set *set, uint32_t count, const struct record_sink *sink)
{
    record_set_begin(set, false);
    for (uint32_t i = 0; i < count; i += 2) {
        struct vrp vrp = host_of(i);
        assert_int_equal(record_set_withdraw_vrp(set, &vrp), 0);
    }
    record_set_commit(set);
    while (record_set_step(set, sink))
        ;
    record_set_begin(set, false);
    for (uint32_t i = 0; i < count / 2; i++) {
        struct vrp vrp = host_of(i);
        assert_int_equal(i % 2 ? record_set_announce_vrp(set, &vrp)
                               : record_set_withdraw_vrp(set, &vrp),
                         i % 2 ? ERR_EXISTS : ERR_NOT_FOUND);
    }
    record_set_abort(set);
    while (record_set_step(set, sink))
        ;
}

static void it_holds_very_many(void **state)
{
    (void)state;
    enum { MANY = 200000 };
    struct record_set set;
    struct counts counts = {0};
    struct record_sink sink = {.vrp = count_vrp, .fetch = count_fetched, .ctx = &counts};
    record_set_init(&set, MANY);
    record_set_use(&set, true);
    record_set_begin(&set, true);
    for (uint32_t i = 0; i < MANY; i++) {
        struct vrp vrp = host_of(i);
        assert_int_equal(record_set_announce_vrp(&set, &vrp), 0);
    }
    struct vrp more = host_of(MANY);
    assert_int_equal(record_set_announce_vrp(&set, &more), ERR_FULL);
    record_set_commit(&set);
    while (record_set_step(&set, &sink))
        ;
    assert_int_equal(counts.told, MANY);
    assert_int_equal(counts.fetched, MANY); /* whoever is told was asked to get ready */
    withdraw_half(&set, MANY, &sink);
    assert_int_equal(counts.told, MANY / 2);
    record_set_clear(&set);
    while (record_set_step(&set, &sink))
        ;
    assert_int_equal(counts.told, 0);
    assert_int_equal(counts.fetched, MANY + MANY / 2); /* differences are not worth it */
    assert_true(record_set_is_empty(&set));
    record_set_release(&set);
}

static void what_is_said_again_and_again_has_an_end(void **state)
{
    (void)state;
    struct record_set set;
    struct vrp vrp = vrp_of(1);
    struct record_sink sink = {0};
    uint32_t providers[600];
    int err = 0;
    for (uint32_t i = 0; i < 600; i++)
        providers[i] = i + 1;
    record_set_init(&set, 1000);
    record_set_begin(&set, false);
    unsigned said = 0;
    for (; !err && said < 3000; said++)
        err = said % 2 ? record_set_withdraw_vrp(&set, &vrp) : record_set_announce_vrp(&set, &vrp);
    assert_int_equal(err, ERR_FULL);
    assert_in_range(said, 1000, 1002);
    record_set_abort(&set);
    while (record_set_step(&set, &sink))
        ;
    record_set_begin(&set, true);
    err = 0;
    for (said = 0; !err && said < 100; said++)
        err = record_set_announce_aspa(&set, said, providers, 600);
    assert_int_equal(err, ERR_FULL);
    assert_in_range(said, 9, 11);
    record_set_release(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_model_says),
        cmocka_unit_test(it_holds_very_many),
        cmocka_unit_test(what_is_said_again_and_again_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
