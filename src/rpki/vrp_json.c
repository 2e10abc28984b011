/* Reading what validators export. The document is cut into the entries of its lists, and each of
 * them is parsed by itself: as a whole it would take some hundred megabytes. */
#include "rpki/vrp_json.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/prefix.h"

enum { PROVIDERS_MAX = 16384 };

/* --- telling what is wrong --- */

/* At the item that is being read, `lines` and `columns` further on. */
static int refuse(struct vrp_json *j, const char *text, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int refuse(struct vrp_json *j, const char *text, const char *format, ...)
{
    uint32_t line = j->split.item_line;
    uint32_t column = j->split.item_column;
    va_list args;
    for (; text && *text != '\0' && strchr(" \t\r\n", *text); text++) {
        column = *text == '\n' ? 1 : column + 1;
        line += *text == '\n';
    }
    strbuf_printf(&j->problem, "%" PRIu32 ":%" PRIu32 ": ", line, column);
    va_start(args, format);
    strbuf_vprintf(&j->problem, format, args);
    va_end(args);
    return ERR_INVALID;
}

/* What jansson says, without what it quotes: a file that was named by mistake may hold a secret,
 * and everybody may see the problem. */
static int said_bytes(const json_error_t *error)
{
    const char *quoted = strstr(error->text, " near ");
    return (int)(quoted ? quoted - error->text : (ptrdiff_t)strlen(error->text));
}

static int refuse_syntax(struct vrp_json *j, const json_error_t *error)
{
    uint32_t line = j->split.item_line + (error->line > 0 ? (uint32_t)error->line - 1 : 0);
    uint32_t before = error->line <= 1 ? j->split.item_column - 1 : 0;
    strbuf_printf(&j->problem, "%" PRIu32 ":%" PRIu32 ": this is not JSON: %.*s", line,
                  before + (error->column > 0 ? (uint32_t)error->column : 1), said_bytes(error),
                  error->text);
    return ERR_INVALID;
}

/* --- values --- */

/* An AS number: 64500, "64500" or "AS64500". */
static bool read_as(const json_t *value, uint32_t *ret_as)
{
    if (json_is_integer(value)) {
        json_int_t number = json_integer_value(value);
        *ret_as = (uint32_t)number;
        return number >= 0 && number <= UINT32_MAX;
    }
    const char *text = json_string_value(value);
    if (!text)
        return false;
    if ((text[0] == 'A' || text[0] == 'a') && (text[1] == 'S' || text[1] == 's'))
        text += 2;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 10 || text[digits] != '\0')
        return false;
    unsigned long long number = strtoull(text, NULL, 10);
    *ret_as = (uint32_t)number;
    return number <= UINT32_MAX;
}

/* Whether an entry has expired. What has no such member does not. */
static bool is_expired(struct vrp_json *j, const json_t *item)
{
    const json_t *expires = json_object_get(item, "expires");
    if (!json_is_integer(expires))
        return false;
    int64_t at_s = json_integer_value(expires);
    if (at_s <= j->now_s) {
        j->expired++;
        return true;
    }
    if (at_s < j->next_expiry_s)
        j->next_expiry_s = at_s;
    return false;
}

static int take_roa(struct vrp_json *j, const json_t *item, const char *text)
{
    const char *prefix = json_string_value(json_object_get(item, "prefix"));
    const json_t *max = json_object_get(item, "maxLength");
    struct vrp vrp = {0};
    if (!prefix || prefix_parse(prefix, &vrp.prefix) != 0)
        return refuse(j, text, "prefix is not one (expected \"192.0.2.0/24\")");
    if (!read_as(json_object_get(item, "asn"), &vrp.as))
        return refuse(j, text, "asn is not an AS number (expected 64500 or \"AS64500\")");
    json_int_t longest = max ? json_integer_value(max) : vrp.prefix.len_bits;
    if ((max && !json_is_integer(max)) || longest < vrp.prefix.len_bits ||
        longest > prefix_max_bits(vrp.prefix.version))
        return refuse(j, text, "maxLength of %.60s must be a number from %u to %u", prefix,
                      vrp.prefix.len_bits, prefix_max_bits(vrp.prefix.version));
    vrp.max_length = (uint8_t)longest;
    if (!is_expired(j, item))
        rpki_entries_add_vrp(j->entries, &vrp);
    return 0;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The providers in ascending order, each once; NULL: they are none. */
static uint32_t *read_providers(const json_t *list, size_t *ret_count)
{
    size_t count = json_array_size(list);
    size_t kept = 0;
    if (count == 0 || count > PROVIDERS_MAX)
        return NULL;
    uint32_t *providers = mem_resize(NULL, count, sizeof(*providers));
    for (size_t i = 0; i < count; i++) {
        if (!read_as(json_array_get(list, i), &providers[i])) {
            free(providers);
            return NULL;
        }
    }
    qsort(providers, count, sizeof(*providers), compare_numbers);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || providers[kept - 1] != providers[i])
            providers[kept++] = providers[i];
    *ret_count = kept;
    return providers;
}

