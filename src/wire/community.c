/* Communities as text: RFC 1997, 4360, 5668, 5701, 7153, 7999, 8092, 8326, 8955 §7, 8956 §6,
 * draft-ietf-idr-flowspec-redirect-ip.
 *
 * Extended communities that BGPd has a name for are rows of one table; all others are written as
 * hexadecimal digits, so that every community has a text that reads back to the same bytes. */
#include "wire/community.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/ip.h"
#include "base/number.h"
#include "base/reader.h"
#include "base/writer.h"
#include "wire/admin.h"
#include "wire/attr.h"

enum { TEXT_MAX = 96, IPV6_TYPE = 0x00 };

static const struct {
    uint8_t len_bytes;
    uint8_t attr_type;
} kinds[] = {
    [COMMUNITY_STANDARD] = {4, ATTR_COMMUNITIES},
    [COMMUNITY_EXTENDED] = {8, ATTR_EXT_COMMUNITIES},
    [COMMUNITY_IPV6_EXTENDED] = {20, ATTR_IPV6_EXT_COMMUNITIES},
    [COMMUNITY_LARGE] = {12, ATTR_LARGE_COMMUNITIES},
};

unsigned community_len_bytes(enum community_kind kind)
{
    return kinds[kind].len_bytes;
}

uint8_t community_attr_type(enum community_kind kind)
{
    return kinds[kind].attr_type;
}

/* One row of the table of extended communities with a name. */
struct community_name {
    const char *name;
    uint8_t type;
    uint8_t type_count; /* consecutive types: 3 where the low bits say what the administrator is */
    uint8_t subtype;
    uint8_t ipv6_subtype; /* of the 20-byte form (RFC 5701); 0: there is none */
    /* Reads what stands after "name:"; may change the text. */
    int (*parse)(const struct community_name *spec, char *text, struct community *c);
    /* Writes the whole text of a community with the row's type and subtype; false, with nothing
     * written, when the row has none for these bytes. `r` is over all of them. */
    bool (*format)(const struct community_name *spec, enum community_kind kind, struct reader *r,
                   struct strbuf *out);
    uint16_t flags; /* of a redirection to an address */
};

static const struct {
    const char *name;
    uint32_t value;
} well_known[] = {
    {"no-export", COMMUNITY_NO_EXPORT},
    {"no-advertise", COMMUNITY_NO_ADVERTISE},
    {"no-export-subconfed", COMMUNITY_NO_EXPORT_SUBCONFED},
    {"nopeer", COMMUNITY_NOPEER},
    {"blackhole", 0xffff029a},         /* RFC 7999 */
    {"graceful-shutdown", 0xffff0000}, /* RFC 8326 */
};

enum { WELL_KNOWN_COUNT = sizeof(well_known) / sizeof(well_known[0]) };

/* Cuts "A:B" at the last colon, which becomes a NUL. NULL when there is none, else B. */
static char *cut_last(char *text)
{
    char *colon = strrchr(text, ':');
    if (!colon)
        return NULL;
    *colon = '\0';
    return colon + 1;
}

/* "[2001:db8::1]:N" (RFC 5701). */
static int parse_admin_ipv6(const struct community_name *spec, char *text, struct community *c)
{
    char *local_text = cut_last(text);
    struct ip_addr addr;
    uint32_t local;
    size_t len = strlen(text);
    if (!local_text || len < 2 || text[len - 1] != ']')
        return ERR_INVALID;
    text[len - 1] = '\0';
    if (strchr(text, '%') || ip_parse(text + 1, &addr) || addr.version != IP_V6)
        return ERR_INVALID;
    int err = number_parse(local_text, UINT16_MAX, &local);
    if (err)
        return err;
    c->kind = COMMUNITY_IPV6_EXTENDED;
    struct writer w = writer_over(c->bytes, sizeof(c->bytes));
    writer_u8(&w, IPV6_TYPE);
    writer_u8(&w, spec->ipv6_subtype);
    writer_bytes(&w, addr.bytes, 16);
    writer_u16(&w, (uint16_t)local);
    return 0;
}

struct community community_with_admin(const struct community_name *name, const struct admin *admin)
{
    struct community c = {.kind = COMMUNITY_EXTENDED};
    struct writer w = writer_over(c.bytes, 8);
    writer_u8(&w, (uint8_t)(name->type | admin->form));
    writer_u8(&w, name->subtype);
    admin_put(&w, admin);
    return c;
}

