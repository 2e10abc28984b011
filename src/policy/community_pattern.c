/* Patterns of communities: reading, matching, and making communities of them.
 *
 * A pattern of an extended community whose holder is an AS is of the form that community_parse
 * takes for the number: 2-octet ASNs where it has room, else 4-octet ones. A range and "*" are of
 * both, "*" also of those of addresses. */
#include "policy/community_pattern.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/ip.h"
#include "base/nearest.h"
#include "base/number.h"
#include "wire/aspath.h"

#define KIND(kind)  (1u << (kind))
#define KINDS_ALL   (KIND(COMMUNITY_LARGE + 1) - 1)
#define FORM(form)  (1u << (form))
#define FORMS_OF_AS (FORM(ADMIN_AS2) | FORM(ADMIN_AS4))
#define FORMS_ALL   (FORMS_OF_AS | FORM(ADMIN_IPV4))
#define TEXT_MAX    96u
#define EXPECTED                                                                                   \
    "(expected 65000:100, 65000:1:100, target:65000:100, of which numbers may be * or 100-199, "   \
    "or "                                                                                          \
    "a name as no-export)"

/* A text that is read, with where in it what is wrong. */
struct source {
    const char *text;
    struct text_error *error;
};

/* A part of the text. */
struct part {
    const char *at;
    size_t len_bytes;
};

static int fail(const struct source *s, int err, struct part part, const char *what)
{
    return text_error_at(s->error, err, (size_t)(part.at - s->text) + 1, part.at, part.len_bytes,
                         "%s", what);
}

/* Copies a part to `buffer` (TEXT_MAX bytes). */
static const char *text_of(struct part part, char *buffer)
{
    memcpy(buffer, part.at, part.len_bytes);
    buffer[part.len_bytes] = '\0';
    return buffer;
}

static bool part_is(struct part part, const char *text)
{
    return part.len_bytes == strlen(text) && memcmp(part.at, text, part.len_bytes) == 0;
}

/* Cuts a part at the colon at `colon`. */
static struct part cut(struct part *part, const char *colon)
{
    struct part rest = {colon + 1, (size_t)(part->at + part->len_bytes - (colon + 1))};
    part->len_bytes = (size_t)(colon - part->at);
    return rest;
}

static const char *last_colon(struct part part)
{
    for (const char *c = part.at + part.len_bytes; c-- > part.at;)
        if (*c == ':')
            return c;
    return NULL;
}

/* --- fields --- */

static int parse_number(const struct source *s, struct part part, uint32_t most, uint32_t *ret)
{
    char text[TEXT_MAX];
    int err = number_parse(text_of(part, text), most, ret);
    if (err == ERR_RANGE)
        return text_error_at(s->error, err, (size_t)(part.at - s->text) + 1, part.at,
                             part.len_bytes, "is too large: there is room up to %" PRIu32, most);
    if (err)
        return fail(s, err, part,
                    part.len_bytes > 0 ? "is no number (expected 100, 100-199, * or a variable)"
                                       : "there is no number (expected 100, 100-199, * or a "
                                         "variable)");
    return 0;
}

/* A number, a range, "*" or a variable. */
static int parse_field(const struct source *s, struct part part, uint32_t most, unsigned permitted,
                       struct community_field *ret_field)
{
    struct community_field field = {0, most, 0};
    if (part.len_bytes > 0 && part.at[0] == '{') {
        int err = policy_variable_parse(s->text, part.at, part.len_bytes, permitted,
                                        &field.variable, s->error);
        if (!err)
            *ret_field = field;
        return err;
    }
    if (!part_is(part, "*")) {
        const char *dash = memchr(part.at, '-', part.len_bytes);
        struct part low = part;
        struct part high = dash ? cut(&low, dash) : part;
        int err = parse_number(s, low, most, &field.low);
        if (!err)
            err = parse_number(s, high, most, &field.high);
        if (err)
            return err;
        if (field.low > field.high)
            return fail(s, ERR_RANGE, part, "is an empty range: it ends before it begins");
    }
    *ret_field = field;
    return 0;
}

static void note_fields(struct community_pattern *p)
{
    for (size_t i = 0; i < 3; i++)
        p->variables |= p->fields[i].variable;
}

