/* Who announces what. Paths say who sent them and of which generation they are: the sender's ASN
 * and then one for the generation stand in front of whatever else is in them. */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rng.h"

static const uint32_t MARK_AS = 4200009000U;

void plan_init(struct plan *p, const struct table *t, uint32_t senders, enum sharing sharing)
{
    *p = (struct plan){.table = t, .senders = senders, .sharing = sharing, .own = senders == 0};
    p->generations = mem_zalloc(t->set_count);
}

void plan_release(struct plan *p)
{
    free(p->generations);
}

uint32_t plan_winner(const struct plan *p, const struct table_set *set)
{
    return p->senders > 1 ? (uint32_t)(rng_of(set->id, p->senders) % p->senders) : 0;
}

uint32_t plan_announcer(const struct plan *p, const struct table_set *set, uint32_t rank)
{
    uint64_t index = (uint64_t)(set - p->table->sets);
    uint32_t home = (uint32_t)(index * p->senders / p->table->set_count);
    if (rank == 0)
        return home;
    /* A third of the sets has a second announcer, a third of these a third one. */
    uint64_t x = rng_of(set->id, 60);
    if (p->senders < PLAN_RANKS || x % 3 || (rank == 2 && x / 3 % 3))
        return PLAN_NOBODY;
    uint32_t step = 1 + (uint32_t)(rng_of(set->id, 61) % (p->senders - 2));
    return (home + step + (rank == 2)) % p->senders;
}

bool plan_announces(const struct plan *p, const struct table_set *set, uint32_t sender)
{
    for (uint32_t rank = 0; rank < PLAN_RANKS; rank++)
        if (plan_announcer(p, set, rank) == sender)
            return true;
    return false;
}

uint32_t plan_detour(const struct plan *p, const struct table_set *set, uint32_t sender)
{
    if (p->sharing == SHARING_NONE)
        return plan_winner(p, set) != sender;
    uint32_t rank = 0;
    while (p->sharing == SHARING_MEMBERS && rank + 1 < PLAN_RANKS &&
           plan_announcer(p, set, rank) != sender)
        rank++;
    return 2 * rank; /* one more, as a bogon, makes no path as long as the next one */
}

static void expect_of_sender(const struct plan *p, uint32_t sender, uint16_t *ret_codes)
{
    uint32_t first = 0, end = p->table->order_count;
    if (p->sharing == SHARING_SPLIT)
        table_share(p->table, sender, p->senders, &first, &end);
    for (uint32_t i = 0; i < p->table->set_count; i++) {
        const struct table_set *set = &p->table->sets[i];
        if (p->sharing == SHARING_NONE && plan_winner(p, set) != sender)
            continue;
        uint16_t code = plan_code(sender, p->generations[i]);
        for (uint32_t at = set->first; at < set->first + set->count; at++)
            if (at >= first && at < end)
                ret_codes[p->table->order[at]] = code;
    }
}

void plan_expect(const struct plan *p, uint16_t *ret_codes)
{
    for (uint32_t i = 0; p->own && i < p->table->prefix_count; i++)
        ret_codes[i] = PLAN_CODE_OTHER;
    for (uint32_t sender = 0; sender < p->senders; sender++)
        expect_of_sender(p, sender, ret_codes);
}

void plan_churn(struct plan *p, uint32_t percent, uint32_t round, bool *ret_changed)
{
    uint64_t wanted = (uint64_t)p->table->order_count * percent / 100;
    uint64_t taken = 0;
    memset(ret_changed, 0, p->table->set_count * sizeof *ret_changed);
    uint32_t stride = 7919; /* prime: visits all sets, in no order that the table has */
    uint32_t at = (uint32_t)(rng_of(round, 77) % p->table->set_count);
    for (uint32_t n = 0; taken < wanted && n < p->table->set_count; n++) {
        at = (uint32_t)(((uint64_t)at + stride) % p->table->set_count);
        if (ret_changed[at])
            continue;
        ret_changed[at] = true;
        taken += p->table->sets[at].count;
        p->generations[at] = (uint8_t)((p->generations[at] + 1) % PLAN_GENERATIONS);
    }
}

uint32_t plan_generation_as(const struct plan *p, const struct table_set *set)
{
    return MARK_AS + p->generations[set - p->table->sets];
}

uint16_t plan_read_path(const struct plan *p, const uint32_t *ases, uint32_t count)
{
    for (uint32_t i = 0; i < count && i < 2; i++) {
        uint32_t sender = ases[i] - p->sender_as;
        if (sender >= p->senders)
            continue;
        uint32_t next = i + 1;
        while (next < count && ases[next] == ases[i])
            next++;
        uint32_t mark = next < count ? ases[next] - MARK_AS : 0;
        return plan_code(sender, mark < PLAN_GENERATIONS ? mark : 0);
    }
    return PLAN_CODE_OTHER;
}
