/* Flow specifications as text, both ways.
 *
 * A rule is a component's name and a list of terms. Terms next to each other are alternatives,
 * except that an upper bound after a lower bound closes a range ("&" is understood); "&" and "|"
 * say which of the two is meant where that rule would say the other, and where one of the terms is
 * negated. Both directions ask closes_range() and needs_joint(), so that what is written reads back
 * to the same bytes. */
#include "wire/flowspec.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"

enum { FLOW_TYPE_END = FLOW_LABEL + 1 };

/* True when `term` is the upper bound to the lower bound `previous`. That there may be nothing
 * between them is said elsewhere (flow_never_matches). */
static bool closes_range(const struct flow_component_spec *spec, struct flow_term previous,
                         struct flow_term term)
{
    uint8_t lower = previous.op & (FLOW_OP_AND | FLOW_OP_LESS | FLOW_OP_GREATER);
    uint8_t upper = term.op & (FLOW_OP_LESS | FLOW_OP_GREATER);
    return spec->kind == FLOW_KIND_NUMERIC && lower == FLOW_OP_GREATER && upper == FLOW_OP_LESS;
}

static bool is_negated(const struct flow_component_spec *spec, struct flow_term term)
{
    if (spec->kind == FLOW_KIND_BITMASK)
        return (term.op & FLOW_OP_NOT) != 0;
    return (term.op & FLOW_OP_COMPARE) == (FLOW_OP_LESS | FLOW_OP_GREATER);
}

/* True when alternatives do not stand side by side: "syn !ack" would be read as "syn and not ack"
 * by most people. */
static bool needs_joint(const struct flow_component_spec *spec, struct flow_term previous,
                        struct flow_term term)
{
    return closes_range(spec, previous, term) || is_negated(spec, previous) ||
           is_negated(spec, term);
}

/* Writing */

static void format_prefix(struct reader *r, uint8_t ip_version, struct strbuf *out)
{
    struct flow_prefix p;
    char text[PREFIX_TEXT_MAX];
    if (flow_prefix_read(r, ip_version, &p))
        return;
    if (p.offset_bits == 0) {
        strbuf_add(out, prefix_format(&p.prefix, text));
        return;
    }
    struct ip_addr addr = prefix_address(&p.prefix);
    char host[IP_TEXT_MAX];
    strbuf_printf(out, "%s/%u-%u", ip_format(&addr, host), p.offset_bits, p.prefix.len_bits);
}

static void format_number(struct flow_term term, struct strbuf *out)
{
    static const char *const operators[] = {
        [FLOW_OP_EQUAL] = "=",
        [FLOW_OP_LESS] = "<",
        [FLOW_OP_LESS | FLOW_OP_EQUAL] = "<=",
        [FLOW_OP_GREATER] = ">",
        [FLOW_OP_GREATER | FLOW_OP_EQUAL] = ">=",
        [FLOW_OP_LESS | FLOW_OP_GREATER] = "!=",
    };
    uint8_t compare = term.op & FLOW_OP_COMPARE;
    if (compare == 0 || compare == FLOW_OP_COMPARE)
        strbuf_add(out, compare == 0 ? "false" : "true");
    else
        strbuf_printf(out, "%s%u", operators[compare], term.value);
}

/* Names joined by "+", or hexadecimal when there are bits without a name. */
static void format_bits(const struct flow_name *names, struct flow_term term, struct strbuf *out)
{
    uint32_t named = 0;
    for (const struct flow_name *n = names; n->name; n++)
        named |= n->value;
    strbuf_add(out, term.op & FLOW_OP_NOT ? "!" : "");
    strbuf_add(out, term.op & FLOW_OP_MATCH ? "=" : "");
    if (term.value == 0 || (term.value & ~named) != 0) {
        strbuf_printf(out, "0x%x", term.value);
        return;
    }
    const char *separator = "";
    uint32_t left = term.value;
    for (const struct flow_name *n = names; n->name; n++) {
        if (!(left & n->value))
            continue;
        strbuf_printf(out, "%s%s", separator, n->name);
        left &= ~n->value;
        separator = "+";
    }
}

static const char *separator(const struct flow_component_spec *spec, struct flow_term previous,
                             struct flow_term term)
{
    if (term.op & FLOW_OP_AND)
        return closes_range(spec, previous, term) ? " " : "&";
    return needs_joint(spec, previous, term) ? " | " : " ";
}