/* Two or three numbers. */
static int parse_numbers(const struct source *s, struct part part, struct community_pattern *p)
{
    struct part parts[3];
    size_t count = 0;
    const char *colon;
    parts[count++] = part;
    while ((colon = memchr(parts[count - 1].at, ':', parts[count - 1].len_bytes)) && count < 3) {
        struct part rest = cut(&parts[count - 1], colon);
        parts[count++] = rest;
    }
    if (count == 1 || colon)
        return fail(s, ERR_INVALID, part, "is no community or pattern " EXPECTED);
    p->shape = COMMUNITY_SHAPE_NUMBERS;
    p->kinds = count == 2 ? KIND(COMMUNITY_STANDARD) : KIND(COMMUNITY_LARGE);
    for (size_t i = 0; i < count; i++) {
        uint32_t most = count == 2 ? UINT16_MAX : UINT32_MAX;
        int err = parse_field(s, parts[i], most, POLICY_VARIABLES_AS, &p->fields[i]);
        if (err)
            return err;
    }
    return 0;
}

/* --- extended communities --- */

/* Who assigns: "*", an ASN, a range of such, an address, or a variable. */
static int parse_holder(const struct source *s, struct part part, struct community_pattern *p)
{
    char text[TEXT_MAX];
    struct ip_addr addr;
    struct community_field *field = &p->fields[0];
    text_of(part, text);
    if (ip_parse(text, &addr) == 0 && addr.version == IP_V4) {
        p->forms = FORM(ADMIN_IPV4);
        field->low = field->high = ip_to_v4(&addr);
        return 0;
    }
    if (memchr(part.at, '.', part.len_bytes) && aspath_parse_as(text, &field->low) == 0) {
        p->forms = FORM(ADMIN_AS4);
        field->high = field->low;
        return 0;
    }
    int err = parse_field(s, part, UINT32_MAX, POLICY_VARIABLES_AS | POLICY_PEER_ADDRESS, field);
    if (err)
        return err;
    bool is_number = isdigit((unsigned char)text[0]) && !strchr(text, '-');
    if (part_is(part, "*"))
        p->forms = FORMS_ALL;
    else if (field->variable == POLICY_PEER_ADDRESS)
        p->forms = FORM(ADMIN_IPV4);
    else if (is_number)
        p->forms = field->low > UINT16_MAX ? FORM(ADMIN_AS4) : FORM(ADMIN_AS2);
    else
        p->forms = FORMS_OF_AS;
    if (p->forms == FORMS_ALL)
        p->kinds |= KIND(COMMUNITY_IPV6_EXTENDED);
    return 0;
}

/* What is assigned. Where there are 4 bytes, it may be written as an address. */
static int parse_assigned(const struct source *s, struct part part, struct community_pattern *p)
{
    char text[TEXT_MAX];
    struct ip_addr addr;
    struct community_field *field = &p->fields[1];
    bool is_wide = p->forms & FORM(ADMIN_AS2);
    if (is_wide && ip_parse(text_of(part, text), &addr) == 0 && addr.version == IP_V4) {
        p->forms = FORM(ADMIN_AS2);
        p->kinds = KIND(COMMUNITY_EXTENDED);
        field->low = field->high = ip_to_v4(&addr);
        return 0;
    }
    unsigned permitted = POLICY_VARIABLES_AS | (is_wide ? (unsigned)POLICY_PEER_ADDRESS : 0);
    int err = parse_field(s, part, is_wide ? UINT32_MAX : UINT16_MAX, permitted, field);
    if (!err && field->variable == POLICY_PEER_ADDRESS) {
        p->forms = FORM(ADMIN_AS2);
        p->kinds = KIND(COMMUNITY_EXTENDED);
    }
    return err;
}

/* "[2001:db8::1]:N". */
static int parse_admin_v6(const struct source *s, struct part holder, struct part assigned,
                          struct community_pattern *p)
{
    char text[TEXT_MAX + 32];
    char address[TEXT_MAX];
    struct strbuf one = {0};
    strbuf_printf(&one, "%s:%s:0", community_name_text(p->name), text_of(holder, address));
    bool fits = one.len_bytes < sizeof(text);
    if (fits)
        memcpy(text, strbuf_text(&one), one.len_bytes + 1);
    strbuf_release(&one);
    if (!fits || community_parse(text, &p->community) != 0)
        return fail(s, ERR_INVALID, holder, "is no IPv6 address (expected [2001:db8::1])");
    p->shape = COMMUNITY_SHAPE_ADMIN_V6;
    p->kinds = KIND(COMMUNITY_IPV6_EXTENDED);
    return parse_field(s, assigned, UINT16_MAX, POLICY_VARIABLES_AS, &p->fields[0]);
}

