/* Whose routes a comparison is about. Peers are matched as a reload does it, by what they are
 * configured as: those that come or go with the configuration are not among them. */
#include "daemon/preview_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "daemon/channel.h"
#include "daemon/state.h"

/* --- channels --- */

struct planning {
    struct preview_plan *plan;
    struct speaker *s;
    const struct config *then;
    const struct scoped_prefix *peers;
    uint32_t size;   /* of the array of channels */
    uint32_t *slots; /* owned: audiences by hash, index + 1 */
    uint32_t slot_mask;
};

/* Who the neighbour would be to policies; a reference. */
static struct policy_neighbor *who_then(const struct neighbor *n, const struct config_peer *config)
{
    char addr[IP_TEXT_MAX];
    struct policy_neighbor what = *n->known_as;
    what.name = config->name ? config->name : ip_format(&n->addr, addr);
    what.group = config->group ? config->group : "";
    return policy_neighbor_equal(n->known_as, &what) ? policy_neighbor_ref(n->known_as)
                                                     : policy_neighbor_new(&what);
}

static void add_channel(struct planning *p, const struct neighbor *n, const struct channel *c,
                        const struct config_peer *config, const struct config_channel *then)
{
    struct preview_plan *plan = p->plan;
    if (plan->channel_count == p->size) {
        p->size = p->size ? 2 * p->size : 16;
        plan->channels = mem_resize(plan->channels, p->size, sizeof(*plan->channels));
    }
    struct preview_channel *add = &plan->channels[plan->channel_count++];
    *add = (struct preview_channel){
        .addr = n->addr,
        .family = c->family,
        .wanted = !p->peers || scoped_prefix_contains_ip(p->peers, &n->addr),
        .keep_filtered = c->keep_filtered,
        .source = n->source,
        .config_source = n->block->config_source,
        .member = c->member,
        .who = {policy_neighbor_ref(n->known_as), who_then(n, config)},
        .import = {policy_chain_ref(c->import), policy_chain_ref(then->import)},
        .received = channel_received(p->s, c),
        .accepted = channel_accepted(p->s, c),
        .advertised = channel_advertised(c),
    };
    bool is_other = add->who[PREVIEW_NOW] != add->who[PREVIEW_THEN];
    plan->names_differ |= is_other;
    add->policies_differ = !policy_chain_same_policies(c->import, then->import) ||
                           (is_other && policy_chain_has_policies(then->import));
    add->import_differs =
        !policy_chain_equal(c->import, then->import) || (is_other && then->import);
    plan->by_source[n->source * FAMILY_COUNT + c->family] = plan->channel_count;
}

static void add_neighbor(void *ctx, struct neighbor *n)
{
    struct planning *p = ctx;
    const struct config_peer *now = n->block->config;
    const struct config_peer *then = config_find_peer(p->then, &now->remote, now->remote_interface);
    for (unsigned i = 0; n->up && then && i < n->channel_count; i++) {
        const struct channel *c = &n->channels[i];
        const struct config_channel *config = config_peer_channel(then, c->family);
        if (c->member && config)
            add_channel(p, n, c, then, config);
    }
}

/* --- audiences --- */

static bool is_audience(const struct preview_audience *a, const struct export_profile *t,
                        struct policy_chain *const *export)
{
    return memcmp(&a->profile, t, sizeof(*t)) == 0 &&
           policy_chain_equal(a->export[PREVIEW_NOW], export[PREVIEW_NOW]) &&
           policy_chain_equal(a->export[PREVIEW_THEN], export[PREVIEW_THEN]);
}

static uint64_t hash_of(const struct export_profile *t, struct policy_chain *const *export)
{
    uint64_t hash = hash_bytes(t, sizeof(*t));
    for (unsigned when = 0; when < PREVIEW_TIMES; when++)
        hash = hash_mix(hash ^ (export[when] ? export[when] -> digest.low : 0));
    return hash;
}

/* The number of a profile: that of the first audience with it. */
static uint32_t number_of(const struct preview_plan *plan, const struct export_profile *t)
{
    uint32_t i = 0;
    while (i < plan->audience_count && memcmp(&plan->audiences[i].profile, t, sizeof(*t)) != 0)
        i++;
    return i < plan->audience_count ? plan->audiences[i].number : plan->audience_count;
}

static bool export_differs(const struct preview_plan *plan, struct policy_chain *const *export)
{
    bool has_policy = export[PREVIEW_NOW] || export[PREVIEW_THEN];
    return !policy_chain_equal(export[PREVIEW_NOW], export[PREVIEW_THEN]) ||
           (has_policy && plan->names_differ);
}

/* The audience of a profile and policies; a new one if need be. */
static uint32_t audience_for(struct planning *p, const struct export_profile *t,
                             struct policy_chain *const *export)
{
    struct preview_plan *plan = p->plan;
    uint32_t slot = (uint32_t)hash_of(t, export) & p->slot_mask;
    while (p->slots[slot] != 0 && !is_audience(&plan->audiences[p->slots[slot] - 1], t, export))
        slot = (slot + 1) & p->slot_mask;
    if (p->slots[slot] != 0)
        return p->slots[slot] - 1;
    uint32_t number = number_of(plan, t);
    plan->audiences[plan->audience_count] = (struct preview_audience){
        .family = (enum family)t->family,
        .profile = *t,
        .number = number,
        .export = {policy_chain_ref(export[PREVIEW_NOW]), policy_chain_ref(export[PREVIEW_THEN])},
        .differs = export_differs(plan, export),
    };
    p->slots[slot] = ++plan->audience_count;
    return plan->audience_count - 1;
}

