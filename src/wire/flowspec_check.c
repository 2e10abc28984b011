/* What is strange about a flow (RFC 8955 §4.2, RFC 8956 §3): a component that contradicts itself or
 * another one, so that no packet can match, and one whose alternatives leave nothing out. */
#include "wire/flowspec.h"

#include "base/prefix.h"

enum {
    /* Longer lists of values are nobody's handwriting, and are not looked at. */
    TERMS_MAX = 64,
    PROTOCOL_ICMP = 1,
    PROTOCOL_ICMP6 = 58,
};

struct component {
    uint8_t type;
    const struct flow_component_spec *spec;
    struct span bytes;         /* all of it, type included */
    struct flow_prefix prefix; /* of destination and source */
    struct flow_term terms[TERMS_MAX];
    size_t term_count; /* 0: a prefix, or more than TERMS_MAX */
};

static bool read_terms(struct reader *r, struct component *c)
{
    struct flow_term term = {0};
    for (size_t i = 0; !(term.op & FLOW_OP_END); i++) {
        if (flow_term_read(r, c->spec, i == 0, &term))
            return false;
        if (i < TERMS_MAX)
            c->terms[i] = term;
        c->term_count = i < TERMS_MAX ? i + 1 : 0;
    }
    return true;
}

/* Reads the next component; false at the end. */
static bool next_component(struct reader *r, uint8_t ip_version, struct component *ret_c)
{
    const uint8_t *start = r->pos;
    struct component *c = ret_c;
    if (reader_left(r) == 0)
        return false;
    c->type = reader_u8(r);
    c->spec = flow_component_spec(c->type, ip_version);
    c->term_count = 0;
    bool good = c->spec && (c->spec->kind == FLOW_KIND_PREFIX
                                ? flow_prefix_read(r, ip_version, &c->prefix) == 0
                                : read_terms(r, c));
    c->bytes = span_of(start, (size_t)(r->pos - start));
    return good;
}

static bool term_holds(const struct flow_component_spec *spec, struct flow_term term,
                       uint32_t value)
{
    if (spec->kind == FLOW_KIND_BITMASK) {
        uint32_t common = value & term.value;
        bool holds = term.op & FLOW_OP_MATCH ? common == term.value : common != 0;
        return holds != ((term.op & FLOW_OP_NOT) != 0);
    }
    uint8_t order = value < term.value   ? FLOW_OP_LESS
                    : value > term.value ? FLOW_OP_GREATER
                                         : FLOW_OP_EQUAL;
    return (term.op & order) != 0;
}

/* Whether a packet with this value matches: terms are alternatives, of which AND makes groups. */
static bool holds(const struct component *c, uint32_t value)
{
    bool group = false;
    for (size_t i = 0; i < c->term_count; i++) {
        bool is_and = (c->terms[i].op & FLOW_OP_AND) != 0;
        if (!is_and && group)
            return true;
        group = term_holds(c->spec, c->terms[i], value) && (group || !is_and);
    }
    return group;
}

/* The ICMP of the other IP version, which no packet of this one carries. */
static uint32_t foreign_icmp(uint8_t ip_version)
{
    return ip_version == IP_V4 ? PROTOCOL_ICMP6 : PROTOCOL_ICMP;
}

static bool can_have(const struct component *c, uint8_t ip_version, uint32_t value)
{
    return value <= c->spec->max &&
           !(c->type == FLOW_PROTOCOL && value == foreign_icmp(ip_version));
}

static bool is_matched(const struct component *c, uint8_t ip_version, uint32_t value)
{
    return can_have(c, ip_version, value) && holds(c, value);
}

/* Whether packets can have a value that matches, or with `matching` false one that does not.
 * Between two numbers of the terms nothing changes, so that of numbers these, and those beside
 * them, tell of all. */
static bool has_value(const struct component *c, uint8_t ip_version, bool matching)
{
    bool has_few = c->spec->kind == FLOW_KIND_BITMASK || c->spec->max <= UINT8_MAX;
    for (uint32_t value = 0; has_few && value <= c->spec->max; value++)
        if (can_have(c, ip_version, value) && holds(c, value) == matching)
            return true;
    for (size_t i = 0; !has_few && i < c->term_count; i++) {
        uint32_t number = c->terms[i].value;
        uint32_t values[] = {0, number > 0 ? number - 1 : 0, number, number + 1, c->spec->max};
        for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++)
            if (can_have(c, ip_version, values[k]) && holds(c, values[k]) == matching)
                return true;
    }
    return false;
}

static bool can_match(const struct component *c, uint8_t ip_version)
{
    return c->term_count == 0 || has_value(c, ip_version, true);
}

static bool has_alternatives(const struct component *c)
{
    for (size_t i = 1; i < c->term_count; i++)
        if (!(c->terms[i].op & FLOW_OP_AND))
            return true;
    return false;
}