static void format_terms(struct reader *r, const struct flow_component_spec *spec,
                         struct strbuf *out)
{
    struct flow_term previous = {0};
    struct flow_term term = {0};
    for (bool is_first = true; !(term.op & FLOW_OP_END); is_first = false) {
        if (flow_term_read(r, spec, is_first, &term))
            return;
        if (!is_first)
            strbuf_add(out, separator(spec, previous, term));
        if (spec->kind == FLOW_KIND_NUMERIC)
            format_number(term, out);
        else
            format_bits(spec->names, term, out);
        previous = term;
    }
}

void flow_format(struct span flow, uint8_t ip_version, struct strbuf *out)
{
    struct reader r = reader_over(flow);
    for (const char *between = ""; reader_left(&r) > 0; between = "; ") {
        const struct flow_component_spec *spec = flow_component_spec(reader_u8(&r), ip_version);
        if (!spec)
            return;
        strbuf_printf(out, "%s%s ", between, spec->name);
        if (spec->kind == FLOW_KIND_PREFIX)
            format_prefix(&r, ip_version, out);
        else
            format_terms(&r, spec, out);
    }
}

/* Reading */

/* A run of characters; `pos` moves as it is read. */
struct text {
    const char *pos;
    const char *end;
};

static int text_len(struct text t)
{
    return (int)(t.end - t.pos);
}

/* How much of it an error shows: texts can be long. */
static int shown_len(struct text t)
{
    enum { SHOWN_MAX = 64 };
    return text_len(t) < SHOWN_MAX ? text_len(t) : SHOWN_MAX;
}

/* The rules of a flow by the type of their component, and the one being read. */
struct parser {
    uint8_t ip_version;
    uint8_t type;                     /* of the component being read */
    struct text rules[FLOW_TYPE_END]; /* whole rules; pos is NULL for types that are not given */
    struct text rule;                 /* the one concerned, for error texts */
    struct strbuf *error;
};

__attribute__((format(printf, 3, 4))) static int fail(const struct parser *p, int err,
                                                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    strbuf_printf(p->error, "\"%.*s\": ", shown_len(p->rule), p->rule.pos);
    strbuf_vprintf(p->error, format, args);
    va_end(args);
    return err;
}

static bool at_end(const struct text *t)
{
    return t->pos == t->end;
}

static void skip_spaces(struct text *t)
{
    while (!at_end(t) && isspace((unsigned char)*t->pos))
        t->pos++;
}

/* Takes the character `c` and the spaces after it, when it is there. */
static bool take_char(struct text *t, char c)
{
    if (at_end(t) || *t->pos != c)
        return false;
    t->pos++;
    skip_spaces(t);
    return true;
}

/* Takes letters, digits and dashes; of what begins with a digit no dashes, which make a range. */
static struct text take_word(struct text *t)
{
    struct text word = {t->pos, t->pos};
    bool is_number = !at_end(t) && isdigit((unsigned char)*t->pos);
    while (!at_end(t) && (isalnum((unsigned char)*t->pos) || (*t->pos == '-' && !is_number)))
        t->pos++;
    word.end = t->pos;
    skip_spaces(t);
    return word;
}

static bool word_is(struct text word, const char *name)
{
    return strlen(name) == (size_t)text_len(word) &&
           strncasecmp(word.pos, name, (size_t)text_len(word)) == 0;
}

static void trim_end(struct text *t)
{
    while (!at_end(t) && isspace((unsigned char)t->end[-1]))
        t->end--;
}

/* The part in front of the next ';', without spaces around it; moves past it. */
static struct text take_rule(struct text *t)
{
    skip_spaces(t);
    struct text rule = {t->pos, t->pos};
    while (!at_end(t) && *t->pos != ';')
        t->pos++;
    rule.end = t->pos;
    trim_end(&rule);
    take_char(t, ';');
    return rule;
}

/* Decimal or 0x… hexadecimal. ERR_INVALID when it is no number, ERR_RANGE when above `max`. */
static int parse_number(struct text word, uint32_t max, uint32_t *ret_number)
{
    unsigned base = 10;
    if (text_len(word) > 2 && word.pos[0] == '0' && tolower((unsigned char)word.pos[1]) == 'x') {
        base = 16;
        word.pos += 2;
    }
    if (at_end(&word))
        return ERR_INVALID;
    uint64_t number = 0;
    bool too_large = false;
    for (; !at_end(&word); word.pos++) {
        int c = tolower((unsigned char)*word.pos);
        unsigned digit = isdigit(c) ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
        if (!isxdigit(c) || digit >= base)
            return ERR_INVALID;
        number = number * base + digit;
        too_large |= number > max;
        number &= UINT32_MAX;
    }
    if (too_large)
        return ERR_RANGE;
    *ret_number = (uint32_t)number;
    return 0;
}

