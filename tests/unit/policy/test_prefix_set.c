/* Sets of prefixes: random ones against a naive look at all entries, and their differences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../random.h"
#include "policy/prefix_set.h"
#include "wire/family.h"

enum { ENTRIES_MAX = 400, ASKED_MAX = 40 };

/* What a set was made of. */
struct model {
    struct prefix_entry entries[ENTRIES_MAX];
    unsigned count;
};

static bool entry_has(const struct prefix_entry *e, const struct prefix *p)
{
    return prefix_covers(&e->prefix, p) && p->len_bits >= e->from_bits && p->len_bits <= e->to_bits;
}

static bool model_has(const struct model *m, const struct prefix *p)
{
    for (unsigned i = 0; i < m->count; i++)
        if (entry_has(&m->entries[i], p))
            return true;
    return false;
}

static bool set_has(const struct prefix_set *set, const struct prefix *p)
{
    return prefix_set_has(set, p->version, p->bytes, p->len_bits);
}

/* Few distinct bytes, so that prefixes nest and stand side by side; more of them with `spread`. */
static struct prefix random_prefix(struct random *r, unsigned spread)
{
    static const uint8_t bytes[] = {0, 1, 2, 0x80, 0xff, 0x7f, 0xc0, 0x55};
    uint8_t address[16];
    uint8_t version = random_below(r, 2) ? IP_V4 : IP_V6;
    unsigned max = prefix_max_bits(version);
    unsigned len =
        random_below(r, 4) == 0 ? random_below(r, max + 1) : 8 * random_below(r, max / 8 + 1);
    if (version == IP_V6 && random_below(r, 8) == 0)
        len = 60 + random_below(r, 10);
    for (unsigned i = 0; i < 16; i++)
        address[i] = random_below(r, 8) < spread ? (uint8_t)random_below(r, 256)
                                                 : bytes[random_below(r, i == 0 ? 3 : 8)];
    return prefix_make(version, (uint8_t)len, address);
}

/* One within `e`, or beside it. */
static struct prefix prefix_near(struct random *r, const struct prefix_entry *e)
{
    struct prefix p = random_prefix(r, 8);
    unsigned max = prefix_max_bits(e->prefix.version);
    unsigned bits = e->prefix.len_bits;
    for (unsigned i = 0; i < bits; i++) {
        uint8_t mask = (uint8_t)(0x80 >> i % 8);
        p.bytes[i / 8] = (uint8_t)((p.bytes[i / 8] & ~mask) | (e->prefix.bytes[i / 8] & mask));
    }
    if (random_below(r, 4) == 0 && bits > 0)
        p.bytes[(bits - 1) / 8] ^= (uint8_t)(0x80 >> (bits - 1) % 8);
    unsigned len = random_below(r, 2) ? e->from_bits : random_below(r, max + 1);
    return prefix_make(e->prefix.version, (uint8_t)len, p.bytes);
}

static void add_random(struct model *m, struct random *r, unsigned spread)
{
    struct prefix_entry *e = &m->entries[m->count++];
    e->prefix = random_prefix(r, spread);
    unsigned room = prefix_max_bits(e->prefix.version) - e->prefix.len_bits;
    unsigned more = random_below(r, 2) ? random_below(r, room + 1) : 0;
    e->from_bits = (uint8_t)(e->prefix.len_bits + more);
    more = random_below(r, 2) ? random_below(r, room - more + 1) : 0;
    e->to_bits = (uint8_t)(e->from_bits + more);
}

static struct prefix_set *set_of(const struct model *m)
{
    struct prefix_set *set = prefix_set_new();
    for (unsigned i = 0; i < m->count; i++)
        prefix_set_add(set, &m->entries[i].prefix, m->entries[i].from_bits, m->entries[i].to_bits);
    prefix_set_settle(set);
    return set;
}

/* Something to ask for: random, or near an entry. */
static struct prefix random_question(struct random *r, const struct model *m, unsigned spread)
{
    return m->count > 0 && random_below(r, 4) > 0
               ? prefix_near(r, &m->entries[random_below(r, m->count)])
               : random_prefix(r, spread);
}

