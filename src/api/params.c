/* Parameters of methods: a table of types, each with the function that reads it from JSON. */
#include "api/params.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/jsonw.h"
#include "api/route_counts.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/number.h"
#include "daemon/originated.h"
#include "wire/aspath.h"
#include "wire/nlri_text.h"

static int read_text(const json_t *json, struct param_value *value)
{
    value->text = json_string_value(json);
    return value->text ? 0 : ERR_INVALID;
}

static int read_name(const json_t *json, struct param_value *value)
{
    value->text = json_string_value(json);
    size_t len = value->text ? strlen(value->text) : 0;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)value->text[i] < ' ')
            return ERR_INVALID;
    return len > 0 && len <= PARAM_NAME_MAX_BYTES ? 0 : ERR_INVALID;
}

static int read_flag(const json_t *json, struct param_value *value)
{
    value->flag = json_is_true(json);
    return json_is_boolean(json) ? 0 : ERR_INVALID;
}

static int read_uint32(const json_t *json, struct param_value *value)
{
    json_int_t number = json_integer_value(json);
    if (!json_is_integer(json) || number < 0 || number > UINT32_MAX)
        return ERR_INVALID;
    value->number = (uint32_t)number;
    return 0;
}

/* As much as a number of JSON has room for in its readers. */
static int read_metric(const json_t *json, struct param_value *value)
{
    json_int_t number = json_integer_value(json);
    if (!json_is_integer(json) || number < 0)
        return ERR_INVALID;
    value->metric = (uint64_t)number;
    return 0;
}

static int read_count(const json_t *json, struct param_value *value)
{
    int err = read_uint32(json, value);
    return err || value->number > 0 ? err : ERR_INVALID;
}

static int read_prefix(const json_t *json, struct param_value *value)
{
    const char *text = json_string_value(json);
    return text ? prefix_parse(text, &value->prefix) : ERR_INVALID;
}

static int read_place(const json_t *json, struct param_value *value)
{
    const char *text = json_string_value(json);
    value->flag = text && !strchr(text, '/');
    return read_prefix(json, value);
}

static int read_rd(const json_t *json, struct param_value *value)
{
    const char *text = json_string_value(json);
    return text ? rd_parse(text, value->rd) : ERR_INVALID;
}

static int read_peer(const json_t *json, struct param_value *value)
{
    const char *text = json_string_value(json);
    struct ip_addr addr;
    if (!text || ip_parse(text, &addr) != 0)
        return text ? prefix_parse(text, &value->peer.prefix) : ERR_INVALID;
    value->peer = scoped_prefix_from_ip(&addr);
    return 0;
}

static void peers_add(struct param_peers *peers, const struct scoped_prefix *peer)
{
    peers->items = mem_resize(peers->items, peers->count + 1, sizeof(*peers->items));
    peers->items[peers->count++] = *peer;
}

static int read_peers(const json_t *json, struct param_value *value)
{
    static const uint8_t versions[] = {IP_V4, IP_V6};
    static const uint8_t zero[16];
    const char *text = json_string_value(json);
    size_t count = json_is_array(json) ? json_array_size(json) : 1;
    value->peers.all = text && strcasecmp(text, "all") == 0;
    for (size_t i = 0; value->peers.all && i < sizeof(versions); i++) {
        struct scoped_prefix any = {.prefix = prefix_make(versions[i], 0, zero)};
        peers_add(&value->peers, &any);
    }
    if (value->peers.all)
        return 0;
    if (count == 0 || count > PEER_SELECTION_MAX)
        return ERR_INVALID;
    for (size_t i = 0; i < count; i++) {
        if (read_peer(json_is_array(json) ? json_array_get(json, i) : json, value))
            return ERR_INVALID;
        peers_add(&value->peers, &value->peer);
    }
    return 0;
}