static int parse_admin(const struct source *s, struct part rest, struct community_pattern *p)
{
    const char *colon = last_colon(rest);
    if (!colon)
        return fail(
            s, ERR_INVALID, rest,
            "is not what follows such a name (expected 65000:100 or 192.0.2.1:100, of which "
            "numbers may be * or 100-199)");
    struct part holder = rest;
    struct part assigned = cut(&holder, colon);
    if (holder.len_bytes > 0 && holder.at[0] == '[')
        return parse_admin_v6(s, holder, assigned, p);
    p->shape = COMMUNITY_SHAPE_ADMIN;
    p->kinds = KIND(COMMUNITY_EXTENDED);
    int err = parse_holder(s, holder, p);
    return err ? err : parse_assigned(s, assigned, p);
}

static int fail_unknown(const struct source *s, struct part word)
{
    char text[TEXT_MAX];
    struct nearest nearest = nearest_to(text_of(word, text));
    const char *known;
    for (unsigned n = 0; (known = community_nth_word(n)); n++)
        nearest_offer(&nearest, known);
    if (!nearest.best)
        return fail(s, ERR_INVALID, word, "is no community or pattern " EXPECTED);
    return text_error_at(s->error, ERR_INVALID, (size_t)(word.at - s->text) + 1, word.at,
                         word.len_bytes, "is no community (did you mean '%s'?)", nearest.best);
}

static int parse_named(const struct source *s, struct part part, struct community_pattern *p)
{
    const char *colon = memchr(part.at, ':', part.len_bytes);
    if (!colon)
        return fail_unknown(s, part);
    struct part rest = cut(&part, colon);
    p->name = community_name_find(part.at, part.len_bytes);
    if (!p->name)
        return fail_unknown(s, part);
    if (part_is(rest, "*")) {
        p->shape = COMMUNITY_SHAPE_NAME;
        p->kinds = KIND(COMMUNITY_EXTENDED) | KIND(COMMUNITY_IPV6_EXTENDED);
        return 0;
    }
    if (community_name_has_admin(p->name))
        return parse_admin(s, rest, p);
    return fail(s, ERR_INVALID, rest,
                "is not what follows such a name (expected what is shown for such communities, or "
                "*)");
}

/* --- reading --- */

int community_pattern_parse(const char *text, struct community_pattern *ret_pattern,
                            struct text_error *ret_error)
{
    const struct source s = {text, ret_error};
    struct part part = {text, strlen(text)};
    struct community_pattern p = {0};
    int err = 0;
    if (community_parse(text, &p.community) == 0) {
        p.shape = COMMUNITY_SHAPE_ONE;
        p.kinds = KIND(p.community.kind);
    } else if (part.len_bytes == 0 || part.len_bytes >= TEXT_MAX) {
        err = fail(&s, ERR_INVALID, part, "is no community or pattern " EXPECTED);
    } else if (part_is(part, "*")) {
        p.shape = COMMUNITY_SHAPE_ALL;
        p.kinds = KINDS_ALL;
    } else if (isdigit((unsigned char)text[0]) || text[0] == '*' || text[0] == '{') {
        err = parse_numbers(&s, part, &p);
    } else {
        err = parse_named(&s, part, &p);
    }
    if (err)
        return err;
    note_fields(&p);
    *ret_pattern = p;
    return 0;
}

int community_pattern_parse_exact(const char *text, struct community_pattern *ret_pattern,
                                  struct text_error *ret_error)
{
    struct community_pattern p;
    int err = community_pattern_parse(text, &p, ret_error);
    if (err)
        return err;
    bool exact = p.shape != COMMUNITY_SHAPE_NAME && p.shape != COMMUNITY_SHAPE_ALL;
    for (size_t i = 0; i < 3; i++)
        exact &= p.fields[i].variable != 0 || p.fields[i].low == p.fields[i].high;
    if (!exact)
        return text_error_at(ret_error, ERR_INVALID, 1, text, strlen(text),
                             "is more than one community (expected one, of which numbers may be "
                             "variables)");
    *ret_pattern = p;
    return 0;
}

