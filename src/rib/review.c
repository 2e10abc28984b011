/* Judging paths again: the walk. */
#include "rib/review.h"

void rib_review_spend(struct rib_review *review, uint32_t paths)
{
    review->budget -= paths < review->budget ? paths : review->budget;
}

/* Goes on within one table; true when that is done with. */
static bool review_table(struct rib *rib, struct rib_review *review, rib_judge judge, void *ctx)
{
    struct rib_table *t = &rib->tables[review->family];
    uint32_t end = slab_end(&t->entries);
    uint32_t id = review->pos;
    for (; review->budget > 0 && id < end; id++) {
        if (slab_chunk_empty(&t->entries, id)) {
            id |= SLAB_CHUNK_ITEMS - 1;
            continue;
        }
        const struct rib_entry *e = rib_table_at(t, id);
        rib_review_spend(review, e->flags & ENTRY_IN_USE ? rib_entry_path_count(e) + 1 : 1);
        if (e->flags & ENTRY_IN_USE)
            rib_rejudge(rib, t, id, judge, ctx);
    }
    review->pos = id;
    return id >= end;
}

bool rib_review_step(struct rib *rib, struct rib_review *review, uint32_t budget, rib_judge judge,
                     void *ctx)
{
    if (!review->running)
        *review = (struct rib_review){.running = true, .pos = 1};
    review->budget = budget;
    while (review->family < FAMILY_COUNT && review->budget > 0) {
        if (!review_table(rib, review, judge, ctx))
            continue;
        review->family++;
        review->pos = 1;
    }
    review->running = review->family < FAMILY_COUNT;
    return !review->running;
}
