/* Import policy. A path that it rejects is kept with the number of the rule, and with its
 * attributes as they stood then: so a reason that a rule adds as a community is seen. */
#include "daemon/import.h"

#include "daemon/channel.h"
#include "daemon/state.h"

/* Attribute sets of which it is kept what policy says of them. */
#define KEPT_RUNS 1024u

struct policy_scene import_scene(const struct speaker *s, const struct channel *c)
{
    const struct neighbor *n = c->neighbor;
    const struct policy_own_next_hop *own =
        &n->known_as->own_next_hop[family_info(c->family)->ip_version == IP_V6];
    return (struct policy_scene){
        .direction = POLICY_IMPORT,
        .origin = POLICY_FROM_PEER,
        .source = n->known_as,
        .peer = n->known_as,
        .local_as = n->known_as->local_as,
        .own_next_hop = span_of(own->bytes, own->len_bytes),
        .family = c->family,
        .validation = &s->validation.by,
    };
}

bool import_depends(const struct policy_chain *chain, unsigned kinds)
{
    return chain && ((chain->states | chain->notes) & kinds) != 0;
}

/* What a policy rejects that asks about validation is kept in any case: when VRPs change it is
 * there to be asked about again (RFC 9324 §3). */
static bool keeps_rejected(const struct channel *c)
{
    return c->keep_filtered || c->import->states != 0;
}

enum rib_reject import_verify(const struct speaker *s, const struct channel *c, struct span attrs)
{
    const struct policy_neighbor *source = c->neighbor->known_as;
    bool is_invalid = c->rejects_aspa && source->role != ROLE_NONE &&
                      policy_aspa_of(&s->validation.by, c->family, source, attrs) == ASPA_INVALID;
    return is_invalid ? RIB_REJECT_ASPA : RIB_ACCEPTED;
}

/* --- as they come --- */

void import_begin(struct speaker *s, const struct import_run *run)
{
    struct policy_scene scene = import_scene(s, run->channel);
    policy_run_count_hits(s->import.run);
    scene.attrs = run->received.canonical;
    scene.hot = run->received.hot;
    policy_run_begin(s->import.run, run->channel->import, &scene);
}

/* Begins a run of the batch for what has come to an outcome. */
static void begin_outcome(struct speaker *s, const struct import_run *run,
                          const struct policy_outcome *outcome)
{
    struct rib_announcement what = run->what;
    const struct rib_batch_given changed = {outcome->attrs, outcome->hot};
    if (!outcome->accepted && !keeps_rejected(run->channel)) {
        rib_batch_withdraw(&s->rib, &s->batch, what.source, what.path_id);
        return;
    }
    if (!outcome->accepted)
        what.reject = (uint16_t)(RIB_REJECT_POLICY + outcome->rule);
    rib_batch_announce(&s->rib, &s->batch, &what, run->received, outcome->changed ? &changed : NULL,
                       run->labels);
}

void import_take(struct speaker *s, const struct channel *c, const struct nlri *nlri, size_t count)
{
    policy_run_take(s->import.run, c->import, c->family, nlri, count);
}

void import_look(struct speaker *s, uint32_t *ret_names)
{
    policy_run_for_each(s->import.run, ret_names);
}

void import_choose(struct speaker *s, const struct import_run *run, uint32_t name)
{
    struct policy_outcome *outcome = policy_run_named(s->import.run, name, 0);
    if (rib_batch_resume(&s->batch, outcome->user))
        return;
    begin_outcome(s, run, outcome);
    outcome->user = rib_batch_name(&s->batch);
}

void import_count(struct speaker *s, uint32_t name, uint32_t routes)
{
    policy_run_named(s->import.run, name, routes);
}

void import_end(struct speaker *s)
{
    policy_run_count_hits(s->import.run);
    input_spend(s, policy_scratch_take_cost(s->import.scratch));
}

/* --- again --- */

/* The number of their changes comes round long after runs are forgotten. */
uint32_t import_asker(const struct speaker *s, enum family family)
{
    return (uint32_t)family + (uint32_t)FAMILY_COUNT * s->validation.aspa_changes;
}