static int read_source(const json_t *json, struct param_value *value)
{
    static const struct {
        const char *word;
        enum route_source_kind source;
    } own[] = {{"API", ROUTE_SOURCE_API}, {"Config", ROUTE_SOURCE_CONFIG}};
    const char *text = json_string_value(json);
    for (size_t i = 0; text && i < sizeof(own) / sizeof(own[0]); i++) {
        if (strcasecmp(text, own[i].word) != 0)
            continue;
        value->source = own[i].source;
        return 0;
    }
    value->source = ROUTE_SOURCE_PEER;
    return read_peer(json, value);
}

static int read_family(const json_t *json, struct param_value *value)
{
    const char *text = json_string_value(json);
    value->family = text ? family_from_name(text) : FAMILY_NONE;
    return value->family == FAMILY_NONE ? ERR_INVALID : 0;
}

static int read_afi(const json_t *json, struct param_value *value)
{
    int err = read_uint32(json, value);
    return err || value->number == AFI_IPV4 || value->number == AFI_IPV6 ? err : ERR_INVALID;
}

static int read_as(const json_t *json, struct param_value *value)
{
    const char *text = json_string_value(json);
    int err = text ? aspath_parse_as(text, &value->number) : read_uint32(json, value);
    return err || value->number > 0 ? err : ERR_INVALID;
}

/* Reads the choice that a string is -> number. */
static int read_choice(const json_t *json, const char *(*nth)(unsigned n),
                       struct param_value *value)
{
    const char *text = json_string_value(json);
    const char *choice;
    for (unsigned i = 0; text && (choice = nth(i)) != NULL; i++) {
        if (strcmp(text, choice) != 0)
            continue;
        value->number = i;
        return 0;
    }
    return ERR_INVALID;
}

static const char *nth_route_list(unsigned n)
{
    static const char *const names[] = {[ROUTES_LEARNED] = "learned",
                                        [ROUTES_ADVERTISED] = "advertised",
                                        [ROUTES_LOC_RIB] = "routes",
                                        [ROUTES_ORIGINATED] = "originated"};
    return n < sizeof(names) / sizeof(names[0]) ? names[n] : NULL;
}

static int read_route_list(const json_t *json, struct param_value *value)
{
    return read_choice(json, nth_route_list, value);
}

static int read_count_by(const json_t *json, struct param_value *value)
{
    return read_choice(json, route_count_by_name, value);
}

static const char *nth_kind(unsigned n)
{
    static const char *const names[] = {"routes", "flows"};
    return n < sizeof(names) / sizeof(names[0]) ? names[n] : NULL;
}

static int read_kind(const json_t *json, struct param_value *value)
{
    int err = read_choice(json, nth_kind, value);
    value->flag = value->number == 1;
    return err;
}

static const char *nth_rov(unsigned n)
{
    return n < ROV_STATES ? rov_state_text((enum rov_state)n) : NULL;
}

static int read_rov(const json_t *json, struct param_value *value)
{
    return read_choice(json, nth_rov, value);
}

/* Text of a string or an integer, in `buf` when it is the latter; NULL for other values. */
static const char *scalar_text(const json_t *json, char *buf, size_t size)
{
    if (!json_is_integer(json))
        return json_string_value(json);
    snprintf(buf, size, "%lld", (long long)json_integer_value(json));
    return buf;
}

static int read_community(const json_t *json, struct param_value *value)
{
    char buf[24];
    const char *text = scalar_text(json, buf, sizeof(buf));
    return text ? community_parse(text, &value->community) : ERR_INVALID;
}

/* More than any list may hold, so that what is left out of longer ones changes nothing: those who
 * get them say that they are too long. */
#define LIST_MAX 1024

static void list_add(struct param_list *list, const char *text, size_t len_bytes)
{
    if ((list->count & (list->count - 1)) == 0) /* full: the room is a power of two */
        list->items = mem_resize(list->items, list->count ? list->count * 2 : 1, sizeof(char *));
    char *item = mem_alloc(len_bytes + 1);
    memcpy(item, text, len_bytes);
    item[len_bytes] = '\0';
    list->items[list->count++] = item;
}

