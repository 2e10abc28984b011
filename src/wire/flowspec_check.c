/* What is strange about a flow (RFC 8955 §4.2, RFC 8956 §3): components that contradict themselves
 * or each other, so that no packet can match, and one whose alternatives leave nothing out.
 *
 * What packets can have beside the values of a component is a protocol, a place among fragments,
 * and two ports. Of protocols and fragments it is enough to look at two components at a time: those
 * that ask for a header all want the same fragments, and of protocols each pair of them has the
 * same one in common. Ports are the only thing that takes three. */
#include "wire/flowspec.h"

#include "base/prefix.h"
#include "wire/flow_values.h"

enum {
    /* Of bits: more of these are nobody's handwriting, and are not looked at. */
    BITS_TERMS_MAX = 256,
    TERMS_MAX = FLOW_MAX_BYTES / 2, /* each has an operator and a value */
    PROTOCOL_ICMP = 1,
    PROTOCOL_ICMP6 = 58,
    COMPONENTS_MAX = FLOW_LABEL, /* each type once */
    SAID_MAX_BYTES = 200,
};

/* Bits of FLOW_FRAGMENT (RFC 8955 §4.2.2.12). */
enum {
    FRAGMENT_DONT = 0x01,
    FRAGMENT_IS = 0x02, /* another one than the first */
    FRAGMENT_FIRST = 0x04,
    FRAGMENT_LAST = 0x08,
};

struct component {
    uint8_t type;
    const struct flow_component_spec *spec;
    struct span bytes;             /* all of it, type included */
    struct flow_prefix prefix;     /* of destination and source */
    const struct flow_term *terms; /* borrowed from all of them */
    size_t term_count;             /* 0: a prefix, or more bits than are looked at */
    struct flow_values values;     /* of numbers; owned */
};

struct components {
    struct component at[COMPONENTS_MAX]; /* in the order of their types */
    size_t count;
    struct flow_term terms[TERMS_MAX];
    size_t term_count;
};

/* Reads terms to where there is room for them: `left`. */
static bool read_terms(struct reader *r, struct component *c, struct flow_term *terms, size_t left)
{
    struct flow_term term = {0};
    size_t count = 0;
    while (!(term.op & FLOW_OP_END)) {
        if (flow_term_read(r, c->spec, count == 0, &term) || count == left)
            return false;
        terms[count++] = term;
    }
    c->terms = terms;
    c->term_count = count;
    return true;
}

/* Reads the next component; false at the end. */
static bool next_component(struct reader *r, uint8_t ip_version, struct components *all)
{
    const uint8_t *start = r->pos;
    if (reader_left(r) == 0 || all->count == COMPONENTS_MAX)
        return false;
    struct component *c = &all->at[all->count];
    *c = (struct component){.type = reader_u8(r)};
    c->spec = flow_component_spec(c->type, ip_version);
    if (!c->spec ||
        !(c->spec->kind == FLOW_KIND_PREFIX
              ? flow_prefix_read(r, ip_version, &c->prefix) == 0
              : read_terms(r, c, all->terms + all->term_count, TERMS_MAX - all->term_count)))
        return false;
    c->bytes = span_of(start, (size_t)(r->pos - start));
    all->term_count += c->term_count;
    all->count++;
    if (c->spec->kind == FLOW_KIND_NUMERIC)
        c->values = flow_values_of(c->terms, c->term_count);
    else if (c->term_count > BITS_TERMS_MAX)
        c->term_count = 0;
    return true;
}

/* To be released. */
static void read_components(struct components *all, struct span flow, uint8_t ip_version)
{
    struct reader r = reader_over(flow);
    all->count = all->term_count = 0;
    while (next_component(&r, ip_version, all))
        ;
}

static void release_components(struct components *all)
{
    for (size_t i = 0; i < all->count; i++)
        flow_values_release(&all->at[i].values);
}