/* --- matching --- */

static bool field_has(const struct community_field *field, uint32_t number,
                      const struct policy_values *values)
{
    if (field->variable == 0)
        return number >= field->low && number <= field->high;
    if (field->variable != POLICY_PEER_ADDRESS) {
        uint32_t as = policy_values_as(values, field->variable);
        return as != 0 && as == number;
    }
    const struct ip_addr *addr = values->peer_address;
    return values->any_address || (addr && addr->version == IP_V4 && ip_to_v4(addr) == number);
}

/* The last 2 bytes of an IPv6 extended community. */
static uint32_t assigned_v6(const struct community *c)
{
    return (uint32_t)c->bytes[18] << 8 | c->bytes[19];
}

/* The numbers that the fields of a pattern are compared with. */
struct numbers {
    enum admin_form form; /* of extended communities */
    uint32_t at[3];
};

static struct numbers numbers_of(const struct community_pattern *p, const struct community *c)
{
    struct numbers n = {0};
    struct reader r = reader_over(span_of(c->bytes, community_len_bytes(c->kind)));
    if (p->shape == COMMUNITY_SHAPE_ADMIN_V6) {
        n.at[0] = assigned_v6(c);
    } else if (c->kind == COMMUNITY_STANDARD) {
        n.at[0] = reader_u16(&r);
        n.at[1] = reader_u16(&r);
    } else if (c->kind == COMMUNITY_LARGE) {
        for (size_t i = 0; i < 3; i++)
            n.at[i] = reader_u32(&r);
    } else {
        n.form = (enum admin_form)(reader_u16(&r) >> 8 & 3);
        struct admin admin = admin_take(&r, n.form);
        n.at[0] = admin.holder;
        n.at[1] = admin.number;
    }
    return n;
}

static bool matches_admin(const struct community_pattern *p, const struct community *c,
                          const struct policy_values *values)
{
    if (!community_has_name(c, p->name))
        return false;
    if (c->kind == COMMUNITY_IPV6_EXTENDED)
        return field_has(&p->fields[1], assigned_v6(c), values);
    struct numbers n = numbers_of(p, c);
    if (!(p->forms & FORM(n.form)))
        return false;
    if ((p->fields[0].variable & POLICY_VARIABLES_AS) &&
        n.form != (n.at[0] > UINT16_MAX ? ADMIN_AS4 : ADMIN_AS2))
        return false;
    return field_has(&p->fields[0], n.at[0], values) && field_has(&p->fields[1], n.at[1], values);
}

static bool matches_numbers(const struct community_pattern *p, const struct community *c,
                            const struct policy_values *values)
{
    struct numbers n = numbers_of(p, c);
    return field_has(&p->fields[0], n.at[0], values) && field_has(&p->fields[1], n.at[1], values) &&
           (c->kind == COMMUNITY_STANDARD || field_has(&p->fields[2], n.at[2], values));
}

bool community_pattern_matches(const struct community_pattern *p, const struct community *c,
                               const struct policy_values *values)
{
    if (!(p->kinds & KIND(c->kind)))
        return false;
    switch (p->shape) {
    case COMMUNITY_SHAPE_ONE:
        return memcmp(c->bytes, p->community.bytes, community_len_bytes(c->kind)) == 0;
    case COMMUNITY_SHAPE_NUMBERS:
        return matches_numbers(p, c, values);
    case COMMUNITY_SHAPE_ADMIN:
        return matches_admin(p, c, values);
    case COMMUNITY_SHAPE_ADMIN_V6:
        return memcmp(c->bytes, p->community.bytes, 18) == 0 &&
               field_has(&p->fields[0], assigned_v6(c), values);
    case COMMUNITY_SHAPE_NAME:
        return community_has_name(c, p->name);
    case COMMUNITY_SHAPE_ALL:
        return true;
    }
    return false;
}

