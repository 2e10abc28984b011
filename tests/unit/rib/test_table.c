/* Tables against a naive model: a sorted array of keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../keys.h"
#include "../random.h"
#include "rib/table.h"
#include "wire/flowspec.h"

#define KEYS_MAX 3000u

struct model {
    struct prefix keys[KEYS_MAX]; /* sorted */
    uint32_t ids[KEYS_MAX];
    uint32_t count;
};

static uint32_t model_position(const struct model *m, const struct prefix *p)
{
    uint32_t i = 0;
    while (i < m->count && prefix_compare(&m->keys[i], p) < 0)
        i++;
    return i;
}

static bool model_has(const struct model *m, uint32_t i, const struct prefix *p)
{
    return i < m->count && prefix_equal(&m->keys[i], p);
}

static void model_add(struct model *m, uint32_t i, const struct prefix *p, uint32_t id)
{
    memmove(&m->keys[i + 1], &m->keys[i], (m->count - i) * sizeof(*m->keys));
    memmove(&m->ids[i + 1], &m->ids[i], (m->count - i) * sizeof(*m->ids));
    m->keys[i] = *p;
    m->ids[i] = id;
    m->count++;
}

static void model_drop(struct model *m, uint32_t i)
{
    m->count--;
    memmove(&m->keys[i], &m->keys[i + 1], (m->count - i) * sizeof(*m->keys));
    memmove(&m->ids[i], &m->ids[i + 1], (m->count - i) * sizeof(*m->ids));
}

/* Few distinct bytes, so that prefixes nest and share branches, and every length occurs. */
static struct prefix random_prefix(struct random *r, uint8_t version)
{
    static const uint8_t bytes[] = {0, 1, 10, 127, 128, 192, 254, 255};
    uint8_t addr[16];
    for (unsigned i = 0; i < sizeof(addr); i++)
        addr[i] = i < 3 || random_below(r, 4) == 0 ? bytes[random_below(r, 8)] : 0;
    return prefix_make(version, (uint8_t)random_below(r, prefix_max_bits(version) + 1u), addr);
}

/* Entries count for the longest match only when they have a path. */
static void give_path(struct rib_table *t, uint32_t id)
{
    rib_table_at(t, id)->best.source = 1;
}

static void check_order(struct rib_table *t, const struct model *m)
{
    struct rib_cursor c;
    rib_cursor_init(&c, t);
    for (uint32_t i = 0; i < m->count; i++) {
        uint32_t id = rib_cursor_next(&c);
        assert_int_equal(id, m->ids[i]);
        struct nlri_key key = rib_table_key(t, rib_table_at(t, id));
        assert_true(nlri_key_equal(t->info, key, prefix_key(m->keys[i])));
    }
    assert_int_equal(rib_cursor_next(&c), 0);
    rib_cursor_release(&c);
}

static void check_lookup(struct rib_table *t, const struct model *m, const struct prefix *p)
{
    uint32_t i = model_position(m, p);
    struct nlri_key key = prefix_key(*p);
    assert_int_equal(rib_table_find(t, key), model_has(m, i, p) ? m->ids[i] : 0);
    uint32_t longest = 0;
    int longest_bits = -1;
    for (uint32_t k = 0; k < m->count; k++)
        if (prefix_covers(&m->keys[k], p) && m->keys[k].len_bits > longest_bits) {
            longest = m->ids[k];
            longest_bits = m->keys[k].len_bits;
        }
    assert_int_equal(rib_table_longest(t, key), longest);
    struct rib_cursor c;
    rib_cursor_init(&c, t);
    rib_cursor_seek(&c, key, true);
    assert_int_equal(rib_cursor_next(&c), i < m->count ? m->ids[i] : 0);
    rib_cursor_seek(&c, key, false);
    i += model_has(m, i, p);
    assert_int_equal(rib_cursor_next(&c), i < m->count ? m->ids[i] : 0);
    rib_cursor_release(&c);
}