/* "A:B" (wire/admin.h); the type says who assigns it. */
static int parse_admin(const struct community_name *spec, char *text, struct community *c)
{
    if (text[0] == '[')
        return parse_admin_ipv6(spec, text, c);
    struct admin admin;
    int err = admin_parse(text, &admin);
    if (!err)
        *c = community_with_admin(spec, &admin);
    return err;
}

static struct ip_addr read_ipv6(struct reader *r)
{
    struct ip_addr addr = {.version = IP_V6};
    reader_copy(r, addr.bytes, 16);
    return addr;
}

static bool format_admin(const struct community_name *spec, enum community_kind kind,
                         struct reader *r, struct strbuf *out)
{
    enum admin_form form = reader_u8(r) & 0x03;
    reader_u8(r); /* subtype: known from the table */
    if (kind == COMMUNITY_IPV6_EXTENDED) {
        struct ip_addr addr = read_ipv6(r);
        char text[IP_TEXT_MAX];
        strbuf_printf(out, "%s:[%s]:%u", spec->name, ip_format(&addr, text), reader_u16(r));
        return true;
    }
    struct admin admin = admin_take(r, form);
    strbuf_printf(out, "%s:", spec->name);
    admin_format(&admin, out);
    return true;
}

/* "AS:N", N a decimal number (RFC 8955 §7.1, §7.2). */
static int parse_rate(const struct community_name *spec, char *text, struct community *c)
{
    char *rate_text = cut_last(text);
    uint32_t as;
    if (!rate_text || !isdigit((unsigned char)*rate_text) ||
        rate_text[strspn(rate_text, "0123456789.eE+-")] != '\0')
        return ERR_INVALID;
    int err = number_parse(text, UINT16_MAX, &as);
    if (err)
        return err;
    char *end;
    float rate = strtof(rate_text, &end);
    if (*end != '\0')
        return ERR_INVALID;
    if (!isfinite(rate))
        return ERR_RANGE;
    uint32_t bits;
    memcpy(&bits, &rate, sizeof(bits));
    struct writer w = writer_over(c->bytes, 8);
    writer_u8(&w, spec->type);
    writer_u8(&w, spec->subtype);
    writer_u16(&w, (uint16_t)as);
    writer_u32(&w, bits);
    return 0;
}

/* The shortest decimal text that reads back as the same value. */
static void format_shortest(float value, char *text, size_t size)
{
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, size, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            return;
    }
}

/* Rates that are no number or negative have no decimal text: false. */
static bool format_rate(const struct community_name *spec, enum community_kind kind,
                        struct reader *r, struct strbuf *out)
{
    (void)kind;
    reader_u16(r);
    uint16_t as = reader_u16(r);
    uint32_t bits = reader_u32(r);
    float rate;
    memcpy(&rate, &bits, sizeof(rate));
    if (!isfinite(rate) || signbit(rate))
        return false;
    char text[32];
    format_shortest(rate, text, sizeof(text));
    if (rate < 1e15f && rate == (float)(int64_t)rate) /* no exponent where people count bytes */
        snprintf(text, sizeof(text), "%.0f", strtod(text, NULL));
    strbuf_printf(out, "%s:%u:%s", spec->name, as, text);
    return true;
}

/* A community of which only the last byte is used (RFC 8955 §7.3, §7.5). */
static void put_last_byte(const struct community_name *spec, uint8_t value, struct community *c)
{
    memset(c->bytes, 0, 8);
    c->bytes[0] = spec->type;
    c->bytes[1] = spec->subtype;
    c->bytes[7] = value;
}

/* The last byte, when all before it are 0. */
static bool only_last_byte(struct reader *r, uint8_t *ret_value)
{
    reader_u16(r);
    bool zero = reader_u32(r) == 0;
    zero &= reader_u8(r) == 0;
    *ret_value = reader_u8(r);
    return zero;
}

/* Bits of the traffic action (RFC 8955 §7.3). The one called Terminal Action ends the evaluation of
 * flows where it is *not* set. So the names say what it does where it is; that of the bit itself is
 * read as well. */
