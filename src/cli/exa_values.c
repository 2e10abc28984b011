/* Values of routes and flows in ExaBGP's words (RFC 1997, 4360, 4364, 8092 for what they mean).
 *
 * What both write alike is checked for its form and handed on; the daemon has the last word. */
#include "cli/exa_values.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/number.h"

enum { LABEL_MAX = 0xfffff, TEXT_MAX = 64 };

int exa_take_prefix(struct exa_words *w, struct prefix *ret_prefix)
{
    bool had_host_bits = false;
    const char *text = exa_take(w, "a prefix, as 192.0.2.0/24");
    int err = text ? prefix_parse_strict(text, ret_prefix, &had_host_bits) : ERR_TRUNCATED;
    if (err == ERR_TRUNCATED)
        return ERR_INVALID;
    if (err == ERR_RANGE)
        return exa_fail(w, "the length of \"%s\" is out of range (expected at most %u)", text,
                        strchr(text, ':') ? 128 : 32);
    if (err)
        return exa_fail(w, "\"%s\" is no prefix (expected one as 192.0.2.0/24)", text);
    char shown[PREFIX_TEXT_MAX];
    if (had_host_bits)
        return exa_fail(w, "\"%s\" has bits behind its length (expected %s)", text,
                        prefix_format(ret_prefix, shown));
    return 0;
}

int exa_take_next_hop(struct exa_words *w, json_t *params, bool *ret_self)
{
    struct ip_addr addr;
    const char *text = exa_take(w, "an address, or self");
    if (!text)
        return ERR_INVALID;
    if (strcasecmp(text, "self") == 0) {
        *ret_self = true;
        return 0;
    }
    if (strchr(text, '%') || ip_parse(text, &addr) != 0)
        return exa_fail(w, "\"%s\" is no next hop (expected an address, or self)", text);
    *ret_self = false;
    json_object_set_new(params, "next_hop", json_string(text));
    return 0;
}

int exa_take_number(struct exa_words *w, json_t *params, const char *key, uint32_t max)
{
    uint32_t number;
    const char *text = exa_take(w, "a number");
    if (!text)
        return ERR_INVALID;
    if (number_parse(text, max, &number) != 0)
        return exa_fail(w, "\"%s\" is no number from 0 to %u", text, max);
    json_object_set_new(params, key, json_integer(number));
    return 0;
}

int exa_take_origin(struct exa_words *w, json_t *params)
{
    static const char *const origins[] = {"IGP", "EGP", "Incomplete"};
    const char *text = exa_take(w, "igp, egp or incomplete");
    for (size_t i = 0; text && i < sizeof(origins) / sizeof(origins[0]); i++) {
        if (strcasecmp(text, origins[i]) != 0)
            continue;
        json_object_set_new(params, "origin", json_string(origins[i]));
        return 0;
    }
    return text ? exa_fail(w, "\"%s\" is no origin (expected igp, egp or incomplete)", text)
                : ERR_INVALID;
}

/* An AS number, plain or dotted. */
static bool is_asn(const char *text)
{
    uint32_t number;
    char high[6];
    const char *dot = strchr(text, '.');
    if (!dot)
        return number_parse(text, UINT32_MAX, &number) == 0;
    size_t len = (size_t)(dot - text);
    if (len >= sizeof(high))
        return false;
    memcpy(high, text, len);
    high[len] = '\0';
    return number_parse(high, UINT16_MAX, &number) == 0 &&
           number_parse(dot + 1, UINT16_MAX, &number) == 0;
}

/* A path while it is read: numbers in order, and those of its set. */
struct as_path {
    struct strbuf sequence;
    struct strbuf set;
};

static int take_asn(struct exa_words *w, struct strbuf *out)
{
    const char *text = exa_take(w, "an AS number");
    if (!text)
        return ERR_INVALID;
    if (!is_asn(text))
        return exa_fail(w, "\"%s\" is no AS number (expected one, as 65000)", text);
    strbuf_printf(out, "%s%s", out->len_bytes > 0 ? " " : "", text);
    return 0;
}

static int take_as_set(struct exa_words *w, const char *closing, struct as_path *path)
{
    int err = 0;
    while (!err && !exa_take_if(w, closing))
        err = exa_take_if(w, ",") ? 0 : take_asn(w, &path->set);
    return err;
}