/* Words are separated by spaces; "{1 2}", a set in an AS path, is one of them. */
static void list_add_words(struct param_list *list, const char *text)
{
    const char *close = strchr(text, '}'); /* the next one after `text` */
    while (*(text += strspn(text, " ")) != '\0' && list->count < LIST_MAX) {
        size_t len = strcspn(text, " ");
        if (close && close < text)
            close = strchr(text, '}');
        if (*text == '{' && close)
            len = (size_t)(close - text) + 1;
        list_add(list, text, len);
        text += len;
    }
}

static int read_words(const json_t *json, struct param_value *value)
{
    if (json_is_string(json))
        list_add_words(&value->list, json_string_value(json));
    else if (!json_is_array(json))
        return ERR_INVALID;
    for (size_t i = 0; i < json_array_size(json) && value->list.count < LIST_MAX; i++) {
        char buf[24];
        const char *text = scalar_text(json_array_get(json, i), buf, sizeof(buf));
        if (!text)
            return ERR_INVALID;
        list_add(&value->list, text, strlen(text));
    }
    return 0;
}

/* What is shown, {"asn": 65000, "router_id": "192.0.2.1"}, is taken, too. */
static int read_aggregator(const json_t *json, struct param_value *value)
{
    const json_t *asn = json_object_get(json, "asn");
    const char *router_id = json_string_value(json_object_get(json, "router_id"));
    struct strbuf text = {0};
    if (!json_is_object(json))
        return read_text(json, value);
    if (json_object_size(json) != 2 || !json_is_integer(asn) || !router_id)
        return ERR_INVALID;
    strbuf_printf(&text, "%lld:%s", (long long)json_integer_value(asn), router_id);
    list_add(&value->list, strbuf_text(&text), text.len_bytes);
    strbuf_release(&text);
    value->text = value->list.items[0];
    return 0;
}

static int read_labels(const json_t *json, struct param_value *value)
{
    struct param_numbers *numbers = &value->numbers;
    size_t count = json_is_array(json) ? json_array_size(json) : 1;
    if (count == 0 || count > LIST_MAX)
        return ERR_INVALID;
    numbers->items = mem_resize(NULL, count, sizeof(*numbers->items));
    for (size_t i = 0; i < count; i++) {
        if (read_uint32(json_is_array(json) ? json_array_get(json, i) : json, value))
            return ERR_INVALID;
        numbers->items[numbers->count++] = value->number;
    }
    return 0;
}

static int read_rules(const json_t *json, struct param_value *value)
{
    if (json_array_size(json) == 0)
        return ERR_INVALID;
    for (size_t i = 0; i < json_array_size(json); i++)
        if (!json_is_string(json_array_get(json, i)))
            return ERR_INVALID;
    return read_words(json, value);
}

/* What is written into a line of a log, or of a list, must stay in it. */
static bool is_short_text(const char *text)
{
    size_t len = strlen(text);
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return false;
    return len > 0 && len <= ORIGINATED_TEXT_MAX_BYTES;
}

static int read_label(const json_t *json, struct param_value *value)
{
    value->text = json_string_value(json);
    return value->text && is_short_text(value->text) ? 0 : ERR_INVALID;
}

static int read_tag(const json_t *json, struct param_value *value)
{
    int err = read_label(json, value);
    return err || !strchr(value->text, ' ') ? err : ERR_INVALID;
}

static int read_tags(const json_t *json, struct param_value *value)
{
    int err = read_words(json, value);
    if (err || value->list.count > ORIGINATED_TAGS_MAX)
        return ERR_INVALID;
    for (size_t i = 0; i < value->list.count; i++)
        if (!is_short_text(value->list.items[i]) || strchr(value->list.items[i], ' '))
            return ERR_INVALID;
    return 0;
}