enum { TRAFFIC_CONTINUE = 1, TRAFFIC_SAMPLE = 2 };

/* The first row of a value is the one that is written. */
static const struct {
    const char *name;
    uint8_t bits;
} traffic_actions[] = {
    {"continue", TRAFFIC_CONTINUE},
    {"sample", TRAFFIC_SAMPLE},
    {"sample-continue", TRAFFIC_SAMPLE | TRAFFIC_CONTINUE},
    {"terminal", TRAFFIC_CONTINUE},
    {"sample-terminal", TRAFFIC_SAMPLE | TRAFFIC_CONTINUE},
};

enum { TRAFFIC_ACTION_COUNT = sizeof(traffic_actions) / sizeof(traffic_actions[0]) };

static int parse_traffic_action(const struct community_name *spec, char *text, struct community *c)
{
    for (size_t i = 0; i < TRAFFIC_ACTION_COUNT; i++) {
        if (strcasecmp(text, traffic_actions[i].name) != 0)
            continue;
        put_last_byte(spec, traffic_actions[i].bits, c);
        return 0;
    }
    return ERR_INVALID;
}

static bool format_traffic_action(const struct community_name *spec, enum community_kind kind,
                                  struct reader *r, struct strbuf *out)
{
    (void)kind;
    uint8_t bits;
    if (!only_last_byte(r, &bits))
        return false;
    for (size_t i = 0; i < TRAFFIC_ACTION_COUNT; i++) {
        if (traffic_actions[i].bits != bits)
            continue;
        strbuf_printf(out, "%s:%s", spec->name, traffic_actions[i].name);
        return true;
    }
    return false;
}

static int parse_mark(const struct community_name *spec, char *text, struct community *c)
{
    uint32_t dscp;
    int err = number_parse(text, 63, &dscp);
    if (err)
        return err;
    put_last_byte(spec, (uint8_t)dscp, c);
    return 0;
}

static bool format_mark(const struct community_name *spec, enum community_kind kind,
                        struct reader *r, struct strbuf *out)
{
    (void)kind;
    uint8_t dscp;
    if (!only_last_byte(r, &dscp) || dscp > 63)
        return false;
    strbuf_printf(out, "%s:%u", spec->name, dscp);
    return true;
}

/* An address to send packets, or copies of them, to (draft-ietf-idr-flowspec-redirect-ip §2). */
enum { REDIRECT_COPY = 1 };

static int parse_to_address(const struct community_name *spec, char *text, struct community *c)
{
    struct ip_addr addr;
    if (strchr(text, '%') || ip_parse(text, &addr))
        return ERR_INVALID;
    bool is_v4 = addr.version == IP_V4;
    c->kind = is_v4 ? COMMUNITY_EXTENDED : COMMUNITY_IPV6_EXTENDED;
    struct writer w = writer_over(c->bytes, sizeof(c->bytes));
    writer_u8(&w, is_v4 ? spec->type : IPV6_TYPE);
    writer_u8(&w, is_v4 ? spec->subtype : spec->ipv6_subtype);
    writer_bytes(&w, addr.bytes, ip_len_bytes(addr.version));
    writer_u16(&w, spec->flags);
    return 0;
}

static bool format_to_address(const struct community_name *spec, enum community_kind kind,
                              struct reader *r, struct strbuf *out)
{
    reader_u16(r);
    struct ip_addr addr = kind == COMMUNITY_EXTENDED ? ip_from_v4(reader_u32(r)) : read_ipv6(r);
    char text[IP_TEXT_MAX];
    if (reader_u16(r) != spec->flags)
        return false;
    strbuf_printf(out, "%s:%s", spec->name, ip_format(&addr, text));
    return true;
}

