/* Neighbours for people: a table of summaries, or a block for each in detail; and the daemon. */
#include <string.h>

#include "base/strbuf.h"
#include "cli/csv.h"
#include "cli/detail.h"
#include "cli/json_cell.h"
#include "cli/render.h"
#include "cli/table.h"
#include "cli/text.h"

/* What is in the way of a session now, else why the last one ended; of one that is disabled there
 * is no more to say. */
static const char *why_down(struct strbuf *buf, json_t *peer, const char *key)
{
    bool is_current = json_is_true(json_object_get(peer, "last_error_current"));
    if (json_is_false(json_object_get(peer, "enabled")))
        return NULL;
    const char *text = is_current ? json_cell(buf, peer, key) : NULL;
    return text ? text : json_cell(buf, peer, "down_reason");
}

static const struct peer_column {
    struct table_column column;
    const char *key;
    /* Makes the text of a cell, which `buf` may hold; NULL: that of the member. */
    const char *(*cell)(struct strbuf *buf, json_t *peer, const char *key);
} peer_columns[] = {
    {{.heading = " Neighbor"}, "peer", NULL},
    {{.heading = "Router ID"}, "router_id", NULL},
    {{.heading = "AS", .right_aligned = true}, "remote_asn", NULL},
    {{.heading = "MsgRcvd", .right_aligned = true}, "msg_received", NULL},
    {{.heading = "MsgSent", .right_aligned = true}, "msg_sent", NULL},
    {{.heading = "Uptime", .right_aligned = true}, "uptime", NULL},
    {{.heading = "State"}, "state", NULL},
    {{.heading = "PfxRcd", .right_aligned = true}, "prefixes_received", NULL},
    {{.heading = "PfxAcc", .right_aligned = true}, "prefixes_accepted", NULL},
    {{.heading = "PfxAdv", .right_aligned = true}, "prefixes_advertised", NULL},
    {{.heading = "Down For", .right_aligned = true, .optional = true}, "down_age", NULL},
    {{.heading = "Why Down", .optional = true}, "last_error", why_down},
    {{.heading = "Held Back", .optional = true}, "held_back", NULL},
    {{.heading = "Pending", .optional = true}, "pending", NULL},
    {{.heading = "Description", .optional = true}, "description", NULL},
};

enum { PEER_COLUMNS = sizeof peer_columns / sizeof peer_columns[0] };

/* The i-th of a list, or the value itself as the only one; NULL after the last. */
static json_t *nth(json_t *list, size_t i)
{
    if (json_is_array(list))
        return json_array_get(list, i);
    return i == 0 ? list : NULL;
}

static enum table_style peer_style(json_t *peer)
{
    const char *state = json_string_value(json_object_get(peer, "state"));
    if (json_is_false(json_object_get(peer, "enabled")))
        return STYLE_DIM;
    return state && strcmp(state, "Established") == 0 ? STYLE_GOOD : STYLE_PLAIN;
}

static void keep_peer(struct table *t, json_t *peer)
{
    struct strbuf texts[PEER_COLUMNS] = {0};
    const char *cells[PEER_COLUMNS];
    for (size_t i = 0; i < PEER_COLUMNS; i++) {
        const struct peer_column *c = &peer_columns[i];
        cells[i] = c->cell ? c->cell(&texts[i], peer, c->key) : json_cell(&texts[i], peer, c->key);
        if (!cells[i] && peer_columns[i].column.optional)
            cells[i] = "";
    }

    struct strbuf name = {0};
    bool disabled = json_is_false(json_object_get(peer, "enabled"));
    strbuf_printf(&name, "%c%s", disabled ? '*' : ' ', cells[0] ? cells[0] : "-");
    cells[0] = strbuf_text(&name);
    table_keep(t, cells, peer_style(peer));

    strbuf_release(&name);
    for (size_t i = 0; i < PEER_COLUMNS; i++)
        strbuf_release(&texts[i]);
}

