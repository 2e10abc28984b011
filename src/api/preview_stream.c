/* A comparison as JSON text. It is made while it is written: first what differs beside the
 * policies, then the list of changes, for which the tables are gone through, and at last what was
 * counted on the way. */
#include "api/preview_stream.h"

#include <stdlib.h>
#include <string.h>

#include "api/view_config.h"
#include "api/view_steps.h"
#include "base/mem.h"
#include "base/time.h"
#include "config/diff.h"
#include "config/listing.h"
#include "config/set_changes.h"

/* The lists of the answer, in their order. */
enum part { PART_ADDED, PART_REMOVED, PART_CHANGED, PART_ROUTES, PART_PEERS, PARTS };

struct preview_stream {
    struct stream base;
    struct speaker *speaker;         /* borrowed */
    struct preview *preview;         /* owned */
    struct config_report report;     /* owned */
    struct route_renderer *renderer; /* borrowed */
    struct preview_question question;
    bool opened;
    uint64_t spoke_ns; /* when the last piece was written */
    bool in_part;
    enum part part;
    size_t at;       /* where in the part */
    uint64_t listed; /* changes */
    bool cut;        /* there are more than the limit */
    uint64_t totals[POLICY_DIRECTIONS][PREVIEW_KINDS];
    uint64_t unchanged; /* channels */
    /* What differs and is not compared. */
    bool rpki_differs;
    bool flows_differ;
    bool aspas_differ;
    struct jsonw w;
};

/* --- words --- */

static const char *const direction_names[] = {
    [POLICY_IMPORT] = "import",
    [POLICY_EXPORT] = "export",
};

static const char *kind_name(enum policy_direction direction, enum preview_kind kind)
{
    static const char *const names[POLICY_DIRECTIONS][PREVIEW_KINDS] = {
        [POLICY_IMPORT] = {NULL, "accepted", "rejected", "different"},
        [POLICY_EXPORT] = {NULL, "announced", "withdrawn", "different"},
    };
    return names[direction][kind];
}

static void put_ip(struct jsonw *w, const char *key, const struct ip_addr *addr)
{
    char text[IP_TEXT_MAX];
    jsonw_text(w, key, ip_format(addr, text));
}

/* The address or network that a [[peers]] entry is for. */
static void put_remote(struct jsonw *w, const char *key, const struct config_peer *peer)
{
    char text[PREFIX_TEXT_MAX];
    struct ip_addr addr = prefix_address(&peer->remote);
    memcpy(addr.interface, peer->remote_interface, sizeof(addr.interface));
    if (prefix_is_host(&peer->remote))
        put_ip(w, key, &addr);
    else
        jsonw_text(w, key, prefix_format(&peer->remote, text));
}

/* --- changes --- */

static void put_side(struct jsonw *w, const char *key, const struct preview_side *side)
{
    jsonw_object(w, key);
    jsonw_text(w, "result", side->accepted ? "accept" : "reject");
    route_view_put_place(w, "by", &side->by);
    jsonw_text(w, "why", side->why);
    jsonw_object_end(w);
}

static void put_sides(struct jsonw *w, const struct preview_side of[PREVIEW_TIMES])
{
    put_side(w, "before", &of[PREVIEW_NOW]);
    put_side(w, "after", &of[PREVIEW_THEN]);
}

/* `is_listed`: it says itself whose and which way it is. */
static void put_change(struct preview_stream *s, const struct preview_change *change,
                       bool is_listed)
{
    struct jsonw *w = &s->w;
    const struct family_info *info = family_info(change->family);
    const struct preview_side *now = &change->of[PREVIEW_NOW];
    const struct preview_side *then = &change->of[PREVIEW_THEN];
    jsonw_object(w, NULL);
    if (is_listed) {
        put_ip(w, "peer", &change->peer);
        jsonw_text(w, "direction", direction_names[change->direction]);
    }
    jsonw_text(w, "change", kind_name(change->direction, change->kind));
    jsonw_text(w, "afi", info->afi_name);
    jsonw_text(w, "safi", info->safi_name);
    route_view_put_nlri(w, change->family, change->nlri);
    put_sides(w, change->of);
    if (change->kind == PREVIEW_DIFFERENT)
        view_changes_put(w, "changes", now->attrs, then->attrs);
    jsonw_object(w, "attributes");
    route_view_put_attrs_kept(s->renderer, w, then->accepted ? then->attrs : now->attrs,
                              info->has_actions);
    jsonw_object_end(w);
    jsonw_object_end(w);
}