/* Puts a channel, the configuration of which is known to have it, into its audience. */
static void join_audience(struct planning *p, uint32_t index, const struct channel *c,
                          const struct config_channel *then)
{
    struct preview_channel *channel = &p->plan->channels[index];
    struct policy_chain *const export[PREVIEW_TIMES] = {c->export, then->export};
    channel->audience = audience_for(p, ribout_member_profile(c->member), export);
    struct preview_audience *a = &p->plan->audiences[channel->audience];
    if ((a->channel_count & (a->channel_count - 1)) == 0)
        a->channels = mem_resize(a->channels, a->channel_count ? 2 * a->channel_count : 1,
                                 sizeof(*a->channels));
    a->channels[a->channel_count++] = index;
    a->wanted_count += channel->wanted;
}

static int compare_asns(const void *a, const void *b, void *ctx)
{
    const struct preview_plan *plan = ctx;
    uint32_t left = plan->channels[*(const uint32_t *)a].who[PREVIEW_NOW]->as;
    uint32_t right = plan->channels[*(const uint32_t *)b].who[PREVIEW_NOW]->as;
    return left < right ? -1 : left > right;
}

static void sort_audiences(struct preview_plan *plan)
{
    for (uint32_t i = 0; i < plan->audience_count; i++) {
        struct preview_audience *a = &plan->audiences[i];
        qsort_r(a->channels, a->channel_count, sizeof(*a->channels), compare_asns, plan);
    }
}

/* Once all channels are there: that some have other names concerns all audiences. */
static void find_audiences(struct planning *p)
{
    struct preview_plan *plan = p->plan;
    uint32_t size = 16;
    while (size < 2 * plan->channel_count)
        size *= 2;
    p->slots = mem_zalloc(size * sizeof(*p->slots));
    p->slot_mask = size - 1;
    plan->audiences = mem_resize(NULL, plan->channel_count + 1, sizeof(*plan->audiences));
    for (uint32_t i = 0; i < plan->channel_count; i++) {
        const struct preview_channel *channel = &plan->channels[i];
        const struct neighbor *n = rib_source_at(&p->s->rib, channel->source)->user;
        const struct config_peer *now = n->block->config;
        const struct config_peer *then =
            config_find_peer(p->then, &now->remote, now->remote_interface);
        join_audience(p, i, channel_find(n, channel->family),
                      config_peer_channel(then, channel->family));
    }
    free(p->slots);
    sort_audiences(plan);
}

/* --- the plan --- */

void preview_plan_init(struct preview_plan *plan, struct speaker *s, const struct config *then,
                       const struct scoped_prefix *peers)
{
    struct planning p = {.plan = plan, .s = s, .then = then, .peers = peers};
    *plan = (struct preview_plan){
        .s = s,
        .local_import = policy_chain_ref(then->local_import),
        .local_differs = !policy_chain_equal(s->config->local_import, then->local_import),
        .source_count = s->rib.sources.count};
    plan->by_source =
        mem_zalloc(((size_t)plan->source_count + 1) * FAMILY_COUNT * sizeof(*plan->by_source));
    speaker_each_neighbor(s, add_neighbor, &p);
    find_audiences(&p);
}

void preview_plan_release(struct preview_plan *plan, struct rib *rib)
{
    for (uint32_t i = 0; i < plan->channel_count; i++) {
        struct preview_channel *c = &plan->channels[i];
        for (unsigned when = 0; when < PREVIEW_TIMES; when++) {
            policy_neighbor_unref(c->who[when]);
            policy_chain_unref(c->import[when]);
        }
        preview_tally_release(&c->in, rib);
        preview_tally_release(&c->out, rib);
    }
    for (uint32_t i = 0; i < plan->audience_count; i++) {
        struct preview_audience *a = &plan->audiences[i];
        for (unsigned when = 0; when < PREVIEW_TIMES; when++)
            policy_chain_unref(a->export[when]);
        preview_tally_release(&a->tally, rib);
        free(a->channels);
    }
    policy_chain_unref(plan->local_import);
    free(plan->channels);
    free(plan->audiences);
    free(plan->by_source);
}

/* One that is gone stays so, whatever comes after it. */
static void follow(struct preview_plan *plan, struct speaker *s, struct preview_channel *c)
{
    const struct peer_block *b = c->gone ? NULL : speaker_match(s, &c->addr);
    const struct neighbor *n = b ? peer_block_find(b, &c->addr) : NULL;
    bool is_same = n && n->up && n->source == c->source && n->known_as == c->who[PREVIEW_NOW];
    c->member = is_same ? channel_member(n, c->family) : NULL;
    if (c->member || c->gone)
        return;
    c->gone = true;
    plan->by_source[c->source * FAMILY_COUNT + c->family] = 0;
}

void preview_plan_follow(struct preview_plan *plan, struct speaker *s)
{
    for (uint32_t i = 0; i < plan->channel_count; i++)
        follow(plan, s, &plan->channels[i]);
}

bool preview_plan_concerns(const struct preview_plan *plan, enum family family)
{
    for (uint32_t i = 0; i < plan->channel_count; i++)
        if (plan->channels[i].family == family && plan->channels[i].import_differs)
            return true;
    for (uint32_t i = 0; i < plan->audience_count; i++)
        if (plan->audiences[i].family == family && plan->audiences[i].differs &&
            plan->audiences[i].wanted_count > 0)
            return true;
    return false;
}
