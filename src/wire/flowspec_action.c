/* What is to be done with the packets of a flow (RFC 8955 §7, draft-ietf-idr-flowspec-redirect-ip).
 * Every action but "accept" is an extended community; how its value is written is
 * wire/community.c's business. */
#include "wire/flowspec.h"

#include <ctype.h>
#include <float.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/ip.h"
#include "base/reader.h"
#include "wire/attr.h"

static const char blanks[] = " \t\r\n"; /* as between the values of rules */

__attribute__((format(printf, 2, 3))) static int parse_community(struct community *ret_community,
                                                                 const char *format, ...)
{
    struct strbuf text = {0};
    va_list args;
    va_start(args, format);
    strbuf_vprintf(&text, format, args);
    va_end(args);
    int err = community_parse(strbuf_text(&text), ret_community);
    strbuf_release(&text);
    return err ? err : 1;
}

struct unit {
    const char *name; /* NULL ends a table */
    double size;
    bool case_matters;
};

/* "b" is none: to some it is a bit, to others a byte. */
static const struct unit byte_units[] = {
    {"", 1, false},         {"B", 1, true},          {"B/s", 1, true},
    {"Bps", 1, true},       {"byte", 1, false},      {"bytes", 1, false},
    {"byte/s", 1, false},   {"bytes/s", 1, false},   {"bit", 0.125, false},
    {"bits", 0.125, false}, {"bit/s", 0.125, false}, {"bits/s", 0.125, false},
    {"bps", 0.125, true},   {NULL, 0, false},
};

static const struct unit packet_units[] = {
    {"", 1, false},        {"p/s", 1, false},       {"pps", 1, false},
    {"packets", 1, false}, {"packets/s", 1, false}, {NULL, 0, false},
};

/* How much one of the unit is, of which the text is all; 0 when there is no such unit. */
static double size_of_unit(const struct unit *units, const char *text)
{
    static const char prefixes[] = "kmgt";
    double factor = 1;
    const char *prefix = *text ? strchr(prefixes, tolower((unsigned char)*text)) : NULL;
    if (prefix)
        text++;
    for (const char *p = prefixes; prefix && p <= prefix; p++)
        factor *= 1000;
    for (const struct unit *u = units; u->name; u++)
        if ((u->case_matters ? strcmp : strcasecmp)(text, u->name) == 0)
            return u->size * factor;
    return 0;
}

/* On the wire a rate is a float (RFC 8955 §7.1, §7.2). */
static int parse_rate_in(const char *community, const struct unit *units, const char *value,
                         struct community *ret_community)
{
    char *unit;
    bool is_hex = value[0] == '0' && tolower((unsigned char)value[1]) == 'x';
    if (!isdigit((unsigned char)value[0]) || is_hex)
        return ERR_INVALID;
    double number = strtod(value, &unit);
    double size = size_of_unit(units, unit + strspn(unit, blanks));
    if (size == 0)
        return ERR_INVALID;
    double rate = number * size;
    if (!(rate <= (double)FLT_MAX) || (rate > 0 && rate < (double)FLT_MIN))
        return ERR_RANGE; /* also what would become 0, which drops */
    return parse_community(ret_community, "%s:0:%.9g", community, (double)(float)rate);
}

static int parse_rate(const char *value, struct community *ret_community)
{
    return parse_rate_in("traffic-rate", byte_units, value, ret_community);
}

static int parse_packets(const char *value, struct community *ret_community)
{
    return parse_rate_in("traffic-rate-packets", packet_units, value, ret_community);
}

static int parse_drop(const char *value, struct community *ret_community)
{
    return *value ? ERR_INVALID : parse_community(ret_community, "traffic-rate:0:0");
}

static int parse_accept(const char *value, struct community *ret_community)
{
    (void)ret_community;
    return *value ? ERR_INVALID : 0;
}

static int parse_address(const char *community, const char *value, struct community *ret_community)
{
    struct ip_addr addr;
    if (ip_parse(value, &addr))
        return ERR_INVALID;
    if (!attr_next_hop_usable(span_of(addr.bytes, ip_len_bytes(addr.version)), true))
        return ERR_RANGE;
    return parse_community(ret_community, "%s:%s", community, value);
}

static int parse_redirect_ip(const char *value, struct community *ret_community)
{
    return parse_address("redirect-ip", value, ret_community);
}

static int parse_copy_ip(const char *value, struct community *ret_community)
{
    return parse_address("copy-ip", value, ret_community);
}

/* To an address, or into the VRF of a route target. */
static int parse_redirect(const char *value, struct community *ret_community)
{
    struct ip_addr addr;
    return ip_parse(value, &addr) ? parse_community(ret_community, "redirect:%s", value)
                                  : parse_redirect_ip(value, ret_community);
}

static int parse_traffic_action(const char *value, struct community *ret_community)
{
    return parse_community(ret_community, "traffic-action:%s", value);
}

static int parse_mark(const char *value, struct community *ret_community)
{
    return parse_community(ret_community, "mark:%s", value);
}

#define RATE_EXPECTED                                                                              \
    "bytes per second, as 24000 or 1M, or with a unit, as 3MB or 10Mbit; k, M, G and T are "       \
    "decimal"
#define REDIRECT_EXPECTED                                                                          \
    "a route target, as \"redirect 65000:1\", or an address, as \"redirect 192.0.2.1\""

