/* Routes written by people: from text fields to a key and canonical attributes.
 *
 * Each step judges one field and goes on after a problem, so that a caller who wants all of them
 * gets all. What is built always fits into one BGP message of 4096 bytes (RFC 4271 §4.1), whatever
 * the session adds. */
#include "config/route.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/ip.h"
#include "base/mem.h"
#include "base/writer.h"
#include "wire/aigp.h"
#include "wire/aspath.h"
#include "wire/attr.h"
#include "wire/community.h"
#include "wire/flowspec.h"

enum {
    /* Attributes and NLRI together: a message without its header and lengths, an own AS or two
     * with AS4_PATH, and the header of MP_REACH_NLRI. */
    ROUTE_MAX_BYTES = 4096 - 128,
    /* An AS number, a set of them, a cluster or a community takes 4 bytes at least. */
    ROUTE_MAX_ITEMS = ROUTE_MAX_BYTES / 4,
    COMMUNITY_KINDS = COMMUNITY_LARGE + 1,
};

struct builder {
    const struct route_spec *spec;
    bool key_only; /* what belongs to the path does not count */
    enum family family;
    const struct family_info *info; /* of the family */
    struct nlri nlri;               /* its bytes are the next ones */
    struct attr_block *block;       /* owned */
    uint8_t bytes[NLRI_MAX_BYTES];
    int err; /* of the first problem */
    void (*each)(void *ctx, const struct route_problem *problem);
    void *ctx;
};

static void note_error(struct builder *b, int err)
{
    if (b->err == 0)
        b->err = err == ERR_RANGE ? ERR_RANGE : ERR_INVALID;
}

/* Reports a problem and releases its text. */
static void report(struct builder *b, int err, struct route_problem *problem)
{
    note_error(b, err);
    b->each(b->ctx, problem);
    strbuf_release(&problem->text);
}

static void reportf(struct builder *b, int err, const char *field, int index, const char *format,
                    ...) __attribute__((format(printf, 5, 6)));
static void reportf(struct builder *b, int err, const char *field, int index, const char *format,
                    ...)
{
    struct route_problem problem = {.field = field, .index = index};
    va_list args;
    va_start(args, format);
    strbuf_vprintf(&problem.text, format, args);
    va_end(args);
    report(b, err, &problem);
}

static void report_missing(struct builder *b, const char *field)
{
    struct route_problem problem = {.field = field, .index = -1, .missing = true};
    strbuf_add(&problem.text, "it is required");
    report(b, ERR_INVALID, &problem);
}

static void add_attribute(struct builder *b, enum attr_type type, const char *field,
                          struct span value)
{
    if (attr_block_add(b->block, (uint8_t)type, value))
        reportf(b, ERR_RANGE, field, -1, "it takes more room than a BGP message has");
}

/* Whether a list can be looked at item by item: reports one that no message has room for. */
static bool check_count(struct builder *b, const char *field, size_t count)
{
    if (count <= ROUTE_MAX_ITEMS)
        return true;
    reportf(b, ERR_RANGE, field, -1, "there are more than %d, which no BGP message has room for",
            ROUTE_MAX_ITEMS);
    return false;
}

/* RFC 8955: flows have an AFI instead of a prefix that would tell their IP version. */
static uint8_t version_of_afi(struct builder *b)
{
    int afi = b->spec->afi;
    if (afi == 0)
        report_missing(b, "afi");
    else if (afi != AFI_IPV4 && afi != AFI_IPV6)
        reportf(b, ERR_RANGE, "afi", -1, "%d is neither 1 (IPv4) nor 2 (IPv6)", afi);
    return afi == AFI_IPV4 ? IP_V4 : IP_V6;
}

static void report_nlri(void *ctx, int err, const struct route_problem *problem)
{
    struct builder *b = ctx;
    note_error(b, err);
    b->each(b->ctx, problem);
}

/* The family: what is named, or what the IP version and the parts of the key speak for. */
static void choose_family(struct builder *b)
{
    const struct route_spec *spec = b->spec;
    uint8_t form = spec->by_rules ? NLRI_TEXT_RULES : NLRI_TEXT_PREFIX;
    bool is_ipv6 = spec->text.prefix && strchr(spec->text.prefix, ':');
    uint8_t version = spec->by_rules ? version_of_afi(b) : is_ipv6 ? IP_V6 : IP_V4;
    b->family = family_for_text(version, nlri_text_parts(&spec->text) | form);
    if (spec->has_family && (family_info(spec->family)->written_as & form))
        b->family = spec->family;
    else if (spec->has_family)
        reportf(b, ERR_INVALID, "family", -1,
                "\"%s\" is written by rules: in static_flows, or with advertise_flow",
                family_info(spec->family)->name);
    b->info = family_info(b->family);
}

