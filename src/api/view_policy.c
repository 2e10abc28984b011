/* JSON views of policies and explanations.
 *
 * A list of policies goes on after the name that was last, so that a reload in between does no
 * harm; that of explanations is written as the daemon goes from key to path to neighbour. */
#include "api/view_policy.h"

#include <stdlib.h>
#include <string.h>

#include "api/view_steps.h"
#include "base/mem.h"
#include "config/config.h"

/* --- policies --- */

/* Policies of one name, with other values of their parameters: rules have the same numbers. */
struct instances {
    struct policy *const *at; /* borrowed */
    size_t count;
};

static struct instances instances_of(const struct config *config, const struct policy *policy)
{
    struct instances all = {0};
    for (size_t i = 0; i < config->policy_count; i++) {
        if (strcmp(config->policies[i]->name, policy->name) != 0)
            continue;
        if (all.count++ == 0)
            all.at = &config->policies[i];
    }
    return all;
}

/* Of a rule of all instances; that after the last one is the fallback. */
static void put_hits(struct jsonw *w, struct instances all, size_t rule)
{
    struct policy_hits sum = {0};
    for (size_t i = 0; i < all.count; i++)
        for (enum policy_direction d = 0; d < POLICY_DIRECTIONS; d++)
            sum.matched[d] += all.at[i]->hits[rule].matched[d];
    jsonw_object(w, "hits");
    jsonw_uint(w, "import", sum.matched[POLICY_IMPORT]);
    jsonw_uint(w, "export", sum.matched[POLICY_EXPORT]);
    jsonw_object_end(w);
}

static void put_then(struct jsonw *w, enum policy_then then)
{
    jsonw_text(w, "then", then == POLICY_GO_ON ? NULL : policy_then_text(then));
}

/* The rule in the first instance that has it switched on; else that of the first one. */
static const struct policy_rule *rule_of(struct instances all, size_t index)
{
    for (size_t i = 0; i < all.count; i++)
        if (!all.at[i]->rules[index].off)
            return &all.at[i]->rules[index];
    return &all.at[0]->rules[index];
}

static void put_rules(struct jsonw *w, struct instances all)
{
    const struct policy *first = all.at[0];
    jsonw_array(w, "rules");
    for (size_t i = 0; i < first->rule_count; i++) {
        const struct policy_rule *rule = rule_of(all, i);
        jsonw_object(w, NULL);
        jsonw_text(w, "rule", rule->name);
        jsonw_uint(w, "number", i + 1);
        jsonw_uint(w, "line", rule->line);
        put_then(w, rule->then);
        jsonw_bool(w, "off", rule->off);
        put_hits(w, all, i);
        jsonw_object_end(w);
    }
    jsonw_array_end(w);
    jsonw_object(w, "default");
    put_then(w, first->fallback);
    put_hits(w, all, first->rule_count);
    jsonw_object_end(w);
}

static bool chain_has(const struct policy_chain *chain, const struct policy *p)
{
    for (size_t i = 0; chain && i < chain->policy_count; i++)
        if (strcmp(chain->policies[i]->name, p->name) == 0)
            return true;
    return false;
}

static const struct policy_chain *chain_of(const struct config_channel *c,
                                           enum policy_direction direction)
{
    return direction == POLICY_IMPORT ? c->import : c->export;
}

static void put_peer_name(struct jsonw *w, const struct config_peer *peer)
{
    char text[PREFIX_TEXT_MAX];
    if (!prefix_is_host(&peer->remote)) {
        jsonw_text(w, "peer", prefix_format(&peer->remote, text));
        return;
    }
    struct ip_addr addr = prefix_address(&peer->remote);
    memcpy(addr.interface, peer->remote_interface, sizeof(addr.interface));
    route_view_put_source(w, "peer", ROUTE_SOURCE_PEER, &addr);
}

