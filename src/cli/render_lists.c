/* Routes one by one, in detail and as CSV, and how many there are. */
#include <string.h>

#include "base/strbuf.h"
#include "cli/csv.h"
#include "cli/detail.h"
#include "cli/json_cell.h"
#include "cli/render.h"
#include "cli/table.h"

/* --- in detail --- */

static const struct detail_member {
    const char *key;
    const char *label; /* NULL: it stands elsewhere */
} detail_members[] = {
    {"rd", "RD"},
    {"labels", "Labels"},
    {"rules", NULL},
    {"prefix", NULL},
    {"afi", NULL},
    {"safi", NULL},
    {"best", NULL},
    {"source", NULL},
    {"received_at", NULL},
    {"age", NULL},
    {"unknown_attributes", NULL},
    {"filtered_by", NULL},
    {"withheld_by", NULL},
    {"learned_from", "Learned from"},
    {"actions", "Actions"},
    {"next_hop", "Next hop"},
    {"next_hop_link_local", "Link-local next hop"},
    {"origin", "Origin"},
    {"as_path", "AS path"},
    {"local_pref", "Local preference"},
    {"multi_exit_disc", "Metric"},
    {"communities", "Communities"},
    {"originator_id", "Originator ID"},
    {"cluster_list", "Cluster list"},
    {"atomic_aggregate", "Atomic aggregate"},
    {"aigp", "Accumulated metric"},
    {"only_to_customer", "Only to customer"},
    {"weight", "Weight"},
    {"marks", "Marks"},
    {"rov", "Origin validation"},
    {"aspa", "Path validation"},
    {"owner", "Owner"},
    {"label", "Label"},
    {"tags", "Tags"},
    {"to", "Aimed at"},
    {"advertised_to", "Peers"},
    {"created_at", NULL},
    {"changed_at", NULL},
    {"expires_at", NULL},
    {"expires_in", "Lease left (s)"},
    {"beyond_limit", "Beyond limits"},
};

static const struct detail_member *find_member(const char *key)
{
    for (size_t i = 0; i < sizeof detail_members / sizeof detail_members[0]; i++)
        if (strcmp(detail_members[i].key, key) == 0)
            return &detail_members[i];
    return NULL;
}

static void put_member(FILE *out, json_t *route, const char *key, const char *label)
{
    struct strbuf text = {0};
    json_t *value = json_object_get(route, key);
    json_cell_add(&text, value, json_is_array(value) && strcmp(key, "actions") == 0 ? ", " : " ");
    if (text.len_bytes > 0)
        detail_line(out, label, strbuf_text(&text), NULL);
    strbuf_release(&text);
}

/* "65001 192.0.2.1" */
static void put_aggregator(FILE *out, json_t *route)
{
    json_t *aggregator = json_object_get(route, "aggregator");
    struct strbuf text = {0};
    if (!json_is_object(aggregator))
        return;
    json_cell_add(&text, json_object_get(aggregator, "asn"), " ");
    strbuf_add(&text, " ");
    json_cell_add(&text, json_object_get(aggregator, "router_id"), " ");
    detail_line(out, "Aggregator", strbuf_text(&text), NULL);
    strbuf_release(&text);
}

/* What the registry of BGP path attributes calls those without a member of their own. */
static const char *registered_name(json_int_t type)
{
    static const struct {
        json_int_t type;
        const char *name;
    } names[] = {
        {11, "DPA"},
        {20, "Connector"},
        {21, "AS_PATHLIMIT"},
        {22, "PMSI_TUNNEL"},
        {23, "Tunnel Encapsulation"},
        {24, "Traffic Engineering"},
        {27, "PE Distinguisher Labels"},
        {29, "BGP-LS"},
        {33, "BGPsec_PATH"},
        {34, "BGP Community Container"},
        {36, "D-PATH"},
        {37, "SFP"},
        {38, "BFD Discriminator"},
        {39, "BGP Router Capabilities"},
        {40, "BGP Prefix-SID"},
        {128, "ATTR_SET"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].type == type)
            return names[i].name;
    return NULL;
}

