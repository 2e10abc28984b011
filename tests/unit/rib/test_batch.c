/* Batches: what is announced and withdrawn through them ends as if it had been done at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../keys.h"
#include "../random.h"
#include "rib/batch.h"
#include "sets.h"
#include "wire/flowspec.h"

enum { PREFIXES = 600, SOURCES = 3, SETS = 20, STEPS = 20000 };

/* The one that is changed through batches, and the one that is changed at once. */
static struct rib batched, direct;
static struct rib_batch batch;
static uint32_t sets[2][SETS];

static enum family family_of(uint32_t i)
{
    static const enum family families[] = {FAMILY_IPV4_UNICAST, FAMILY_IPV6_UNICAST,
                                           FAMILY_IPV4_FLOW};
    return families[i % 3];
}

static struct nlri_key key_of(uint32_t i)
{
    uint8_t bytes[16] = {32, (uint8_t)(i % 7), (uint8_t)(i >> 4), (uint8_t)(i << 4)};
    static uint8_t flow[] = {FLOW_PORT, 0x91, 0, 0};
    if (family_of(i) != FAMILY_IPV4_FLOW)
        return prefix_key(
            prefix_make(family_info(family_of(i))->ip_version, (uint8_t)(16 + i % 17), bytes));
    flow[2] = (uint8_t)(i >> 8);
    flow[3] = (uint8_t)i;
    return (struct nlri_key){flow, sizeof(flow)};
}

static void settle(struct rib *rib)
{
    for (unsigned f = 0; f < FAMILY_COUNT; f++)
        for (uint32_t id; rib_dirty_take(rib, &rib->tables[f], &id, 1) == 1;)
            rib_dirty_done(&rib->tables[f], &id, 1);
}

static void check_path(uint32_t i, uint32_t source)
{
    struct nlri_key key = key_of(i);
    const struct rib_path *a = rib_find_path(&batched, family_of(i), key, source);
    const struct rib_path *b = rib_find_path(&direct, family_of(i), key, source);
    assert_int_equal(a != NULL, b != NULL);
    if (!a)
        return;
    const struct rib_attrs *attrs[] = {rib_attrs_at(&batched.attrs, a->attrs),
                                       rib_attrs_at(&direct.attrs, b->attrs)};
    assert_true(span_equal(rib_attrs_span(attrs[0]), rib_attrs_span(attrs[1])));
    assert_int_equal(a->attrs == a->received, b->attrs == b->received);
    assert_true(span_equal(rib_attrs_span(rib_attrs_at(&batched.attrs, a->received)),
                           rib_attrs_span(rib_attrs_at(&direct.attrs, b->received))));
    struct attr_hot hot = attr_hot_of(rib_attrs_span(attrs[0]));
    assert_memory_equal(&attrs[0]->hot, &hot, sizeof(hot));
}

static void check_counts(const struct rib_adj_in *a, const struct rib_adj_in *b)
{
    assert_int_equal(a->paths, b->paths);
    assert_int_equal(a->rejected, b->rejected);
    assert_int_equal(a->ignored, b->ignored);
}

static void check_equal(void)
{
    rib_batch_apply(&batched, &batch);
    for (uint32_t i = 0; i < PREFIXES; i++)
        for (uint32_t source = 1; source <= SOURCES; source++)
            check_path(i, source);
    for (uint32_t source = 1; source <= SOURCES; source++)
        for (unsigned f = 0; f < FAMILY_COUNT; f++)
            check_counts(rib_source_adj_in(&batched.sources, source, f),
                         rib_source_adj_in(&direct.sources, source, f));
}

static struct rib_announcement announcement(struct random *random, uint32_t set, uint32_t changed,
                                            uint32_t source)
{
    bool accepted = random_below(random, 4) > 0;
    return (struct rib_announcement){
        .source = source,
        .received = set,
        .attrs = changed,
        .reject = accepted ? RIB_ACCEPTED : RIB_REJECT_AS_LOOP,
        .now_mono_s = 1,
    };
}

/* The set of these attributes with labels in front, as it is made outside of batches; the reference
 * is the caller's. */
static uint32_t labeled(struct rib_attrs_pool *pool, uint32_t set, struct span labels)
{
    static uint8_t bytes[ATTR_LABELS_MAX_BYTES + ATTR_BLOCK_MAX];
    struct writer w = writer_over(bytes, sizeof(bytes));
    struct attr_hot hot = rib_attrs_at(pool, set)->hot;
    if (labels.len_bytes == 0)
        return rib_attrs_ref(pool, set);
    attr_put_labels(&w, &hot, labels);
    writer_put(&w, rib_attrs_span(rib_attrs_at(pool, set)));
    return rib_attrs_intern(pool, writer_span(&w), &hot);
}

/* Begins a run with the attributes of a set, and those of another one that policy makes of it. */
static void begin_run(const struct rib_announcement *what, uint32_t set, uint32_t changed,
                      struct span labels)
{
    const struct rib_attrs *from = rib_attrs_at(&direct.attrs, set);
    const struct rib_attrs *to = rib_attrs_at(&direct.attrs, changed);
    const struct rib_batch_given received = {rib_attrs_span(from), &from->hot};
    const struct rib_batch_given other = {rib_attrs_span(to), &to->hot};
    rib_batch_announce(&batched, &batch, what, received, changed != set ? &other : NULL, labels);
}