static void run_against_model(enum family family, uint64_t seed)
{
    static struct model m;
    m.count = 0;
    struct rib_table t;
    struct random r = {seed};
    rib_table_init(&t, family);
    uint8_t version = family_info(family)->ip_version;
    for (unsigned step = 0; step < 12000; step++) {
        struct prefix p = random_prefix(&r, version);
        struct nlri_key key = prefix_key(p);
        uint32_t i = model_position(&m, &p);
        bool grow = random_below(&r, 100) < (step < 6000 ? 70u : 35u);
        if (grow && m.count < KEYS_MAX) {
            uint32_t id = rib_table_find_or_insert(&t, key);
            give_path(&t, id);
            if (model_has(&m, i, &p))
                assert_int_equal(id, m.ids[i]);
            else
                model_add(&m, i, &p, id);
        } else if (m.count > 0) {
            uint32_t victim = random_below(&r, m.count);
            rib_table_remove(&t, &m.ids[victim], 1);
            model_drop(&m, victim);
        }
        assert_int_equal(rib_table_count(&t), m.count);
        struct prefix q = random_prefix(&r, version);
        check_lookup(&t, &m, &q);
        if (step % 1000 == 0)
            check_order(&t, &m);
    }
    while (m.count > 0) {
        rib_table_remove(&t, &m.ids[0], 1);
        model_drop(&m, 0);
    }
    check_order(&t, &m);
    rib_table_release(&t);
}

static void ipv4_table_equals_the_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++)
        run_against_model(FAMILY_IPV4_UNICAST, seed);
}

static void ipv6_table_equals_the_model(void **state)
{
    (void)state;
    for (uint64_t seed = 11; seed <= 13; seed++)
        run_against_model(FAMILY_IPV6_UNICAST, seed);
}

/* A walk returns what was there throughout, each once and in order, whatever changes between steps.
 */
static void cursor_survives_changes(void **state)
{
    (void)state;
    struct rib_table t;
    struct random r = {5};
    rib_table_init(&t, FAMILY_IPV4_UNICAST);
    enum { STAY = 2000 };
    for (uint32_t i = 0; i < STAY; i++) {
        uint8_t bytes[4] = {10, (uint8_t)(i >> 8), (uint8_t)i, 0};
        struct nlri_key key = prefix_key(prefix_make(IP_V4, 24, bytes));
        rib_table_find_or_insert(&t, key);
    }
    struct rib_cursor c;
    rib_cursor_init(&c, &t);
    struct prefix last = {0};
    uint32_t seen = 0;
    for (uint32_t id; (id = rib_cursor_next(&c)) != 0;) {
        struct nlri_key key_at = rib_table_key(&t, rib_table_at(&t, id));
        struct prefix at = prefix_make(IP_V4, (uint8_t)key_at.len, key_at.bytes);
        assert_true(last.version == IP_NONE || prefix_compare(&last, &at) < 0);
        last = at;
        seen += at.len_bits == 24;
        if (at.len_bits != 24)
            rib_table_remove(&t, &id, 1); /* under the cursor */
        uint8_t bytes[4] = {10, (uint8_t)random_below(&r, 9), (uint8_t)random_below(&r, 256), 0};
        struct nlri_key key =
            prefix_key(prefix_make(IP_V4, (uint8_t)(25 + random_below(&r, 8)), bytes));
        rib_table_find_or_insert(&t, key);
    }
    assert_int_equal(seen, STAY);
    rib_cursor_release(&c);
    rib_table_release(&t);
}