static int take_as_list(struct exa_words *w, struct as_path *path)
{
    int err = 0;
    while (!err && !exa_take_if(w, "]")) {
        if (exa_take_if(w, "("))
            err = take_as_set(w, ")", path);
        else if (exa_take_if(w, "["))
            err = take_as_set(w, "]", path);
        else if (!exa_take_if(w, ","))
            err = take_asn(w, &path->sequence);
    }
    return err;
}

int exa_take_as_path(struct exa_words *w, json_t *params)
{
    struct as_path path = {0};
    int err = exa_take_if(w, "[") ? take_as_list(w, &path) : take_asn(w, &path.sequence);
    if (!err) {
        if (path.set.len_bytes > 0)
            strbuf_printf(&path.sequence, "%s{%s}", path.sequence.len_bytes > 0 ? " " : "",
                          strbuf_text(&path.set));
        json_object_set_new(params, "as_path", json_string(strbuf_text(&path.sequence)));
    }
    strbuf_release(&path.sequence);
    strbuf_release(&path.set);
    return err;
}

/* "0x" and hex digits. */
static bool is_hex(const char *text)
{
    return text[0] == '0' && tolower((unsigned char)text[1]) == 'x' && text[2] &&
           text[2 + strspn(text + 2, "0123456789abcdefABCDEF")] == '\0';
}

/* A router ID, or what is written as one. */
static bool is_id(const char *text)
{
    struct ip_addr addr;
    return ip_parse(text, &addr) == 0 && addr.version == IP_V4;
}

static bool is_aggregator(const char *text)
{
    char as[TEXT_MAX];
    size_t len = strcspn(text, ":");
    if (text[len] != ':' || len >= sizeof(as))
        return false;
    memcpy(as, text, len);
    as[len] = '\0';
    return is_asn(as) && is_id(text + len + 1);
}

int exa_take_aggregator(struct exa_words *w, json_t *params)
{
    bool in_parentheses = exa_take_if(w, "(");
    const char *text = exa_take(w, "an aggregator, as 65000:192.0.2.1");
    if (!text)
        return ERR_INVALID;
    if (!is_aggregator(text))
        return exa_fail(w, "\"%s\" is no aggregator (expected one as 65000:192.0.2.1)", text);
    if (in_parentheses && !exa_take_if(w, ")"))
        return exa_fail_next(w, "expected \")\"");
    json_object_set_new(params, "aggregator", json_string(text));
    return 0;
}

int exa_take_originator_id(struct exa_words *w, json_t *params)
{
    const char *text = exa_take(w, "a router ID, as 192.0.2.1");
    if (!text)
        return ERR_INVALID;
    if (!is_id(text))
        return exa_fail(w, "\"%s\" is no router ID (expected one as 192.0.2.1)", text);
    json_object_set_new(params, "originator_id", json_string(text));
    return 0;
}

static int add_cluster(struct exa_words *w, const char *text, void *ctx)
{
    if (!is_id(text))
        return exa_fail(w, "\"%s\" is no cluster ID (expected one as 192.0.2.1)", text);
    json_array_append_new(ctx, json_string(text));
    return 0;
}

int exa_take_cluster_list(struct exa_words *w, json_t *params)
{
    json_t *clusters = json_array();
    int err = exa_take_list(w, "a cluster ID, as 192.0.2.1", add_cluster, clusters);
    if (!err && json_array_size(clusters) == 0)
        err = exa_fail(w, "there is no cluster ID in the cluster-list");
    if (!err)
        json_object_set(params, "cluster_list", clusters);
    json_decref(clusters);
    return err;
}

int exa_take_aigp(struct exa_words *w, json_t *params)
{
    const char *text = exa_take(w, "a number");
    if (!text)
        return ERR_INVALID;
    bool is_decimal = text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
    errno = 0;
    unsigned long long metric = strtoull(text, NULL, is_decimal ? 10 : 16);
    if ((!is_decimal && !is_hex(text)) || errno || metric > INT64_MAX)
        return exa_fail(w, "\"%s\" is no number from 0 to %lld", text, (long long)INT64_MAX);
    json_object_set_new(params, "aigp", json_integer((json_int_t)metric));
    return 0;
}

static int add_label(struct exa_words *w, const char *text, void *ctx)
{
    uint32_t number;
    if (number_parse(text, LABEL_MAX, &number) != 0)
        return exa_fail(w, "\"%s\" is no label from 0 to %u", text, (unsigned)LABEL_MAX);
    json_array_append_new(ctx, json_integer(number));
    return 0;
}