static int read_ttl(const json_t *json, struct param_value *value)
{
    static const char units[] = "smhd";
    static const uint32_t unit_s[] = {1, 60, 60 * 60, 24 * 60 * 60};
    const char *text = json_string_value(json);
    uint32_t scale = 1;
    if (text) {
        char digits[16];
        size_t len = strspn(text, "0123456789");
        const char *unit = text[len] != '\0' ? strchr(units, text[len]) : NULL;
        if (len == 0 || len >= sizeof(digits) ||
            (text[len] != '\0' && (!unit || text[len + 1] != '\0')))
            return ERR_INVALID;
        memcpy(digits, text, len);
        digits[len] = '\0';
        if (number_parse(digits, UINT32_MAX, &value->number) != 0)
            return ERR_INVALID;
        scale = unit ? unit_s[unit - units] : 1;
    } else if (read_uint32(json, value)) {
        return ERR_INVALID;
    }
    if (value->number == 0 || value->number > ORIGINATED_TTL_MAX_S / scale)
        return ERR_INVALID;
    value->number *= scale;
    return 0;
}

/* For a list that is not held with its call its length stands (struct jsonrpc_call). */
static int read_items(const json_t *json, struct param_value *value)
{
    if (!json_is_array(json))
        return read_uint32(json, value);
    value->number = (uint32_t)json_array_size(json);
    return 0;
}

static const char *nth_family(unsigned n)
{
    return family_nth_name(0, n);
}

static const char *nth_route_family(unsigned n)
{
    return family_nth_name(NLRI_TEXT_PREFIX, n);
}

#define RD_EXPECTED                                                                                \
    "a route distinguisher (\"65000:1\", \"192.0.2.1:1\", \"4200000000:1\" or \"0x\" and 16 "      \
    "digits)"
#define WORDS_SCHEMA                                                                               \
    "{\"type\":[\"array\",\"string\"],\"items\":{\"type\":[\"string\",\"integer\"]}}"

