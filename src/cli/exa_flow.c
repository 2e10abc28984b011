/* Flows in ExaBGP's words: matches are rules, and what is to be done is the action of the call, or,
 * where it is more than one thing, further communities of it. Braces and ";" say no more than the
 * words between them. */
#include "cli/exa_flow.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/ip.h"
#include "base/nearest.h"
#include "base/number.h"
#include "cli/exa_flow_value.h"
#include "cli/exa_values.h"

/* Of matches, in the order in which they are written. */
enum { MATCH_COUNT = 19, COMPONENT_COUNT = 13, TEXT_MAX = 96 };

static const struct {
    const char *name;
    uint8_t component; /* several words may stand for one */
    uint8_t version;   /* enum ip_version that has it; IP_NONE: both */
    enum exa_flow_kind kind;
    const char *is; /* what BGPd calls it */
    const struct exa_flow_name *names;
} matches[MATCH_COUNT] = {
    {"destination", 0, IP_NONE, EXA_FLOW_PREFIX, "destination", NULL},
    {"destination-ipv4", 0, IP_V4, EXA_FLOW_PREFIX, "destination", NULL},
    {"destination-ipv6", 0, IP_V6, EXA_FLOW_PREFIX, "destination", NULL},
    {"source", 1, IP_NONE, EXA_FLOW_PREFIX, "source", NULL},
    {"source-ipv4", 1, IP_V4, EXA_FLOW_PREFIX, "source", NULL},
    {"source-ipv6", 1, IP_V6, EXA_FLOW_PREFIX, "source", NULL},
    {"protocol", 2, IP_NONE, EXA_FLOW_NUMBERS, "protocol", exa_flow_protocols},
    {"next-header", 2, IP_V6, EXA_FLOW_NUMBERS, "protocol", exa_flow_protocols},
    {"port", 3, IP_NONE, EXA_FLOW_NUMBERS, "port", exa_flow_ports},
    {"destination-port", 4, IP_NONE, EXA_FLOW_NUMBERS, "destination-port", exa_flow_ports},
    {"source-port", 5, IP_NONE, EXA_FLOW_NUMBERS, "source-port", exa_flow_ports},
    {"icmp-type", 6, IP_NONE, EXA_FLOW_NUMBERS, "icmp-type", exa_flow_icmp_types},
    {"icmp-code", 7, IP_NONE, EXA_FLOW_NUMBERS, "icmp-code", exa_flow_icmp_codes},
    {"tcp-flags", 8, IP_NONE, EXA_FLOW_BITS, "tcp-flags", exa_flow_tcp_flags},
    {"packet-length", 9, IP_NONE, EXA_FLOW_NUMBERS, "packet-length", NULL},
    {"dscp", 10, IP_NONE, EXA_FLOW_NUMBERS, "dscp", NULL},
    {"traffic-class", 10, IP_V6, EXA_FLOW_NUMBERS, "dscp", NULL},
    {"fragment", 11, IP_NONE, EXA_FLOW_BITS, "fragment", exa_flow_fragments},
    {"flow-label", 12, IP_V6, EXA_FLOW_NUMBERS, "flow-label", NULL},
};

/* A flow while it is read. */
struct draft {
    struct exa_command *command;          /* borrowed */
    struct strbuf rules[COMPONENT_COUNT]; /* values by component */
    const char *names[COMPONENT_COUNT];   /* what BGPd calls those that are given */
    uint8_t version;                      /* enum ip_version; IP_NONE: not known yet */
    bool version_is_firm;                 /* a prefix says so, or whoever asks */
    json_t *params;                       /* attributes and action; owned */
    json_t *hop;                          /* "next_hop", for redirect-to-nexthop; owned */
    bool to_next_hop;
    unsigned depth; /* of braces */
};

/* Notes which IP version a word asks for. Words hint at it, and prefixes say it: then what does not
 * go with it is for the daemon to say. */