/* --- what differs beside policies --- */

static const struct config *config_now(const struct preview_stream *s)
{
    return speaker_config(s->speaker);
}

static bool has_peer(const struct config *config, const struct config_peer *peer)
{
    return config_find_peer(config, &peer->remote, peer->remote_interface) != NULL;
}

/* An entry that only one of them has. */
static bool put_only_of(struct preview_stream *s, const struct config *of,
                        const struct config *other)
{
    const struct config_peer *peer = &of->peers[s->at++];
    if (has_peer(other, peer))
        return false;
    put_remote(&s->w, NULL, peer);
    return true;
}

/* Notes what validation would do otherwise to the routes of a peer. */
static void note_validation(struct preview_stream *s, const struct config_peer *now,
                            const struct config_peer *then)
{
    for (size_t i = 0; i < now->channel_count; i++) {
        const struct config_channel *c = &now->channels[i];
        const struct config_channel *other = config_peer_channel(then, c->family);
        s->flows_differ |= other && c->validate_flows != other->validate_flows;
        s->aspas_differ |= other && c->reject_aspa_invalid != other->reject_aspa_invalid;
    }
}

static void put_key_names(struct jsonw *w, const char *list, config_key_set keys)
{
    unsigned bit = 0;
    const char *key;
    jsonw_array(w, list);
    while ((key = config_next_peer_key(keys, &bit)) != NULL)
        jsonw_text(w, NULL, key);
    jsonw_array_end(w);
}

static void put_value(struct jsonw *w, const char *key, const struct strbuf *json)
{
    if (json->len_bytes > 0)
        jsonw_raw(w, key, json->data, json->len_bytes);
    else
        jsonw_null(w, key);
}

/* What a key has now, and would have then, where it has a value that can be told. */
static void put_key_change(struct jsonw *w, const char *key, const struct strbuf *before,
                           const struct strbuf *after)
{
    if (strcmp(strbuf_text(before), strbuf_text(after)) == 0)
        return; /* none, or it is not the value itself that differs, but what it names */
    jsonw_object(w, NULL);
    jsonw_text(w, "key", key);
    put_value(w, "before", before);
    put_value(w, "after", after);
    jsonw_object_end(w);
}

static void put_peer_values(struct jsonw *w, config_key_set keys, const struct config_peer *now,
                            const struct config_peer *then)
{
    unsigned bit = 0;
    const char *key;
    jsonw_array(w, "values");
    while ((key = config_next_peer_key(keys, &bit)) != NULL) {
        struct strbuf before = {0};
        struct strbuf after = {0};
        config_add_peer_value(now, UINT64_C(1) << (bit - 1), &before);
        config_add_peer_value(then, UINT64_C(1) << (bit - 1), &after);
        put_key_change(w, key, &before, &after);
        strbuf_release(&before);
        strbuf_release(&after);
    }
    jsonw_array_end(w);
}

static void put_top_values(struct jsonw *w, config_key_set keys, const struct config *now,
                           const struct config *then)
{
    unsigned bit = 0;
    const char *key;
    jsonw_array(w, "values");
    while ((key = config_next_key(keys, &bit)) != NULL) {
        struct strbuf before = {0};
        struct strbuf after = {0};
        config_add_top_value(now, UINT64_C(1) << (bit - 1), &before);
        config_add_top_value(then, UINT64_C(1) << (bit - 1), &after);
        put_key_change(w, key, &before, &after);
        strbuf_release(&before);
        strbuf_release(&after);
    }
    jsonw_array_end(w);
}

