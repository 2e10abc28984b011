/* A speaker that the tests of the API look at. */
#include "fake_speaker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/time.h"

void fake_speaker_init(struct speaker *s)
{
    *s = (struct speaker){.config = {.router_id = 0x01010101,
                                     .path = (char *)"bgpd.toml",
                                     .name = (char *)"bgpd.toml",
                                     .api_loopback = ACCESS_FULL,
                                     .api_body_max_bytes = 2 << 20},
                          .reload_summary = {.peers_added = 1, .routes_withdrawn = 2}};
}

static void forget_route(struct speaker *s)
{
    static_route_release(&s->route);
}

void fake_speaker_release(struct speaker *s)
{
    for (unsigned i = 0; i < s->peer_count; i++) {
        if (s->peers[i].session)
            free(s->peers[i].session);
        else
            free((void *)s->peers[i].config);
    }
    forget_route(s);
}

struct peer *fake_peer_add(struct speaker *s, const char *address)
{
    struct peer *peer = mem_zalloc(sizeof(*peer));
    ip_parse(address, &peer->address);
    ip_format(&peer->address, peer->name);
    peer->config = (struct config_peer){.remote = prefix_from_ip(&peer->address),
                                        .remote_as = 65000,
                                        .local_as = 65000,
                                        .enabled = true,
                                        .hold_time_s = 180,
                                        .families = FAMILY_ALL};
    peer->state = FSM_ESTABLISHED;
    peer->last_error = "";
    peer->down_reason = "";
    peer->session.remote_bgp_id = 0x02020202;
    s->peers[s->peer_count++] =
        (struct speaker_peer){.config = &peer->config,
                              .closed = "",
                              .remote = scoped_prefix_from_ip(&peer->address),
                              .session = peer,
                              .enabled = true};
    return peer;
}

void fake_network_add(struct speaker *s, const char *network)
{
    struct config_peer *config = mem_zalloc(sizeof(*config));
    prefix_parse(network, &config->remote);
    config->remote_as = config->local_as = 65000;
    s->peers[s->peer_count++] = (struct speaker_peer){
        .config = config, .remote.prefix = config->remote, .closed = "", .enabled = true};
}

struct span fake_attrs(void)
{
    static struct attr_block block;
    if (block.len_bytes == 0) {
        static const uint8_t origin[] = {ORIGIN_IGP};
        static const uint8_t as_path[] = {2, 2, 0, 0, 0, 100, 0, 0, 0, 200};
        static const uint8_t next_hop[] = {10, 254, 0, 1};
        static const uint8_t local_pref[] = {0, 0, 0, 100};
        attr_block_init(&block);
        attr_block_add(&block, ATTR_ORIGIN, span_of(origin, sizeof(origin)));
        attr_block_add(&block, ATTR_AS_PATH, span_of(as_path, sizeof(as_path)));
        attr_block_add(&block, ATTR_NEXT_HOP, span_of(next_hop, sizeof(next_hop)));
        attr_block_add(&block, ATTR_LOCAL_PREF, span_of(local_pref, sizeof(local_pref)));
        attr_block_finish(&block);
    }
    return attr_block_span(&block);
}

/* daemon/speaker.h */

struct turn_watch *speaker_turn(struct speaker *s)
{
    return &s->turn;
}

void turn_change(struct turn_watch *w, const char *part)
{
    w->part = part;
}

void speaker_describe(const struct speaker *s, struct strbuf *lines)
{
    (void)s;
    (void)lines;
}

bool speaker_rpki_cache(const struct speaker *s, size_t index, struct rtr_client_status *ret_status)
{
    if (index >= s->cache_count)
        return false;
    *ret_status = s->caches[index];
    return true;
}

bool speaker_rpki_file(const struct speaker *s, size_t index, struct vrp_file_status *ret_status)
{
    if (index >= s->file_count)
        return false;
    *ret_status = s->files[index];
    return true;
}