int exa_take_labels(struct exa_words *w, json_t *params)
{
    json_t *labels = json_array();
    int err = exa_take_list(w, "a label", add_label, labels);
    if (!err && json_array_size(labels) > 0)
        json_object_set(params, "labels", labels);
    json_decref(labels);
    return err;
}

int exa_take_rd(struct exa_words *w, json_t *params)
{
    const char *text = exa_take(w, "a route distinguisher, as 65000:1");
    if (!text)
        return ERR_INVALID;
    size_t admin = strspn(text, "0123456789.");
    if (admin == 0 || text[admin] != ':' || text[admin + 1] == '\0' ||
        text[admin + 1 + strspn(text + admin + 1, "0123456789")] != '\0')
        return exa_fail(w,
                        "\"%s\" is no route distinguisher (expected one as 65000:1 or "
                        "192.0.2.1:1)",
                        text);
    json_object_set_new(params, "rd", json_string(text));
    return 0;
}

/* Communities. */

void exa_add_community(json_t *params, const char *text)
{
    json_t *list = json_object_get(params, "communities");
    if (!list) {
        list = json_array();
        json_object_set_new(params, "communities", list);
    }
    json_array_append_new(list, json_string(text));
}

/* Numbers of at most these values, with colons between them. */
static bool are_numbers(const char *text, const uint32_t *maxima, size_t count,
                        uint32_t *ret_numbers)
{
    for (size_t i = 0; i < count; i++) {
        char field[TEXT_MAX];
        size_t len = strcspn(text, ":");
        if (len >= sizeof(field))
            return false;
        memcpy(field, text, len);
        field[len] = '\0';
        if (number_parse(field, maxima[i], &ret_numbers[i]) != 0)
            return false;
        text += len;
        if ((*text == ':') != (i + 1 < count))
            return false;
        text += *text == ':';
    }
    return true;
}

/* Names of whole communities; "_" stands for "-" in them. */
static const char *const named_communities[][2] = {
    {"no-export", "no-export"},
    {"no-advertise", "no-advertise"},
    {"no-export-subconfed", "no-export-subconfed"},
    {"nopeer", "nopeer"},
    {"no-peer", "nopeer"},
    {"blackhole", "blackhole"},
    {"graceful-shutdown", "graceful-shutdown"},
};

static const char *find_named(const char *text)
{
    char name[TEXT_MAX];
    snprintf(name, sizeof(name), "%s", text);
    for (char *c = name; *c; c++)
        *c = *c == '_' ? '-' : *c;
    for (size_t i = 0; i < sizeof(named_communities) / sizeof(named_communities[0]); i++)
        if (strcasecmp(name, named_communities[i][0]) == 0)
            return named_communities[i][1];
    return NULL;
}

static int add_community(struct exa_words *w, const char *text, void *ctx)
{
    static const uint32_t maxima[] = {UINT16_MAX, UINT16_MAX};
    uint32_t numbers[2];
    char shown[TEXT_MAX];
    const char *name = find_named(text);
    bool as_hex = is_hex(text) && strlen(text) <= 2 + 8;
    if (as_hex)
        snprintf(shown, sizeof(shown), "%lu", strtoul(text, NULL, 16));
    else if (!name && !are_numbers(text, maxima, 2, numbers) &&
             number_parse(text, UINT32_MAX, numbers) != 0)
        return exa_fail(w,
                        "\"%s\" is no community (expected one as 65000:1, or a name as "
                        "no-export)",
                        text);
    exa_add_community(ctx, as_hex ? shown : name ? name : text);
    return 0;
}

int exa_take_communities(struct exa_words *w, json_t *params)
{
    return exa_take_list(w, "a community, as 65000:1", add_community, params);
}

static int add_large(struct exa_words *w, const char *text, void *ctx)
{
    static const uint32_t maxima[] = {UINT32_MAX, UINT32_MAX, UINT32_MAX};
    uint32_t numbers[3];
    if (!are_numbers(text, maxima, 3, numbers))
        return exa_fail(w, "\"%s\" is no large community (expected one as 65000:1:2)", text);
    exa_add_community(ctx, text);
    return 0;
}

int exa_take_large_communities(struct exa_words *w, json_t *params)
{
    return exa_take_list(w, "a large community, as 65000:1:2", add_large, params);
}

/* "A:B" behind the name of an extended community, as BGPd writes it; `four` says that A is one of
 * four octets, though two may have room for it. */