/* The value of a name of the component. */
static bool find_name(const struct flow_component_spec *spec, struct text word, uint32_t *ret_value)
{
    for (const struct flow_name *n = spec ? spec->names : NULL; n && n->name; n++) {
        if (!word_is(word, n->name))
            continue;
        *ret_value = n->value;
        return true;
    }
    return false;
}

static void add_names(const struct flow_name *names, struct strbuf *out)
{
    for (const struct flow_name *n = names; n && n->name; n++)
        strbuf_printf(out, "%s%s", n == names ? " or one of " : ", ", n->name);
}

/* Says what is wrong with `word`, with which `rest` begins. */
static int bad_value(const struct parser *p, const struct flow_component_spec *spec,
                     struct text rest, struct text word)
{
    uint8_t other = p->ip_version == IP_V4 ? IP_V6 : IP_V4;
    uint32_t value;
    if (!at_end(&rest) && *rest.pos == ',')
        return fail(p, ERR_INVALID, "values have no \",\" between them (expected spaces or \"|\")");
    if (find_name(flow_component_spec(p->type, other), word, &value))
        fail(p, ERR_INVALID, "IPv%c has no \"%.*s\" (expected a number",
             p->ip_version == IP_V4 ? '4' : '6', shown_len(word), word.pos);
    else
        fail(p, ERR_INVALID, "\"%.*s\" is no value of %s (expected a number", shown_len(rest),
             rest.pos, spec->name);
    add_names(spec->names, p->error);
    strbuf_add_char(p->error, ')');
    return ERR_INVALID;
}

/* A number or a name of the component's table. */
static int parse_value(const struct parser *p, const struct flow_component_spec *spec,
                       struct text *t, uint32_t *ret_value)
{
    struct text rest = *t;
    struct text word = take_word(t);
    if (find_name(spec, word, ret_value))
        return 0;
    int err = parse_number(word, spec->max, ret_value);
    if (err == ERR_RANGE)
        return fail(p, err, "%.*s is out of range (expected at most %u)", shown_len(word), word.pos,
                    spec->max);
    return err ? bad_value(p, spec, rest, word) : 0;
}

/* What stands for one value: a term, or the two of a range. */
struct value {
    struct flow_term terms[2];
    size_t count;
    struct text text; /* as it was written */
};

/* The rest of "A-B", after the dash. */
static int parse_range(const struct parser *p, const struct flow_component_spec *spec,
                       struct text *t, struct flow_term first, struct value *ret_value)
{
    struct flow_term last = {.op = FLOW_OP_LESS | FLOW_OP_EQUAL | FLOW_OP_AND};
    int err = parse_value(p, spec, t, &last.value);
    if (err)
        return err;
    if (first.op != FLOW_OP_EQUAL)
        return fail(p, ERR_INVALID,
                    "a range has no operator (expected \"%u-%u\", or \"<%u | >%u\" for what is "
                    "outside of it)",
                    first.value, last.value, first.value, last.value);
    if (first.value > last.value)
        return fail(p, ERR_RANGE, "the range ends before it begins (expected \"%u-%u\")",
                    last.value, first.value);
    first.op |= FLOW_OP_GREATER;
    *ret_value = (struct value){.terms = {first, last}, .count = 2};
    return 0;
}

/* An operator and a value, without operator "="; or a range. */
static int parse_number_value(const struct parser *p, const struct flow_component_spec *spec,
                              struct text *t, struct value *ret_value)
{
    struct text rest = *t;
    struct text word = take_word(&rest);
    if (word_is(word, "true") || word_is(word, "false")) {
        uint8_t always = word_is(word, "true") ? FLOW_OP_COMPARE : 0;
        *ret_value = (struct value){.terms = {{.op = always}}, .count = 1};
        *t = rest;
        return 0;
    }
    uint8_t op = 0;
    if (take_char(t, '!'))
        op = at_end(t) || *t->pos != '=' ? 0 : FLOW_OP_LESS | FLOW_OP_GREATER;
    else if (take_char(t, '<'))
        op = FLOW_OP_LESS;
    else if (take_char(t, '>'))
        op = FLOW_OP_GREATER;
    else
        op = FLOW_OP_EQUAL;
    bool negated = op == (FLOW_OP_LESS | FLOW_OP_GREATER);
    if (op == 0)
        return fail(p, ERR_INVALID, "\"!\" must be followed by \"=\" (expected \"!=N\")");
    if (take_char(t, '=') && !negated)
        op |= FLOW_OP_EQUAL;
    if (op == FLOW_OP_EQUAL)
        take_char(t, '='); /* "==" is written in many places */
    struct flow_term term = {.op = op};
    int err = parse_value(p, spec, t, &term.value);
    if (err)
        return err;
    if (take_char(t, '-'))
        return parse_range(p, spec, t, term, ret_value);
    *ret_value = (struct value){.terms = {term}, .count = 1};
    return 0;
}