static void build_nlri(struct builder *b)
{
    const struct nlri_text *text = &b->spec->text;
    choose_family(b);
    if (b->spec->by_rules && text->rule_count == 0)
        report_missing(b, "matches");
    if (!b->spec->by_rules && !text->prefix)
        report_missing(b, "prefix");
    if (!check_count(b, "matches", text->rule_count) || b->err)
        return;
    if (b->info->has_labels && text->label_count == 0 && !b->key_only)
        report_missing(b, "labels");
    if (b->info->parse(b->info, text, b->bytes, &b->nlri, report_nlri, b) == 0 &&
        b->nlri.labels.len_bytes > 0 && !b->key_only)
        add_attribute(b, ATTR_LABELS, "labels", b->nlri.labels);
}

/* Why routers cannot send anything to this address; NULL when they can. Peers on this machine may
 * be told a loopback address. */
static const char *next_hop_problem(const struct builder *b, const struct ip_addr *addr)
{
    if (ip_is_unspecified(addr))
        return "is no next hop";
    if (!attr_next_hop_usable(span_of(addr->bytes, ip_len_bytes(addr->version)), true))
        return "is not a unicast address";
    if (addr->version == IP_V6 && (ip_is_link_local(addr) || addr->interface[0] != '\0'))
        return "is link-local: the next hop must be a global address";
    if (b->info->ip_version == IP_V6 && addr->version == IP_V4)
        return "is an IPv4 address: an IPv6 prefix needs an IPv6 next hop";
    return NULL;
}

static void build_next_hop(struct builder *b)
{
    const char *text = b->spec->next_hop;
    if (!text) {
        if (b->info->has_next_hop)
            report_missing(b, "next_hop");
        return;
    }
    if (!b->info->has_next_hop) {
        reportf(b, ERR_INVALID, "next_hop", -1, "routes of the family \"%s\" have none",
                b->info->name);
        return;
    }
    struct ip_addr addr;
    int err = ip_parse(text, &addr);
    const char *problem = err ? "is not an IP address" : next_hop_problem(b, &addr);
    if (problem)
        reportf(b, ERR_INVALID, "next_hop", -1, "'%.64s' %s", text, problem);
    else
        add_attribute(b, ATTR_NEXT_HOP, "next_hop",
                      span_of(addr.bytes, ip_len_bytes(addr.version)));
}

static void build_origin(struct builder *b)
{
    static const char *const names[] = {
        [ORIGIN_IGP] = "IGP", [ORIGIN_EGP] = "EGP", [ORIGIN_INCOMPLETE] = "Incomplete"};
    const char *text = b->spec->origin ? b->spec->origin : names[ORIGIN_IGP];
    for (uint8_t origin = ORIGIN_IGP; origin <= ORIGIN_INCOMPLETE; origin++) {
        if (strcasecmp(text, names[origin]) == 0) {
            add_attribute(b, ATTR_ORIGIN, "origin", span_of(&origin, 1));
            return;
        }
    }
    reportf(b, ERR_INVALID, "origin", -1, "'%.64s' is none of \"IGP\", \"EGP\", \"Incomplete\"",
            text);
}

/* True when one item of the path stands for itself; reports it otherwise. */
static bool check_path_item(struct builder *b, size_t i)
{
    const char *item = b->spec->as_path[i];
    uint8_t scratch[ROUTE_MAX_BYTES];
    struct writer w = writer_over(scratch, sizeof(scratch));
    uint32_t as;
    int err = aspath_parse(item, &w);
    if (aspath_parse_as(item, &as) == 0 && as == 0)
        reportf(b, ERR_RANGE, "as_path", (int)i, "AS 0 cannot be part of a path (RFC 7607)");
    else if (err == ERR_FULL)
        reportf(b, ERR_RANGE, "as_path", (int)i, "the path is too long for a BGP message");
    else if (err)
        reportf(b, err, "as_path", (int)i, "'%.64s' is not an AS number (\"65001\" or \"1.10\")",
                item);
    return !err;
}