static const struct param_type_info {
    const char *expected; /* NULL: one of the choices */
    const char *schema;   /* likewise */
    int (*read)(const json_t *json, struct param_value *value);
} types[PARAM_TYPE_COUNT] = {
    [PARAM_TEXT] = {"a string", "{\"type\":\"string\"}", read_text},
    [PARAM_MESSAGE] = {"a string", "{\"type\":\"string\"}", read_text},
    [PARAM_CONFIG] = {"the text of a configuration, in TOML", "{\"type\":\"string\"}", read_text},
    [PARAM_NAME] = {"a name of 1 to 255 bytes (\"new.toml\")",
                    "{\"type\":\"string\",\"minLength\":1,\"maxLength\":255}", read_name},
    [PARAM_FLAG] = {"true or false", "{\"type\":\"boolean\"}", read_flag},
    [PARAM_UINT32] = {"a whole number from 0 to 4294967295",
                      "{\"type\":\"integer\",\"minimum\":0,\"maximum\":4294967295}", read_uint32},
    [PARAM_METRIC] = {"a whole number from 0 to 9223372036854775807",
                      "{\"type\":\"integer\",\"minimum\":0,\"maximum\":9223372036854775807}",
                      read_metric},
    [PARAM_COUNT] = {"a whole number from 1 to 4294967295",
                     "{\"type\":\"integer\",\"minimum\":1,\"maximum\":4294967295}", read_count},
    [PARAM_PEERS] = {"an IP address (\"192.0.2.1\", \"fe80::1%eth0\"), a network "
                     "(\"192.0.2.0/24\"), a list of these, or \"all\"",
                     "{\"type\":[\"string\",\"array\"],\"items\":{\"type\":\"string\"}}",
                     read_peers},
    [PARAM_PEER] = {"an IP address (\"192.0.2.1\", \"fe80::1%eth0\") or network (\"192.0.2.0/24\")",
                    "{\"type\":\"string\"}", read_peer},
    [PARAM_SOURCE] = {"an IP address (\"192.0.2.1\", \"fe80::1%eth0\"), a network "
                      "(\"192.0.2.0/24\"), \"API\" or \"Config\"",
                      "{\"type\":\"string\"}", read_source},
    [PARAM_PREFIX] = {"a prefix (\"10.0.0.0/8\", \"2001:db8::/32\") or an IP address",
                      "{\"type\":\"string\"}", read_prefix},
    [PARAM_PLACE] = {"a prefix (\"10.0.0.0/8\", \"2001:db8::/32\") or an IP address",
                     "{\"type\":\"string\"}", read_place},
    [PARAM_FAMILY] = {NULL, NULL, read_family},
    [PARAM_ROUTE_FAMILY] = {NULL, NULL, read_family},
    [PARAM_AFI] = {"1 (IPv4) or 2 (IPv6)", "{\"type\":\"integer\",\"enum\":[1,2]}", read_afi},
    [PARAM_AS] = {"an AS number from 1 to 4294967295 (65000, \"65000\" or \"1.10\")",
                  "{\"type\":[\"integer\",\"string\"]}", read_as},
    [PARAM_COMMUNITY] = {"a community (\"65000:99\", \"65000:1:2\", \"target:65000:1\", "
                         "\"no-export\", …)",
                         "{\"type\":[\"string\",\"integer\"]}", read_community},
    [PARAM_PATH_REGEX] = {"a regular expression on AS paths (\"^65001_\", \"_65010$\", "
                          "\"^65001( [0-9]+)?$\")",
                          "{\"type\":\"string\"}", read_text},
    [PARAM_ROUTE_LIST] = {NULL, NULL, read_route_list},
    [PARAM_COUNT_BY] = {NULL, NULL, read_count_by},
    [PARAM_KIND] = {NULL, NULL, read_kind},
    [PARAM_ROV] = {NULL, NULL, read_rov},
    [PARAM_ROUTE_PREFIX] = {"a prefix (\"10.0.0.0/8\", \"2001:db8::/32\") or an IP address",
                            "{\"type\":\"string\"}", read_text},
    [PARAM_RD] = {RD_EXPECTED, "{\"type\":\"string\"}", read_rd},
    [PARAM_ROUTE_RD] = {RD_EXPECTED, "{\"type\":\"string\"}", read_text},
    [PARAM_LABELS] = {"a label from 0 to 1048575, or a list of them with the top one first",
                      "{\"type\":[\"integer\",\"array\"],\"items\":{\"type\":\"integer\"}}",
                      read_labels},
    [PARAM_NEXT_HOP] = {"an IP address that a host can have (\"192.0.2.1\", \"2001:db8::1\")",
                        "{\"type\":\"string\"}", read_text},
    [PARAM_ORIGIN] = {"\"IGP\", \"EGP\" or \"Incomplete\"", "{\"type\":\"string\"}", read_text},
    [PARAM_AS_PATH] = {"AS numbers and sets of them, as a list or as one string (\"100 1.10 {300 "
                       "400}\")",
                       WORDS_SCHEMA, read_words},
    [PARAM_COMMUNITIES] = {"communities, as a list or as one string (\"65000:99 target:65000:1 "
                           "65000:1:2 no-export\")",
                           WORDS_SCHEMA, read_words},
    [PARAM_AGGREGATOR] = {"an AS number and a router ID (\"65000:192.0.2.1\")",
                          "{\"type\":[\"string\",\"object\"]}", read_aggregator},
    [PARAM_ROUTER_ID] = {"a router ID (\"192.0.2.1\")", "{\"type\":\"string\"}", read_text},
    [PARAM_CLUSTER_LIST] = {"cluster IDs, as a list or as one string (\"192.0.2.1 192.0.2.2\")",
                            WORDS_SCHEMA, read_words},
    [PARAM_ACTION] =
        {"an action (\"drop\", \"accept\", \"traffic-rate 24000\" or \"traffic-rate 10Mbit\", "
         "\"redirect 65000:1\", \"redirect 192.0.2.1\", \"traffic-action sample\", \"mark 46\", …)",
         "{\"type\":\"string\"}", read_text},
    [PARAM_CURSOR] = {"the `cursor` of an earlier answer to the same question",
                      "{\"type\":\"string\"}", read_text},
    [PARAM_RULES] = {"a list of at least one rule (\"destination 10.0.0.0/8\", \"protocol udp\", "
                     "\"destination-port 8000-8080\")",
                     "{\"type\":\"array\",\"minItems\":1,\"items\":{\"type\":\"string\"}}",
                     read_rules},
    [PARAM_POLICIES] = {"names of policies, as a list or as one string (\"bogons customer-in\")",
                        WORDS_SCHEMA, read_words},
    [PARAM_MARKS] = {"names of marks, as a list or as one string (\"blackhole via-ix\")",
                     WORDS_SCHEMA, read_words},
    [PARAM_AIM] = {"addresses and names of peers, networks and groups, as a list or as one string "
                   "(\"192.0.2.1 transit\")",
                   WORDS_SCHEMA, read_words},
    [PARAM_TAGS] = {"at most 16 words of at most 64 bytes, as a list or as one string (\"ddos "
                    "ticket-17\")",
                    WORDS_SCHEMA, read_tags},
    [PARAM_LABEL] = {"a text of 1 to 64 bytes without control characters",
                     "{\"type\":\"string\",\"minLength\":1,\"maxLength\":64}", read_label},
    [PARAM_TAG] = {"a word of 1 to 64 bytes",
                   "{\"type\":\"string\",\"minLength\":1,\"maxLength\":64}", read_tag},
    [PARAM_TTL] =
        {"seconds, or a number with a unit (600, \"90s\", \"10m\", \"12h\", \"7d\"), up to a "
         "year",
         "{\"type\":[\"integer\",\"string\"]}", read_ttl},
    [PARAM_ITEMS] = {"a list of objects, or of texts", "{\"type\":\"array\"}", read_items},
    [PARAM_POLICY_PEER] = {"the name or address of a peer", "{\"type\":\"string\"}", read_text},
};

