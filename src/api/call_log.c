/* What the log says of clients of the API.
 *
 * Parameters are shown as the client wrote them, also where they could not be understood; but
 * communities, which can be written in several ways, as they are shown everywhere. All are bounded,
 * and the log makes them printable. Configurations may hold secrets: of them it has the size alone.
 */
#include "api/call_log.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/time.h"
#include "wire/community.h"

enum {
    DONE_MAX_BYTES = 1000,
    FAILED_MAX_BYTES = 300,
    REASON_MAX_BYTES = 300,
};

struct log_sources call_log_sources(void)
{
    return (struct log_sources){.lead = "API: ", .local = "unix", .strangers = "API: others"};
}

/* --- parameters --- */

/* A value as it is; what is neither text nor a number, as JSON. */
static void put_scalar(struct strbuf *out, const json_t *value)
{
    if (json_is_string(value)) {
        strbuf_add(out, json_string_value(value));
    } else {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        strbuf_add(out, text ? text : "?");
        free(text);
    }
}

static void put_list(struct strbuf *out, const json_t *list, const char *separator,
                     size_t max_bytes)
{
    for (size_t i = 0; i < json_array_size(list) && out->len_bytes <= max_bytes; i++) {
        strbuf_add(out, i > 0 ? separator : "");
        put_scalar(out, json_array_get(list, i));
    }
}

/* Communities with blanks between them, each in its one spelling. */
static void put_communities(struct strbuf *out, const char *text, size_t max_bytes)
{
    struct strbuf word = {0};
    for (const char *separator = ""; *(text += strspn(text, " ")) && out->len_bytes <= max_bytes;
         separator = " ") {
        struct community c;
        size_t len = strcspn(text, " ");
        strbuf_clear(&word);
        strbuf_add_bytes(&word, text, len);
        strbuf_add(out, separator);
        if (community_parse(strbuf_text(&word), &c) == 0)
            community_format(&c, out);
        else
            strbuf_add(out, strbuf_text(&word));
        text += len;
    }
    strbuf_release(&word);
}

static void put_as_written(struct strbuf *out, const struct param *param, const json_t *value,
                           size_t max_bytes)
{
    json_int_t afi = param->type == PARAM_AFI ? json_integer_value(value) : 0;
    if (param->type == PARAM_CONFIG)
        strbuf_printf(out, "with a configuration of %zu bytes", json_string_length(value));
    else if (param->type == PARAM_ITEMS)
        strbuf_printf(out, "%" JSON_INTEGER_FORMAT " %s",
                      json_is_array(value) ? (json_int_t)json_array_size(value)
                                           : json_integer_value(value),
                      param->name);
    else if (json_is_array(value))
        put_list(out, value, param->type == PARAM_RULES ? "; " : " ", max_bytes);
    else if (afi == 1 || afi == 2)
        strbuf_add(out, afi == 1 ? "ipv4" : "ipv6");
    else if (param->type == PARAM_MESSAGE && json_is_string(value))
        strbuf_printf(out, "\"%s\"", json_string_value(value));
    else
        put_scalar(out, value);
}

static void put_value(struct strbuf *out, const struct param *param, const json_t *value,
                      size_t max_bytes)
{
    struct strbuf written = {0};
    put_as_written(&written, param, value, max_bytes);
    if (param->type == PARAM_COMMUNITIES)
        put_communities(out, strbuf_text(&written), max_bytes);
    else
        strbuf_add(out, strbuf_text(&written));
    strbuf_release(&written);
}

/* "next hop": the name in front of a value, where that does not speak for itself. */
static void put_label(struct strbuf *out, const struct param *param)
{
    for (const char *c = param->name; *c != '\0'; c++)
        strbuf_add_char(out, *c == '_' ? ' ' : *c);
}

static bool speaks_for_itself(enum param_type type)
{
    return type == PARAM_PEER || type == PARAM_PEERS || type == PARAM_PREFIX ||
           type == PARAM_FAMILY || type == PARAM_ROUTE_FAMILY || type == PARAM_AFI ||
           type == PARAM_RULES || type == PARAM_CONFIG || type == PARAM_ITEMS;
}

/* Cuts `out` at `len_bytes`, between characters. */
static void cut(struct strbuf *out, size_t len_bytes)
{
    if (out->len_bytes <= len_bytes)
        return;
    while (len_bytes > 0 && ((unsigned char)out->data[len_bytes] & 0xc0) == 0x80)
        len_bytes--;
    out->len_bytes = len_bytes;
    strbuf_add(out, "…");
}