/* Where a peer has the policy, if it has. */
static void put_attached(struct jsonw *w, const struct config_peer *peer,
                         enum policy_direction direction, const struct policy *p)
{
    static const char *const names[] = {[POLICY_IMPORT] = "import", [POLICY_EXPORT] = "export"};
    bool any = false;
    for (size_t i = 0; i < peer->channel_count; i++) {
        if (!chain_has(chain_of(&peer->channels[i], direction), p))
            continue;
        if (!any) {
            jsonw_object(w, NULL);
            put_peer_name(w, peer);
            jsonw_text(w, "group", peer->group);
            jsonw_text(w, "direction", names[direction]);
            jsonw_array(w, "families");
        }
        any = true;
        jsonw_text(w, NULL, family_info(peer->channels[i].family)->name);
    }
    if (any) {
        jsonw_array_end(w);
        jsonw_object_end(w);
    }
}

void policy_view_put(struct jsonw *w, const char *key, const struct config *config,
                     const struct policy *policy)
{
    const struct instances all = instances_of(config, policy);
    jsonw_object(w, key);
    jsonw_text(w, "policy", policy->name);
    jsonw_text(w, "file", policy->file);
    jsonw_uint(w, "line", policy->line);
    jsonw_uint(w, "instances", all.count);
    put_rules(w, all);
    jsonw_array(w, "attached");
    for (enum policy_direction d = 0; d < POLICY_DIRECTIONS; d++)
        for (size_t i = 0; i < config->peer_count; i++)
            put_attached(w, &config->peers[i], d, policy);
    jsonw_array_end(w);
    jsonw_object_end(w);
}

struct policy_stream {
    struct stream base;
    struct speaker *speaker; /* borrowed */
    struct strbuf last;      /* the name of the policy that was written last */
    bool opened;
    struct jsonw w;
};

/* The policy after the one that was last; they are in the order of their names. */
static const struct policy *next_policy(const struct policy_stream *s, const struct config *config)
{
    for (size_t i = 0; i < config->policy_count; i++)
        if (strcmp(config->policies[i]->name, strbuf_text(&s->last)) > 0)
            return config->policies[i];
    return NULL;
}

static enum stream_step policy_stream_next(struct stream *base, struct strbuf *out,
                                           const struct time_now *now, uint64_t deadline_ns)
{
    (void)now;
    (void)deadline_ns;
    struct policy_stream *s = (struct policy_stream *)base;
    s->w.out = out;
    if (!s->opened) {
        s->opened = true;
        jsonw_array(&s->w, NULL);
        return STREAM_MORE;
    }
    speaker_count_hits(s->speaker);
    const struct config *config = speaker_config(s->speaker);
    const struct policy *policy = next_policy(s, config);
    if (!policy) {
        jsonw_array_end(&s->w);
        return STREAM_END;
    }
    policy_view_put(&s->w, NULL, config, policy);
    strbuf_clear(&s->last);
    strbuf_add(&s->last, policy->name);
    return STREAM_MORE;
}

static void policy_stream_free(struct stream *base)
{
    struct policy_stream *s = (struct policy_stream *)base;
    strbuf_release(&s->last);
    free(s);
}

struct stream *policy_stream_new(struct speaker *speaker)
{
    struct policy_stream *s = mem_alloc(sizeof(*s));
    *s = (struct policy_stream){.base = {.next = policy_stream_next, .free = policy_stream_free},
                                .speaker = speaker};
    return &s->base;
}

/* --- explanations --- */

struct explain_stream {
    struct stream base;
    const struct speaker *speaker;   /* borrowed */
    struct explain *explain;         /* owned */
    struct route_renderer *renderer; /* borrowed */
    bool peers;                      /* are asked for */
    bool opened;
    bool in_key;    /* the object of a key is open … */
    bool in_peers;  /* … and in it the list of neighbours, else that of paths … */
    bool in_policy; /* … and in that what policies make of a route: */
    struct explain_policy policy;
    size_t next_rule;
    struct jsonw w;
};

/* Ends a route with what policies make of it. Of huge attributes what each rule changes takes a
 * while: it is left to the next steps. */