void render_peers(FILE *out, bool color, json_t *peers)
{
    struct table_column columns[PEER_COLUMNS];
    struct table table;
    json_t *peer;
    for (size_t i = 0; i < PEER_COLUMNS; i++)
        columns[i] = peer_columns[i].column;
    table_init(&table, columns, PEER_COLUMNS, out, color);
    for (size_t i = 0; (peer = nth(peers, i)) != NULL; i++) {
        json_t *summary = json_object_get(peer, "summary");
        keep_peer(&table, summary ? summary : peer);
    }
    table_begin(&table);
    table_release(&table);
}

/* " (2026-11-26 04:10:11 UTC, 00:03:12 ago)" */
static void add_moment(struct strbuf *out, json_t *at, json_t *age)
{
    struct strbuf moment = {0};
    if (detail_add_moment(&moment, at, age))
        strbuf_printf(out, " (%s)", strbuf_text(&moment));
    strbuf_release(&moment);
}

/* --- the summary --- */

static void add_number(struct strbuf *out, json_int_t number, const char *what, bool always)
{
    if (number > 0 || always)
        strbuf_printf(out, "%s%" JSON_INTEGER_FORMAT " %s", out->len_bytes > 0 ? ", " : "", number,
                      what);
}

static json_int_t sum_of(json_t *peers, const char *key)
{
    json_int_t sum = 0;
    size_t i;
    json_t *peer;
    json_array_foreach(peers, i, peer) sum += json_integer_value(json_object_get(peer, key));
    return sum;
}

/* How many are in one of the states of the summary: those of a network are its own. */
static json_int_t count_states(json_t *peers, const char *state)
{
    json_int_t count = 0;
    size_t i;
    json_t *peer;
    json_array_foreach(peers, i, peer)
    {
        const char *is = json_string_value(json_object_get(peer, "state"));
        count += is && strcmp(is, state) == 0;
    }
    return count;
}

void render_peers_summary(FILE *out, json_t *peers)
{
    struct strbuf states = {0};
    struct strbuf routes = {0};
    json_int_t listening = count_states(peers, "Listening");
    json_int_t count = (json_int_t)json_array_size(peers) - listening;
    json_int_t up = count_states(peers, "Established");
    json_int_t disabled = count_states(peers, "Disabled");
    add_number(&states, up, "established", true);
    add_number(&states, count - up - disabled, "down", false);
    add_number(&states, disabled, "disabled", false);
    add_number(&routes, sum_of(peers, "prefixes_received"), "received", true);
    add_number(&routes, sum_of(peers, "prefixes_accepted"), "accepted", true);
    add_number(&routes, sum_of(peers, "prefixes_advertised"), "advertised", true);
    fprintf(out, "\n%" JSON_INTEGER_FORMAT " neighbor%s: %s", count, count == 1 ? "" : "s",
            strbuf_text(&states));
    if (listening > 0)
        fprintf(out, "; %" JSON_INTEGER_FORMAT " network%s listening", listening,
                listening == 1 ? "" : "s");
    fprintf(out, "; routes: %s\n", strbuf_text(&routes));
    strbuf_release(&states);
    strbuf_release(&routes);
}

void render_peers_csv(FILE *out, json_t *peers)
{
    /* Scripts count on the columns: new ones come last. */
    static const char *const keys[] = {
        "peer",
        "description",
        "remote_asn",
        "local_asn",
        "router_id",
        "state",
        "enabled",
        "uptime",
        "msg_received",
        "msg_sent",
        "prefixes_received",
        "prefixes_accepted",
        "prefixes_advertised",
        "down_since",
        "down_reason",
        "last_error",
        "last_error_current",
        "dynamic",
    };
    size_t count = sizeof keys / sizeof keys[0];
    json_t *peer;
    csv_heading(out, keys, count);
    for (size_t i = 0; (peer = nth(peers, i)) != NULL; i++) {
        json_t *summary = json_object_get(peer, "summary");
        csv_row(out, summary ? summary : peer, keys, count);
    }
}

/* --- details --- */

/* Since when there is none, and why the last one ended. */
static void detail_down(FILE *out, json_t *summary)
{
    struct strbuf text = {0};
    if (detail_add_moment(&text, json_object_get(summary, "down_since"),
                          json_object_get(summary, "down_age"))) {
        if (json_is_string(json_object_get(summary, "down_reason"))) {
            strbuf_add(&text, ": ");
            json_cell_add(&text, json_object_get(summary, "down_reason"), " ");
        }
        detail_line(out, "Down since", strbuf_text(&text), NULL);
    }
    strbuf_release(&text);
}

