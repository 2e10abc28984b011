/* What a comparison has found of a channel: on the way out, what was counted for all of its
 * audience with what was counted for it alone. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "daemon/preview_change.h"
#include "daemon/preview_walk.h"
#include "daemon/state.h"

/* --- reports --- */

/* The channel number `index` of those that were asked for; NULL. */
static const struct preview_channel *channel_at(struct preview *p, size_t index)
{
    if (index != p->next_index)
        p->next_index = p->next_at = 0;
    for (; p->next_at < p->plan.channel_count; p->next_at++) {
        const struct preview_channel *c = &p->plan.channels[p->next_at];
        if (!c->wanted || p->next_index++ < index)
            continue;
        p->next_at++;
        return c;
    }
    return NULL;
}

static bool concerns(const struct preview_example *e, uint32_t channel)
{
    for (uint32_t i = 0; i < e->except_count; i++)
        if (e->except[i] == channel)
            return false;
    return true;
}

/* Adds those examples of a tally that concern the shown channel, a few of each kind. */
static void show_examples(struct preview *p, enum policy_direction direction,
                          const struct preview_tally *tally, unsigned shown[PREVIEW_KINDS])
{
    uint32_t channel = (uint32_t)(p->shown.channel - p->plan.channels);
    for (size_t i = 0; i < tally->example_count; i++) {
        const struct preview_example *e = &tally->examples[i];
        if (shown[e->pair.kind] == PREVIEW_EXAMPLES || !concerns(e, channel))
            continue;
        shown[e->pair.kind]++;
        size_t count = p->shown.example_count[direction]++;
        p->shown.examples[direction] =
            mem_resize(p->shown.examples[direction], count + 1, sizeof(struct preview_example *));
        p->shown.examples[direction][count] = e;
    }
}

static int compare_rows(const void *a, const void *b)
{
    const struct preview_row *left = a;
    const struct preview_row *right = b;
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    return left->count > right->count ? -1 : left->count < right->count;
}

/* By kind, the most frequent ones first; those that are of no routes go. */
static void settle_rows(struct preview_tally *t)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->row_count; i++)
        if (t->rows[i].count > 0)
            t->rows[kept++] = t->rows[i];
    t->row_count = kept;
    if (kept > 0)
        qsort(t->rows, kept, sizeof(*t->rows), compare_rows);
}

static struct preview_way show_way(struct preview *p, enum policy_direction direction,
                                   const struct preview_tally *own,
                                   const struct preview_tally *shared)
{
    struct preview_tally *rows = &p->shown.rows[direction];
    unsigned shown[PREVIEW_KINDS] = {0};
    struct preview_way way = {0};
    rows->row_count = rows->last = 0;
    p->shown.example_count[direction] = 0;
    preview_tally_join(rows, own);
    show_examples(p, direction, own, shown);
    if (shared) {
        preview_tally_join(rows, shared);
        show_examples(p, direction, shared, shown);
    }
    settle_rows(rows);
    for (size_t i = 0; i < rows->row_count; i++)
        way.counts[rows->rows[i].kind] += (uint64_t)rows->rows[i].count;
    way.rules = rows->row_count;
    way.examples = p->shown.example_count[direction];
    return way;
}

bool preview_report_at(struct preview *p, size_t index, struct preview_report *ret_report)
{
    const struct preview_channel *c = channel_at(p, index);
    if (!c)
        return false;
    const struct preview_audience *audience = &p->plan.audiences[c->audience];
    p->shown.channel = c;
    *ret_report = (struct preview_report){
        .peer = c->addr,
        .name = c->who[PREVIEW_THEN]->name,
        .family = c->family,
        .received = c->received,
        .gone = c->gone,
        .keeps_filtered = c->keep_filtered,
        .ways = {[POLICY_IMPORT] = show_way(p, POLICY_IMPORT, &c->in, NULL),
                 [POLICY_EXPORT] = show_way(p, POLICY_EXPORT, &c->out, &audience->tally)},
    };
    ret_report->ways[POLICY_IMPORT].differs = c->policies_differ;
    ret_report->ways[POLICY_IMPORT].routes = c->accepted;
    ret_report->ways[POLICY_EXPORT].differs = audience->differs;
    ret_report->ways[POLICY_EXPORT].routes = c->advertised;
    return true;
}

struct preview_rule preview_rule_at(const struct preview *p, enum policy_direction direction,
                                    size_t index)
{
    const struct preview_row *row = &p->shown.rows[direction].rows[index];
    struct preview_rule rule = {.kind = row->kind, .routes = (uint64_t)row->count};
    for (unsigned when = 0; when < PREVIEW_TIMES; when++)
        rule.of[when] = preview_side_of(&p->plan, direction, p->shown.channel,
                                        (enum preview_when)when, row->cause[when]);
    rule.of[PREVIEW_NOW].accepted = row->kind != PREVIEW_ACCEPTED;
    rule.of[PREVIEW_THEN].accepted = row->kind != PREVIEW_REJECTED;
    return rule;
}

struct preview_change preview_example_at(const struct preview *p, enum policy_direction direction,
                                         size_t index)
{
    const struct preview_example *e = p->shown.examples[direction][index];
    return preview_change_of(&p->plan, &p->s->rib, direction, p->shown.channel, &e->pair,
                             (struct nlri_key){e->key, e->key_len});
}
