/* JSON views of routes: a table says which attribute becomes which member.
 *
 * A full table has a million routes and far fewer distinct attribute sets, and routes that share
 * one stand close together. The text of attributes is therefore kept in a small cache, found by a
 * hash of the canonical bytes and compared in full: equal bytes have equal text, whatever has
 * become of the route they were first seen with. A few large ones have a cache of their own: making
 * the text of thousands of communities takes milliseconds. */
#include "api/view_route.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/reader.h"
#include "wire/aigp.h"
#include "wire/aspath.h"
#include "wire/attr.h"
#include "wire/attr_local.h"
#include "wire/community.h"
#include "wire/flowspec.h"

#define CACHE_BITS 9
#define LARGE_BITS 3
/* Those with longer attributes or texts are among the large ones, so that the caches stay under 1
 * and 4 MiB. */
#define SMALL_ATTRS_MAX_BYTES 256
#define SMALL_TEXT_MAX_BYTES  1536

struct cache_entry {
    struct strbuf text;  /* members, as JSON text */
    struct strbuf attrs; /* what it was made of */
    bool has_actions;
};

/* An address and its text. */
struct addr_text {
    struct ip_addr addr;
    char text[IP_TEXT_MAX];
};

struct route_renderer {
    struct cache_entry cache[1 << CACHE_BITS];
    struct cache_entry large[1 << LARGE_BITS];
    struct strbuf scratch;
    /* What was shown last: routes that stand together often have the same. */
    struct addr_text source;
    struct addr_text advertised_to;
    uint64_t age_of_s;
    char age_text[TIME_TEXT_MAX];
};

struct route_renderer *route_renderer_new(void)
{
    struct route_renderer *r = mem_zalloc(sizeof(*r));
    r->age_of_s = UINT64_MAX;
    return r;
}

static void release_cache(struct cache_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        strbuf_release(&entries[i].text);
        strbuf_release(&entries[i].attrs);
    }
}

void route_renderer_free(struct route_renderer *r)
{
    if (!r)
        return;
    release_cache(r->cache, 1 << CACHE_BITS);
    release_cache(r->large, 1 << LARGE_BITS);
    strbuf_release(&r->scratch);
    free(r);
}

/* Attributes. Values are canonical: their form was checked when they came in. */

static void put_ip(struct jsonw *w, const char *key, uint8_t version, const uint8_t *bytes)
{
    char text[IP_TEXT_MAX];
    struct ip_addr addr = ip_from_bytes(version, bytes);
    jsonw_text(w, key, ip_format(&addr, text));
}

static void put_next_hop(struct jsonw *w, const char *key, struct span value)
{
    if (value.len_bytes == 0)
        jsonw_null(w, key);
    else
        put_ip(w, key, value.len_bytes == 4 ? IP_V4 : IP_V6, value.data);
}

static void put_link_local(struct jsonw *w, const char *key, struct span value)
{
    if (value.len_bytes == 32)
        put_ip(w, key, IP_V6, value.data + 16);
}

static void put_origin(struct jsonw *w, const char *key, struct span value)
{
    static const char *const names[] = {
        [ORIGIN_IGP] = "IGP",
        [ORIGIN_EGP] = "EGP",
        [ORIGIN_INCOMPLETE] = "Incomplete",
    };
    struct reader r = reader_over(value);
    uint8_t origin = reader_u8(&r);
    jsonw_text(w, key, origin <= ORIGIN_INCOMPLETE ? names[origin] : NULL);
}

static void put_as_path(struct jsonw *w, const char *key, struct span value)
{
    struct strbuf text = {0};
    aspath_format(value, &text);
    jsonw_text(w, key, strbuf_text(&text));
    strbuf_release(&text);
}

static void put_u32(struct jsonw *w, const char *key, struct span value)
{
    struct reader r = reader_over(value);
    jsonw_uint(w, key, reader_u32(&r));
}

static void put_router_id(struct jsonw *w, const char *key, struct span value)
{
    put_ip(w, key, IP_V4, value.data);
}

static void put_router_ids(struct jsonw *w, const char *key, struct span value)
{
    jsonw_array(w, key);
    struct reader r = reader_over(value);
    while (reader_left(&r) >= 4)
        put_router_id(w, NULL, reader_take(&r, 4));
    jsonw_array_end(w);
}

static void put_aggregator(struct jsonw *w, const char *key, struct span value)
{
    struct reader r = reader_over(value);
    jsonw_object(w, key);
    jsonw_uint(w, "asn", reader_u32(&r));
    put_router_id(w, "router_id", reader_take(&r, 4));
    jsonw_object_end(w);
}