/* "PMSI_TUNNEL, optional transitive partial, 9 bytes: 00000000 00c00002 01" */
static void put_unknown(FILE *out, json_t *attribute)
{
    static const struct {
        json_int_t flag;
        const char *name;
    } flags[] = {{0x80, "optional"}, {0x40, "transitive"}, {0x20, "partial"}};
    enum { DIGITS_AT_ONCE = 8 };
    json_int_t type = json_integer_value(json_object_get(attribute, "type"));
    json_int_t set = json_integer_value(json_object_get(attribute, "flags"));
    const char *hex = json_string_value(json_object_get(attribute, "value"));
    const char *name = registered_name(type);
    struct strbuf label = {0};
    struct strbuf text = {0};
    strbuf_printf(&label, "Attribute %" JSON_INTEGER_FORMAT, type);
    strbuf_printf(&text, "%s%s", name ? name : "", name ? ", " : "");
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (set & flags[i].flag)
            strbuf_printf(&text, "%s ", flags[i].name);
    size_t digits = hex ? strlen(hex) : 0;
    strbuf_printf(&text, "%zu bytes:", digits / 2);
    for (size_t i = 0; i < digits; i += DIGITS_AT_ONCE)
        strbuf_printf(&text, " %.*s", DIGITS_AT_ONCE, hex + i);
    detail_line(out, strbuf_text(&label), strbuf_text(&text), NULL);
    strbuf_release(&label);
    strbuf_release(&text);
}

/* Why not, and by which rule. */
static void put_why(FILE *out, json_t *route, const char *key, const char *by_key,
                    const char *label)
{
    struct strbuf text = {0};
    json_t *by = json_object_get(route, by_key);
    json_cell_add(&text, json_object_get(route, key), " ");
    if (json_is_object(by)) {
        strbuf_add(&text, ": ");
        render_place(&text, by, NULL);
    }
    if (text.len_bytes > 0)
        detail_line(out, label, strbuf_text(&text), NULL);
    strbuf_release(&text);
}

static void put_times(FILE *out, json_t *route)
{
    struct strbuf text = {0};
    if (detail_add_moment(&text, json_object_get(route, "received_at"),
                          json_object_get(route, "age")))
        detail_line(out, "Since", strbuf_text(&text), NULL);
    strbuf_release(&text);
}

/* Members that this program does not know: a daemon may be newer. */
static void put_others(FILE *out, json_t *route)
{
    const char *key;
    json_t *value;
    json_object_foreach(route, key, value)
    {
        bool is_shown = find_member(key) || strcmp(key, "aggregator") == 0 ||
                        strcmp(key, "filtered") == 0 || strcmp(key, "withheld") == 0;
        if (!is_shown)
            put_member(out, route, key, key);
    }
}

void render_route_detail(FILE *out, bool color, json_t *route, enum route_list kind, bool first)
{
    struct strbuf name = {0};
    size_t i;
    json_t *attribute;
    json_cell_add(&name, json_object_get(route, "prefix"), " ");
    strbuf_add(&name, " (");
    json_cell_add(&name, json_object_get(route, "afi"), " ");
    strbuf_add(&name, " / ");
    json_cell_add(&name, json_object_get(route, "safi"), " ");
    strbuf_add(&name, json_is_true(json_object_get(route, "best")) ? "), best" : ")");
    fputs(first ? "" : "\n", out);
    detail_heading(out, color, json_object_get(route, "rules") ? "Flow " : "Route ",
                   strbuf_text(&name));
    put_member(out, route, "source",
               kind == ROUTE_LIST_ADVERTISED ? "Advertised to" : "Received from");
    put_times(out, route);
    for (i = 0; i < sizeof detail_members / sizeof detail_members[0]; i++)
        if (detail_members[i].label)
            put_member(out, route, detail_members[i].key, detail_members[i].label);
    put_aggregator(out, route);
    put_others(out, route);
    json_array_foreach(json_object_get(route, "unknown_attributes"), i, attribute)
        put_unknown(out, attribute);
    put_why(out, route, "filtered", "filtered_by", "Not used");
    put_why(out, route, "withheld", "withheld_by", "Not sent");
    strbuf_release(&name);
}

/* --- as CSV --- */