struct speaker_rpki_totals speaker_rpki_totals(const struct speaker *s)
{
    return s->totals;
}

const struct listening *speaker_listening(const struct speaker *s)
{
    (void)s;
    return NULL;
}

void reload_summary_text(const struct reload_summary *summary, struct strbuf *out)
{
    strbuf_printf(out, "%u added", summary->peers_added);
}

const struct policy_validation *speaker_validation(const struct speaker *s)
{
    return s->validation;
}

const struct config *speaker_config(const struct speaker *s)
{
    return &s->config;
}

bool speaker_next_peer(const struct speaker *s, struct speaker_peer_cursor *cursor,
                       struct speaker_peer *ret_peer)
{
    if (cursor->block >= s->peer_count)
        return false;
    *ret_peer = s->peers[cursor->block++];
    return true;
}

bool speaker_peer_channel(const struct speaker_peer *peer, unsigned index,
                          struct speaker_channel *ret_channel)
{
    if (!peer->session || index >= peer->session->channel_count)
        return false;
    *ret_channel = peer->session->channels[index];
    return true;
}

bool speaker_knows_peer(const struct speaker *s, const struct scoped_prefix *remote)
{
    bool found = false;
    for (unsigned i = 0; i < s->peer_count; i++)
        found |= scoped_prefix_covers(remote, &s->peers[i].remote);
    return found;
}

int speaker_check_peer(const struct speaker *s, const struct scoped_prefix *remote)
{
    return speaker_knows_peer(s, remote) ? 0 : ERR_NOT_FOUND;
}

static int act(struct speaker *s, const char *action, const struct scoped_prefix *remote,
               const char *message)
{
    snprintf(s->action, sizeof(s->action), "%s", action);
    snprintf(s->message, sizeof(s->message), "%s", message ? message : "");
    s->actions++;
    if (remote)
        s->remote = *remote;
    return s->result;
}

int speaker_enable_peer(struct speaker *s, const struct scoped_prefix *remote)
{
    return act(s, "enable", remote, NULL);
}

int speaker_disable_peer(struct speaker *s, const struct scoped_prefix *remote, const char *message)
{
    return act(s, "disable", remote, message);
}

int speaker_reset_peer(struct speaker *s, const struct scoped_prefix *remote, const char *message)
{
    return act(s, "reset", remote, message);
}

int speaker_refresh_peer(struct speaker *s, const struct scoped_prefix *remote, family_set families,
                         family_set *ret_families)
{
    int err = act(s, "refresh", remote, NULL);
    if (!err)
        *ret_families = families & s->families;
    return err;
}

/* Takes two looks until it has ended. */
uint64_t speaker_reload(struct speaker *s)
{
    s->reload_failed = act(s, "reload", NULL, NULL) != 0;
    s->reload_looks = 0;
    return 7;
}

uint64_t speaker_reload_as(struct speaker *s, const struct reload_request *how)
{
    if (s->reload_busy)
        return 0;
    s->reload_failed = act(s, how->name, NULL, how->text) != 0;
    s->reload_looks = 0;
    s->config.is_sent = how->text && !s->reload_failed;
    s->undo.confirm_by_mono_ms =
        how->confirm_s > 0 ? time_mono_ms() + how->confirm_s * UINT64_C(1000) : 0;
    return 7;
}

int speaker_rollback(struct speaker *s, uint64_t *ret_ticket)
{
    if (s->reload_busy)
        return ERR_STATE;
    if (!s->undo.to)
        return ERR_NOT_FOUND;
    act(s, "rollback", NULL, NULL);
    s->reload_looks = 0;
    *ret_ticket = 7;
    return 0;
}

int speaker_confirm(struct speaker *s)
{
    if (s->undo.confirm_by_mono_ms == 0)
        return ERR_NOT_FOUND;
    s->undo.confirm_by_mono_ms = 0;
    return 0;
}