/* Bits joined by "+", after "!" (not), "=" (all of them) or both. */
static int parse_bits_value(const struct parser *p, const struct flow_component_spec *spec,
                            struct text *t, struct value *ret_value)
{
    struct flow_term term = {0};
    if (take_char(t, '!'))
        term.op |= FLOW_OP_NOT;
    if (take_char(t, '='))
        term.op |= FLOW_OP_MATCH;
    do {
        uint32_t bits;
        int err = parse_value(p, spec, t, &bits);
        if (err)
            return err;
        if (bits & ~spec->max)
            return fail(p, ERR_RANGE, "0x%x has bits that %s lacks (expected only bits of 0x%x)",
                        bits, spec->name, spec->max);
        term.value |= bits;
    } while (take_char(t, '+'));
    *ret_value = (struct value){.terms = {term}, .count = 1};
    return 0;
}

static int parse_one(const struct parser *p, const struct flow_component_spec *spec, struct text *t,
                     struct value *ret_value)
{
    struct text start = *t;
    int err = spec->kind == FLOW_KIND_NUMERIC ? parse_number_value(p, spec, t, ret_value)
                                              : parse_bits_value(p, spec, t, ret_value);
    if (err)
        return err;
    ret_value->text = (struct text){start.pos, t->pos};
    trim_end(&ret_value->text);
    return 0;
}

enum joint { JOINT_NONE, JOINT_AND, JOINT_OR };

static enum joint take_joint(struct text *t)
{
    if (take_char(t, '&'))
        return JOINT_AND;
    return take_char(t, '|') ? JOINT_OR : JOINT_NONE;
}

/* Says how `value` goes with the one before it. */
static int join(const struct parser *p, const struct flow_component_spec *spec, enum joint joint,
                const struct value *previous, struct value *value)
{
    struct flow_term last = previous->terms[previous->count - 1];
    struct flow_term *first = &value->terms[0];
    if (joint == JOINT_NONE && closes_range(spec, last, *first))
        joint = JOINT_AND;
    if (joint == JOINT_AND)
        first->op |= FLOW_OP_AND;
    if (joint != JOINT_NONE || !needs_joint(spec, last, *first))
        return 0;
    struct text a = previous->text;
    struct text b = value->text;
    return fail(p, ERR_INVALID,
                "this would mean \"%.*s\" or \"%.*s\" (expected \"%.*s&%.*s\" where both must "
                "hold, \"%.*s | %.*s\" where one is enough)",
                shown_len(a), a.pos, shown_len(b), b.pos, shown_len(a), a.pos, shown_len(b), b.pos,
                shown_len(a), a.pos, shown_len(b), b.pos);
}

static void put_value(const struct flow_component_spec *spec, const struct value *value,
                      bool is_last, struct writer *w)
{
    for (size_t i = 0; i < value->count; i++) {
        struct flow_term term = value->terms[i];
        if (is_last && i + 1 == value->count)
            term.op |= FLOW_OP_END;
        flow_term_put(w, spec, term);
    }
}

static int parse_terms(const struct parser *p, const struct flow_component_spec *spec,
                       struct text *t, struct writer *w)
{
    struct value previous = {0};
    int err = parse_one(p, spec, t, &previous);
    while (!err && !at_end(t)) {
        struct value value = {0};
        enum joint joint = take_joint(t);
        err = parse_one(p, spec, t, &value);
        if (!err)
            err = join(p, spec, joint, &previous, &value);
        if (err)
            break;
        put_value(spec, &previous, false, w);
        previous = value;
    }
    if (!err)
        put_value(spec, &previous, true, w);
    return err;
}

/* Cuts "OFFSET-" out of "ADDRESS/OFFSET-LENGTH" (RFC 8956 §3.1). */
static int cut_offset(char *text, uint32_t *ret_offset)
{
    char *slash = strchr(text, '/');
    char *dash = slash ? strchr(slash, '-') : NULL;
    *ret_offset = 0;
    if (!dash)
        return 0;
    int err = parse_number((struct text){slash + 1, dash}, 128, ret_offset);
    memmove(slash + 1, dash + 1, strlen(dash + 1) + 1);
    return err;
}