static void put_true(struct jsonw *w, const char *key, struct span value)
{
    (void)value;
    jsonw_bool(w, key, true);
}

/* What we note of a route for ourselves. */
static void put_weight(struct jsonw *w, const char *key, struct span value)
{
    struct attr_local local = attr_local_read(value);
    if (local.weight != 0)
        jsonw_uint(w, key, local.weight);
}

static void put_mark(void *ctx, struct span name)
{
    jsonw_text_bytes(ctx, NULL, (const char *)name.data, name.len_bytes);
}

static void put_marks(struct jsonw *w, const char *key, struct span value)
{
    struct attr_local local = attr_local_read(value);
    if (local.marks.len_bytes == 0)
        return;
    jsonw_array(w, key);
    attr_marks_each(local.marks, put_mark, w);
    jsonw_array_end(w);
}

static void put_aigp(struct jsonw *w, const char *key, struct span value)
{
    uint64_t metric;
    if (aigp_metric(value, &metric))
        jsonw_uint(w, key, metric);
}

static const struct attr_member {
    const char *key;
    uint8_t type;       /* enum attr_type */
    uint8_t len_bytes;  /* shortest value that `put` may be given */
    const char *absent; /* JSON text shown without the attribute; NULL: no member */
    void (*put)(struct jsonw *w, const char *key, struct span value);
} members[] = {
    {"next_hop", ATTR_NEXT_HOP, 4, "null", put_next_hop},
    {"next_hop_link_local", ATTR_NEXT_HOP, 32, NULL, put_link_local},
    {"origin", ATTR_ORIGIN, 1, "null", put_origin},
    {"as_path", ATTR_AS_PATH, 0, "\"\"", put_as_path},
    {"local_pref", ATTR_LOCAL_PREF, 4, "null", put_u32},
    {"multi_exit_disc", ATTR_MED, 4, "null", put_u32},
    {"originator_id", ATTR_ORIGINATOR_ID, 4, NULL, put_router_id},
    {"cluster_list", ATTR_CLUSTER_LIST, 4, NULL, put_router_ids},
    {"aggregator", ATTR_AGGREGATOR, 8, NULL, put_aggregator},
    {"atomic_aggregate", ATTR_ATOMIC_AGGREGATE, 0, NULL, put_true},
    {"weight", ATTR_LOCAL, 0, NULL, put_weight},
    {"marks", ATTR_LOCAL, 0, NULL, put_marks},
    {"aigp", ATTR_AIGP, 0, NULL, put_aigp},
    {"only_to_customer", ATTR_ONLY_TO_CUSTOMER, 4, NULL, put_u32},
};

struct community_list {
    struct jsonw *w;
    struct strbuf text; /* of one community */
};

static void put_community(void *ctx, const struct community *community)
{
    struct community_list *list = ctx;
    strbuf_clear(&list->text);
    community_format(community, &list->text);
    jsonw_text_bytes(list->w, NULL, list->text.data, list->text.len_bytes);
}

static void put_communities(struct jsonw *w, struct span attrs)
{
    struct community_list list = {.w = w};
    jsonw_array(w, "communities");
    community_each(attrs, put_community, &list);
    jsonw_array_end(w);
    strbuf_release(&list.text);
}

/* Attributes without a member of their own. */
static bool is_unknown(uint8_t type)
{
    switch (type) {
    case ATTR_COMMUNITIES:
    case ATTR_LABELS:
    case ATTR_EXT_COMMUNITIES:
    case ATTR_IPV6_EXT_COMMUNITIES:
    case ATTR_LARGE_COMMUNITIES:
        return false;
    default:
        for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
            if (members[i].type == type)
                return false;
        return true;
    }
}

static void put_unknown_attr(struct jsonw *w, const struct attr_view *attr)
{
    struct strbuf hex = {0};
    strbuf_add_hex(&hex, attr->value.data, attr->value.len_bytes, attr->value.len_bytes);
    jsonw_object(w, NULL);
    jsonw_uint(w, "type", attr->type);
    jsonw_uint(w, "flags", attr->flags);
    jsonw_text(w, "value", strbuf_text(&hex));
    jsonw_object_end(w);
    strbuf_release(&hex);
}

static void put_unknown_attrs(struct jsonw *w, struct span attrs)
{
    bool any = false;
    struct attr_view attr;
    struct reader r = reader_over(attrs);
    while (attr_next(&r, &attr)) {
        if (!is_unknown(attr.type))
            continue;
        if (!any)
            jsonw_array(w, "unknown_attributes");
        any = true;
        put_unknown_attr(w, &attr);
    }
    if (any)
        jsonw_array_end(w);
}