static const struct {
    const char *name;
    bool is_alias; /* of the row above */
    const char *expected;
    /* Reads what stands after the name; as flow_parse_action. */
    int (*parse)(const char *value, struct community *ret_community);
} actions[] = {
    {"traffic-rate", false, RATE_EXPECTED, parse_rate},
    {"rate-limit", true, RATE_EXPECTED, parse_rate},
    {"traffic-rate-packets", false, "packets per second, as 1000 or 10k", parse_packets},
    {"drop", false, "nothing after it", parse_drop},
    {"discard", true, "nothing after it", parse_drop},
    {"accept", false, "nothing after it", parse_accept},
    {"redirect", false, REDIRECT_EXPECTED, parse_redirect},
    {"redirect-ip", false, "an address, as \"redirect-ip 192.0.2.1\"", parse_redirect_ip},
    {"copy-ip", false, "an address, as \"copy-ip 192.0.2.1\"", parse_copy_ip},
    {"traffic-action", false, "sample, continue or sample-continue", parse_traffic_action},
    {"mark", false, "a DSCP from 0 to 63, as \"mark 46\"", parse_mark},
};

enum { ACTION_COUNT = sizeof(actions) / sizeof(actions[0]) };

static int unknown_action(const char *action, struct strbuf *error)
{
    strbuf_printf(error, "\"%.64s\": no such action (expected ", action);
    for (size_t i = 0; i < ACTION_COUNT; i++)
        strbuf_printf(error, "%s%s",
                      i == 0                ? ""
                      : actions[i].is_alias ? " or "
                                            : ", ",
                      actions[i].name);
    strbuf_add_char(error, ')');
    return ERR_INVALID;
}

int flow_parse_action(const char *action, struct community *ret_community, struct strbuf *error)
{
    const char *name = action + strspn(action, blanks);
    size_t name_len = strcspn(name, blanks);
    const char *value = name + name_len + strspn(name + name_len, blanks);
    size_t i = 0;
    while (i < ACTION_COUNT && (strlen(actions[i].name) != name_len ||
                                strncasecmp(name, actions[i].name, name_len) != 0))
        i++;
    if (i == ACTION_COUNT)
        return unknown_action(action, error);
    struct strbuf trimmed = {0};
    size_t len = strlen(value);
    while (len > 0 && strchr(blanks, value[len - 1]))
        len--;
    strbuf_add_bytes(&trimmed, value, len);
    int result = actions[i].parse(strbuf_text(&trimmed), ret_community);
    strbuf_release(&trimmed);
    if (result < 0)
        strbuf_printf(error, "\"%.64s\": %s (expected %s)", action, err_text(result),
                      actions[i].expected);
    return result;
}

enum flow_action flow_action_of(const struct community *c)
{
    static const struct {
        uint8_t kind; /* enum community_kind */
        uint8_t type;
        uint8_t type_count;
        uint8_t subtype;
        uint8_t action; /* enum flow_action */
    } rows[] = {
        {COMMUNITY_EXTENDED, 0x80, 1, 0x06, FLOW_ACTION_RATE},
        {COMMUNITY_EXTENDED, 0x80, 1, 0x0c, FLOW_ACTION_RATE_PACKETS},
        {COMMUNITY_EXTENDED, 0x80, 1, 0x07, FLOW_ACTION_SAMPLE},
        {COMMUNITY_EXTENDED, 0x80, 3, 0x08, FLOW_ACTION_REDIRECT},
        {COMMUNITY_EXTENDED, 0x80, 1, 0x09, FLOW_ACTION_MARK},
        {COMMUNITY_EXTENDED, 0x01, 1, 0x0c, FLOW_ACTION_REDIRECT_IPV4},
        {COMMUNITY_IPV6_EXTENDED, 0x00, 1, 0x0c, FLOW_ACTION_REDIRECT_IPV6},
        {COMMUNITY_IPV6_EXTENDED, 0x00, 1, 0x0d, FLOW_ACTION_REDIRECT},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (c->kind == rows[i].kind && c->bytes[0] >= rows[i].type &&
            c->bytes[0] < rows[i].type + rows[i].type_count && c->bytes[1] == rows[i].subtype)
            return (enum flow_action)rows[i].action;
    return FLOW_ACTION_NONE;
}

bool flow_action_drops(const struct community *c)
{
    enum flow_action action = flow_action_of(c);
    if (action != FLOW_ACTION_RATE && action != FLOW_ACTION_RATE_PACKETS)
        return false;
    struct reader r = reader_over(span_of(c->bytes + 4, 4));
    return (reader_u32(&r) & 0x7fffffff) == 0; /* the sign of a zero says nothing */
}

void flow_format_action(const struct community *c, struct strbuf *out)
{
    enum flow_action action = flow_action_of(c);
    bool has_as = action == FLOW_ACTION_RATE || action == FLOW_ACTION_RATE_PACKETS;
    struct strbuf text = {0};
    community_format(c, &text);
    const char *name = strbuf_text(&text);
    const char *value = strchr(name, ':');
    const char *behind_as = value && has_as ? strchr(value + 1, ':') : NULL;
    if (value) {
        strbuf_add_bytes(out, name, (size_t)(value - name));
        strbuf_printf(out, " %s", (behind_as ? behind_as : value) + 1);
        if (action == FLOW_ACTION_RATE && !flow_action_drops(c))
            strbuf_add(out, " B/s"); /* most people count in bits */
    } else {
        strbuf_add(out, name); /* "0x…": it is none as it should be */
    }
    strbuf_release(&text);
}