/* One whose values are known; NULL. */
static const struct component *find(const struct components *all, uint8_t type)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->at[i].type == type && all->at[i].term_count > 0)
            return &all->at[i];
    return NULL;
}

static bool bits_hold(struct flow_term term, uint32_t value)
{
    uint32_t common = value & term.value;
    bool holds = term.op & FLOW_OP_MATCH ? common == term.value : common != 0;
    return holds != ((term.op & FLOW_OP_NOT) != 0);
}

/* Whether a packet with this value matches: terms are alternatives, of which AND makes groups. */
static bool holds(const struct component *c, uint32_t value)
{
    bool group = false;
    if (c->spec->kind == FLOW_KIND_NUMERIC)
        return flow_values_have(&c->values, value);
    for (size_t i = 0; i < c->term_count; i++) {
        bool is_and = (c->terms[i].op & FLOW_OP_AND) != 0;
        if (!is_and && group)
            return true;
        group = bits_hold(c->terms[i], value) && (group || !is_and);
    }
    return group;
}

/* Whether packets can have a value: it is within the field, and of fragments, a packet is none, or
 * the first one, or another one and then perhaps the last. */
static bool can_have(const struct component *c, uint32_t value)
{
    uint32_t place = value & ~(uint32_t)FRAGMENT_DONT;
    if (value > c->spec->max)
        return false;
    return c->type != FLOW_FRAGMENT || place == 0 || place == FRAGMENT_FIRST ||
           place == FRAGMENT_IS || place == (FRAGMENT_IS | FRAGMENT_LAST);
}

/* Calls `each` for values that tell of all that packets can have, until it says true: within a
 * range and between two of them nothing changes, so that of numbers their ends, and those beside
 * them, do. */
static bool any_value(const struct component *c,
                      bool (*each)(const struct component *c, uint32_t value, const void *ctx),
                      const void *ctx)
{
    bool has_few = c->spec->kind == FLOW_KIND_BITMASK;
    for (uint32_t value = 0; has_few && value <= c->spec->max; value++)
        if (can_have(c, value) && each(c, value, ctx))
            return true;
    if (!has_few && (each(c, 0, ctx) || each(c, c->spec->max, ctx)))
        return true;
    for (size_t i = 0; i < c->values.count; i++) {
        struct flow_range range = c->values.ranges[i];
        uint32_t values[] = {range.first > 0 ? range.first - 1 : 0, range.first, range.last,
                             range.last < UINT32_MAX ? range.last + 1 : range.last};
        for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++)
            if (can_have(c, values[k]) && each(c, values[k], ctx))
                return true;
    }
    return false;
}

static bool is_match(const struct component *c, uint32_t value, const void *ctx)
{
    (void)ctx;
    return holds(c, value);
}

static bool is_no_match(const struct component *c, uint32_t value, const void *ctx)
{
    return !is_match(c, value, ctx);
}

static bool can_match(const struct component *c)
{
    return c->term_count == 0 || any_value(c, is_match, NULL);
}

/* What a packet must have for a component to match at all: a header that it looks at. */
struct need {
    const char *protocol; /* said of protocols without it */
    const char *fragment; /* said of fragments without it */
    uint8_t protocols[5]; /* those that have it; ends with 0 */
};

/* NULL: all packets have what it looks at. */
static const struct need *need_of(const struct component *c, uint8_t ip_version)
{
    static const struct need ports = {"only TCP, UDP, SCTP, DCCP and UDP-Lite have ports",
                                      "only the first fragment has ports",
                                      {6, 17, 132, 33, 136}};
    static const struct need icmp = {"only ICMP has types and codes",
                                     "only the first fragment has a type and a code",
                                     {PROTOCOL_ICMP}};
    static const struct need icmp6 = {"only ICMPv6 has types and codes",
                                      "only the first fragment has a type and a code",
                                      {PROTOCOL_ICMP6}};
    static const struct need tcp = {"only TCP has flags", "only the first fragment has flags", {6}};
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
    return c->type != FLOW_PROTOCOL || c->term_count == 0 || holds(c, protocol);
}