static void build_as_path(struct builder *b)
{
    const struct route_spec *spec = b->spec;
    struct strbuf text = {0};
    bool good = true;
    if (!check_count(b, "as_path", spec->as_path_count))
        return;
    for (size_t i = 0; i < spec->as_path_count; i++) {
        good &= check_path_item(b, i);
        strbuf_printf(&text, "%s%s", i > 0 ? " " : "", spec->as_path[i]);
    }
    uint8_t bytes[ROUTE_MAX_BYTES];
    struct writer w = writer_over(bytes, sizeof(bytes));
    if (good && aspath_parse(strbuf_text(&text), &w))
        reportf(b, ERR_RANGE, "as_path", -1, "the path is too long for a BGP message");
    else
        add_attribute(b, ATTR_AS_PATH, "as_path", writer_span(&w));
    strbuf_release(&text);
}

static void build_number(struct builder *b, bool given, enum attr_type type, const char *field,
                         uint32_t value)
{
    uint8_t bytes[4];
    struct writer w = writer_over(bytes, sizeof(bytes));
    writer_u32(&w, value);
    if (given)
        add_attribute(b, type, field, writer_span(&w));
}

static void build_aigp(struct builder *b)
{
    uint8_t bytes[16];
    struct writer w = writer_over(bytes, sizeof(bytes));
    aigp_put(&w, span_of(bytes, 0), b->spec->aigp);
    if (b->spec->has_aigp)
        add_attribute(b, ATTR_AIGP, "aigp", writer_span(&w));
}

static bool put_router_id(struct writer *w, const char *text)
{
    struct ip_addr id;
    if (ip_parse_id(text, &id))
        return false;
    writer_bytes(w, id.bytes, 4);
    return true;
}

static void build_atomic_aggregate(struct builder *b)
{
    uint8_t nothing[1];
    if (b->spec->atomic_aggregate)
        add_attribute(b, ATTR_ATOMIC_AGGREGATE, "atomic_aggregate", span_of(nothing, 0));
}

/* The ASN and the router ID of "65000:192.0.2.1"; false when it is not written so. */
static bool put_aggregator(struct writer *w, const char *text, uint32_t *ret_as)
{
    char as_text[24];
    size_t len = strcspn(text, ":");
    if (text[len] != ':' || len >= sizeof(as_text))
        return false;
    memcpy(as_text, text, len);
    as_text[len] = '\0';
    if (aspath_parse_as(as_text, ret_as))
        return false;
    writer_u32(w, *ret_as);
    return put_router_id(w, text + len + 1);
}

/* RFC 4271 §5.1.7. */
static void build_aggregator(struct builder *b)
{
    const char *text = b->spec->aggregator;
    uint8_t bytes[8];
    struct writer w = writer_over(bytes, sizeof(bytes));
    uint32_t as = 0;
    if (!text)
        return;
    if (!put_aggregator(&w, text, &as))
        reportf(b, ERR_INVALID, "aggregator", -1,
                "'%.64s' is not an AS number and a router ID (\"65000:192.0.2.1\")", text);
    else if (as == 0)
        reportf(b, ERR_RANGE, "aggregator", -1, "AS 0 cannot aggregate anything (RFC 7607)");
    else
        add_attribute(b, ATTR_AGGREGATOR, "aggregator", writer_span(&w));
}

/* As is said of what is not a router ID. */
#define NOT_A_ROUTER_ID "'%.64s' is not a router ID (\"192.0.2.1\", other than 0.0.0.0)"

static void build_originator_id(struct builder *b)
{
    const char *text = b->spec->originator_id;
    uint8_t bytes[4];
    struct writer w = writer_over(bytes, sizeof(bytes));
    if (!text)
        return;
    if (put_router_id(&w, text))
        add_attribute(b, ATTR_ORIGINATOR_ID, "originator_id", writer_span(&w));
    else
        reportf(b, ERR_INVALID, "originator_id", -1, NOT_A_ROUTER_ID, text);
}

static void build_cluster_list(struct builder *b)
{
    const struct route_spec *spec = b->spec;
    uint8_t bytes[ROUTE_MAX_BYTES];
    struct writer w = writer_over(bytes, sizeof(bytes));
    bool is_good = true;
    if (!check_count(b, "cluster_list", spec->cluster_list_count))
        return;
    for (size_t i = 0; i < spec->cluster_list_count; i++) {
        if (put_router_id(&w, spec->cluster_list[i]))
            continue;
        reportf(b, ERR_INVALID, "cluster_list", (int)i, NOT_A_ROUTER_ID, spec->cluster_list[i]);
        is_good = false;
    }
    if (is_good && writer_len(&w) > 0)
        add_attribute(b, ATTR_CLUSTER_LIST, "cluster_list", writer_span(&w));
}