/* How many static routes come, or have other attributes, and how many go. */
static void put_static_routes(struct jsonw *w, const struct config_peer *now,
                              const struct config_peer *then)
{
    struct config_routes_cursor at = {0};
    const struct static_route *route;
    enum config_route_change change;
    uint64_t counts[] = {
        [CONFIG_ROUTE_COMES] = 0, [CONFIG_ROUTE_GOES] = 0, [CONFIG_ROUTE_STAYS] = 0};
    while ((change = config_routes_next(now, then, &at, &route)) != CONFIG_ROUTES_END)
        counts[change]++;
    jsonw_uint(w, "static_routes_come", counts[CONFIG_ROUTE_COMES]);
    jsonw_uint(w, "static_routes_go", counts[CONFIG_ROUTE_GOES]);
}

/* Keys that differ; apart those about policies, of which the lists of routes tell what they do. */
static bool put_keys(struct preview_stream *s)
{
    const struct config_peer *now = &config_now(s)->peers[s->at++];
    const struct config_peer *then =
        config_find_peer(preview_config(s->preview), &now->remote, now->remote_interface);
    if (then)
        note_validation(s, now, then);
    config_key_set keys = then ? config_peer_changed_keys(now, then) : 0;
    if (keys == 0)
        return false;
    struct jsonw *w = &s->w;
    jsonw_object(w, NULL);
    put_remote(w, "peer", now);
    put_key_names(w, "keys", keys & ~config_peer_keys(RELOAD_POLICY));
    put_peer_values(w, keys, now, then);
    put_key_names(w, "policy_keys", keys & config_peer_keys(RELOAD_POLICY));
    put_key_names(w, "wait_for_session", keys & config_session_keys(!now->passive));
    put_static_routes(w, now, then);
    jsonw_bool(w, "resets_session", (keys & config_peer_keys(RELOAD_RESTART)) != 0);
    jsonw_object_end(w);
    return true;
}

/* --- what was counted --- */

static void put_rules(struct preview_stream *s, enum policy_direction direction, size_t count)
{
    struct jsonw *w = &s->w;
    jsonw_array(w, "rules");
    for (size_t i = 0; i < count; i++) {
        struct preview_rule rule = preview_rule_at(s->preview, direction, i);
        jsonw_object(w, NULL);
        jsonw_text(w, "change", kind_name(direction, rule.kind));
        jsonw_uint(w, "routes", rule.routes);
        put_sides(w, rule.of);
        jsonw_object_end(w);
    }
    jsonw_array_end(w);
}

static void put_way(struct preview_stream *s, enum policy_direction direction,
                    const struct preview_report *report)
{
    const struct preview_way *way = &report->ways[direction];
    struct jsonw *w = &s->w;
    jsonw_object(w, direction_names[direction]);
    jsonw_bool(w, "policies_differ", way->differs);
    if (direction == POLICY_IMPORT)
        jsonw_uint(w, "received", report->received);
    jsonw_uint(w, direction == POLICY_IMPORT ? "accepted_before" : "announced_before", way->routes);
    for (enum preview_kind kind = PREVIEW_ACCEPTED; kind < PREVIEW_KINDS; kind++)
        jsonw_uint(w, kind_name(direction, kind), way->counts[kind]);
    put_rules(s, direction, way->rules);
    jsonw_array(w, "examples");
    for (size_t i = 0; i < way->examples; i++) {
        struct preview_change change = preview_example_at(s->preview, direction, i);
        put_change(s, &change, false);
    }
    jsonw_array_end(w);
    jsonw_object_end(w);
}

/* Counts it; true when something changes. */
static bool add_totals(struct preview_stream *s, const struct preview_report *report)
{
    uint64_t changes = 0;
    for (unsigned d = 0; d < POLICY_DIRECTIONS; d++)
        for (unsigned kind = PREVIEW_ACCEPTED; kind < PREVIEW_KINDS; kind++) {
            s->totals[d][kind] += report->ways[d].counts[kind];
            changes += report->ways[d].counts[kind];
        }
    s->unchanged += changes == 0;
    return changes > 0;
}