struct speaker_undo speaker_undo(const struct speaker *s)
{
    return s->undo;
}

uint64_t speaker_configured_mono_ms(const struct speaker *s)
{
    return s->configured_mono_ms;
}

const struct config_peer *speaker_next_waiting(const struct speaker *s,
                                               const struct config_peer *entry, uint32_t *at,
                                               config_key_set *ret_keys)
{
    if (entry != s->waiting_entry || *at >= s->waiting_neighbors)
        return NULL;
    ++*at;
    *ret_keys = s->waiting_keys;
    return s->waiting_began;
}

bool speaker_entry_is_enabled(const struct speaker *s, const struct config_peer *entry)
{
    return entry->enabled != (entry == s->switched_entry);
}

const char *speaker_state_path(const struct speaker *s)
{
    return s->state_path;
}

enum reload_state speaker_reload_result(const struct speaker *s, uint64_t ticket,
                                        const struct reload_summary **ret_summary,
                                        const struct config_report **ret_report)
{
    if (ticket != 7 || ++((struct speaker *)(uintptr_t)s)->reload_looks < 2)
        return RELOAD_RUNNING;
    if (s->reload_forgotten)
        return RELOAD_FORGOTTEN;
    *ret_summary = &s->reload_summary;
    *ret_report = &s->reload_report;
    return s->reload_failed ? RELOAD_FAILED : RELOAD_DONE;
}

/* daemon/originated.h: there is one route at most. */

struct originated_view originated_view_of(struct speaker *s, uint32_t id)
{
    (void)id;
    return (struct originated_view){
        .family = (enum family)s->route.family,
        .key = static_route_key(&s->route),
        .attrs = static_route_attrs(&s->route),
        .owner = s->route_owner ? s->route_owner : "",
        .label = "",
        .tags = "",
        .to = "",
        .created_unix_s = 1,
        .changed_unix_s = 1,
        .source = 1,
        .id = 1,
    };
}

static void note_terms(struct speaker *s, const struct originated_terms *terms)
{
    snprintf(s->terms_owner, sizeof(s->terms_owner), "%s", terms->owner ? terms->owner : "");
    snprintf(s->terms_to, sizeof(s->terms_to), "%s", terms->to_count > 0 ? terms->to[0] : "");
    s->terms_own_alone = terms->own_alone;
}

static bool is_of_others(const struct speaker *s, const struct originated_terms *terms,
                         const char **ret_owner)
{
    *ret_owner = s->route_owner ? s->route_owner : "";
    return terms->own_alone && s->route.bytes && strcmp(*ret_owner, terms->owner) != 0;
}

int originated_plan(struct speaker *s, const struct static_route *route,
                    const struct originated_terms *terms, struct originated_plan *plan,
                    struct originated_refusal *ret_refusal)
{
    plan->route = route;
    plan->id = s->route.bytes && static_route_compare_key(&s->route, route) == 0;
    plan->is_changed = plan->id == 0 || !static_route_equal(&s->route, route);
    note_terms(s, terms);
    if (is_of_others(s, terms, &ret_refusal->wrong))
        return ERR_EXISTS;
    if (terms->to_count == 0 || strcmp(terms->to[0], "edge") == 0)
        return 0;
    ret_refusal->wrong = terms->to[0];
    return ERR_NOT_FOUND;
}

int originated_carry_out(struct speaker *s, struct originated_plan *plan,
                         struct originated_view *ret_view)
{
    int err = plan->is_dry ? 0 : act(s, "advertise", NULL, NULL);
    if (err)
        return err;
    if (plan->is_dry)
        s->before_dry = s->route;
    else
        forget_route(s);
    static_route_copy(plan->route, &s->route);
    *ret_view = originated_view_of(s, 1);
    return 0;
}

void originated_take_back(struct speaker *s, struct originated_plan *plan)
{
    (void)plan;
    forget_route(s);
    s->route = s->before_dry;
}