static bool share_protocol(const struct component *a, const struct component *b, uint8_t ip_version)
{
    for (uint32_t protocol = 0; protocol <= UINT8_MAX; protocol++)
        if (has_protocol(a, ip_version, protocol) && has_protocol(b, ip_version, protocol))
            return true;
    return false;
}

static bool is_match_with_header(const struct component *c, uint32_t value, const void *ctx)
{
    return !(value & FRAGMENT_IS) && is_match(c, value, ctx);
}

/* Whether it matches packets with the header behind that of IP, which only the first fragment has
 * (RFC 8955 §4.2.2.4 to §4.2.2.9). */
static bool takes_first(const struct component *fragment)
{
    return fragment->term_count == 0 || any_value(fragment, is_match_with_header, NULL);
}

/* The ICMP of the other IP version, which packets of this one hardly carry. */
static uint32_t foreign_icmp(uint8_t ip_version)
{
    return ip_version == IP_V4 ? PROTOCOL_ICMP6 : PROTOCOL_ICMP;
}

/* --- saying it --- */

static void say(const struct component *c, uint8_t ip_version, struct strbuf *why)
{
    struct strbuf text = {0};
    flow_format(c->bytes, ip_version, &text);
    bool is_long = text.len_bytes > SAID_MAX_BYTES;
    strbuf_printf(why, "\"%.*s%s\"", is_long ? SAID_MAX_BYTES : (int)text.len_bytes,
                  strbuf_text(&text), is_long ? "…" : "");
    strbuf_release(&text);
}

static void say_own_icmp(uint8_t ip_version, struct strbuf *why)
{
    strbuf_printf(why, "in IPv%c, ICMP is \"protocol %s\"", ip_version == IP_V4 ? '4' : '6',
                  ip_version == IP_V4 ? "icmp" : "icmp6");
}

static void say_together(const struct component *a, const struct component *b, uint8_t ip_version,
                         const char *reason, struct strbuf *why)
{
    strbuf_add(why, "no packet matches both ");
    say(a, ip_version, why);
    strbuf_add(why, " and ");
    say(b, ip_version, why);
    strbuf_printf(why, ": %s", reason);
    if (a->type == FLOW_PROTOCOL && a->term_count > 0 && holds(a, foreign_icmp(ip_version))) {
        strbuf_add(why, "; ");
        say_own_icmp(ip_version, why);
    }
}

/* --- what goes together --- */

/* A component that no packet matches; NULL. */
static const struct component *find_alone(const struct components *all, uint8_t ip_version,
                                          struct strbuf *why)
{
    for (size_t i = 0; i < all->count; i++) {
        if (can_match(&all->at[i]))
            continue;
        strbuf_add(why, "no packet matches ");
        say(&all->at[i], ip_version, why);
        return &all->at[i];
    }
    return NULL;
}

/* The component that excludes one before it, or fragments that exclude one; NULL. */
static const struct component *find_pair(const struct components *all, uint8_t ip_version,
                                         struct strbuf *why)
{
    const struct component *fragment = find(all, FLOW_FRAGMENT);
    for (size_t i = 0; i < all->count; i++) {
        const struct component *c = &all->at[i];
        const struct need *need = need_of(c, ip_version);
        for (size_t k = 0; need && k < i; k++) {
            if (share_protocol(&all->at[k], c, ip_version))
                continue;
            say_together(&all->at[k], c, ip_version, need->protocol, why);
            return c;
        }
        if (need && fragment && !takes_first(fragment)) {
            say_together(c, fragment, ip_version, need->fragment, why);
            return fragment;
        }
    }
    return NULL;
}

static bool is_match_of_both(const struct component *c, uint32_t value, const void *ctx)
{
    return holds(c, value) && holds(ctx, value);
}