static void flows_are_kept_in_their_order(void **state)
{
    (void)state;
    static const char *const rules[] = {
        "destination 10.0.0.0/8",
        "destination 10.1.0.0/16",
        "destination 10.1.2.0/24",
        "destination 9.0.0.0/8",
        "source 10.0.0.0/8",
        "protocol =6",
        "port =80",
        "destination-port =80",
        "packet-length >100",
    };
    enum { COUNT = sizeof(rules) / sizeof(rules[0]) };
    struct rib_table t;
    rib_table_init(&t, FAMILY_IPV4_FLOW);
    uint8_t bytes[FLOW_MAX_BYTES];
    size_t len;
    struct strbuf error = {0};
    for (unsigned i = 0; i < COUNT; i++) {
        assert_int_equal(flow_parse(&rules[(i * 4) % COUNT], 1, IP_V4, bytes, &len, &error), 0);
        struct nlri_key key = {bytes, (uint32_t)len};
        uint32_t id = rib_table_find_or_insert(&t, key);
        assert_int_equal(rib_table_find(&t, key), id);
    }
    assert_int_equal(rib_table_count(&t), COUNT);
    struct rib_cursor c;
    rib_cursor_init(&c, &t);
    uint32_t before = 0;
    unsigned seen = 0;
    for (uint32_t id; (id = rib_cursor_next(&c)) != 0; before = id, seen++) {
        if (before == 0)
            continue;
        struct nlri_key a = rib_table_key(&t, rib_table_at(&t, before));
        struct nlri_key b = rib_table_key(&t, rib_table_at(&t, id));
        assert_true(flow_compare(span_of(a.bytes, a.len), span_of(b.bytes, b.len), IP_V4) < 0);
    }
    assert_int_equal(seen, COUNT);
    rib_cursor_release(&c);
    rib_cursor_init(&c, &t);
    for (uint32_t id; (id = rib_cursor_next(&c)) != 0;)
        rib_table_remove(&t, &id, 1);
    assert_int_equal(rib_table_count(&t), 0);
    rib_cursor_release(&c);
    rib_table_release(&t);
}

/* Takes flows of which the last byte, a port, is a multiple of *ctx. */
static bool is_multiple(void *ctx, struct nlri_key flow)
{
    return flow.bytes[flow.len - 1] % *(unsigned *)ctx == 0;
}

static uint32_t flow_of_port(struct rib_table *t, unsigned port, bool insert)
{
    const uint8_t flow[] = {FLOW_PORT, 0x81, (uint8_t)port};
    struct nlri_key key = {flow, (uint32_t)sizeof(flow)};
    return insert ? rib_table_find_or_insert(t, key) : rib_table_find(t, key);
}

/* All flows that are wanted, in their order, however few are looked at a time, and though the one
 * that was returned last is removed meanwhile. */
static void flows_are_looked_for_in_slices(void **state)
{
    (void)state;
    enum { PORTS = 200 };
    for (unsigned step = 1; step < 40; step += 3) {
        for (uint32_t most = 1; most < 100; most = most * 3 + 1) {
            struct rib_table t;
            rib_table_init(&t, FAMILY_IPV4_FLOW);
            for (unsigned i = 0; i < PORTS; i++)
                flow_of_port(&t, (i * 77) % PORTS, true);
            struct rib_cursor c;
            rib_cursor_init(&c, &t);
            bool end = false;
            unsigned expected = 0;
            while (!end) {
                uint32_t id = rib_cursor_next_wanted(&c, is_multiple, &step, most, &end);
                if (id == 0)
                    continue;
                assert_false(end);
                assert_int_equal(id, flow_of_port(&t, expected, false));
                if (expected % 2 == 0)
                    rib_table_remove(&t, &id, 1);
                expected += step;
            }
            assert_int_equal(expected / step, (PORTS + step - 1) / step);
            rib_cursor_release(&c);
            rib_table_release(&t);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_table_equals_the_model),
        cmocka_unit_test(ipv6_table_equals_the_model),
        cmocka_unit_test(cursor_survives_changes),
        cmocka_unit_test(flows_are_kept_in_their_order),
        cmocka_unit_test(flows_are_looked_for_in_slices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