static const json_t *value_of(const struct param *params, size_t i, const json_t *json)
{
    return json_is_array(json) ? json_array_get(json, i) : json_object_get(json, params[i].name);
}

/* Appends the parameters of a call as they came, for people: "192.0.2.0/24 next hop 10.0.0.1,
 * communities 65000:1", a space in front. What is longer than `max_bytes` is cut. */
static void describe(const struct param *params, const json_t *json, size_t max_bytes,
                     struct strbuf *out)
{
    size_t shown = 0;
    max_bytes += out->len_bytes;
    for (size_t i = 0; params[i].name && out->len_bytes <= max_bytes; i++) {
        const struct param *param = &params[i];
        const json_t *value = value_of(params, i, json);
        if (!value || json_is_null(value))
            continue;
        bool labelled = i > 0 && !speaks_for_itself(param->type);
        strbuf_add(out, shown++ > 0 && !(param->required && labelled) ? ", " : " ");
        if (labelled)
            put_label(out, param);
        if (labelled && param->type == PARAM_FLAG && json_is_true(value))
            continue; /* the label says it */
        strbuf_add(out, labelled ? " " : "");
        put_value(out, param, value, max_bytes);
    }
    cut(out, max_bytes);
}

void call_log_describe(const struct param *params, const json_t *json, struct strbuf *out)
{
    struct strbuf text = {0};
    describe(params, json, DONE_MAX_BYTES, &text);
    strbuf_add(out, text.len_bytes > 0 ? strbuf_text(&text) + 1 : "");
    strbuf_release(&text);
}

void call_log_reason(const struct jsonrpc_error *error, struct strbuf *out)
{
    size_t before = out->len_bytes;
    strbuf_add(out, strbuf_text(&error->message));
    cut(out, before + REASON_MAX_BYTES);
}

/* --- lines --- */

/* Which peer a call is about, as a hash; 0 for one that is about none. */
static uint64_t peer_of(const struct param *params, const json_t *json)
{
    const json_t *value = params[0].name ? value_of(params, 0, json) : NULL;
    if (params[0].type != PARAM_PEERS || !json_is_string(value))
        return 0;
    return hash_bytes(json_string_value(value), json_string_length(value));
}

void call_log_change(struct log_sources *sources, const struct caller *caller, const char *name,
                     const struct param *params, const json_t *json,
                     const struct jsonrpc_error *error)
{
    /* Those who may not change anything can be any number: all that they try has one budget. Peers
     * that something was done to are those that exist, so that each can have its own. */
    uint64_t peer = error->code ? 0 : peer_of(params, json);
    struct log_source source = {.addr = caller->place.addr,
                                .what = caller->stranger ? NULL : name,
                                .about = peer ^ place_user_hash(&caller->place),
                                .stranger = caller->stranger};
    enum log_level level = error->code ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO;
    uint32_t left_out;
    if (!log_sources_allow(sources, &source, time_mono_ms(), level, &left_out))
        return;
    char more[LOG_LIMIT_TEXT_MAX];
    struct strbuf who = {0};
    struct strbuf text = {0};
    caller_put_name(caller, &who);
    describe(params, json, error->code ? FAILED_MAX_BYTES : DONE_MAX_BYTES, &text);
    if (error->code) {
        strbuf_add(&text, ": ");
        call_log_reason(error, &text);
    }
    log_line(level, "API: %s: %s%s%s", strbuf_text(&who), name, strbuf_text(&text),
             log_limit_text(left_out, more));
    strbuf_release(&who);
    strbuf_release(&text);
}

void call_log_refusal(struct log_sources *sources, const struct client_place *client, bool known,
                      const char *what, const char *why, ...)
{
    struct log_source source = {
        .addr = client->addr, .what = what, .about = place_user_hash(client), .stranger = !known};
    uint32_t left_out;
    if (!log_sources_allow(sources, &source, time_mono_ms(), LOG_LEVEL_WARNING, &left_out))
        return;
    char place[PLACE_TEXT_MAX];
    char more[LOG_LIMIT_TEXT_MAX];
    struct strbuf text = {0};
    va_list args;
    va_start(args, why);
    strbuf_vprintf(&text, why, args);
    va_end(args);
    log_warning("API: %s: %s %s%s", place_format(client, place), what, strbuf_text(&text),
                log_limit_text(left_out, more));
    strbuf_release(&text);
}