void originated_plan_release(struct speaker *s, struct originated_plan *plan)
{
    (void)s;
    (void)plan;
}

bool originated_is_beyond(const struct speaker *s, const struct originated_view *view,
                          struct strbuf *why)
{
    (void)s;
    (void)view;
    (void)why;
    return false;
}

uint32_t originated_reach(struct speaker *s, const struct originated_view *view,
                          struct strbuf *why_none)
{
    (void)view;
    if (s->peer_count == 0)
        strbuf_add(why_none, "there are no peers");
    return s->peer_count;
}

bool originated_next(struct speaker *s, const struct originated_filter *filter, uint32_t *cursor,
                     uint64_t deadline_ns, struct originated_view *ret_view, bool *ret_more)
{
    (void)deadline_ns;
    *ret_more = false;
    snprintf(s->filter_owner_text, sizeof(s->filter_owner_text), "%s",
             filter->owner ? filter->owner : "");
    s->filter_owner = filter->owner ? s->filter_owner_text : NULL;
    if (!s->route.bytes || *cursor > 0)
        return false;
    *cursor = 1;
    *ret_view = originated_view_of(s, 1);
    return true;
}

uint64_t originated_last_change(const struct speaker *s)
{
    (void)s;
    return 0;
}

bool originated_is_stored(const struct speaker *s, uint64_t change)
{
    (void)s;
    (void)change;
    return true;
}

bool originated_problem(const struct speaker *s, struct strbuf *out)
{
    (void)s;
    (void)out;
    return false;
}

void speaker_on_deed(struct speaker *s, void (*on_deed)(void *ctx, const struct speaker_deed *deed),
                     void *ctx)
{
    (void)s;
    (void)on_deed;
    (void)ctx;
}

void originated_on_progress(struct speaker *s, void (*progress)(void *ctx), void *ctx)
{
    (void)s;
    (void)progress;
    (void)ctx;
}

void originated_withdraw(struct speaker *s, uint32_t id)
{
    (void)id;
    forget_route(s);
}

bool route_view_find(const struct speaker *s, enum family family, struct nlri_key key,
                     uint32_t source, struct route_view *ret_view)
{
    (void)source;
    *ret_view = (struct route_view){
        .family = family,
        .nlri = {key, attr_labels(static_route_attrs(&s->route))},
        .source = ROUTE_SOURCE_API,
        .received_mono_s = time_mono_s() - s->route_age_s,
        .attrs = static_route_attrs(&s->route),
    };
    return true;
}

void speaker_count_hits(struct speaker *s)
{
    s->hit_counts++;
}

bool aim_item_within(const struct speaker *s, const char *item, const char *const *allowed,
                     size_t allowed_count)
{
    bool found = false;
    (void)s;
    for (size_t i = 0; i < allowed_count; i++)
        found |= strcmp(item, allowed[i]) == 0;
    return found;
}

/* daemon/originated_undo.h: to go back is to have no route. */

void originated_undo_keep(struct speaker *s, struct originated_plan *plan,
                          struct originated_undo *ret_undo)
{
    (void)s;
    (void)plan;
    *ret_undo = (struct originated_undo){.id = 1};
}

void originated_undo_run(struct speaker *s, struct originated_undo *undo)
{
    if (undo->id)
        forget_route(s);
}

void originated_undo_release(struct speaker *s, struct originated_undo *undo)
{
    (void)s;
    (void)undo;
}

/* daemon/originated_supposed.h: nothing is. */
void originated_supposed_release(struct speaker *s, struct originated_supposed *supposed)
{
    (void)s;
    (void)supposed;
}

int originated_take(struct speaker *s, const struct static_route *key,
                    const struct originated_terms *terms, const char **ret_wrong)
{
    act(s, "withdraw", NULL, NULL);
    return originated_take_dry(s, key, terms, NULL, ret_wrong);
}