/* What was wrong last; with a session that has come up since, that is history. */
static void detail_last_error(FILE *out, json_t *summary)
{
    bool over = json_is_false(json_object_get(summary, "last_error_current"));
    struct strbuf text = {0};
    if (json_cell(&text, summary, "last_error")) {
        add_moment(&text, json_object_get(summary, "last_error_at"),
                   json_object_get(summary, "last_error_age"));
        detail_line(out, over ? "Before this session" : "Last error", strbuf_text(&text), NULL);
    }
    strbuf_release(&text);
}

static const struct detail_line {
    const char *label;
    const char *key;
    bool in_summary;
    const char *unit;
    void (*put)(FILE *out, json_t *summary); /* NULL: the value of the key */
} detail_lines[] = {
    {"Description", "description", true, NULL, NULL},
    {"State", "state", true, NULL, NULL},
    {"Enabled", "enabled", true, NULL, NULL},
    {"Uptime", "uptime", true, NULL, NULL},
    {"Remote AS", "remote_asn", true, NULL, NULL},
    {"Local AS", "local_asn", true, NULL, NULL},
    {"Router ID", "router_id", true, NULL, NULL},
    {.put = detail_down},
    {.put = detail_last_error},
    {"Held back", "held_back", true, NULL, NULL},
    {"Pending", "pending", true, " (until `bgpd neighbor reset`)", NULL},
    {"Our role", "role", false, NULL, NULL},
    {"Role of the peer", "remote_role", false, NULL, NULL},
    {"Connection", "tcp_connection", false, NULL, NULL},
    {"Hold timer", "hold_timer", false, " s", NULL},
    {"Hold time agreed", "hold_time", false, " s", NULL},
    {"Keepalive every", "hold_timer_interval", false, " s", NULL},
    {"Last received", "last_received", false, " s ago", NULL},
    {"Last sent", "last_sent", false, " s ago", NULL},
    {"Messages received", "msg_received", true, NULL, NULL},
    {"Messages sent", "msg_sent", true, NULL, NULL},
    {"Times established", "times_established", false, NULL, NULL},
    {"Bad messages", "problems", false, NULL, NULL},
    {"Ignored martians", "martians_ignored", false, NULL, NULL},
};

/* Adds ", 4 received" when there is such a number, and it is not 0 where that is worth no word. */
static void add_count(struct strbuf *out, json_t *object, const char *key, bool always)
{
    json_t *count = json_object_get(object, key);
    if (json_is_integer(count) && (always || json_integer_value(count) != 0))
        strbuf_printf(out, ", %" JSON_INTEGER_FORMAT " %s", json_integer_value(count), key);
}

/* Adds "; limit 1000 accepted (ignore-new)", and how it stands with that. */
static void add_limit(struct strbuf *out, json_t *channel)
{
    json_t *limit = json_object_get(channel, "limit");
    struct strbuf cell = {0};
    if (!json_is_object(limit))
        return;
    static const char *const parts[][2] = {{"; limit ", "limit"}, {" ", "count"}, {" (", "action"}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const char *text = json_cell(&cell, limit, parts[i][1]);
        strbuf_printf(out, "%s%s", parts[i][0], text ? text : "-");
    }
    strbuf_add(out, ")");
    if (json_is_true(json_object_get(channel, "exceeded")))
        strbuf_add(out, ", exceeded");
    else if (json_is_true(json_object_get(channel, "warned")))
        strbuf_add(out, ", nearly reached");
    strbuf_release(&cell);
}

/* "ipv4 unicast: up, 4 received, 3 accepted, 2 advertised; limit 1000 received (shutdown)", a line
 * for each. */
static void detail_channels(FILE *out, json_t *channels)
{
    struct strbuf text = {0};
    struct strbuf cell = {0};
    size_t i;
    json_t *channel;
    json_array_foreach(channels, i, channel)
    {
        const char *name = json_cell(&cell, channel, "family");
        strbuf_clear(&text);
        strbuf_printf(&text, "%s: ", name ? name : "-");
        const char *state = json_cell(&cell, channel, "state");
        strbuf_add(&text, state ? state : "-");
        add_count(&text, channel, "received", true);
        add_count(&text, channel, "accepted", true);
        add_count(&text, channel, "advertised", true);
        add_limit(&text, channel);
        add_count(&text, channel, "ignored", false);
        detail_line(out, i ? "" : "Channels", strbuf_text(&text), NULL);
    }
    strbuf_release(&text);
    strbuf_release(&cell);
}