void render_route_csv(FILE *out, json_t *route, enum route_list kind, bool first)
{
    /* Scripts count on the columns: new ones come last. */
    static const char *const keys[] = {
        "source",          "afi",         "safi",    "rd",     "prefix",   "labels",
        "next_hop",        "received_at", "age",     "origin", "as_path",  "local_pref",
        "multi_exit_disc", "communities", "actions", "rov",    "filtered", "best",
    };
    static const char *const advertised_keys[] = {
        "source",          "afi",         "safi",    "rd",     "prefix",       "labels",
        "next_hop",        "received_at", "age",     "origin", "as_path",      "local_pref",
        "multi_exit_disc", "communities", "actions", "rov",    "learned_from", "withheld",
    };
    static const char *const originated_keys[] = {
        "source",
        "afi",
        "safi",
        "rd",
        "prefix",
        "labels",
        "next_hop",
        "received_at",
        "age",
        "origin",
        "as_path",
        "local_pref",
        "multi_exit_disc",
        "communities",
        "actions",
        "owner",
        "label",
        "tags",
        "to",
        "created_at",
        "changed_at",
        "expires_at",
        "expires_in",
        "advertised_to",
        "beyond_limit",
    };
    const char *const *columns = keys;
    size_t count = sizeof keys / sizeof keys[0];
    if (kind == ROUTE_LIST_ADVERTISED) {
        columns = advertised_keys;
        count = sizeof advertised_keys / sizeof advertised_keys[0];
    } else if (kind == ROUTE_LIST_ORIGINATED) {
        columns = originated_keys;
        count = sizeof originated_keys / sizeof originated_keys[0];
    }
    if (first)
        csv_heading(out, columns, count);
    if (route)
        csv_row(out, route, columns, count);
}

/* --- counts --- */

static const struct group_kind {
    const char *by;
    const char *key; /* of what the routes of a group have in common */
    const char *heading;
} group_kinds[] = {
    {"origin-as", "origin_as", "Origin AS"},
    {"peer", "peer", "Neighbor"},
    {"next-hop", "next_hop", "Next Hop"},
    {"community", "community", "Community"},
};

static const struct group_kind *find_kind(const char *by)
{
    size_t i = 0;
    while (by && i + 1 < sizeof group_kinds / sizeof group_kinds[0] &&
           strcmp(group_kinds[i].by, by) != 0)
        i++;
    return &group_kinds[i];
}

static void keep_count(struct table *t, const char *what, json_t *count)
{
    struct strbuf number = {0};
    json_cell_add(&number, count, " ");
    table_keep(t, (const char *const[]){strbuf_text(&number), what}, STYLE_PLAIN);
    strbuf_release(&number);
}

void render_counts(FILE *out, bool color, json_t *counts, const char *by)
{
    json_t *groups = json_object_get(counts, "groups");
    struct strbuf text = {0};
    size_t i;
    json_t *group;
    if (!groups) {
        json_cell_add(&text, json_object_get(counts, "count"), " ");
        fprintf(out, "%s\n", strbuf_text(&text));
        strbuf_release(&text);
        return;
    }
    const struct group_kind *kind = find_kind(by);
    const struct table_column columns[] = {{.heading = "Routes", .right_aligned = true},
                                           {.heading = kind->heading}};
    struct table table;
    table_init(&table, columns, 2, out, color);
    json_array_foreach(groups, i, group)
        keep_count(&table, json_cell(&text, group, kind->key), json_object_get(group, "count"));
    if (json_integer_value(json_object_get(counts, "others")) > 0)
        keep_count(&table, "(others)", json_object_get(counts, "others"));
    keep_count(&table, "(all routes)", json_object_get(counts, "count"));
    table_begin(&table);
    table_release(&table);
    strbuf_release(&text);
}

void render_counts_csv(FILE *out, json_t *counts, const char *by)
{
    json_t *groups = json_object_get(counts, "groups");
    const char *keys[] = {"count", find_kind(by)->key};
    size_t i;
    json_t *group;
    csv_heading(out, keys, groups ? 2 : 1);
    if (!groups)
        csv_row(out, counts, keys, 1);
    json_array_foreach(groups, i, group) csv_row(out, group, keys, 2);
}