static int parse_prefix(const struct parser *p, struct text *t, struct writer *w)
{
    char text[PREFIX_TEXT_MAX + 8];
    uint32_t offset;
    struct flow_prefix value = {0};
    const char *expected = p->ip_version == IP_V4 ? "IPv4 prefix, as 192.0.2.0/24"
                                                  : "IPv6 prefix, as 2001:db8::/32 or ::1/64-128";
    snprintf(text, sizeof(text), "%.*s", text_len(*t), t->pos);
    int err = (size_t)text_len(*t) < sizeof(text) ? cut_offset(text, &offset) : ERR_INVALID;
    if (!err)
        err = prefix_parse(text, &value.prefix);
    if (!err && (value.prefix.version != p->ip_version || (offset > 0 && p->ip_version == IP_V4)))
        err = ERR_INVALID;
    if (!err && offset > 0 && offset >= value.prefix.len_bits)
        err = ERR_RANGE;
    if (err)
        return fail(p, err, "\"%.*s\" is %s (expected an %s)", shown_len(*t), t->pos,
                    err == ERR_RANGE ? "out of range" : "no prefix of this family", expected);
    value.offset_bits = (uint8_t)offset;
    flow_prefix_clear_offset(&value);
    flow_prefix_put(w, &value);
    return 0;
}

static int no_value(const struct parser *p, const struct flow_component_spec *spec)
{
    const char *example = "46"; /* is a value of all */
    if (spec->kind == FLOW_KIND_PREFIX)
        example = p->ip_version == IP_V4 ? "192.0.2.0/24" : "2001:db8::/32";
    else if (spec->names)
        example = spec->names[0].name;
    return fail(p, ERR_INVALID, "no value after it (expected one text, as \"%s %s\")", spec->name,
                example);
}

/* Reads the rule of one type: name and value. */
static int parse_rule(struct parser *p, uint8_t type, struct writer *w)
{
    const struct flow_component_spec *spec = flow_component_spec(type, p->ip_version);
    struct text t = p->rule = p->rules[type];
    p->type = type;
    take_word(&t);
    if (at_end(&t))
        return no_value(p, spec);
    writer_u8(w, type);
    int err = spec->kind == FLOW_KIND_PREFIX ? parse_prefix(p, &t, w) : parse_terms(p, spec, &t, w);
    if (!err && !writer_ok(w))
        err = fail(p, ERR_FULL, "the flow is too long (expected at most %d bytes)", FLOW_MAX_BYTES);
    return err;
}

static int unknown_rule(const struct parser *p)
{
    fail(p, ERR_INVALID, "no such match (expected ");
    const char *between = "";
    for (uint8_t type = 1; type < FLOW_TYPE_END; type++) {
        const struct flow_component_spec *spec = flow_component_spec(type, p->ip_version);
        if (!spec)
            continue;
        strbuf_printf(p->error, "%s%s", between, spec->name);
        between = ", ";
    }
    strbuf_add_char(p->error, ')');
    return ERR_INVALID;
}

/* Files one rule under its type. */
static int add_rule(struct parser *p, struct text rule)
{
    struct text rest = rule;
    struct text name = take_word(&rest);
    uint8_t type = flow_component_from_name(name.pos, (size_t)text_len(name));
    p->rule = rule;
    if (type == 0)
        return unknown_rule(p);
    if (!flow_component_spec(type, p->ip_version))
        return fail(p, ERR_INVALID, "IPv4 packets have none (expected in IPv6 flows only)");
    if (p->rules[type].pos)
        return fail(p, ERR_EXISTS, "given twice (expected one rule with all values)");
    p->rules[type] = rule;
    return 0;
}

int flow_parse(const char *const *rules, size_t rule_count, uint8_t ip_version, uint8_t *ret_bytes,
               size_t *ret_len_bytes, struct strbuf *error)
{
    struct parser p = {.ip_version = ip_version, .error = error};
    for (size_t i = 0; i < rule_count; i++) {
        struct text t = {rules[i], rules[i] + strlen(rules[i])};
        do {
            int err = add_rule(&p, take_rule(&t));
            if (err)
                return err;
        } while (!at_end(&t));
    }
    uint8_t bytes[FLOW_MAX_BYTES];
    struct writer w = writer_over(bytes, sizeof(bytes));
    for (uint8_t type = 1; type < FLOW_TYPE_END; type++) {
        int err = p.rules[type].pos ? parse_rule(&p, type, &w) : 0;
        if (err)
            return err;
    }
    if (writer_len(&w) == 0) {
        strbuf_add(error, "a flow needs at least one match");
        return ERR_INVALID;
    }
    memcpy(ret_bytes, bytes, writer_len(&w));
    *ret_len_bytes = writer_len(&w);
    return 0;
}