/* Two runs, between which it goes to and fro for as long as the batch has not forgotten them. */
static void alternate(struct random *random)
{
    uint32_t a = sets[1][random_below(random, SETS)];
    uint32_t b = sets[1][random_below(random, SETS)];
    const struct rib_announcement what[2] = {announcement(random, a, b, 1),
                                             announcement(random, a, a, 1)};
    uint32_t names[2] = {0};
    for (uint32_t count = random_below(random, 90); count > 0; count--) {
        uint32_t i = random_below(random, PREFIXES);
        uint32_t run = random_below(random, 2);
        struct nlri_key key = key_of(i);
        const struct family_info *info = family_info(family_of(i));
        size_t most;
        struct nlri nlri = {.key = {rib_batch_room(&batched, &batch, &most), key.len}};
        memcpy((uint8_t *)(uintptr_t)nlri.key.bytes, key.bytes, nlri_key_bytes(info, key));
        if (!rib_batch_resume(&batch, names[run])) {
            begin_run(&what[run], a, run == 0 ? b : a, span_of(NULL, 0));
            names[run] = rib_batch_name(&batch);
        }
        rib_batch_add(&batch, family_of(i), nlri.key);
        rib_batch_keep(&batch, info, &nlri, 1);
        rib_announce(&direct, family_of(i), key, &what[run]);
    }
}

/* One run of up to 70 prefixes, in both. */
static void change_run(struct random *random, uint32_t withdrawals_in_ten)
{
    uint32_t source = 1 + random_below(random, SOURCES);
    uint32_t set = random_below(random, SETS);
    bool withdraw = random_below(random, 10) < withdrawals_in_ten;
    uint32_t count = random_below(random, random_below(random, 20) == 0 ? 70 : 4);
    const uint8_t bytes[] = {0, (uint8_t)random_below(random, 3), 0, 0, 2, 1};
    struct span labels = span_of(bytes, 3 * (size_t)random_below(random, 3));
    uint32_t changed = random_below(random, 3) ? set : random_below(random, SETS);
    uint32_t with = labeled(&direct.attrs, sets[1][set], labels);
    uint32_t changed_with = labeled(&direct.attrs, sets[1][changed], labels);
    struct rib_announcement b = announcement(random, with, changed_with, source);
    if (withdraw)
        rib_batch_withdraw(&batched, &batch, source, 0);
    else
        begin_run(&b, sets[1][set], sets[1][changed], labels);
    while (count-- > 0) {
        uint32_t i = random_below(random, PREFIXES);
        struct nlri_key key = key_of(i);
        const struct family_info *info = family_info(family_of(i));
        size_t most;
        struct nlri nlri = {.key = {rib_batch_room(&batched, &batch, &most), key.len}};
        assert_in_range(most, 1, NLRI_AT_ONCE);
        memcpy((uint8_t *)(uintptr_t)nlri.key.bytes, key.bytes, nlri_key_bytes(info, key));
        rib_batch_add(&batch, family_of(i), nlri.key);
        rib_batch_keep(&batch, info, &nlri, 1);
        if (withdraw)
            rib_withdraw(&direct, family_of(i), key, source, 0);
        else
            rib_announce(&direct, family_of(i), key, &b);
    }
    rib_attrs_unref(&direct.attrs, with);
    rib_attrs_unref(&direct.attrs, changed_with);
}

static void batches_change_what_single_calls_do(void **state)
{
    (void)state;
    struct random random = {.state = 99};
    for (uint32_t step = 0; step < STEPS; step++) {
        change_run(&random, step / 1000 % 10);
        if (step % 10 == 0)
            alternate(&random);
        if (random_below(&random, 50) == 0)
            rib_batch_apply(&batched, &batch);
        if (random_below(&random, 100) == 0)
            settle(&batched); /* entries without paths go while others wait in the batch */
        if (random_below(&random, 100) == 0)
            settle(&direct);
        if (step % 200 == 0)
            check_equal();
    }
    check_equal();
}

/* A set that is too long to wait in a batch. */
static uint32_t make_long_set(struct rib_attrs_pool *pool)
{
    static const uint8_t filler[RIB_BATCH_BYTES];
    static struct attr_block b;
    attr_block_init(&b);
    attr_block_add(&b, ATTR_ORIGIN, span_of(filler, 1));
    attr_block_add(&b, ATTR_NEXT_HOP, span_of((const uint8_t[]){10, 254, 0, 1}, 4));
    attr_block_add(&b, 200, span_of(filler, sizeof(filler)));
    attr_block_finish(&b);
    return rib_attrs_intern(pool, attr_block_span(&b), &b.hot);
}

static int set_up(void **state)
{
    (void)state;
    struct rib *both[] = {&batched, &direct};
    for (unsigned k = 0; k < 2; k++) {
        rib_init(both[k]);
        for (uint32_t i = 0; i < SOURCES; i++) {
            struct rib_source source = {.kind = RIB_SOURCE_PEER, .router_id = i + 1};
            rib_source_add(&both[k]->sources, &source);
            if (i > 0) /* there are too many of two */
                rib_source_set_most(&both[k]->sources, i + 1, FAMILY_IPV4_UNICAST,
                                    i == 1 ? PREFIXES / 4 : RIB_ANY_NUMBER, PREFIXES / 4);
        }
        for (uint32_t i = 0; i < SETS; i++) {
            struct set_spec spec = {
                .path = {64500 + i % 3}, .next_hop = 0x0afe0001 + i, .med = i % 4};
            sets[k][i] = i == 0 ? make_long_set(&both[k]->attrs) : make_set(&both[k]->attrs, &spec);
        }
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    struct rib *both[] = {&batched, &direct};
    for (unsigned k = 0; k < 2; k++) {
        for (uint32_t i = 0; i < SETS; i++)
            rib_attrs_unref(&both[k]->attrs, sets[k][i]);
        rib_release(both[k]);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(batches_change_what_single_calls_do, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