/* Asked of several at once, it says the same. */
static void check_each(const struct prefix_set *set, struct random *r, const struct model *m,
                       unsigned spread)
{
    struct prefix prefixes[ASKED_MAX];
    struct nlri_key asked[ASKED_MAX] = {0};
    uint32_t places[ASKED_MAX];
    bool has[ASKED_MAX];
    uint8_t version = random_below(r, 2) ? IP_V4 : IP_V6;
    unsigned count = random_below(r, ASKED_MAX + 1);
    for (unsigned i = 0; i < count; i++) {
        do
            prefixes[i] = random_question(r, m, spread);
        while (prefixes[i].version != version && random_below(r, 64) > 0);
        prefixes[i] = prefix_make(
            version, (uint8_t)(prefixes[i].version == version ? prefixes[i].len_bits : i),
            prefixes[i].bytes);
        asked[i] = (struct nlri_key){prefixes[i].bytes, prefixes[i].len_bits};
    }
    const struct family_info *f =
        family_info(version == IP_V4 ? FAMILY_IPV4_UNICAST : FAMILY_IPV6_UNICAST);
    prefix_set_fetch(set, f, asked, count, places);
    prefix_set_has_each(set, f, asked, places, count, has);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(has[i], model_has(m, &prefixes[i]));
}

static void it_has_what_its_entries_say(void **state)
{
    (void)state;
    static struct model m;
    struct random r = {11};
    unsigned found = 0;
    for (unsigned round = 0; round < 600; round++) {
        unsigned spread = round % 9;
        m.count = 0;
        for (unsigned i = random_below(&r, round % 3 ? 20 : ENTRIES_MAX); i-- > 0;)
            add_random(&m, &r, spread);
        struct prefix_set *set = set_of(&m);
        for (unsigned i = 0; i < 500; i++) {
            struct prefix p = random_question(&r, &m, spread);
            bool expected = model_has(&m, &p);
            found += expected;
            assert_int_equal(set_has(set, &p), expected);
        }
        for (unsigned i = 0; i < 10; i++)
            check_each(set, &r, &m, spread);
        prefix_set_unref(set);
    }
    assert_in_range(found, 20000, 280000);
}

static void an_empty_set_has_nothing(void **state)
{
    (void)state;
    struct prefix_set *set = prefix_set_new();
    prefix_set_settle(set);
    struct prefix_set_cursor cursor = {0};
    struct prefix_set_item item;
    assert_false(set_has(set, &(struct prefix){.version = IP_V4}));
    assert_false(set_has(set, &(struct prefix){.version = IP_V6}));
    assert_int_equal(prefix_set_count(set), 0);
    assert_false(prefix_set_next(set, &cursor, &item));
    prefix_set_unref(prefix_set_ref(set));
    assert_int_equal(prefix_set_count(set), 0);
    prefix_set_unref(set);
    prefix_set_unref(NULL);
}

static struct prefix prefix(const char *text)
{
    struct prefix p;
    assert_int_equal(prefix_parse(text, &p), 0);
    return p;
}

static void add(struct prefix_set *set, const char *text, unsigned from_bits, unsigned to_bits)
{
    struct prefix p = prefix(text);
    prefix_set_add(set, &p, (uint8_t)from_bits, (uint8_t)to_bits);
}