int originated_take_dry(struct speaker *s, const struct static_route *key,
                        const struct originated_terms *terms, struct originated_supposed *supposed,
                        const char **ret_wrong)
{
    (void)supposed;
    note_terms(s, terms);
    if (is_of_others(s, terms, ret_wrong))
        return ERR_EXISTS;
    return s->route.bytes && static_route_compare_key(&s->route, key) == 0 ? 0 : ERR_NOT_FOUND;
}

/* daemon/query.h: a cursor is the number of the next route. */

struct route_query {
    struct speaker *speaker;
    unsigned next;
    unsigned since_yield;
};

int route_query_new(struct speaker *s, const struct route_filter *filter, const char *resume,
                    struct route_query **ret_query)
{
    if (resume && strncmp(resume, "at-", 3) != 0)
        return ERR_INVALID;
    s->last_filter = *filter;
    s->last_filter.as_path = NULL;
    snprintf(s->last_as_path, sizeof(s->last_as_path), "%s",
             filter->as_path ? path_regex_text(filter->as_path) : "");
    s->open_queries++;
    struct route_query *q = mem_zalloc(sizeof(*q));
    q->speaker = s;
    q->next = resume ? (unsigned)strtoul(resume + 3, NULL, 10) : 0;
    *ret_query = q;
    return 0;
}

void route_query_free(struct route_query *q)
{
    q->speaker->open_queries--;
    free(q);
}

enum route_query_step route_query_next(struct route_query *q, uint64_t deadline_ns,
                                       struct route_view *ret_view)
{
    (void)deadline_ns;
    struct speaker *s = q->speaker;
    if (s->last_filter.kind == ROUTES_ORIGINATED) {
        if (!s->route.bytes || q->next++ > 0)
            return QUERY_END;
        route_view_find(s, (enum family)s->route.family, static_route_key(&s->route), 1, ret_view);
        s->originated = originated_view_of(s, 1);
        ret_view->originated = &s->originated;
        return QUERY_ROUTE;
    }
    if (s->yield_every > 0 && q->since_yield == s->yield_every) {
        q->since_yield = 0;
        return QUERY_YIELD;
    }
    if (q->next >= s->route_count)
        return QUERY_END;
    *ret_view = (struct route_view){0};
    s->make_route(q->next++, ret_view);
    q->since_yield++;
    return QUERY_ROUTE;
}

void route_query_cursor(const struct route_query *q, struct strbuf *out)
{
    strbuf_printf(out, "at-%u", q->next);
}

/* daemon/explain.h */

struct explain {
    struct speaker *speaker;
    unsigned next;
};

struct explain *explain_new(struct speaker *s, const struct explain_question *question)
{
    struct explain *x = mem_zalloc(sizeof(*x));
    x->speaker = s;
    s->last_question = *question;
    s->open_explanations++;
    return x;
}

void explain_free(struct explain *x)
{
    x->speaker->open_explanations--;
    free(x);
}

enum explain_step explain_next(struct explain *x, uint64_t deadline_ns,
                               struct explain_view *ret_view)
{
    (void)deadline_ns;
    *ret_view = (struct explain_view){0};
    return x->speaker->explain ? x->speaker->explain(x->next++, ret_view) : EXPLAIN_END;
}

/* daemon/preview.h */

struct preview {
    struct speaker *speaker;
    unsigned next;
    bool yielded;
    bool ended;
};

uint64_t preview_load(struct speaker *s, struct config_source source)
{
    act(s, source.text ? source.name : "preview", NULL, source.text ? source.text : source.path);
    config_source_release(&source);
    s->preview_looks = 0;
    return s->preview_busy ? 0 : 7;
}