static void begin_policy(struct explain_stream *s, const char *key, const struct explain_policy *p)
{
    if (!p->asked) {
        jsonw_null(&s->w, key);
        jsonw_object_end(&s->w);
        return;
    }
    s->in_policy = true;
    s->policy = *p;
    s->next_rule = 0;
    jsonw_object(&s->w, key);
    view_verdict_put(&s->w, p->accepted, p->unknown, &p->by);
    jsonw_array(&s->w, "steps");
}

/* The next rule, or the end. */
static void go_on_with_policy(struct explain_stream *s)
{
    if (s->next_rule < s->policy.rule_count) {
        const struct explain_rule *rule = &s->policy.rules[s->next_rule++];
        view_step_put(&s->w, &rule->place, rule->before, rule->after);
        return;
    }
    s->in_policy = false;
    jsonw_array_end(&s->w);
    jsonw_object_end(&s->w);
    jsonw_object_end(&s->w);
}

/* What names a route: labels are of a path. */
static void put_name(void *ctx, const struct nlri_field *field)
{
    if (!field->is_list && !field->are_numbers)
        jsonw_text(ctx, field->name, field->count > 0 ? field->words[0] : NULL);
}

static void put_held(struct jsonw *w, const char *key, const struct explain_held *held)
{
    struct strbuf name = {0};
    if (!held->is_there) {
        jsonw_null(w, key);
        return;
    }
    const struct family_info *info = family_info(held->route.family);
    info->format(info, held->route.nlri, &name);
    jsonw_object(w, key);
    jsonw_text(w, "prefix", strbuf_text(&name));
    route_view_put_source(w, "source", held->route.source, &held->route.source_peer);
    if (held->neighbor_as != 0)
        jsonw_uint(w, "neighbor_as", held->neighbor_as);
    else
        jsonw_null(w, "neighbor_as");
    jsonw_object_end(w);
    strbuf_release(&name);
}

/* What VRPs say of the origin. */
static void put_origin(struct jsonw *w, const struct explain_path *path)
{
    char text[PREFIX_TEXT_MAX];
    if (!path->has_vrps)
        return;
    jsonw_object(w, "origin_validation");
    jsonw_text(w, "state", path->route.rov);
    if (path->origin_as != 0)
        jsonw_uint(w, "origin_as", path->origin_as);
    else
        jsonw_null(w, "origin_as");
    jsonw_array(w, "vrps");
    for (size_t i = 0; i < path->vrp_count; i++) {
        jsonw_object(w, NULL);
        jsonw_text(w, "prefix", prefix_format(&path->vrps[i].prefix, text));
        jsonw_uint(w, "max_length", path->vrps[i].max_length);
        jsonw_uint(w, "as", path->vrps[i].as);
        jsonw_object_end(w);
    }
    jsonw_array_end(w);
    jsonw_object_end(w);
}

static void put_validation(struct jsonw *w, const struct explain_validation *v)
{
    if (!v->asked) {
        jsonw_null(w, "flow_validation");
        return;
    }
    jsonw_object(w, "flow_validation");
    jsonw_bool(w, "feasible", !v->why);
    jsonw_text(w, "why", v->why);
    put_held(w, "held_against", &v->cover);
    put_held(w, "more_specific", &v->other);
    jsonw_object_end(w);
}

static void put_path(struct explain_stream *s, const struct explain_path *path,
                     const struct time_now *now)
{
    struct jsonw *w = &s->w;
    route_view_put(s->renderer, w, &path->route, ROUTE_VIEW_BEST | ROUTE_VIEW_OPEN, now);
    jsonw_text(w, "step", path->step);
    if (path->has_preferred)
        route_view_put_source(w, "preferred", path->preferred, &path->preferred_peer);
    else
        jsonw_null(w, "preferred");
    jsonw_bool(w, "pending", path->pending);
    put_origin(w, path);
    put_validation(w, &path->validation);
    begin_policy(s, "import", &path->import);
}