static int note_version(struct exa_words *w, struct draft *d, uint8_t version, bool is_firm)
{
    if (version == IP_NONE || (d->version_is_firm && !is_firm))
        return 0;
    if (d->version_is_firm && d->version != version)
        return exa_fail(w, "this is of IPv%d, and what is before it of IPv%d", version, d->version);
    d->version = version;
    d->version_is_firm = is_firm;
    return 0;
}

static int take_match(struct exa_words *w, size_t row, struct draft *d)
{
    uint8_t component = matches[row].component;
    struct strbuf *out = &d->rules[component];
    bool is_prefix = matches[row].kind == EXA_FLOW_PREFIX;
    uint8_t version = IP_NONE;
    if (is_prefix && out->len_bytes > 0)
        return exa_fail(w, "%s is given twice", matches[row].is);
    d->names[component] = matches[row].is;
    int err = note_version(w, d, matches[row].version, is_prefix);
    if (!err)
        err = is_prefix ? exa_take_flow_prefix(w, out, &version)
                        : exa_take_flow_values(w, matches[row].kind, matches[row].names, out);
    if (!err && is_prefix)
        err = note_version(w, d, version, true);
    if (!err && out->len_bytes == 0)
        err = exa_fail(w, "%s has no value", matches[row].is);
    return err;
}

/* Actions. */

/* Sets the action, or adds a further one as the community that it is. */
static void put_action(struct draft *d, const char *name, const char *community, const char *value)
{
    char text[TEXT_MAX];
    bool is_first = !json_object_get(d->params, "action");
    if (is_first) {
        snprintf(text, sizeof(text), "%s %s", name, value);
        json_object_set_new(d->params, "action", json_string(text));
    } else {
        snprintf(text, sizeof(text), "%s%s", community, value);
        exa_add_community(d->params, text);
    }
}

static int take_accept(struct exa_words *w, struct draft *d)
{
    (void)w;
    (void)d;
    return 0; /* is what happens without an action */
}

static int take_discard(struct exa_words *w, struct draft *d)
{
    (void)w;
    put_action(d, "traffic-rate", "traffic-rate:0:", "0");
    return 0;
}

/* Bytes per second; ExaBGP takes no more than 10^12 of them. */
static int take_rate(struct exa_words *w, struct draft *d)
{
    static const char most[] = "1000000000000";
    const char *text = exa_take(w, "a rate in bytes per second");
    if (!text)
        return ERR_INVALID;
    if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
        return exa_fail(w, "\"%s\" is no rate (expected bytes per second, as 9600)", text);
    text += strspn(text, "0");
    bool is_more =
        strlen(text) > strlen(most) || (strlen(text) == strlen(most) && strcmp(text, most) > 0);
    put_action(d, "traffic-rate", "traffic-rate:0:", is_more ? most : *text ? text : "0");
    return 0;
}

static bool is_address(const char *text)
{
    struct ip_addr addr;
    return !strchr(text, '%') && ip_parse(text, &addr) == 0;
}

static int take_redirect(struct exa_words *w, struct draft *d)
{
    const char *text = exa_take(w, "a route target, as 65000:1, or an address");
    if (!text)
        return ERR_INVALID;
    const char *colon = strchr(text, ':');
    bool is_target = colon && !strchr(colon + 1, ':') && colon > text && colon[1] &&
                     text[strspn(text, "0123456789.:")] == '\0';
    if (is_address(text))
        put_action(d, "redirect-ip", "redirect-ip:", text);
    else if (is_target && strlen(text) < TEXT_MAX / 2)
        put_action(d, "redirect", "redirect:", text);
    else
        return exa_fail(w,
                        "\"%s\" is nothing to redirect to (expected a route target, as 65000:1, "
                        "or an address)",
                        text);
    return 0;
}

