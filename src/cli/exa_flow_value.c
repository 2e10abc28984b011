/* Values of matches (RFC 8955 §4.2, RFC 8956 §3.1). In a value "&" joins what must hold together;
 * values side by side are alternatives, which is said by "|", as BGPd asks for it beside "!". */
#include "cli/exa_flow_value.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/number.h"
#include "base/prefix.h"

enum { VALUE_MAX_BYTES = 64 };

const struct exa_flow_name exa_flow_protocols[] = {
    {"icmp", "icmp"}, {"igmp", "igmp"}, {"tcp", "tcp"},   {"egp", "egp"}, {"udp", "udp"},
    {"rsvp", "rsvp"}, {"gre", "gre"},   {"esp", "esp"},   {"ah", "ah"},   {"ospf", "ospf"},
    {"ipip", "94"},   {"pim", "pim"},   {"sctp", "sctp"}, {NULL, NULL},
};

/* Those that people write; ExaBGP knows all of the registry. */
const struct exa_flow_name exa_flow_ports[] = {
    {"ftp-data", "20"}, {"ftp", "21"},     {"ssh", "22"},           {"telnet", "23"},
    {"smtp", "25"},     {"domain", "53"},  {"tftp", "69"},          {"http", "80"},
    {"pop3", "110"},    {"sunrpc", "111"}, {"ntp", "123"},          {"netbios-ns", "137"},
    {"imap", "143"},    {"snmp", "161"},   {"snmptrap", "162"},     {"bgp", "179"},
    {"ldap", "389"},    {"https", "443"},  {"microsoft-ds", "445"}, {"syslog", "514"},
    {"ldaps", "636"},   {"imaps", "993"},  {"pop3s", "995"},        {"ssdp", "1900"},
    {"sip", "5060"},    {NULL, NULL},
};

const struct exa_flow_name exa_flow_icmp_types[] = {
    {"echo-reply", "echo-reply"},
    {"unreachable", "unreachable"},
    {"source-quench", "source-quench"},
    {"redirect", "redirect"},
    {"echo-request", "echo-request"},
    {"router-advertisement", "router-advertisement"},
    {"router-solicit", "router-solicit"},
    {"time-exceeded", "time-exceeded"},
    {"parameter-problem", "parameter-problem"},
    {"timestamp", "timestamp"},
    {"timestamp-reply", "timestamp-reply"},
    {"info-request", "15"},
    {"info-reply", "16"},
    {"mask-request", "17"},
    {"mask-reply", "18"},
    {"traceroute", "30"},
    {"experimental-mobility", "41"},
    {"extended-echo-request", "42"},
    {"extended-echo-reply", "43"},
    {"experimental-one", "253"},
    {"experimental-two", "254"},
    {NULL, NULL},
};

const struct exa_flow_name exa_flow_icmp_codes[] = {
    {"network-unreachable", "0"},
    {"host-unreachable", "1"},
    {"protocol-unreachable", "2"},
    {"port-unreachable", "3"},
    {"fragmentation-needed", "4"},
    {"source-route-failed", "5"},
    {"destination-network-unknown", "6"},
    {"destination-host-unknown", "7"},
    {"source-host-isolated", "8"},
    {"destination-network-prohibited", "9"},
    {"destination-host-prohibited", "10"},
    {"network-unreachable-for-tos", "11"},
    {"host-unreachable-for-tos", "12"},
    {"communication-prohibited-by-filtering", "13"},
    {"host-precedence-violation", "14"},
    {"precedence-cutoff-in-effect", "15"},
    {"redirect-for-network", "0"},
    {"redirect-for-host", "1"},
    {"redirect-for-tos-and-net", "2"},
    {"redirect-for-tos-and-host", "3"},
    {"ttl-eq-zero-during-transit", "0"},
    {"ttl-eq-zero-during-reassembly", "1"},
    {"required-option-missing", "1"},
    {"ip-header-bad", "2"},
    {NULL, NULL},
};

const struct exa_flow_name exa_flow_tcp_flags[] = {
    {"fin", "fin"}, {"syn", "syn"},  {"rst", "rst"},    {"push", "push"},
    {"ack", "ack"}, {"urg", "urg"},  {"urgent", "urg"}, {"ece", "ece"},
    {"cwr", "cwr"}, {"ns", "0x100"}, {NULL, NULL},
};

const struct exa_flow_name exa_flow_fragments[] = {
    {"not-a-fragment", "0x0"},          {"dont-fragment", "dont-fragment"},
    {"is-fragment", "is-fragment"},     {"first-fragment", "first-fragment"},
    {"last-fragment", "last-fragment"}, {NULL, NULL},
};

/* A number, decimal or "0x…". */
static bool is_number(const char *text)
{
    bool as_hex = text[0] == '0' && tolower((unsigned char)text[1]) == 'x';
    const char *digits = as_hex ? text + 2 : text;
    return *digits && digits[strspn(digits, as_hex ? "0123456789abcdefABCDEF" : "0123456789")] == 0;
}