/* Extended communities with a name. The first row of a name is the one that is written. */
static const struct community_name extended[] = {
    {"target", 0x00, 3, 0x02, 0x02, parse_admin, format_admin, 0},
    {"rt", 0x00, 3, 0x02, 0x02, parse_admin, format_admin, 0},
    {"origin", 0x00, 3, 0x03, 0x03, parse_admin, format_admin, 0},
    {"soo", 0x00, 3, 0x03, 0x03, parse_admin, format_admin, 0},
    {"redirect", 0x80, 3, 0x08, 0x0d, parse_admin, format_admin, 0},
    {"redirect-ip", 0x01, 1, 0x0c, 0x0c, parse_to_address, format_to_address, 0},
    {"copy-ip", 0x01, 1, 0x0c, 0x0c, parse_to_address, format_to_address, REDIRECT_COPY},
    {"traffic-rate", 0x80, 1, 0x06, 0, parse_rate, format_rate, 0},
    {"traffic-rate-packets", 0x80, 1, 0x0c, 0, parse_rate, format_rate, 0},
    {"traffic-action", 0x80, 1, 0x07, 0, parse_traffic_action, format_traffic_action, 0},
    {"mark", 0x80, 1, 0x09, 0, parse_mark, format_mark, 0},
};

enum { EXTENDED_COUNT = sizeof(extended) / sizeof(extended[0]) };

static int hex_digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* 16 or 40 digits: the bytes of an extended community as they are. */
static int parse_hex(const char *digits, struct community *c)
{
    size_t count = strspn(digits, "0123456789abcdefABCDEF");
    if (digits[count] != '\0' || (count != 16 && count != 40))
        return ERR_INVALID;
    c->kind = count == 16 ? COMMUNITY_EXTENDED : COMMUNITY_IPV6_EXTENDED;
    for (size_t i = 0; i < count / 2; i++)
        c->bytes[i] = (uint8_t)(hex_digit(digits[2 * i]) << 4 | hex_digit(digits[2 * i + 1]));
    return 0;
}

static int parse_standard(const char *high_text, const char *low_text, struct community *c)
{
    uint32_t high = 0;
    uint32_t low;
    int err = high_text ? number_parse(high_text, UINT16_MAX, &high) : 0;
    if (!err)
        err = number_parse(low_text, high_text ? UINT16_MAX : UINT32_MAX, &low);
    if (err)
        return err;
    struct writer w = writer_over(c->bytes, 4);
    writer_u32(&w, high << 16 | low);
    c->kind = COMMUNITY_STANDARD;
    return 0;
}

static int parse_large(const char *const *fields, struct community *c)
{
    struct writer w = writer_over(c->bytes, 12);
    for (int i = 0; i < 3; i++) {
        uint32_t number;
        int err = number_parse(fields[i], UINT32_MAX, &number);
        if (err)
            return err;
        writer_u32(&w, number);
    }
    c->kind = COMMUNITY_LARGE;
    return 0;
}

/* One to three numbers with colons between them. */
static int parse_numbers(char *text, struct community *c)
{
    const char *fields[3];
    size_t count = 0;
    for (char *rest = text; rest;) {
        if (count == 3)
            return ERR_INVALID;
        fields[count++] = strsep(&rest, ":");
    }
    if (count == 3)
        return parse_large(fields, c);
    return count == 2 ? parse_standard(fields[0], fields[1], c)
                      : parse_standard(NULL, fields[0], c);
}

static int parse_named(char *text, struct community *c)
{
    for (size_t i = 0; i < WELL_KNOWN_COUNT; i++) {
        if (strcasecmp(text, well_known[i].name) != 0)
            continue;
        struct writer w = writer_over(c->bytes, 4);
        writer_u32(&w, well_known[i].value);
        c->kind = COMMUNITY_STANDARD;
        return 0;
    }
    char *rest = strchr(text, ':');
    if (!rest)
        return ERR_INVALID;
    *rest++ = '\0';
    c->kind = COMMUNITY_EXTENDED;
    for (size_t i = 0; i < EXTENDED_COUNT; i++)
        if (strcasecmp(text, extended[i].name) == 0)
            return extended[i].parse(&extended[i], rest, c);
    return ERR_INVALID;
}

int community_parse(const char *text, struct community *ret_community)
{
    char copy[TEXT_MAX];
    struct community c = {0};
    size_t size = strlen(text) + 1;
    if (size > sizeof(copy))
        return ERR_INVALID;
    memcpy(copy, text, size);
    int err;
    if (copy[0] == '0' && tolower((unsigned char)copy[1]) == 'x')
        err = parse_hex(copy + 2, &c);
    else if (isdigit((unsigned char)copy[0]))
        err = parse_numbers(copy, &c);
    else
        err = parse_named(copy, &c);
    if (!err)
        *ret_community = c;
    return err;
}