static void render_detail(FILE *out, bool color, json_t *detail)
{
    json_t *summary = json_object_get(detail, "summary");
    struct strbuf text = {0};
    const char *name = json_cell(&text, summary, "peer");
    detail_heading(out, color, "Neighbor ", name ? name : "-");
    for (size_t i = 0; i < sizeof detail_lines / sizeof detail_lines[0]; i++) {
        const struct detail_line *line = &detail_lines[i];
        const char *value =
            line->key ? json_cell(&text, line->in_summary ? summary : detail, line->key) : NULL;
        if (line->put)
            line->put(out, summary);
        if (value && value[0] != '\0')
            detail_line(out, line->label, value, line->unit);
    }
    detail_channels(out, json_object_get(detail, "channels"));
    detail_list(out, "Capabilities", json_object_get(detail, "capabilities"));
    strbuf_release(&text);
}

/* What stands behind the file where that is not what is in force. */
static void add_sent(struct strbuf *out, json_t *in_force)
{
    const char *from = json_string_value(json_object_get(in_force, "from"));
    const char *name = json_string_value(json_object_get(in_force, "name"));
    bool is_sent = from && strcmp(from, "request") == 0;
    bool rolled_back = json_is_true(json_object_get(in_force, "rolled_back"));
    if (!name || (!is_sent && !rolled_back))
        return;
    strbuf_add(out, "; in force is ");
    text_add_printable(out, name);
    strbuf_add(out, is_sent ? ", which was sent" : " as it was before");
    strbuf_add(out, is_sent && rolled_back ? " before" : "");
}

/* How long there is to confirm what is in force; "": it stays. */
static void add_left(struct strbuf *out, json_t *confirmation)
{
    const char *left = json_string_value(json_object_get(confirmation, "left"));
    if (!left)
        return;
    text_add_printable(out, left);
    strbuf_add(out, " left to confirm, then back to what was before");
}

void render_info(FILE *out, json_t *info)
{
    struct strbuf sent = {0};
    struct strbuf left = {0};
    add_sent(&sent, json_object_get(info, "in_force"));
    add_left(&left, json_object_get(info, "confirmation"));
    const struct {
        const char *label;
        const char *key;
        bool in_loop;
        const char *unit;
    } lines[] = {
        {"Version", "version", false, NULL},
        {"Configuration", "configuration", false, strbuf_text(&sent)},
        {"Router ID", "router_id", false, NULL},
        {"Process", "pid", false, NULL},
        {"Uptime", "uptime", false, NULL},
        {"Longest turn", "longest_turn_ms", true, " ms"},
        {"On a processor", "longest_turn_processor_ms", true, " ms"},
        {"Spent on", "longest_turn_cause", true, NULL},
        {"Long turns", "long_turns", true, NULL},
    };
    json_t *loop = json_object_get(info, "loop");
    struct strbuf text = {0};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const char *value = json_cell(&text, lines[i].in_loop ? loop : info, lines[i].key);
        if (value)
            detail_line(out, lines[i].label, value, lines[i].unit);
    }
    if (left.len_bytes > 0)
        detail_line(out, "Confirmation", strbuf_text(&left), NULL);
    detail_list(out, "BGP sockets", json_object_get(info, "bgp_sockets"));
    detail_list(out, "API sockets", json_object_get(info, "api_sockets"));
    detail_list(out, "Waiting", json_object_get(info, "waiting_for"));
    strbuf_release(&sent);
    strbuf_release(&left);
    strbuf_release(&text);
}

void render_peer_details(FILE *out, bool color, json_t *details)
{
    json_t *detail;
    for (size_t i = 0; (detail = nth(details, i)) != NULL; i++) {
        if (i > 0)
            fputc('\n', out);
        render_detail(out, color, detail);
    }
}