/* The values of the community attributes, by kind. */
struct community_lists {
    struct writer writers[COMMUNITY_KINDS];
    uint8_t bytes[COMMUNITY_KINDS][ROUTE_MAX_BYTES];
};

/* Adds a community unless it is there already: they are sets. */
static void add_community(struct community_lists *lists, const struct community *c)
{
    struct writer *w = &lists->writers[c->kind];
    size_t len = community_len_bytes(c->kind);
    for (size_t at = 0; at + len <= writer_len(w); at += len) {
        if (memcmp(lists->bytes[c->kind] + at, c->bytes, len) == 0)
            return;
    }
    writer_bytes(w, c->bytes, len);
}

static void build_action(struct builder *b, struct community_lists *lists)
{
    struct community community;
    struct route_problem problem = {.field = "action", .index = -1};
    if (!b->spec->text.action) {
        report_missing(b, "action");
        return;
    }
    int result = flow_parse_action(b->spec->text.action, &community, &problem.text);
    if (result < 0)
        report(b, result, &problem);
    else if (result > 0)
        add_community(lists, &community);
    strbuf_release(&problem.text);
}

static void build_communities(struct builder *b)
{
    const struct route_spec *spec = b->spec;
    struct community_lists lists;
    if (!check_count(b, "communities", spec->text.community_count))
        return;
    for (unsigned kind = 0; kind < COMMUNITY_KINDS; kind++)
        lists.writers[kind] = writer_over(lists.bytes[kind], sizeof(lists.bytes[kind]));
    if (b->info->has_actions)
        build_action(b, &lists);
    for (size_t i = 0; i < spec->text.community_count; i++) {
        struct community community;
        int err = community_parse(spec->text.communities[i], &community);
        if (err)
            reportf(b, err, "communities", (int)i,
                    "'%.64s' is not a community (\"65000:99\", \"65000:1:2\", "
                    "\"target:65000:1\", \"no-export\", …)",
                    spec->text.communities[i]);
        else
            add_community(&lists, &community);
    }
    for (unsigned kind = 0; kind < COMMUNITY_KINDS; kind++) {
        const struct writer *w = &lists.writers[kind];
        if (!writer_ok(w))
            reportf(b, ERR_RANGE, "communities", -1, "there are too many for a BGP message");
        else if (writer_len(w) > 0)
            add_attribute(b, community_attr_type((enum community_kind)kind), "communities",
                          writer_span(w));
    }
}

/* The whole must fit into a message; blames the largest part. */
static void check_size(struct builder *b)
{
    size_t nlri = b->info->len_bytes(b->info, b->nlri);
    size_t total = nlri + b->block->len_bytes;
    if (total <= ROUTE_MAX_BYTES)
        return;
    struct span path = {0};
    struct span clusters = {0};
    attr_find(attr_block_span(b->block), ATTR_AS_PATH, &path);
    attr_find(attr_block_span(b->block), ATTR_CLUSTER_LIST, &clusters);
    const char *field = nlri > total / 2                 ? "matches"
                        : path.len_bytes > total / 2     ? "as_path"
                        : clusters.len_bytes > total / 2 ? "cluster_list"
                                                         : "communities";
    reportf(b, ERR_RANGE, field, -1, "the route takes %zu bytes; a BGP message has room for %d",
            total, ROUTE_MAX_BYTES);
}

/* A route with copies of these. */
static struct static_route make(enum family family, struct nlri_key key, struct span attrs)
{
    struct static_route route = {
        .family = (uint8_t)family,
        .key_len = key.len,
        .attrs_bytes = (uint32_t)attrs.len_bytes,
    };
    size_t key_bytes = static_route_key_bytes(&route);
    route.bytes = mem_alloc(key_bytes + attrs.len_bytes);
    memcpy(route.bytes, key.bytes, key_bytes);
    if (attrs.len_bytes > 0)
        memcpy(route.bytes + key_bytes, attrs.data, attrs.len_bytes);
    return route;
}