static int take_address(struct exa_words *w, struct draft *d, const char *name,
                        const char *community)
{
    const char *text = exa_take(w, "an address");
    if (!text)
        return ERR_INVALID;
    if (!is_address(text))
        return exa_fail(w, "\"%s\" is no address", text);
    put_action(d, name, community, text);
    return 0;
}

static int take_redirect_ip(struct exa_words *w, struct draft *d)
{
    return take_address(w, d, "redirect-ip", "redirect-ip:");
}

static int take_copy(struct exa_words *w, struct draft *d)
{
    return take_address(w, d, "copy-ip", "copy-ip:");
}

/* To the next-hop of the flow, which may be yet to come. */
static int take_to_next_hop(struct exa_words *w, struct draft *d)
{
    (void)w;
    d->to_next_hop = true;
    return 0;
}

static int take_mark(struct exa_words *w, struct draft *d)
{
    uint32_t dscp;
    const char *text = exa_take(w, "a DSCP from 0 to 63");
    if (!text)
        return ERR_INVALID;
    if (number_parse(text, 63, &dscp) != 0)
        return exa_fail(w, "\"%s\" is no DSCP from 0 to 63", text);
    put_action(d, "mark", "mark:", text);
    return 0;
}

static int take_traffic_action(struct exa_words *w, struct draft *d)
{
    static const char *const known[] = {"sample", "terminal", "sample-terminal"};
    const char *text = exa_take(w, "sample, terminal or sample-terminal");
    for (size_t i = 0; text && i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcasecmp(text, known[i]) != 0)
            continue;
        put_action(d, "traffic-action", "traffic-action:", known[i]);
        return 0;
    }
    return text ? exa_fail(w, "\"%s\": expected sample, terminal or sample-terminal", text)
                : ERR_INVALID;
}

static int take_communities(struct exa_words *w, struct draft *d)
{
    return exa_take_communities(w, d->params);
}

static int take_large(struct exa_words *w, struct draft *d)
{
    return exa_take_large_communities(w, d->params);
}

static int take_extended(struct exa_words *w, struct draft *d)
{
    return exa_take_extended_communities(w, d->params);
}

static int take_next_hop(struct exa_words *w, struct draft *d)
{
    bool is_self = false;
    int err = exa_take_next_hop(w, d->hop, &is_self);
    return !err && is_self ? exa_fail(w, "a flow's next-hop must be an address here") : err;
}

static const struct {
    const char *name;
    int (*take)(struct exa_words *w, struct draft *d); /* NULL: BGPd cannot send it */
} actions[] = {
    {"accept", take_accept},
    {"discard", take_discard},
    {"rate-limit", take_rate},
    {"redirect", take_redirect},
    {"redirect-to-nexthop", take_to_next_hop},
    {"redirect-to-nexthop-ietf", take_redirect_ip},
    {"copy", take_copy},
    {"mark", take_mark},
    {"action", take_traffic_action},
    {"community", take_communities},
    {"large-community", take_large},
    {"extended-community", take_extended},
    {"next-hop", take_next_hop},
    {"rd", NULL},
    {"route-distinguisher", NULL},
    {"interface-set", NULL},
};

enum { ACTION_COUNT = sizeof(actions) / sizeof(actions[0]) };

static int unknown_word(struct exa_words *w, const char *word)
{
    struct nearest nearest = nearest_to(word);
    for (size_t i = 0; i < MATCH_COUNT; i++)
        nearest_offer(&nearest, matches[i].name);
    for (size_t i = 0; i < ACTION_COUNT; i++)
        nearest_offer(&nearest, actions[i].name);
    if (nearest.best)
        return exa_fail(w, "unknown word \"%s\"; did you mean \"%s\"?", word, nearest.best);
    return exa_fail(w,
                    "unknown word \"%s\" (expected a match, as destination, or an action, as "
                    "discard)",
                    word);
}