static bool put_report(struct preview_stream *s, const struct preview_report *report)
{
    struct jsonw *w = &s->w;
    bool changes = add_totals(s, report);
    if (!changes && !report->gone && !s->question.one_peer)
        return false;
    jsonw_object(w, NULL);
    put_ip(w, "peer", &report->peer);
    jsonw_text(w, "name", report->name);
    jsonw_text(w, "family", family_info(report->family)->name);
    jsonw_bool(w, "session_ended", report->gone);
    jsonw_bool(w, "rejected_are_kept", report->keeps_filtered);
    put_way(s, POLICY_IMPORT, report);
    put_way(s, POLICY_EXPORT, report);
    jsonw_object_end(w);
    return true;
}

static void put_totals(struct preview_stream *s)
{
    struct jsonw *w = &s->w;
    jsonw_object(w, "totals");
    for (enum policy_direction d = POLICY_IMPORT; d < POLICY_DIRECTIONS; d++) {
        jsonw_object(w, direction_names[d]);
        for (enum preview_kind kind = PREVIEW_ACCEPTED; kind < PREVIEW_KINDS; kind++)
            jsonw_uint(w, kind_name(d, kind), s->totals[d][kind]);
        jsonw_object_end(w);
    }
    jsonw_object_end(w);
    jsonw_uint(w, "unchanged", s->unchanged);
}

/* --- the parts --- */

/* What a step of a part has come to. */
enum piece { PIECE_PUT, PIECE_NONE, PIECE_YIELD, PIECE_END };

static enum piece next_route(struct preview_stream *s, uint64_t deadline_ns)
{
    struct preview_change change;
    switch (preview_next(s->preview, deadline_ns, &change)) {
    case PREVIEW_END:
        return PIECE_END;
    case PREVIEW_YIELD:
        return PIECE_YIELD;
    case PREVIEW_CHANGE:
        break;
    }
    if (s->question.limit > 0 && s->listed == s->question.limit) {
        s->cut = true;
        preview_end_list(s->preview);
        return PIECE_NONE;
    }
    put_change(s, &change, true);
    s->listed++;
    return PIECE_PUT;
}

static enum piece next_piece(struct preview_stream *s, uint64_t deadline_ns)
{
    const struct config *now = config_now(s);
    const struct config *then = preview_config(s->preview);
    struct preview_report report;
    bool put = false;
    if (s->part < PART_ROUTES && preview_is_stale(s->preview))
        return PIECE_END;
    switch (s->part) {
    case PART_ADDED:
        if (s->at == then->peer_count)
            return PIECE_END;
        put = put_only_of(s, then, now);
        break;
    case PART_REMOVED:
        if (s->at == now->peer_count)
            return PIECE_END;
        put = put_only_of(s, now, then);
        break;
    case PART_CHANGED:
        if (s->at == now->peer_count)
            return PIECE_END;
        put = put_keys(s);
        break;
    case PART_ROUTES:
        return next_route(s, deadline_ns);
    default:
        if (!preview_report_at(s->preview, s->at++, &report))
            return PIECE_END;
        put = put_report(s, &report);
        break;
    }
    return put ? PIECE_PUT : PIECE_NONE;
}

static void put_set_change(void *ctx, const struct config_set_change *change)
{
    struct jsonw *w = ctx;
    jsonw_object(w, NULL);
    jsonw_text(w, "kind", change->table);
    jsonw_text(w, "name", change->name);
    if (change->was)
        jsonw_uint(w, "before", change->before);
    else
        jsonw_null(w, "before");
    if (change->is)
        jsonw_uint(w, "after", change->after);
    else
        jsonw_null(w, "after");
    jsonw_object_end(w);
}