/* The strings that are taken, one by one, and NULL after the last; NULL: it is not a choice. */
static const char *(*const choices[PARAM_TYPE_COUNT])(unsigned n) = {
    [PARAM_FAMILY] = nth_family,
    [PARAM_ROUTE_FAMILY] = nth_route_family,
    [PARAM_KIND] = nth_kind,
    [PARAM_ROV] = nth_rov,
    [PARAM_ROUTE_LIST] = nth_route_list,
    [PARAM_COUNT_BY] = route_count_by_name,
};

void param_put_expected(enum param_type type, struct strbuf *out)
{
    const struct param_type_info *info = &types[type];
    const char *choice;
    if (info->expected)
        strbuf_add(out, info->expected);
    for (unsigned i = 0; choices[type] && (choice = choices[type](i)) != NULL; i++)
        strbuf_printf(out, "%s\"%s\"", i > 0 ? ", " : "one of ", choice);
}

void param_put_schema(enum param_type type, struct strbuf *out)
{
    const struct param_type_info *info = &types[type];
    const char *choice;
    if (info->schema) {
        strbuf_add(out, info->schema);
        return;
    }
    struct jsonw w = jsonw_over(out);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "type", "string");
    jsonw_array(&w, "enum");
    for (unsigned i = 0; (choice = choices[type](i)) != NULL; i++)
        jsonw_text(&w, NULL, choice);
    jsonw_array_end(&w);
    jsonw_object_end(&w);
}

size_t params_count(const struct param *params)
{
    size_t count = 0;
    while (params[count].name)
        count++;
    return count;
}

size_t params_find(const struct param *params, const char *name)
{
    size_t i = 0;
    /* Most differ in their first letter. */
    while (params[i].name && (params[i].name[0] != name[0] || strcmp(params[i].name, name) != 0))
        i++;
    return i;
}

void params_error(struct jsonrpc_error *error, const char *name, const char *problem,
                  const char *expected)
{
    error->code = JSONRPC_INVALID_PARAMS;
    strbuf_clear(&error->message);
    strbuf_clear(&error->data);
    strbuf_printf(&error->message, "Invalid params: %s: %s", name, problem);
    struct jsonw w = jsonw_over(&error->data);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "param", name);
    jsonw_text(&w, "expected", expected);
    jsonw_object_end(&w);
}