bool community_pattern_find_peer_as(const struct community_pattern *p, const struct community *c,
                                    const struct policy_values *values, uint32_t *ret_as)
{
    size_t field = 0;
    if (!(p->kinds & KIND(c->kind)))
        return false;
    while (field < 3 && p->fields[field].variable != POLICY_PEER_AS)
        field++;
    if (field == 3)
        return false;
    uint32_t as = c->kind == COMMUNITY_IPV6_EXTENDED ? assigned_v6(c) : numbers_of(p, c).at[field];
    struct policy_values assumed = *values;
    assumed.peer_as = as;
    assumed.any_address = true;
    if (!community_pattern_matches(p, c, &assumed))
        return false;
    *ret_as = as;
    return true;
}

/* --- making --- */

/* The number of a field with room up to `most`; false: it has none, or one without room. */
static bool number_of(const struct community_field *field, const struct policy_values *values,
                      uint32_t most, uint32_t *ret_number)
{
    uint32_t number = field->low;
    if (field->variable == POLICY_PEER_ADDRESS) {
        const struct ip_addr *addr = values->peer_address;
        if (!addr || addr->version != IP_V4)
            return false;
        number = ip_to_v4(addr);
    } else if (field->variable != 0) {
        number = policy_values_as(values, field->variable);
        if (number == 0)
            return false;
    }
    *ret_number = number;
    return number <= most;
}

static bool make_admin(const struct community_pattern *p, const struct policy_values *values,
                       struct community *ret_community)
{
    struct admin admin;
    if (!number_of(&p->fields[0], values, UINT32_MAX, &admin.holder))
        return false;
    if (p->forms == FORM(ADMIN_IPV4))
        admin.form = ADMIN_IPV4;
    else if ((p->forms & FORM(ADMIN_AS2)) && admin.holder <= UINT16_MAX)
        admin.form = ADMIN_AS2;
    else if (p->forms & FORM(ADMIN_AS4))
        admin.form = ADMIN_AS4;
    else
        return false;
    uint32_t most = admin.form == ADMIN_AS2 ? UINT32_MAX : UINT16_MAX;
    if (!number_of(&p->fields[1], values, most, &admin.number))
        return false;
    *ret_community = community_with_admin(p->name, &admin);
    return true;
}

static bool make_numbers(const struct community_pattern *p, const struct policy_values *values,
                         struct community *ret_community)
{
    bool is_standard = p->kinds & KIND(COMMUNITY_STANDARD);
    struct community c = {.kind = is_standard ? COMMUNITY_STANDARD : COMMUNITY_LARGE};
    struct writer w = writer_over(c.bytes, sizeof(c.bytes));
    for (size_t i = 0; i < (is_standard ? 2u : 3u); i++) {
        uint32_t number;
        if (!number_of(&p->fields[i], values, is_standard ? UINT16_MAX : UINT32_MAX, &number))
            return false;
        if (is_standard)
            writer_u16(&w, (uint16_t)number);
        else
            writer_u32(&w, number);
    }
    *ret_community = c;
    return true;
}

bool community_pattern_make(const struct community_pattern *p, const struct policy_values *values,
                            struct community *ret_community)
{
    uint32_t assigned;
    switch (p->shape) {
    case COMMUNITY_SHAPE_ONE:
        *ret_community = p->community;
        return true;
    case COMMUNITY_SHAPE_NUMBERS:
        return make_numbers(p, values, ret_community);
    case COMMUNITY_SHAPE_ADMIN:
        return make_admin(p, values, ret_community);
    case COMMUNITY_SHAPE_ADMIN_V6:
        if (!number_of(&p->fields[0], values, UINT16_MAX, &assigned))
            return false;
        *ret_community = p->community;
        ret_community->bytes[18] = (uint8_t)(assigned >> 8);
        ret_community->bytes[19] = (uint8_t)assigned;
        return true;
    default:
        return false;
    }
}

void community_pattern_digest(const struct community_pattern *p, struct policy_digest *d)
{
    policy_digest_add_number(d, p->shape);
    policy_digest_add_number(d, p->kinds);
    policy_digest_add_number(d, p->forms);
    policy_digest_add_text(d, p->name ? community_name_text(p->name) : NULL);
    policy_digest_add(d, p->community.bytes, sizeof(p->community.bytes));
    policy_digest_add(d, p->fields, sizeof(p->fields));
}