static void put_opening(struct preview_stream *s)
{
    struct jsonw *w = &s->w;
    unsigned bit = 0;
    const char *key;
    config_key_set keys = config_changed_keys(config_now(s), preview_config(s->preview));
    jsonw_object(w, NULL);
    jsonw_text(w, "file", preview_config(s->preview)->name);
    jsonw_text(w, "compared_with", config_now(s)->name);
    jsonw_array(w, "warnings");
    view_config_put_lines(w, &s->report, true);
    jsonw_array_end(w);
    jsonw_array(w, "keys_changed");
    while ((key = config_next_key(keys, &bit)) != NULL) {
        jsonw_text(w, NULL, key);
        s->rpki_differs |= strcmp(key, "rpki") == 0;
    }
    jsonw_array_end(w);
    put_top_values(w, keys, config_now(s), preview_config(s->preview));
    jsonw_array(w, "sets_changed");
    config_set_changes(config_now(s), preview_config(s->preview), put_set_change, w);
    jsonw_array_end(w);
}

/* Of what these would change nothing has been said. */
static void put_not_compared(struct preview_stream *s)
{
    struct jsonw *w = &s->w;
    jsonw_array(w, "not_compared");
    if (s->rpki_differs)
        jsonw_text(w, NULL,
                   "rpki: what policies ask of origins and paths goes by the VRPs and ASPAs that "
                   "are in force");
    if (s->flows_differ)
        jsonw_text(w, NULL, "validate_flows: flows are used or not as they are now");
    if (s->aspas_differ)
        jsonw_text(w, NULL,
                   "reject_aspa_invalid: routes whose path is invalid are used or not as they are "
                   "now");
    jsonw_array_end(w);
}

static void put_end(struct preview_stream *s)
{
    put_totals(s);
    put_not_compared(s);
    jsonw_bool(&s->w, "routes_cut", s->cut);
    jsonw_bool(&s->w, "complete", !preview_is_stale(s->preview));
    jsonw_object_end(&s->w);
}

/* The next piece; STREAM_WAIT: none yet. */
static enum stream_step put_next(struct preview_stream *s, uint64_t deadline_ns)
{
    static const char *const names[PARTS] = {"peers_added", "peers_removed", "peers_changed",
                                             "routes", "peers"};
    if (!s->opened) {
        s->opened = true;
        put_opening(s);
        return STREAM_MORE;
    }
    if (s->part == PARTS) {
        put_end(s);
        return STREAM_END;
    }
    if (!s->in_part) {
        s->in_part = true;
        jsonw_array(&s->w, names[s->part]);
        return STREAM_MORE;
    }
    enum piece piece;
    while ((piece = next_piece(s, deadline_ns)) == PIECE_NONE)
        if (time_mono_ns() >= deadline_ns)
            return STREAM_WAIT;
    if (piece == PIECE_END) {
        jsonw_array_end(&s->w);
        s->part++;
        s->at = 0;
        s->in_part = false;
    }
    return piece == PIECE_YIELD ? STREAM_WAIT : STREAM_MORE;
}

static enum stream_step preview_stream_next(struct stream *base, struct strbuf *out,
                                            const struct time_now *now, uint64_t deadline_ns)
{
    (void)now;
    struct preview_stream *s = (struct preview_stream *)base;
    s->w.out = out;
    enum stream_step did = put_next(s, deadline_ns);
    if (did == STREAM_WAIT)
        return stream_wait(&s->spoke_ns, out);
    s->spoke_ns = time_mono_ns();
    return did;
}

static void preview_stream_free(struct stream *base)
{
    struct preview_stream *s = (struct preview_stream *)base;
    preview_free(s->preview);
    config_report_release(&s->report);
    free(s);
}

struct stream *preview_stream_new(struct speaker *speaker, struct preview *preview,
                                  struct config_report *report, struct route_renderer *renderer,
                                  const struct preview_question *question)
{
    struct preview_stream *s = mem_alloc(sizeof(*s));
    *s = (struct preview_stream){
        .base = {.next = preview_stream_next, .free = preview_stream_free},
        .speaker = speaker,
        .preview = preview,
        .report = *report,
        .renderer = renderer,
        .question = *question,
    };
    *report = (struct config_report){0};
    return &s->base;
}