enum preview_state preview_loaded(struct speaker *s, uint64_t ticket,
                                  const struct scoped_prefix *peers, bool lists,
                                  struct preview **ret_preview, struct config_report *ret_report)
{
    if (ticket != 7 || ++s->preview_looks < 3)
        return PREVIEW_LOADING;
    *ret_report = (struct config_report){0};
    for (size_t i = 0; i < s->preview_report.line_count; i++) {
        ret_report->lines = mem_resize(ret_report->lines, i + 1, sizeof(*ret_report->lines));
        ret_report->lines[i] = s->preview_report.lines[i];
        ret_report->lines[i].text = mem_strdup(s->preview_report.lines[i].text);
        ret_report->line_count++;
    }
    if (!s->then)
        return PREVIEW_FAILED;
    s->preview_peers = peers ? *peers : (struct scoped_prefix){0};
    *ret_preview = mem_zalloc(sizeof(**ret_preview));
    **ret_preview = (struct preview){.speaker = s, .ended = !lists};
    s->open_previews++;
    return PREVIEW_LOADED;
}

void preview_on_loaded(struct speaker *s, void (*ready)(void *ctx), void *ctx)
{
    (void)s;
    (void)ready;
    (void)ctx;
}

enum preview_step preview_next(struct preview *p, uint64_t deadline_ns,
                               struct preview_change *ret_change)
{
    (void)deadline_ns;
    if (p->ended || p->next == p->speaker->preview_count)
        return PREVIEW_END;
    p->yielded = !p->yielded;
    if (p->yielded)
        return PREVIEW_YIELD;
    p->next++;
    *ret_change = p->speaker->preview_change;
    return PREVIEW_CHANGE;
}

void preview_end_list(struct preview *p)
{
    p->ended = true;
}

void preview_free(struct preview *p)
{
    if (p)
        p->speaker->open_previews--;
    free(p);
}

const struct config *preview_config(const struct preview *p)
{
    return p->speaker->then;
}

bool preview_is_stale(const struct preview *p)
{
    return p->speaker->preview_stale;
}

bool preview_report_at(struct preview *p, size_t index, struct preview_report *ret_report)
{
    *ret_report = p->speaker->preview_channel;
    if (index == 1)
        memset(ret_report->ways, 0, sizeof(ret_report->ways));
    return index < 2;
}

struct preview_rule preview_rule_at(const struct preview *p, enum policy_direction direction,
                                    size_t index)
{
    (void)direction;
    (void)index;
    return p->speaker->preview_rule;
}

struct preview_change preview_example_at(const struct preview *p, enum policy_direction direction,
                                         size_t index)
{
    (void)direction;
    (void)index;
    return p->speaker->preview_change;
}

/* session/peer.h */

enum fsm_state peer_state(const struct peer *peer)
{
    return peer->state;
}

bool peer_established(const struct peer *peer)
{
    return peer->state == FSM_ESTABLISHED;
}

bool peer_is_dynamic(const struct peer *peer)
{
    return peer->dynamic;
}

const struct peer_session *peer_session(const struct peer *peer)
{
    return &peer->session;
}

const struct peer_counters *peer_counters(const struct peer *peer)
{
    return &peer->counters;
}

struct span peer_remote_capabilities(const struct peer *peer)
{
    return peer->capabilities;
}

const char *peer_last_error(const struct peer *peer)
{
    return peer->last_error;
}

uint64_t peer_down_mono_ms(const struct peer *peer)
{
    return peer->down_mono_ms;
}

const char *peer_down_reason(const struct peer *peer)
{
    return peer->down_reason;
}

uint64_t peer_last_error_mono_ms(const struct peer *peer)
{
    return peer->last_error_mono_ms;
}

config_key_set peer_pending(const struct peer *peer)
{
    return peer->pending;
}

void peer_describe_setback(const struct peer *peer, struct strbuf *out)
{
    strbuf_add(out, peer->held_back ? peer->held_back : "");
}

uint64_t peer_held_back_s(const struct peer *peer)
{
    return peer->held_back_s;
}

const char *peer_name(const struct peer *peer)
{
    return peer->name;
}
