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

/* A key in an address tree, whatever its parts are. */
struct key {
    uint8_t bytes[NLRI_TREE_MAX_BYTES]; /* 0 after the length */
    uint8_t len_bits;
};

struct model {
    struct key keys[KEYS_MAX]; /* sorted */
    uint32_t ids[KEYS_MAX];
    uint32_t count;
};

static struct nlri_key nlri_key_of(const struct key *k)
{
    return (struct nlri_key){k->bytes, k->len_bits};
}

/* Bytes ascending, shorter ones first. */
static int key_compare(const struct key *a, const struct key *b)
{
    int order = memcmp(a->bytes, b->bytes, sizeof(a->bytes));
    return order != 0 ? order : a->len_bits - b->len_bits;
}

static bool key_covers(const struct key *k, const struct key *inner)
{
    for (unsigned i = 0; i < k->len_bits; i++)
        if (((k->bytes[i / 8] ^ inner->bytes[i / 8]) >> (7 - i % 8)) & 1)
            return false;
    return k->len_bits <= inner->len_bits;
}

static uint32_t model_position(const struct model *m, const struct key *k)
{
    uint32_t i = 0;
    while (i < m->count && key_compare(&m->keys[i], k) < 0)
        i++;
    return i;
}

static bool model_has(const struct model *m, uint32_t i, const struct key *k)
{
    return i < m->count && key_compare(&m->keys[i], k) == 0;
}

static void model_add(struct model *m, uint32_t i, const struct key *k, uint32_t id)
{
    memmove(&m->keys[i + 1], &m->keys[i], (m->count - i) * sizeof(*m->keys));
    memmove(&m->ids[i + 1], &m->ids[i], (m->count - i) * sizeof(*m->ids));
    m->keys[i] = *k;
    m->ids[i] = id;
    m->count++;
}

static void model_drop(struct model *m, uint32_t i)
{
    m->count--;
    memmove(&m->keys[i], &m->keys[i + 1], (m->count - i) * sizeof(*m->keys));
    memmove(&m->ids[i], &m->ids[i + 1], (m->count - i) * sizeof(*m->ids));
}

/* Few distinct bytes, so that keys nest and share branches, and every length occurs. */
static struct key random_key(struct random *r, unsigned key_bytes)
{
    static const uint8_t bytes[] = {0, 1, 10, 127, 128, 192, 254, 255};
    struct key k = {.len_bits = (uint8_t)random_below(r, 8 * key_bytes + 1)};
    for (unsigned i = 0; i < (k.len_bits + 7u) / 8; i++)
        k.bytes[i] = i < 3 || random_below(r, 4) == 0 ? bytes[random_below(r, 8)] : 0;
    if (k.len_bits % 8 != 0)
        k.bytes[k.len_bits / 8] &= (uint8_t)(0xff << (8 - k.len_bits % 8));
    return k;
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
        assert_true(nlri_key_equal(t->info, key, nlri_key_of(&m->keys[i])));
    }
    assert_int_equal(rib_cursor_next(&c), 0);
    rib_cursor_release(&c);
}

static void check_lookup(struct rib_table *t, const struct model *m, const struct key *k)
{
    uint32_t i = model_position(m, k);
    struct nlri_key key = nlri_key_of(k);
    assert_int_equal(rib_table_find(t, key), model_has(m, i, k) ? m->ids[i] : 0);
    uint32_t longest = 0;
    int longest_bits = -1;
    for (uint32_t n = 0; n < m->count; n++)
        if (key_covers(&m->keys[n], k) && m->keys[n].len_bits > longest_bits) {
            longest = m->ids[n];
            longest_bits = m->keys[n].len_bits;
        }
    assert_int_equal(rib_table_longest(t, key), longest);
    struct rib_cursor c;
    rib_cursor_init(&c, t);
    rib_cursor_seek(&c, key, true);
    assert_int_equal(rib_cursor_next(&c), i < m->count ? m->ids[i] : 0);
    rib_cursor_seek(&c, key, false);
    i += model_has(m, i, k);
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
    for (unsigned step = 0; step < 12000; step++) {
        struct key k = random_key(&r, t.key_bytes);
        uint32_t i = model_position(&m, &k);
        bool grow = random_below(&r, 100) < (step < 6000 ? 70u : 35u);
        if (grow && m.count < KEYS_MAX) {
            uint32_t id = rib_table_find_or_insert(&t, nlri_key_of(&k));
            give_path(&t, id);
            if (model_has(&m, i, &k))
                assert_int_equal(id, m.ids[i]);
            else
                model_add(&m, i, &k, id);
        } else if (m.count > 0) {
            uint32_t victim = random_below(&r, m.count);
            rib_table_remove(&t, &m.ids[victim], 1);
            model_drop(&m, victim);
        }
        assert_int_equal(rib_table_count(&t), m.count);
        k = random_key(&r, t.key_bytes);
        check_lookup(&t, &m, &k);
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

static void tables_equal_the_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= random_rounds(3); seed++) {
        run_against_model(FAMILY_IPV4_UNICAST, seed);
        run_against_model(FAMILY_IPV6_UNICAST, seed + 10);
        run_against_model(FAMILY_IPV4_VPN, seed + 20);
        run_against_model(FAMILY_IPV6_VPN, seed + 30);
    }
}

/* Keys of a few clusters, each of which differs from its cluster in one of every so many bytes:
 * there are nodes at all these depths, and none between, so many keys that nodes grow, and memory
 * of one cluster becomes that of another. */
static struct key clustered_key(unsigned i, unsigned key_bytes, unsigned every)
{
    enum { CLUSTERS = 4 };
    struct key k = {.len_bits = (uint8_t)(8 * key_bytes)};
    unsigned depths = key_bytes / every + 1;
    unsigned at = i / CLUSTERS % depths * every; /* after the last byte: the cluster itself */
    memset(k.bytes, (int)(0xfc + i % CLUSTERS), key_bytes);
    if (at < key_bytes)
        k.bytes[at] = (uint8_t)(i / CLUSTERS / depths % 0xfc);
    return k;
}

static void run_through_depths(enum family family, unsigned every)
{
    static struct model m;
    struct rib_table t;
    m.count = 0;
    rib_table_init(&t, family);
    for (unsigned i = 0; i < 80u * t.key_bytes; i++) {
        struct key k = clustered_key(i, t.key_bytes, every);
        uint32_t at = model_position(&m, &k);
        uint32_t id = rib_table_find_or_insert(&t, nlri_key_of(&k));
        if (model_has(&m, at, &k))
            assert_int_equal(id, m.ids[at]);
        else
            model_add(&m, at, &k, id);
        if (i % 64 == 0)
            check_order(&t, &m);
    }
    for (; m.count > 0; model_drop(&m, 0)) {
        if (m.count % 64 == 0)
            check_order(&t, &m);
        rib_table_remove(&t, &m.ids[0], 1);
    }
    rib_table_release(&t);
}

static void trees_of_all_depths_equal_the_model(void **state)
{
    (void)state;
    for (enum family family = 0; family < FAMILY_COUNT; family++)
        for (unsigned every = 1; every < family_info(family)->key_bytes; every++)
            run_through_depths(family, every);
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
        cmocka_unit_test(tables_equal_the_model),
        cmocka_unit_test(trees_of_all_depths_equal_the_model),
        cmocka_unit_test(cursor_survives_changes),
        cmocka_unit_test(flows_are_kept_in_their_order),
        cmocka_unit_test(flows_are_looked_for_in_slices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