static void build_path(struct builder *b)
{
    const struct route_spec *spec = b->spec;
    build_next_hop(b);
    build_origin(b);
    build_as_path(b);
    build_number(b, spec->has_med, ATTR_MED, "multi_exit_disc", spec->med);
    build_number(b, spec->has_local_pref, ATTR_LOCAL_PREF, "local_pref", spec->local_pref);
    build_atomic_aggregate(b);
    build_aggregator(b);
    build_originator_id(b);
    build_cluster_list(b);
    build_aigp(b);
    build_communities(b);
    if (b->err == 0)
        check_size(b);
    if (b->err == 0 && attr_block_finish(b->block))
        reportf(b, ERR_RANGE, "communities", -1, "the attributes are too long");
}

static int build(struct builder *b, struct static_route *ret_route)
{
    b->block = mem_alloc(sizeof(*b->block));
    attr_block_init(b->block);
    build_nlri(b);
    if (!b->key_only)
        build_path(b);
    if (b->err == 0)
        *ret_route = make(b->family, b->nlri.key, attr_block_span(b->block));
    free(b->block);
    return b->err;
}

int static_route_build_each(const struct route_spec *spec, struct static_route *ret_route,
                            void (*each)(void *ctx, const struct route_problem *problem), void *ctx)
{
    return build(&(struct builder){.spec = spec, .each = each, .ctx = ctx}, ret_route);
}

/* Keeps the first of several problems. */
static void keep_first(void *ctx, const struct route_problem *problem)
{
    struct route_problem *first = ctx;
    if (first->field)
        return;
    *first = *problem;
    first->text = (struct strbuf){0};
    strbuf_add(&first->text, strbuf_text(&problem->text));
}

static int build_until(const struct route_spec *spec, bool key_only, struct static_route *ret_route,
                       struct route_problem *ret_problem)
{
    struct route_problem first = {0};
    struct builder b = {.spec = spec, .key_only = key_only, .each = keep_first, .ctx = &first};
    int err = build(&b, ret_route);
    if (err)
        *ret_problem = first;
    return err;
}

int static_route_build(const struct route_spec *spec, struct static_route *ret_route,
                       struct route_problem *ret_problem)
{
    return build_until(spec, false, ret_route, ret_problem);
}

int static_route_build_key(const struct route_spec *spec, struct static_route *ret_route,
                           struct route_problem *ret_problem)
{
    return build_until(spec, true, ret_route, ret_problem);
}

struct judging {
    void (*each)(void *ctx, const struct route_problem *problem);
    void *ctx;
    int err;
};

static void pass_on(void *ctx, const struct route_problem *problem)
{
    struct judging *judging = ctx;
    if (!problem->is_warning)
        judging->err = ERR_INVALID;
    judging->each(judging->ctx, problem);
}

int static_route_judge_each(const struct route_spec *spec, const struct static_route *route,
                            void (*each)(void *ctx, const struct route_problem *problem), void *ctx)
{
    const struct family_info *info = family_info((enum family)route->family);
    struct judging judging = {each, ctx, 0};
    if (info->judge)
        info->judge(info, &spec->text, static_route_key(route), static_route_attrs(route), pass_on,
                    &judging);
    return judging.err;
}

void static_route_copy(const struct static_route *route, struct static_route *ret_route)
{
    *ret_route =
        make((enum family)route->family, static_route_key(route), static_route_attrs(route));
}

void static_route_release(struct static_route *route)
{
    free(route->bytes);
    *route = (struct static_route){0};
}

int static_route_compare_to(const struct static_route *route, enum family family,
                            struct nlri_key key)
{
    if (route->family != family)
        return route->family < family ? -1 : 1;
    size_t bytes_a = static_route_key_bytes(route);
    size_t bytes_b = nlri_key_bytes(family_info(family), key);
    int order = memcmp(route->bytes, key.bytes, bytes_a < bytes_b ? bytes_a : bytes_b);
    return order != 0 ? order : (route->key_len > key.len) - (route->key_len < key.len);
}

int static_route_compare_key(const struct static_route *a, const struct static_route *b)
{
    return static_route_compare_to(a, (enum family)b->family, static_route_key(b));
}

bool static_route_equal(const struct static_route *a, const struct static_route *b)
{
    return static_route_compare_key(a, b) == 0 &&
           span_equal(static_route_attrs(a), static_route_attrs(b));
}

void static_route_format_key(const struct static_route *route, struct strbuf *out)
{
    const struct family_info *info = family_info((enum family)route->family);
    info->format(
        info, (struct nlri){static_route_key(route), attr_labels(static_route_attrs(route))}, out);
}