static bool admin_text(const char *text, bool four, char *out, size_t size)
{
    char as[TEXT_MAX];
    uint32_t number;
    size_t len = strcspn(text, ":");
    const char *local = text + len + 1;
    if (text[len] != ':' || len >= sizeof(as) || *local == '\0' ||
        local[strspn(local, "0123456789.")] != '\0')
        return false;
    memcpy(as, text, len);
    as[len] = '\0';
    if (len > 1 && toupper((unsigned char)as[len - 1]) == 'L') {
        as[len - 1] = '\0';
        four = true;
    }
    bool is_number = number_parse(as, UINT32_MAX, &number) == 0;
    if (!is_number && (four || as[strspn(as, "0123456789.")] != '\0' || as[0] == '\0'))
        return false;
    if (four)
        snprintf(out, size, "%u.%u:%s", number >> 16, number & 0xffff, local);
    else
        snprintf(out, size, "%s:%s", as, local);
    return true;
}

/* Encapsulation, control flags, MTU and site (RFC 4761 §3.2.4). */
static bool put_l2info(const char *text, char *out, size_t size)
{
    static const uint32_t maxima[] = {UINT8_MAX, UINT8_MAX, UINT16_MAX, UINT16_MAX};
    uint32_t n[4];
    if (!are_numbers(text, maxima, 4, n))
        return false;
    snprintf(out, size, "0x800a%02x%02x%04x%04x", n[0], n[1], n[2], n[3]);
    return true;
}

/* AS and bytes per second, which are a float on the wire (draft-ietf-idr-link-bandwidth). */
static bool put_bandwidth(const char *text, char *out, size_t size)
{
    static const uint32_t maxima[] = {UINT16_MAX, UINT32_MAX};
    uint32_t n[2];
    uint32_t bits;
    if (!are_numbers(text, maxima, 2, n))
        return false;
    float rate = (float)n[1];
    memcpy(&bits, &rate, sizeof(bits));
    snprintf(out, size, "0x4004%04x%08x", n[0], bits);
    return true;
}

static const struct {
    const char *name;
    const char *is;                                        /* what BGPd calls it */
    bool four;                                             /* the AS has four octets */
    bool (*put)(const char *text, char *out, size_t size); /* NULL: "A:B" follows */
} extended[] = {
    {"target", "target", false, NULL},         {"target4", "target", true, NULL},
    {"origin", "origin", false, NULL},         {"origin4", "origin", true, NULL},
    {"redirect", "redirect", false, NULL},     {"l2info", NULL, false, put_l2info},
    {"bandwidth", NULL, false, put_bandwidth},
};

enum { EXTENDED_COUNT = sizeof(extended) / sizeof(extended[0]) };

static bool put_admin(const char *name, bool four, const char *text, char *out, size_t size)
{
    int len = snprintf(out, size, "%s:", name);
    return admin_text(text, four, out + len, size - (size_t)len);
}

/* The community, with the name that it has or without, as BGPd reads it. */
static bool put_extended(const char *text, char *out, size_t size)
{
    size_t len = strcspn(text, ":");
    if (is_hex(text) && strlen(text) == 2 + 16)
        return snprintf(out, size, "0x%s", text + 2) > 0;
    if (strcasecmp(text, "redirect-to-nexthop") == 0)
        return snprintf(out, size, "0x0800000000000000") > 0;
    for (size_t i = 0; text[len] == ':' && i < EXTENDED_COUNT; i++) {
        const char *value = text + len + 1;
        if (strlen(extended[i].name) != len || strncasecmp(text, extended[i].name, len) != 0)
            continue;
        return extended[i].put ? extended[i].put(value, out, size)
                               : put_admin(extended[i].is, extended[i].four, value, out, size);
    }
    return put_admin("target", false, text, out, size); /* "65000:1" is a route target */
}

static int add_extended(struct exa_words *w, const char *text, void *ctx)
{
    char out[2 * TEXT_MAX];
    if (strlen(text) >= TEXT_MAX || !put_extended(text, out, sizeof(out)))
        return exa_fail(w,
                        "\"%s\" is no extended community (expected one as target:65000:1, "
                        "origin:65000:1, redirect:65000:1, l2info:19:0:1500:1, "
                        "bandwidth:65000:1250000, or 0x and 16 digits)",
                        text);
    exa_add_community(ctx, out);
    return 0;
}

int exa_take_extended_communities(struct exa_words *w, json_t *params)
{
    return exa_take_list(w, "an extended community, as target:65000:1", add_extended, params);
}