static void put_action(void *ctx, const struct community *community)
{
    struct community_list *list = ctx;
    if (flow_action_of(community) == FLOW_ACTION_NONE)
        return;
    strbuf_clear(&list->text);
    flow_format_action(community, &list->text);
    jsonw_text_bytes(list->w, NULL, list->text.data, list->text.len_bytes);
}

static void put_actions(struct jsonw *w, struct span attrs)
{
    struct community_list list = {.w = w};
    jsonw_array(w, "actions");
    community_each(attrs, put_action, &list);
    jsonw_array_end(w);
    strbuf_release(&list.text);
}

void route_view_put_attrs(struct jsonw *w, struct span attrs, bool has_actions)
{
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const struct attr_member *m = &members[i];
        struct span value;
        if (attr_find(attrs, m->type, &value) && value.len_bytes >= m->len_bytes)
            m->put(w, m->key, value);
        else if (m->absent)
            jsonw_raw(w, m->key, m->absent, strlen(m->absent));
    }
    put_communities(w, attrs);
    if (has_actions)
        put_actions(w, attrs);
    put_unknown_attrs(w, attrs);
}

/* The member that shows an attribute; NULL. */
static const struct attr_member *member_of(uint8_t type)
{
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (members[i].type == type)
            return &members[i];
    return NULL;
}

const char *route_view_attr_key(uint8_t type)
{
    const struct attr_member *m = member_of(type);
    return m ? m->key : NULL;
}

void route_view_put_attr(struct jsonw *w, const char *key, uint8_t type, struct span value)
{
    const struct attr_member *m = member_of(type);
    if (value.len_bytes >= m->len_bytes)
        m->put(w, key, value);
    else
        jsonw_null(w, key);
}

/* Makes the text of the attributes anew in `text`. */
static void render_attrs(struct strbuf *text, struct span attrs, bool has_actions)
{
    strbuf_clear(text);
    struct jsonw w = jsonw_over(text);
    route_view_put_attrs(&w, attrs, has_actions);
}

/* Whether the entry holds the text of these attributes. */
static bool is_cached(const struct cache_entry *e, struct span attrs, bool has_actions)
{
    return e->text.len_bytes > 0 && e->has_actions == has_actions &&
           span_equal(attrs, span_of(e->attrs.data, e->attrs.len_bytes));
}

/* The text of the attributes: from a cache, or made now. Borrowed until the next call. */
static const struct strbuf *attrs_text(struct route_renderer *r, struct span attrs,
                                       bool has_actions)
{
    if (attrs.len_bytes == 0) {
        render_attrs(&r->scratch, attrs, has_actions);
        return &r->scratch;
    }
    uint64_t hash = hash_bytes(attrs.data, attrs.len_bytes);
    struct cache_entry *small = &r->cache[hash >> (64 - CACHE_BITS)];
    struct cache_entry *large = &r->large[hash >> (64 - LARGE_BITS)];
    if (attrs.len_bytes <= SMALL_ATTRS_MAX_BYTES && is_cached(small, attrs, has_actions))
        return &small->text;
    if (is_cached(large, attrs, has_actions))
        return &large->text;
    render_attrs(&r->scratch, attrs, has_actions);
    bool is_small =
        attrs.len_bytes <= SMALL_ATTRS_MAX_BYTES && r->scratch.len_bytes <= SMALL_TEXT_MAX_BYTES;
    struct cache_entry *e = is_small ? small : large;
    strbuf_clear(&e->text);
    strbuf_add_bytes(&e->text, r->scratch.data, r->scratch.len_bytes);
    strbuf_clear(&e->attrs);
    strbuf_add_bytes(&e->attrs, attrs.data, attrs.len_bytes);
    e->has_actions = has_actions;
    return &e->text;
}

/* The route itself. */

/* When it came; null where it has gone since, and the peer is yet to be told. */
static void put_times(struct route_renderer *r, struct jsonw *w, const struct route_view *route,
                      const struct time_now *now)
{
    if (route->received_mono_s == 0) {
        jsonw_null(w, "received_at");
        jsonw_null(w, "age");
        return;
    }
    uint64_t received_mono_ms = (uint64_t)route->received_mono_s * 1000;
    uint64_t age_s = time_age_s_of(now, received_mono_ms);
    if (age_s != r->age_of_s)
        time_format_duration(age_s, r->age_text);
    r->age_of_s = age_s;
    jsonw_int(w, "received_at", time_unix_s_of(now, received_mono_ms));
    jsonw_text(w, "age", r->age_text);
}

