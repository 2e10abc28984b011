/* Leases against a list that is searched from end to end: random ones come, are moved and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "daemon/lease_heap.h"

enum { HOLDERS = 200, ROUNDS = 20000 };

struct model {
    uint64_t ends[HOLDERS]; /* 0: has none */
    uint32_t place[HOLDERS];
};

static void moved(void *ctx, uint32_t holder, uint32_t place)
{
    ((struct model *)ctx)->place[holder] = place;
}

static uint64_t first_end(const struct model *m)
{
    uint64_t first = 0;
    for (unsigned i = 0; i < HOLDERS; i++)
        if (m->ends[i] != 0 && (first == 0 || m->ends[i] < first))
            first = m->ends[i];
    return first;
}

static void assert_agrees(const struct lease_heap *h, const struct model *m)
{
    const struct lease *first = lease_heap_first(h);
    uint32_t count = 0;
    assert_int_equal(first ? first->ends_mono_ms : 0, first_end(m));
    for (uint32_t i = 0; i < HOLDERS; i++) {
        count += m->ends[i] != 0;
        assert_int_equal(m->place[i] != 0, m->ends[i] != 0);
        if (m->place[i] != 0) {
            assert_int_equal(h->at[m->place[i] - 1].holder, i);
            assert_int_equal(h->at[m->place[i] - 1].ends_mono_ms, m->ends[i]);
        }
    }
    assert_int_equal(h->count, count);
}

static void random_leases(void **state)
{
    (void)state;
    struct model m = {0};
    struct lease_heap h;
    unsigned seed = 5;
    lease_heap_init(&h, moved, &m);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint32_t holder = (uint32_t)rand_r(&seed) % HOLDERS;
        if (rand_r(&seed) % 3 > 0) {
            m.ends[holder] = 1 + (uint64_t)rand_r(&seed) % 1000;
            lease_heap_set(&h, holder, m.place[holder], m.ends[holder]);
        } else {
            m.ends[holder] = 0;
            lease_heap_drop(&h, m.place[holder]);
        }
        assert_agrees(&h, &m);
    }
    while (lease_heap_first(&h)) {
        m.ends[lease_heap_first(&h)->holder] = 0;
        lease_heap_drop(&h, 1);
        assert_agrees(&h, &m);
    }
    lease_heap_release(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_leases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