/* Whether the row is for communities of this type and subtype. */
static bool is_of(const struct community *c, const struct community_name *spec)
{
    if (c->kind != COMMUNITY_EXTENDED && c->kind != COMMUNITY_IPV6_EXTENDED)
        return false;
    if (c->kind == COMMUNITY_IPV6_EXTENDED)
        return spec->ipv6_subtype != 0 && c->bytes[0] == IPV6_TYPE &&
               c->bytes[1] == spec->ipv6_subtype;
    return c->bytes[0] >= spec->type && c->bytes[0] < spec->type + spec->type_count &&
           c->bytes[1] == spec->subtype;
}

const struct community_name *community_name_find(const char *text, size_t len_bytes)
{
    size_t at = 0;
    while (at < EXTENDED_COUNT && (strlen(extended[at].name) != len_bytes ||
                                   strncasecmp(text, extended[at].name, len_bytes) != 0))
        at++;
    if (at == EXTENDED_COUNT)
        return NULL;
    for (size_t i = 0; i < at; i++)
        if (extended[i].type == extended[at].type && extended[i].subtype == extended[at].subtype &&
            extended[i].flags == extended[at].flags)
            return &extended[i];
    return &extended[at];
}

const char *community_name_text(const struct community_name *name)
{
    return name->name;
}

bool community_name_has_admin(const struct community_name *name)
{
    return name->parse == parse_admin;
}

bool community_has_name(const struct community *c, const struct community_name *name)
{
    if (!is_of(c, name))
        return false;
    if (name->parse != parse_to_address)
        return true;
    unsigned len = community_len_bytes(c->kind);
    return (c->bytes[len - 2] << 8 | c->bytes[len - 1]) == name->flags;
}

const char *community_nth_word(unsigned n)
{
    if (n < WELL_KNOWN_COUNT)
        return well_known[n].name;
    n -= WELL_KNOWN_COUNT;
    return n < EXTENDED_COUNT ? extended[n].name : NULL;
}

static bool format_extended(const struct community *c, struct strbuf *out)
{
    for (size_t i = 0; i < EXTENDED_COUNT; i++) {
        struct reader r = reader_over(span_of(c->bytes, community_len_bytes(c->kind)));
        if (is_of(c, &extended[i]) && extended[i].format(&extended[i], c->kind, &r, out))
            return true;
    }
    return false;
}

static void format_standard(uint32_t value, struct strbuf *out)
{
    for (size_t i = 0; i < WELL_KNOWN_COUNT; i++) {
        if (well_known[i].value == value) {
            strbuf_add(out, well_known[i].name);
            return;
        }
    }
    strbuf_printf(out, "%u:%u", value >> 16, value & 0xffff);
}

void community_format(const struct community *c, struct strbuf *out)
{
    struct reader r = reader_over(span_of(c->bytes, community_len_bytes(c->kind)));
    bool done = true;
    switch (c->kind) {
    case COMMUNITY_STANDARD:
        format_standard(reader_u32(&r), out);
        break;
    case COMMUNITY_EXTENDED:
    case COMMUNITY_IPV6_EXTENDED:
        done = format_extended(c, out);
        break;
    case COMMUNITY_LARGE: {
        uint32_t admin = reader_u32(&r);
        uint32_t first = reader_u32(&r);
        strbuf_printf(out, "%u:%u:%u", admin, first, reader_u32(&r));
        break;
    }
    }
    if (!done) {
        strbuf_add(out, "0x");
        strbuf_add_hex(out, c->bytes, community_len_bytes(c->kind), sizeof(c->bytes));
    }
}

void community_each(struct span canonical, void (*each)(void *ctx, const struct community *c),
                    void *ctx)
{
    static const enum community_kind order[] = {COMMUNITY_STANDARD, COMMUNITY_EXTENDED,
                                                COMMUNITY_IPV6_EXTENDED, COMMUNITY_LARGE};
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        struct span value;
        if (!attr_find(canonical, community_attr_type(order[i]), &value))
            continue;
        struct reader r = reader_over(value);
        unsigned len = community_len_bytes(order[i]);
        while (reader_left(&r) >= len) {
            struct community c = {.kind = order[i]};
            reader_copy(&r, c.bytes, len);
            each(ctx, &c);
        }
    }
}