struct rib_verdict import_judge(struct speaker *s, const struct channel *c,
                                const struct rib_path *path, struct nlri_key key)
{
    struct policy_scene scene = import_scene(s, c);
    const struct kept_run_key kept = {.chain = c->import,
                                      .peer = c->neighbor->known_as,
                                      .asker = import_asker(s, c->family),
                                      .source = path->source,
                                      .attrs = path->received};
    struct policy_outcome *outcome =
        policy_run_for(kept_runs_for(s->import.kept, &kept, &scene), key);
    if (!outcome->accepted && !keeps_rejected(c))
        return (struct rib_verdict){.attrs = path->received, .removed = true};
    return (struct rib_verdict){
        .attrs = kept_outcome_attrs(s->import.kept, &kept, outcome),
        .reject = outcome->accepted ? RIB_ACCEPTED : (uint16_t)(RIB_REJECT_POLICY + outcome->rule),
    };
}

uint32_t import_own_as(const struct speaker *s)
{
    if (s->config->default_as != 0 || s->config->peer_count == 0)
        return s->config->default_as;
    return s->config->peers[0].local_as;
}

struct policy_scene import_local_scene(const struct speaker *s, enum family family, uint32_t source)
{
    static const enum policy_origin origins[] = {
        [RIB_SOURCE_API] = POLICY_FROM_API, [RIB_SOURCE_CONFIG] = POLICY_FROM_CONFIG};
    return (struct policy_scene){
        .direction = POLICY_IMPORT,
        .origin = origins[rib_source_at(&s->rib, source)->kind],
        .local_as = import_own_as(s),
        .family = family,
        .validation = &s->validation.by,
    };
}

uint32_t import_note_local(struct speaker *s, enum family family, struct nlri_key key,
                           uint32_t source, uint32_t received)
{
    struct policy_chain *chain = s->config->local_import;
    if (!chain)
        return received;
    const struct policy_scene scene = import_local_scene(s, family, source);
    const struct kept_run_key kept = {
        .chain = chain, .asker = import_asker(s, family), .source = source, .attrs = received};
    struct policy_outcome *outcome =
        policy_run_for(kept_runs_for(s->import.kept, &kept, &scene), key);
    return kept_outcome_attrs(s->import.kept, &kept, outcome);
}

uint32_t import_judge_cost(struct speaker *s)
{
    return kept_runs_take_cost(s->import.kept);
}

void import_judged(struct speaker *s)
{
    kept_runs_forget(s->import.kept);
}

/* --- telling --- */

struct policy_place import_reject_place(const struct speaker *s, enum family family,
                                        const struct rib_path *path)
{
    const struct policy_place none = {0};
    if (path->reject < RIB_REJECT_POLICY)
        return none;
    const struct neighbor *n = rib_source_at(&s->rib, path->source)->user;
    const struct channel *c = n ? channel_find(n, family) : NULL;
    if (!c || !c->import || review_is_pending(s, c))
        return none;
    return policy_chain_place(c->import, (uint16_t)(path->reject - RIB_REJECT_POLICY));
}

const char *import_reject_text(const struct speaker *s, enum family family,
                               const struct rib_path *path, struct strbuf *text)
{
    if (path->reject < RIB_REJECT_POLICY)
        return rib_reject_text((enum rib_reject)path->reject);
    struct policy_place place = import_reject_place(s, family, path);
    if (!place.policy)
        return "policy, which has changed: it is about to be evaluated again";
    strbuf_clear(text);
    strbuf_add(text, "policy ");
    policy_place_format(&place, text);
    return strbuf_text(text);
}

void speaker_count_hits(struct speaker *s)
{
    policy_run_count_hits(s->import.run);
    kept_runs_count_hits(s->import.kept);
    ribout_count_hits(&s->out);
}

/* --- the service --- */

static int init(struct speaker *s, struct strbuf *error)
{
    (void)error;
    s->import.scratch = policy_scratch_new();
    s->import.run = policy_run_new(s->import.scratch);
    s->import.kept = kept_runs_new(&s->rib, KEPT_RUNS);
    return 0;
}

/* Policies that stay as they are go on counting from where they were. */
static void reconfigure(struct speaker *s, const struct config *old, struct reload_summary *sum)
{
    (void)sum;
    speaker_count_hits(s);
    kept_runs_forget(s->import.kept);
    kept_runs_forget(s->out.views.kept);
    for (size_t i = 0; i < s->config->policy_count; i++) {
        struct policy *now = s->config->policies[i];
        const struct policy *before = config_find_same_policy(old, now);
        if (before)
            policy_take_hits(now, before);
    }
}

static void release(struct speaker *s)
{
    kept_runs_free(s->import.kept);
    policy_run_free(s->import.run);
    policy_scratch_free(s->import.scratch);
}

const struct service import_service = {
    .name = "import", .init = init, .reconfigure = reconfigure, .release = release};