/* Whether there is a port that both take. */
static bool share_port(const struct component *a, const struct component *b)
{
    return any_value(a, is_match_of_both, b) || any_value(b, is_match_of_both, a);
}

/* A port that neither the one of the source nor that of the destination can be; NULL. */
static const struct component *find_ports(const struct components *all, uint8_t ip_version,
                                          struct strbuf *why)
{
    const struct component *either = find(all, FLOW_PORT);
    const struct component *destination = find(all, FLOW_DESTINATION_PORT);
    const struct component *source = find(all, FLOW_SOURCE_PORT);
    if (!either || !destination || !source || share_port(either, destination) ||
        share_port(either, source))
        return NULL;
    strbuf_add(why, "no packet matches ");
    say(either, ip_version, why);
    strbuf_add(why, " beside ");
    say(destination, ip_version, why);
    strbuf_add(why, " and ");
    say(source, ip_version, why);
    strbuf_add(why, ": it has no third port");
    return either;
}

bool flow_never_matches(struct span flow, uint8_t ip_version, uint8_t *ret_type, struct strbuf *why)
{
    struct components all;
    read_components(&all, flow, ip_version);
    const struct component *found = find_alone(&all, ip_version, why);
    if (!found)
        found = find_pair(&all, ip_version, why);
    if (!found)
        found = find_ports(&all, ip_version, why);
    if (found)
        *ret_type = found->type;
    release_components(&all);
    return found;
}

static bool has_alternatives(const struct component *c)
{
    for (size_t i = 1; i < c->term_count; i++)
        if (!(c->terms[i].op & FLOW_OP_AND))
            return true;
    return false;
}

bool flow_excludes_nothing(struct span flow, uint8_t ip_version, uint8_t *ret_type,
                           struct strbuf *why)
{
    struct components all;
    const struct component *found = NULL;
    read_components(&all, flow, ip_version);
    for (size_t i = 0; i < all.count && !found; i++)
        if (has_alternatives(&all.at[i]) && !any_value(&all.at[i], is_no_match, NULL))
            found = &all.at[i];
    if (found) {
        say(found, ip_version, why);
        strbuf_add(why, " leaves nothing out: its values are alternatives (\"&\" joins what must "
                        "hold together)");
        *ret_type = found->type;
    }
    release_components(&all);
    return found;
}

static bool is_match_of_other(const struct component *c, uint32_t value, const void *ctx)
{
    return value != *(const uint32_t *)ctx && holds(c, value);
}

bool flow_is_of_other_icmp(struct span flow, uint8_t ip_version, struct strbuf *why)
{
    struct components all;
    read_components(&all, flow, ip_version);
    const struct component *protocol = find(&all, FLOW_PROTOCOL);
    uint32_t foreign = foreign_icmp(ip_version);
    bool is_foreign =
        protocol && holds(protocol, foreign) && !any_value(protocol, is_match_of_other, &foreign);
    if (is_foreign) {
        strbuf_add(why, "hardly a packet matches ");
        say(protocol, ip_version, why);
        strbuf_add(why, ": ");
        say_own_icmp(ip_version, why);
    }
    release_components(&all);
    return is_foreign;
}

bool flow_is_to_all(struct span flow, uint8_t ip_version)
{
    struct components all;
    read_components(&all, flow, ip_version);
    const struct component *first = &all.at[0]; /* where a destination is */
    bool is_to_all =
        all.count == 0 || first->type != FLOW_DESTINATION || first->prefix.prefix.len_bits == 0;
    release_components(&all);
    return is_to_all;
}

bool flow_has(struct span flow, uint8_t ip_version, uint8_t type)
{
    struct components all;
    bool found = false;
    read_components(&all, flow, ip_version);
    for (size_t i = 0; i < all.count; i++)
        found |= all.at[i].type == type;
    release_components(&all);
    return found;
}