static void put_addr(struct jsonw *w, const char *key, const struct ip_addr *addr,
                     struct addr_text *last)
{
    if (!ip_equal(addr, &last->addr)) {
        ip_format(addr, last->text);
        last->addr = *addr;
    }
    jsonw_text(w, key, last->text);
}

static const char *const source_names[] = {
    [ROUTE_SOURCE_API] = "API",
    [ROUTE_SOURCE_CONFIG] = "Config",
};

static void put_source(struct route_renderer *r, struct jsonw *w, const char *key,
                       const struct route_view *route)
{
    if (route->source == ROUTE_SOURCE_PEER)
        put_addr(w, key, &route->source_peer, &r->source);
    else
        jsonw_text(w, key, source_names[route->source]);
}

void route_view_put_source(struct jsonw *w, const char *key, enum route_source_kind source,
                           const struct ip_addr *peer)
{
    char text[IP_TEXT_MAX];
    jsonw_text(w, key, source == ROUTE_SOURCE_PEER ? ip_format(peer, text) : source_names[source]);
}

/* What a family shows of a route. */
static void put_field(void *ctx, const struct nlri_field *field)
{
    struct jsonw *w = ctx;
    if (field->is_list)
        jsonw_array(w, field->name);
    for (size_t i = 0; i < field->count; i++) {
        const char *key = field->is_list ? NULL : field->name;
        if (field->are_numbers)
            jsonw_raw(w, key, field->words[i], strlen(field->words[i]));
        else
            jsonw_text(w, key, field->words[i]);
    }
    if (field->is_list)
        jsonw_array_end(w);
}

void route_view_put_nlri(struct jsonw *w, enum family family, struct nlri nlri)
{
    const struct family_info *info = family_info(family);
    info->show(info, nlri, put_field, w);
}

void route_view_put_attrs_kept(struct route_renderer *r, struct jsonw *w, struct span attrs,
                               bool has_actions)
{
    const struct strbuf *text = attrs_text(r, attrs, has_actions);
    jsonw_raw(w, NULL, text->data, text->len_bytes);
}

void route_view_put_place(struct jsonw *w, const char *key, const struct policy_place *place)
{
    if (!place->policy) {
        jsonw_null(w, key);
        return;
    }
    jsonw_object(w, key);
    jsonw_text(w, "policy", place->policy->name);
    jsonw_text(w, "rule", place->rule ? place->rule->name : NULL);
    if (place->rule)
        jsonw_uint(w, "number", place->index + 1);
    else
        jsonw_null(w, "number");
    jsonw_text(w, "file", place->policy->included ? place->policy->file : NULL);
    jsonw_uint(w, "line", place->rule ? place->rule->line : place->policy->line);
    jsonw_object_end(w);
}

/* What a list says only of some: why not, and by which rule where it is one. */
static void put_reason(struct jsonw *w, const char *key, const char *why, const char *by_key,
                       const struct policy_place *by)
{
    if (!why)
        return;
    jsonw_text(w, key, why);
    route_view_put_place(w, by_key, by);
}

void route_view_put(struct route_renderer *r, struct jsonw *w, const struct route_view *route,
                    unsigned extra, const struct time_now *now)
{
    const struct family_info *info = family_info(route->family);
    jsonw_object(w, NULL);
    if (extra & ROUTE_VIEW_ADVERTISED)
        put_addr(w, "source", &route->to_peer, &r->advertised_to);
    else
        put_source(r, w, "source", route);
    jsonw_text(w, "afi", info->afi_name);
    jsonw_text(w, "safi", info->safi_name);
    put_times(r, w, route, now);
    info->show(info, route->nlri, put_field, w);
    const struct strbuf *attrs = attrs_text(r, route->attrs, info->has_actions);
    jsonw_raw(w, NULL, attrs->data, attrs->len_bytes);
    if (route->only_to_customer != 0)
        jsonw_uint(w, "only_to_customer", route->only_to_customer);
    if (extra & ROUTE_VIEW_ADVERTISED)
        put_source(r, w, "learned_from", route);
    if (extra & ROUTE_VIEW_BEST)
        jsonw_bool(w, "best", route->best);
    if (route->rov)
        jsonw_text(w, "rov", route->rov);
    if (route->aspa)
        jsonw_text(w, "aspa", route->aspa);
    put_reason(w, "filtered", route->filtered, "filtered_by", &route->filtered_by);
    put_reason(w, "withheld", route->withheld, "withheld_by", &route->withheld_by);
    if (!(extra & ROUTE_VIEW_OPEN))
        jsonw_object_end(w);
}