static int take_aspa(struct vrp_json *j, const json_t *item, const char *text)
{
    const json_t *customer = json_object_get(item, "customer_asid");
    const json_t *list = json_object_get(item, "providers");
    struct aspa aspa = {0};
    size_t count = 0;
    if (!read_as(customer ? customer : json_object_get(item, "customer"), &aspa.customer))
        return refuse(j, text,
                      "customer_asid is not an AS number (expected 64500, or customer: "
                      "\"AS64500\")");
    aspa.providers = read_providers(list, &count);
    if (!aspa.providers)
        return refuse(j, text, "providers is not a list of 1 to %d AS numbers", PROVIDERS_MAX);
    aspa.count = count;
    if (is_expired(j, item))
        free(aspa.providers);
    else
        rpki_entries_add_aspa(j->entries, &aspa);
    return 0;
}

/* --- the document --- */

static int take_item(void *ctx, const char *text, size_t len_bytes)
{
    struct vrp_json *j = ctx;
    json_error_t error;
    json_t *item = json_loadb(text, len_bytes, JSON_DECODE_ANY, &error);
    int err;
    if (!item)
        return refuse_syntax(j, &error);
    if (!json_is_object(item))
        err = refuse(j, text, "this is not an object");
    else if (strcmp(j->split.keys[0], "roas") == 0)
        err = take_roa(j, item, text);
    else
        err = take_aspa(j, item, text);
    json_decref(item);
    if (!err && j->entries->vrp_count + j->entries->aspa_count > VRP_JSON_RECORDS_MAX)
        err = refuse(j, text, "there are more than %d entries", VRP_JSON_RECORDS_MAX);
    return err;
}

void vrp_json_begin(struct vrp_json *j, int64_t now_s)
{
    static const char *const lists[] = {"roas", "aspas", NULL};
    *j = (struct vrp_json){
        .entries = rpki_entries_new(), .now_s = now_s, .next_expiry_s = INT64_MAX};
    json_split_init(&j->split, lists, take_item, j);
}

int vrp_json_feed(struct vrp_json *j, const char *text, size_t len_bytes)
{
    int err = json_split_feed(&j->split, text, len_bytes);
    if (err && j->problem.len_bytes == 0)
        strbuf_printf(&j->problem, "%" PRIu32 ":1: %s", j->split.line,
                      err == ERR_FULL ? "an entry, or what is beside the lists, is too long"
                                      : "this is not JSON: a bracket or a comma stands alone");
    return err;
}

/* What stands beside the entries, with lists that are empty now. */
static bool check_rest(struct vrp_json *j)
{
    json_error_t error;
    json_t *rest = json_loadb(strbuf_text(&j->split.rest), j->split.rest.len_bytes, 0, &error);
    if (!rest) {
        strbuf_printf(&j->problem, "%" PRIu32 ":1: this is not JSON: %.*s", j->split.line,
                      said_bytes(&error), error.text);
        return false;
    }
    bool has_list = json_is_array(json_object_get(rest, "roas")) ||
                    json_is_array(json_object_get(rest, "aspas"));
    json_decref(rest);
    if (!has_list)
        strbuf_add(&j->problem, "1:1: there is neither a list \"roas\" nor a list \"aspas\"");
    return has_list;
}

struct rpki_entries *vrp_json_finish(struct vrp_json *j)
{
    if (j->problem.len_bytes > 0 || !check_rest(j))
        return NULL;
    rpki_entries_settle(j->entries);
    return rpki_entries_ref(j->entries);
}

void vrp_json_release(struct vrp_json *j)
{
    json_split_release(&j->split);
    rpki_entries_unref(j->entries);
    strbuf_release(&j->problem);
}