/* The problem is that it is not what was expected; `lead` makes a sentence of that. */
static void unexpected(struct jsonrpc_error *error, const char *name, const char *lead,
                       const char *expected)
{
    struct strbuf problem = {0};
    strbuf_printf(&problem, "%s%s", lead, expected);
    params_error(error, name, strbuf_text(&problem), expected);
    strbuf_release(&problem);
}

/* The value of a parameter is not of its type, or was not given. */
static void unexpected_value(struct jsonrpc_error *error, const struct param *param, bool given)
{
    struct strbuf expected = {0};
    param_put_expected(param->type, &expected);
    unexpected(error, param->name, given ? "expected " : "missing; expected ",
               strbuf_text(&expected));
    strbuf_release(&expected);
}

/* `what` is followed by the names that there are. */
static void names_error(const struct param *params, const char *name, const char *what,
                        struct jsonrpc_error *error)
{
    struct strbuf expected = {0};
    strbuf_add(&expected, what);
    for (const struct param *p = params; p->name; p++)
        strbuf_printf(&expected, "%s%s", p == params ? ": " : ", ", p->name);
    unexpected(error, name, "expected ", strbuf_text(&expected));
    strbuf_release(&expected);
}

static int check_names(const struct param *params, const json_t *json, struct jsonrpc_error *error)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)json, name, value)
    {
        const struct param *p = &params[params_find(params, name)];
        if (p->name)
            continue;
        char shown[65];
        snprintf(shown, sizeof(shown), "%s", name);
        struct nearest nearest = nearest_to(name);
        for (p = params; p->name; p++)
            nearest_offer(&nearest, p->name);
        if (nearest.best)
            unexpected(error, shown, "unknown; did you mean ", nearest.best);
        else
            names_error(params, shown, params->name ? "one of the parameters" : "no parameters",
                        error);
        return ERR_INVALID;
    }
    return 0;
}

static int check_count(const struct param *params, const json_t *json, struct jsonrpc_error *error)
{
    size_t known = params_count(params);
    if (json_array_size(json) <= known)
        return 0;
    char name[32];
    snprintf(name, sizeof(name), "#%zu", known + 1);
    names_error(params, name, known ? "no more than the parameters" : "no parameters", error);
    return ERR_INVALID;
}

int params_bind_item(const struct param *params, const json_t *json,
                     const struct param_value *const *common, struct param_value *ret_values,
                     struct jsonrpc_error *error)
{
    size_t count = params_count(params);
    memset(ret_values, 0, count * sizeof(*ret_values));
    int err =
        json_is_array(json) ? check_count(params, json, error) : check_names(params, json, error);
    for (size_t i = 0; i < count && !err; i++) {
        const json_t *value =
            json_is_array(json) ? json_array_get(json, i) : json_object_get(json, params[i].name);
        const struct param_type_info *type = &types[params[i].type];
        ret_values[i].given = value && !json_is_null(value);
        if (ret_values[i].given)
            err = type->read(value, &ret_values[i]);
        else if (common && common[i])
            ret_values[i] = *common[i];
        ret_values[i].borrowed = !value || json_is_null(value);
        if (!ret_values[i].given && params[i].required)
            err = ERR_INVALID;
        if (err)
            unexpected_value(error, &params[i], ret_values[i].given);
    }
    return err ? ERR_INVALID : 0;
}

int params_bind(const struct param *params, const json_t *json, struct param_value *ret_values,
                struct jsonrpc_error *error)
{
    return params_bind_item(params, json, NULL, ret_values, error);
}

void params_release(const struct param *params, struct param_value *values)
{
    for (size_t i = 0; params[i].name; i++) {
        if (values[i].borrowed)
            continue;
        for (size_t k = 0; k < values[i].list.count; k++)
            free(values[i].list.items[k]);
        free(values[i].list.items);
        values[i].list = (struct param_list){0};
        free(values[i].peers.items);
        values[i].peers = (struct param_peers){0};
        free(values[i].numbers.items);
        values[i].numbers = (struct param_numbers){0};
    }
}