/* Which protocols have what a component looks at; NULL: all of them. */
struct need {
    const char *text;
    uint8_t protocols[5]; /* ends with 0 */
};

static const struct need *need_of(const struct component *c, uint8_t ip_version)
{
    static const struct need ports = {"only TCP, UDP, SCTP, DCCP and UDP-Lite have ports",
                                      {6, 17, 132, 33, 136}};
    static const struct need icmp = {"only ICMP has types and codes", {PROTOCOL_ICMP}};
    static const struct need icmp6 = {"only ICMPv6 has types and codes", {PROTOCOL_ICMP6}};
    static const struct need tcp = {"only TCP has flags", {6}};
    switch (c->type) {
    case FLOW_PORT:
    case FLOW_DESTINATION_PORT:
    case FLOW_SOURCE_PORT:
        return &ports;
    case FLOW_ICMP_TYPE:
    case FLOW_ICMP_CODE:
        return ip_version == IP_V4 ? &icmp : &icmp6;
    case FLOW_TCP_FLAGS:
        return &tcp;
    default:
        return NULL;
    }
}

static bool is_needed(const struct need *need, uint32_t protocol)
{
    for (size_t i = 0; i < sizeof(need->protocols) && need->protocols[i] != 0; i++)
        if (need->protocols[i] == protocol)
            return true;
    return false;
}

/* Whether packets of this protocol can match the component. */
static bool has_protocol(const struct component *c, uint8_t ip_version, uint32_t protocol)
{
    const struct need *need = need_of(c, ip_version);
    if (need)
        return is_needed(need, protocol);
    return c->type != FLOW_PROTOCOL || c->term_count == 0 || is_matched(c, ip_version, protocol);
}

static bool share_protocol(const struct component *a, const struct component *b, uint8_t ip_version)
{
    for (uint32_t protocol = 0; protocol <= UINT8_MAX; protocol++)
        if (has_protocol(a, ip_version, protocol) && has_protocol(b, ip_version, protocol))
            return true;
    return false;
}

static void say_alone(const struct component *c, uint8_t ip_version, struct strbuf *why)
{
    strbuf_add(why, "no packet matches \"");
    flow_format(c->bytes, ip_version, why);
    strbuf_add_char(why, '"');
    if (c->type == FLOW_PROTOCOL && holds(c, foreign_icmp(ip_version)))
        strbuf_printf(why, ": in IPv%c, ICMP is \"protocol %s\"", ip_version == IP_V4 ? '4' : '6',
                      ip_version == IP_V4 ? "icmp" : "icmp6");
}

static void say_together(const struct component *a, const struct component *b, uint8_t ip_version,
                         struct strbuf *why)
{
    strbuf_add(why, "no packet matches both \"");
    flow_format(a->bytes, ip_version, why);
    strbuf_add(why, "\" and \"");
    flow_format(b->bytes, ip_version, why);
    strbuf_printf(why, "\": %s", need_of(b, ip_version)->text);
}

bool flow_never_matches(struct span flow, uint8_t ip_version, uint8_t *ret_type, struct strbuf *why)
{
    struct component c;
    struct reader r = reader_over(flow);
    while (next_component(&r, ip_version, &c)) {
        if (!can_match(&c, ip_version)) {
            say_alone(&c, ip_version, why);
            *ret_type = c.type;
            return true;
        }
        if (!need_of(&c, ip_version))
            continue;
        struct component before;
        struct reader earlier = reader_over(flow);
        while (next_component(&earlier, ip_version, &before) && before.type < c.type) {
            if (share_protocol(&before, &c, ip_version))
                continue;
            say_together(&before, &c, ip_version, why);
            *ret_type = c.type;
            return true;
        }
    }
    return false;
}

bool flow_excludes_nothing(struct span flow, uint8_t ip_version, uint8_t *ret_type,
                           struct strbuf *why)
{
    struct component c;
    struct reader r = reader_over(flow);
    while (next_component(&r, ip_version, &c)) {
        if (!has_alternatives(&c) || has_value(&c, ip_version, false))
            continue;
        strbuf_add_char(why, '"');
        flow_format(c.bytes, ip_version, why);
        strbuf_add(why, "\" leaves nothing out: its values are alternatives (\"&\" joins what must "
                        "hold together)");
        *ret_type = c.type;
        return true;
    }
    return false;
}

bool flow_is_to_all(struct span flow, uint8_t ip_version)
{
    struct component c; /* a destination is the first one */
    struct reader r = reader_over(flow);
    return !next_component(&r, ip_version, &c) || c.type != FLOW_DESTINATION ||
           c.prefix.prefix.len_bits == 0;
}

bool flow_has(struct span flow, uint8_t ip_version, uint8_t type)
{
    struct component c;
    struct reader r = reader_over(flow);
    while (next_component(&r, ip_version, &c))
        if (c.type == type)
            return true;
    return false;
}