static void the_ends_of_the_addresses(void **state)
{
    (void)state;
    struct prefix_set *set = prefix_set_new();
    add(set, "255.255.255.255/32", 32, 32);
    add(set, "0.0.0.0/0", 0, 0);
    add(set, "ffff:ffff:ffff:ffff::/64", 64, 128);
    add(set, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127", 127, 127);
    add(set, "::/0", 0, 1);
    prefix_set_settle(set);
    const struct prefix all4 = prefix("0.0.0.0/0");
    const struct prefix last4 = prefix("255.255.255.255/32");
    const struct prefix last6 = prefix("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128");
    const struct prefix half6 = prefix("8000::/1");
    const struct prefix quarter6 = prefix("c000::/2");
    assert_true(set_has(set, &all4));
    assert_true(set_has(set, &last4));
    assert_true(set_has(set, &last6));
    assert_true(set_has(set, &half6));
    assert_false(set_has(set, &quarter6));
    assert_int_equal(prefix_set_count(set), 4); /* what is covered is not kept */
    prefix_set_unref(set);
}

static void digests_tell_content(void **state)
{
    (void)state;
    static struct model m;
    struct random r = {13};
    for (unsigned round = 0; round < 100; round++) {
        m.count = 0;
        for (unsigned i = 1 + random_below(&r, 50); i-- > 0;)
            add_random(&m, &r, 1);
        struct prefix_set *a = set_of(&m);
        struct prefix_set *b = prefix_set_new();
        for (unsigned i = 2 * m.count; i-- > 0;) {
            const struct prefix_entry *e = &m.entries[i % m.count];
            prefix_set_add(b, &e->prefix, e->from_bits, e->to_bits);
        }
        prefix_set_settle(b);
        assert_true(policy_digest_equal(prefix_set_digest(a), prefix_set_digest(b)));
        assert_int_equal(prefix_set_count(a), prefix_set_count(b));
        add_random(&m, &r, 1);
        struct prefix_set *c = set_of(&m);
        struct prefix_set_cursor cursor = {0};
        struct prefix_set_item item;
        bool more = false; /* than in `a` */
        while (prefix_set_next(c, &cursor, &item))
            for (unsigned len = item.prefix.len_bits; len <= prefix_max_bits(item.prefix.version);
                 len++) {
                struct prefix p = prefix_make(item.prefix.version, (uint8_t)len, item.prefix.bytes);
                more |= length_set_has(&item.lengths, len) && !set_has(a, &p);
            }
        if (more)
            assert_false(policy_digest_equal(prefix_set_digest(a), prefix_set_digest(c)));
        prefix_set_unref(a);
        prefix_set_unref(b);
        prefix_set_unref(c);
    }
}

static void a_walk_is_in_order(void **state)
{
    (void)state;
    static struct model m;
    struct random r = {17};
    for (unsigned round = 0; round < 100; round++) {
        m.count = 0;
        for (unsigned i = random_below(&r, ENTRIES_MAX); i-- > 0;)
            add_random(&m, &r, round % 9);
        struct prefix_set *set = set_of(&m);
        struct prefix_set_cursor cursor = {0};
        struct prefix_set_item item;
        struct prefix before = {0};
        size_t count = 0;
        while (prefix_set_next(set, &cursor, &item)) {
            assert_true(prefix_compare(&before, &item.prefix) < 0);
            before = item.prefix;
            count++;
            assert_false(length_set_is_empty(item.lengths));
            uint8_t from;
            uint8_t to;
            while (length_set_take_run(&item.lengths, &from, &to)) {
                assert_true(from >= item.prefix.len_bits && from <= to);
                struct prefix p = prefix_make(item.prefix.version, to, item.prefix.bytes);
                assert_true(model_has(&m, &p));
            }
        }
        assert_int_equal(count, prefix_set_count(set));
        prefix_set_unref(set);
    }
}

/* More shapes than 16 bits have numbers for: each prefix has a range of its own, nested in two. */
static void as_many_shapes_as_entries(void **state)
{
    (void)state;
    struct prefix_set *set = prefix_set_new();
    uint8_t address[16] = {0x20};
    unsigned count = 0;
    for (unsigned a = 1; a < 44; a++)
        for (unsigned b = a; b < 44; b++)
            for (unsigned c = 0; c < 90; c++) {
                address[1] = (uint8_t)(count >> 16);
                address[2] = (uint8_t)(count >> 8);
                address[3] = (uint8_t)count++;
                struct prefix outer = prefix_make(IP_V6, 32, address);
                prefix_set_add(set, &outer, (uint8_t)(32 + a), (uint8_t)(32 + b));
                struct prefix inner = prefix_make(IP_V6, 33, address);
                prefix_set_add(set, &inner, (uint8_t)(33 + c), 128);
            }
    prefix_set_settle(set);
    assert_true(set->wide_shapes);
    count = 0;
    for (unsigned a = 1; a < 44; a++)
        for (unsigned b = a; b < 44; b++)
            for (unsigned c = 0; c < 90; c++) {
                address[1] = (uint8_t)(count >> 16);
                address[2] = (uint8_t)(count >> 8);
                address[3] = (uint8_t)count++;
                for (unsigned len = 32; len <= 128; len += 7)
                    assert_int_equal(prefix_set_has(set, IP_V6, address, (uint8_t)len),
                                     (len >= 32 + a && len <= 32 + b) || len >= 33 + c);
            }
    prefix_set_unref(set);
}

static void an_entry_takes_little_room(void **state)
{
    (void)state;
    struct random r = {19};
    for (uint8_t version = IP_V4; version <= IP_V6; version += 2) {
        struct prefix_set *set = prefix_set_new();
        for (unsigned i = 0; i < 20000; i++) {
            struct prefix p = random_prefix(&r, 8);
            unsigned len =
                (version == IP_V4 ? 16 : 32) + random_below(&r, version == IP_V4 ? 9 : 17);
            p = prefix_make(version, (uint8_t)len, p.bytes);
            prefix_set_add(set, &p, p.len_bits, version == IP_V4 ? 24 : 48);
        }
        prefix_set_settle(set);
        assert_true(prefix_set_bytes(set) <= 12 * prefix_set_count(set));
        prefix_set_unref(set);
    }
}

/* Ranges that a difference is told in. */
struct ranges {
    struct model told;
    bool in_order; /* prefixes ascend */
};

static void note_range(void *ctx, const struct prefix *covering, uint8_t from_bits, uint8_t to_bits)
{
    struct ranges *ranges = ctx;
    struct model *told = &ranges->told;
    assert_true(told->count < ENTRIES_MAX);
    assert_true(covering->len_bits <= from_bits && from_bits <= to_bits);
    assert_true(to_bits <= prefix_max_bits(covering->version));
    if (told->count > 0)
        ranges->in_order &= prefix_compare(&told->entries[told->count - 1].prefix, covering) <= 0;
    told->entries[told->count++] = (struct prefix_entry){*covering, from_bits, to_bits};
}

static void a_difference_holds_all_that_differs(void **state)
{
    (void)state;
    static struct model a;
    static struct model b;
    static struct ranges ranges;
    struct random r = {23};
    unsigned differing = 0;
    unsigned in_vain = 0;
    for (unsigned round = 0; round < 800; round++) {
        unsigned spread = round % 9;
        a.count = b.count = 0;
        for (unsigned i = random_below(&r, 60); i-- > 0;)
            add_random(&a, &r, spread);
        for (unsigned i = 0; i < a.count; i++)
            if (random_below(&r, 10) > 0)
                b.entries[b.count++] = a.entries[i];
        for (unsigned i = random_below(&r, 5); i-- > 0;)
            add_random(&b, &r, spread);
        struct prefix_set *set_a = set_of(&a);
        struct prefix_set *set_b = set_of(&b);
        ranges = (struct ranges){.in_order = true};
        prefix_set_each_difference(set_a, set_b, note_range, &ranges);
        assert_true(ranges.in_order);
        for (unsigned i = 0; i < 500; i++) {
            struct prefix p = random_question(&r, i % 2 ? &a : &b, spread);
            bool differs = model_has(&a, &p) != model_has(&b, &p);
            bool told = model_has(&ranges.told, &p);
            differing += differs;
            in_vain += told && !differs;
            assert_true(told || !differs);
        }
        /* Nothing is told that both accept or neither does, as far as the prefix itself goes. */
        for (unsigned i = 0; i < ranges.told.count; i++) {
            const struct prefix_entry *e = &ranges.told.entries[i];
            struct prefix p = prefix_make(e->prefix.version, e->from_bits, e->prefix.bytes);
            struct prefix last = p;
            for (unsigned bit = e->prefix.len_bits; bit < e->from_bits; bit++)
                last.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
            bool first_differs = model_has(&a, &p) != model_has(&b, &p);
            bool last_differs = model_has(&a, &last) != model_has(&b, &last);
            in_vain += !first_differs && !last_differs;
        }
        prefix_set_unref(set_a);
        prefix_set_unref(set_b);
    }
    assert_true(differing > 5000);
    assert_true(in_vain < differing / 4);
}

/* The ranges of a difference as text. */
static void write_range(void *ctx, const struct prefix *covering, uint8_t from_bits,
                        uint8_t to_bits)
{
    char text[PREFIX_TEXT_MAX];
    strbuf_printf(ctx, "%s %u-%u, ", prefix_format(covering, text), from_bits, to_bits);
}

static void a_difference_tells_what_the_other_has_not(void **state)
{
    (void)state;
    struct prefix_set *a = prefix_set_new();
    struct prefix_set *b = prefix_set_new();
    struct strbuf told = {0};
    add(a, "10.0.0.0/8", 8, 24);
    add(b, "10.0.0.0/8", 8, 25);
    add(a, "192.0.2.0/24", 24, 24);
    add(b, "192.0.2.0/24", 24, 24);
    add(b, "198.51.100.0/24", 24, 24);
    add(a, "2001:db8::/32", 32, 128);
    add(b, "2001:db8::/32", 32, 64);
    add(b, "2001:db8::/80", 80, 128);
    prefix_set_settle(a);
    prefix_set_settle(b);
    prefix_set_each_difference(a, b, write_range, &told);
    assert_string_equal(strbuf_text(&told),
                        "10.0.0.0/8 25-25, 198.51.100.0/24 24-24, 2001:db8::/32 65-128, ");
    strbuf_clear(&told);
    prefix_set_each_difference(a, a, write_range, &told);
    assert_string_equal(strbuf_text(&told), "");
    prefix_set_each_difference(a, NULL, write_range, &told);
    assert_string_equal(strbuf_text(&told),
                        "10.0.0.0/8 8-24, 192.0.2.0/24 24-24, 2001:db8::/32 32-128, ");
    strbuf_release(&told);
    prefix_set_unref(a);
    prefix_set_unref(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_has_what_its_entries_say),
        cmocka_unit_test(an_empty_set_has_nothing),
        cmocka_unit_test(the_ends_of_the_addresses),
        cmocka_unit_test(digests_tell_content),
        cmocka_unit_test(a_walk_is_in_order),
        cmocka_unit_test(as_many_shapes_as_entries),
        cmocka_unit_test(an_entry_takes_little_room),
        cmocka_unit_test(a_difference_holds_all_that_differs),
        cmocka_unit_test(a_difference_tells_what_the_other_has_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