/* What BGPd calls a name or number; NULL when it is neither. */
static const char *value_of(const struct exa_flow_name *names, const char *text)
{
    for (; names && names->name; names++)
        if (strcasecmp(names->name, text) == 0)
            return names->is;
    return is_number(text) ? text : NULL;
}

static int no_value(struct exa_words *w, const struct exa_flow_name *names, const char *text)
{
    exa_fail(w, "\"%s\" is no value (expected a number", text);
    for (const struct exa_flow_name *n = names; n && n->name; n++)
        strbuf_printf(w->error, "%s%s", n == names ? " or one of " : ", ", n->name);
    strbuf_add(w->error, ")");
    return ERR_INVALID;
}

/* How many characters of an operator come first, which BGPd writes alike. */
static size_t operator_len(enum exa_flow_kind kind, const char *text)
{
    static const char *const numeric[] = {">=", "<=", "!=", "=", ">", "<", NULL};
    static const char *const bits[] = {"!=", "!", "=", NULL};
    for (const char *const *op = kind == EXA_FLOW_BITS ? bits : numeric; *op; op++)
        if (strncmp(text, *op, strlen(*op)) == 0)
            return strlen(*op);
    return 0;
}

/* One term between "&": an operator, and a value or bits joined by "+". */
static int add_term(struct exa_words *w, enum exa_flow_kind kind, const struct exa_flow_name *names,
                    char *term, struct strbuf *out)
{
    size_t op = operator_len(kind, term);
    char *rest = term + op;
    bool is_constant = strcasecmp(term, "true") == 0 || strcasecmp(term, "false") == 0;
    if (kind == EXA_FLOW_NUMBERS && is_constant) {
        strbuf_add(out, tolower((unsigned char)*term) == 't' ? "true" : "false");
        return 0;
    }
    strbuf_add_bytes(out, term, op);
    for (const char *between = ""; rest; between = "+") {
        const char *text = kind == EXA_FLOW_BITS ? strsep(&rest, "+") : rest;
        const char *value = value_of(names, text);
        if (!value)
            return no_value(w, names, text);
        strbuf_printf(out, "%s%s", between, value);
        if (kind == EXA_FLOW_NUMBERS)
            break;
    }
    return 0;
}

struct values {
    enum exa_flow_kind kind;
    const struct exa_flow_name *names;
    struct strbuf *out;
};

static int add_value(struct exa_words *w, const char *text, void *ctx)
{
    const struct values *v = ctx;
    char copy[VALUE_MAX_BYTES];
    if (strlen(text) >= sizeof(copy))
        return exa_fail(w, "\"%.16s…\" is too long for a value", text);
    snprintf(copy, sizeof(copy), "%s", text);
    strbuf_add(v->out, v->out->len_bytes > 0 ? " | " : "");
    char *rest = copy;
    int err = 0;
    for (const char *between = ""; !err && rest; between = "&") {
        strbuf_add(v->out, between);
        err = add_term(w, v->kind, v->names, strsep(&rest, "&"), v->out);
    }
    return err;
}

int exa_take_flow_values(struct exa_words *w, enum exa_flow_kind kind,
                         const struct exa_flow_name *names, struct strbuf *out)
{
    struct values v = {kind, names, out};
    return exa_take_list(w, "a value, as =80", add_value, &v);
}

int exa_take_flow_prefix(struct exa_words *w, struct strbuf *out, uint8_t *ret_version)
{
    char copy[VALUE_MAX_BYTES];
    struct prefix p;
    uint32_t offset = 0;
    const char *text = exa_take(w, "a prefix, as 192.0.2.0/24");
    if (!text)
        return ERR_INVALID;
    snprintf(copy, sizeof(copy), "%s", text);
    char *slash = strchr(copy, '/');
    char *second = slash ? strchr(slash + 1, '/') : NULL;
    if (second)
        *second++ = '\0';
    bool ok = strlen(text) < sizeof(copy) && prefix_parse(copy, &p) == 0 &&
              (!second || (p.version == IP_V6 && number_parse(second, 128, &offset) == 0));
    if (!ok)
        return exa_fail(w,
                        "\"%s\" is no prefix (expected one as 192.0.2.0/24, 2001:db8::/32 or "
                        "2001:db8::/64/32 with an offset)",
                        text);
    char shown[PREFIX_TEXT_MAX];
    *ret_version = p.version;
    if (offset == 0) {
        strbuf_add(out, prefix_format(&p, shown));
        return 0;
    }
    struct ip_addr addr = prefix_address(&p);
    strbuf_printf(out, "%s/%u-%u", ip_format(&addr, shown), offset, p.len_bits);
    return 0;
}