/* The paths that a client of the route server is not told. */
static void put_passed(struct jsonw *w, const struct explain_peer *peer)
{
    if (peer->passed_count == 0)
        return;
    jsonw_array(w, "passed_over");
    for (size_t i = 0; i < peer->passed_count; i++) {
        const struct explain_passed *passed = &peer->passed[i];
        struct strbuf why = {0};
        if (passed->why_by.policy) {
            strbuf_add(&why, "policy ");
            policy_place_format(&passed->why_by, &why);
        }
        jsonw_object(w, NULL);
        route_view_put_source(w, "source", passed->source, &passed->source_peer);
        jsonw_text(w, "withheld", passed->why_by.policy ? strbuf_text(&why) : passed->why);
        route_view_put_place(w, "withheld_by", &passed->why_by);
        jsonw_object_end(w);
        strbuf_release(&why);
    }
    jsonw_array_end(w);
}

static void put_peer(struct explain_stream *s, const struct explain_peer *peer,
                     const struct time_now *now)
{
    struct jsonw *w = &s->w;
    if (peer->has_route) {
        route_view_put(s->renderer, w, &peer->route, ROUTE_VIEW_ADVERTISED | ROUTE_VIEW_OPEN, now);
    } else {
        jsonw_object(w, NULL);
        route_view_put_source(w, "source", ROUTE_SOURCE_PEER, &peer->addr);
        jsonw_text(w, "withheld", peer->why);
        jsonw_null(w, "withheld_by");
    }
    jsonw_bool(w, "told", !peer->why);
    put_passed(w, peer);
    jsonw_bool(w, "pending", peer->pending);
    begin_policy(s, "export", &peer->export);
}

static void open_peers(struct explain_stream *s)
{
    if (s->in_peers)
        return;
    s->in_peers = true;
    jsonw_array_end(&s->w);
    jsonw_array(&s->w, "peers");
}

static void end_key(struct explain_stream *s)
{
    if (!s->in_key)
        return;
    if (s->peers)
        open_peers(s);
    jsonw_array_end(&s->w);
    jsonw_object_end(&s->w);
    s->in_key = s->in_peers = false;
}

static void begin_key(struct explain_stream *s, enum family family, struct nlri nlri)
{
    const struct family_info *info = family_info(family);
    end_key(s);
    s->in_key = true;
    jsonw_object(&s->w, NULL);
    jsonw_text(&s->w, "afi", info->afi_name);
    jsonw_text(&s->w, "safi", info->safi_name);
    info->show(info, nlri, put_name, &s->w);
    jsonw_text(&s->w, "file", speaker_config(s->speaker)->name);
    jsonw_array(&s->w, "paths");
}

static enum stream_step explain_stream_next(struct stream *base, struct strbuf *out,
                                            const struct time_now *now, uint64_t deadline_ns)
{
    struct explain_stream *s = (struct explain_stream *)base;
    s->w.out = out;
    if (!s->opened) {
        s->opened = true;
        jsonw_array(&s->w, NULL);
        return STREAM_MORE;
    }
    if (s->in_policy) {
        go_on_with_policy(s);
        return STREAM_MORE;
    }
    struct explain_view view;
    switch (explain_next(s->explain, deadline_ns, &view)) {
    case EXPLAIN_YIELD:
        return STREAM_WAIT;
    case EXPLAIN_KEY:
        begin_key(s, view.family, view.nlri);
        return STREAM_MORE;
    case EXPLAIN_PATH:
        put_path(s, &view.path, now);
        return STREAM_MORE;
    case EXPLAIN_PEER:
        open_peers(s);
        put_peer(s, &view.peer, now);
        return STREAM_MORE;
    case EXPLAIN_END:
        break;
    }
    end_key(s);
    jsonw_array_end(&s->w);
    return STREAM_END;
}

static void explain_stream_free(struct stream *base)
{
    struct explain_stream *s = (struct explain_stream *)base;
    explain_free(s->explain);
    free(s);
}

struct stream *explain_stream_new(struct speaker *speaker, const struct explain_question *question,
                                  struct route_renderer *renderer)
{
    struct explain_stream *s = mem_alloc(sizeof(*s));
    *s = (struct explain_stream){.base = {.next = explain_stream_next, .free = explain_stream_free},
                                 .speaker = speaker,
                                 .explain = explain_new(speaker, question),
                                 .peers = question->peers,
                                 .renderer = renderer};
    return &s->base;
}