static int take_word(struct exa_words *w, struct draft *d)
{
    const char *word = exa_take(w, "a match, as destination, or an action, as discard");
    for (size_t i = 0; word && i < MATCH_COUNT; i++)
        if (strcasecmp(word, matches[i].name) == 0)
            return take_match(w, i, d);
    for (size_t i = 0; word && i < ACTION_COUNT; i++) {
        if (strcasecmp(word, actions[i].name) != 0)
            continue;
        return actions[i].take ? actions[i].take(w, d)
                               : exa_fail(w, "BGPd's API has no \"%s\" for flows", word);
    }
    return word ? unknown_word(w, word) : ERR_INVALID;
}

/* Takes a brace, a ";" or the name of a section in front of a brace. */
static bool take_frame(struct exa_words *w, struct draft *d)
{
    if (exa_take_if(w, ";"))
        return true;
    if (exa_take_if(w, "{")) {
        d->depth++;
        return true;
    }
    if (d->depth > 0 && exa_take_if(w, "}")) {
        d->depth--;
        return true;
    }
    return exa_take_if(w, "match") || exa_take_if(w, "then");
}

/* The rules as a list. */
static json_t *rules_of(const struct draft *d)
{
    json_t *list = json_array();
    for (size_t i = 0; i < COMPONENT_COUNT; i++) {
        struct strbuf rule = {0};
        if (!d->names[i])
            continue;
        strbuf_printf(&rule, "%s %s", d->names[i], strbuf_text(&d->rules[i]));
        json_array_append_new(list, json_string(strbuf_text(&rule)));
        strbuf_release(&rule);
    }
    return list;
}

static int finish(struct exa_words *w, struct draft *d)
{
    const char *hop = json_string_value(json_object_get(d->hop, "next_hop"));
    json_t *rules = rules_of(d);
    int err = 0;
    if (d->depth > 0)
        err = exa_fail_next(w, "expected \"}\"");
    else if (json_array_size(rules) == 0)
        err = exa_fail_next(w, "the flow matches nothing (expected a match, as destination)");
    else if (d->to_next_hop && !hop && !d->command->withdraw)
        err = exa_fail_next(w, "redirect-to-nexthop without next-hop");
    if (err) {
        json_decref(rules);
        return err;
    }
    if (d->to_next_hop && hop)
        put_action(d, "redirect-ip", "redirect-ip:", hop);
    if (!json_object_get(d->params, "action"))
        json_object_set_new(d->params, "action", json_string("accept"));
    json_t *params = json_object();
    json_object_set_new(params, "afi", json_integer(d->version == IP_V6 ? 2 : 1));
    json_object_set_new(params, "matches", rules);
    if (!d->command->withdraw)
        json_object_update(params, d->params);
    exa_add_call(d->command, d->command->withdraw ? "withdraw_flow" : "advertise_flow", params);
    return 0;
}

/* The name that a flow may have stands in front of its brace. */
static void skip_name(struct exa_words *w)
{
    bool in_front = w->next + 1 < w->count && w->words[w->next + 1].is_sign &&
                    w->words[w->next + 1].text[0] == '{';
    if (in_front && !w->words[w->next].is_sign && !exa_next_is(w, "match") &&
        !exa_next_is(w, "then"))
        w->next++;
}

int exa_take_flow(struct exa_words *w, uint8_t version, struct exa_command *c)
{
    struct draft d = {.command = c,
                      .version = version,
                      .version_is_firm = version != IP_NONE,
                      .params = json_object(),
                      .hop = json_object()};
    int err = 0;
    exa_take_if(w, "route");
    skip_name(w);
    while (!err && exa_peek(w))
        err = take_frame(w, &d) ? 0 : take_word(w, &d);
    if (!err)
        err = finish(w, &d);
    for (size_t i = 0; i < COMPONENT_COUNT; i++)
        strbuf_release(&d.rules[i]);
    json_decref(d.params);
    json_decref(d.hop);
    return err;
}
