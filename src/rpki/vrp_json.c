/* Reading what validators export, event by event: as a whole it would take some hundred megabytes.
 *
 * Depths: 1 within the document, 2 within one of its lists, 3 within an entry, 4 within the list of
 * an entry's providers. What lies deeper, or elsewhere, is passed over. */
#include "rpki/vrp_json.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/prefix.h"
#include "rpki/json_events.h"

enum { PROVIDERS_MAX = 16384 };
enum { DOCUMENT = 1, LIST, ENTRY, PROVIDERS };

enum list { NO_LIST, ROAS, ASPAS };

enum member {
    OTHER_MEMBER,
    PREFIX,
    MAX_LENGTH,
    AS,
    EXPIRES,
    CUSTOMER_AS,
    CUSTOMER,
    PROVIDER_LIST,
    MEMBERS,
};

static const char *const member_names[MEMBERS] = {
    [PREFIX] = "prefix",           [MAX_LENGTH] = "maxLength",      [AS] = "asn",
    [EXPIRES] = "expires",         [CUSTOMER_AS] = "customer_asid", [CUSTOMER] = "customer",
    [PROVIDER_LIST] = "providers",
};

/* A member that should be a number. */
struct number {
    enum { MISSING, WRONG, GOOD } state;
    int64_t value;
};

/* An entry while it is read, of either list. */
struct entry {
    struct json_place place;
    bool has_prefix;
    struct prefix prefix;
    struct number numbers[MEMBERS];
    bool has_provider_list;
    bool has_wrong_provider;
};

/* The document while it is read. */
struct reading {
    size_t (*more)(void *ctx, char *buf, size_t size);
    void *more_ctx;
    struct vrp_json *result;
    int64_t now_s;
    struct json_events *events;
    unsigned depth;
    enum list list;     /* that the next array at the top is, or that is being read */
    enum member member; /* of the entry, that comes next or is being read */
    bool has_list;
    struct entry entry;
    uint32_t *providers; /* owned; of the entry */
    size_t provider_count;
    size_t provider_size;
};

/* --- telling what is wrong --- */

static bool refuse(struct reading *r, struct json_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static bool refuse(struct reading *r, struct json_place place, const char *format, ...)
{
    struct strbuf *problem = &r->result->problem;
    va_list args;
    strbuf_printf(problem, "%" PRIu64 ":%" PRIu64 ": ", place.line, place.column);
    va_start(args, format);
    strbuf_vprintf(problem, format, args);
    va_end(args);
    return false;
}

/* RapidJSON's texts are sentences. */
static void refuse_syntax(struct reading *r, struct json_place place, const char *wrong)
{
    size_t len = strlen(wrong);
    if (wrong[len - 1] == '.')
        len--;
    refuse(r, place, "this is not JSON: %c%.*s", tolower((unsigned char)wrong[0]), (int)len - 1,
           wrong + 1);
}

/* --- values --- */

/* An AS number: 64500, "64500" or "AS64500". */
static struct number read_as(const struct json_event *e)
{
    struct number as = {.state = WRONG};
    if (e->type == JSON_EVENT_INTEGER) {
        as.value = e->integer;
    } else if (e->type == JSON_EVENT_STRING) {
        const char *text = e->text;
        if ((text[0] == 'A' || text[0] == 'a') && (text[1] == 'S' || text[1] == 's'))
            text += 2;
        size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > 10 || text + digits != e->text + e->len_bytes)
            return as;
        as.value = strtoll(text, NULL, 10);
    } else {
        return as;
    }
    as.state = as.value >= 0 && as.value <= UINT32_MAX ? GOOD : WRONG;
    return as;
}

static struct number read_integer(const struct json_event *e)
{
    return (struct number){.state = e->type == JSON_EVENT_INTEGER ? GOOD : WRONG,
                           .value = e->integer};
}

static void take_prefix(struct entry *entry, const struct json_event *e)
{
    bool is_text = e->type == JSON_EVENT_STRING && strlen(e->text) == e->len_bytes;
    entry->has_prefix = is_text && prefix_parse(e->text, &entry->prefix) == 0;
}

static void take_provider(struct reading *r, const struct json_event *e)
{
    struct number as = read_as(e);
    if (as.state != GOOD || r->provider_count == PROVIDERS_MAX) {
        r->entry.has_wrong_provider = true;
        return;
    }
    if (r->provider_count == r->provider_size) {
        r->provider_size = r->provider_size ? 2 * r->provider_size : 16;
        r->providers = mem_resize(r->providers, r->provider_size, sizeof(*r->providers));
    }
    r->providers[r->provider_count++] = (uint32_t)as.value;
}

/* A member that is neither a list nor an object. */
static void take_member(struct reading *r, const struct json_event *e)
{
    struct entry *entry = &r->entry;
    switch (r->member) {
    case PREFIX:
        take_prefix(entry, e);
        break;
    case MAX_LENGTH:
    case EXPIRES:
        entry->numbers[r->member] = read_integer(e);
        break;
    case AS:
    case CUSTOMER_AS:
    case CUSTOMER:
        entry->numbers[r->member] = read_as(e);
        break;
    default:
        break;
    }
}

/* --- entries --- */

/* Whether the entry has expired. What has no such member does not. */
static bool is_expired(struct reading *r)
{
    const struct number *expires = &r->entry.numbers[EXPIRES];
    if (expires->state != GOOD)
        return false;
    if (expires->value <= r->now_s) {
        r->result->expired++;
        return true;
    }
    if (expires->value < r->result->next_expiry_s)
        r->result->next_expiry_s = expires->value;
    return false;
}

static bool finish_roa(struct reading *r)
{
    const struct entry *e = &r->entry;
    const struct number *max = &e->numbers[MAX_LENGTH];
    char text[PREFIX_TEXT_MAX];
    if (!e->has_prefix)
        return refuse(r, e->place, "prefix is not one (expected \"192.0.2.0/24\")");
    if (e->numbers[AS].state != GOOD)
        return refuse(r, e->place, "asn is not an AS number (expected 64500 or \"AS64500\")");
    struct vrp vrp = {.prefix = e->prefix,
                      .as = (uint32_t)e->numbers[AS].value,
                      .max_length = e->prefix.len_bits};
    if (max->state == WRONG ||
        (max->state == GOOD &&
         (max->value < e->prefix.len_bits || max->value > prefix_max_bits(e->prefix.version))))
        return refuse(r, e->place, "maxLength of %s must be a number from %u to %u",
                      prefix_format(&e->prefix, text), e->prefix.len_bits,
                      prefix_max_bits(e->prefix.version));
    if (max->state == GOOD)
        vrp.max_length = (uint8_t)max->value;
    if (!is_expired(r))
        rpki_entries_add_vrp(r->result->entries, &vrp);
    return true;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The providers of the entry in ascending order, each once. Owned by the caller. */
static uint32_t *copy_providers(const struct reading *r, size_t *ret_count)
{
    size_t kept = 0;
    qsort(r->providers, r->provider_count, sizeof(*r->providers), compare_numbers);
    uint32_t *copy = mem_resize(NULL, r->provider_count, sizeof(*copy));
    for (size_t i = 0; i < r->provider_count; i++)
        if (kept == 0 || copy[kept - 1] != r->providers[i])
            copy[kept++] = r->providers[i];
    *ret_count = kept;
    return copy;
}

static bool finish_aspa(struct reading *r)
{
    const struct entry *e = &r->entry;
    const struct number *customer = &e->numbers[CUSTOMER_AS];
    struct aspa aspa = {0};
    size_t count;
    if (customer->state == MISSING)
        customer = &e->numbers[CUSTOMER];
    if (customer->state != GOOD)
        return refuse(r, e->place,
                      "customer_asid is not an AS number (expected 64500, or customer: "
                      "\"AS64500\")");
    if (!e->has_provider_list || e->has_wrong_provider || r->provider_count == 0)
        return refuse(r, e->place, "providers is not a list of 1 to %d AS numbers", PROVIDERS_MAX);
    if (is_expired(r))
        return true;
    aspa.customer = (uint32_t)customer->value;
    aspa.providers = copy_providers(r, &count);
    aspa.count = count;
    rpki_entries_add_aspa(r->result->entries, &aspa);
    return true;
}

static bool finish_entry(struct reading *r)
{
    const struct rpki_entries *entries = r->result->entries;
    if (!(r->list == ROAS ? finish_roa(r) : finish_aspa(r)))
        return false;
    if (entries->vrp_count + entries->aspa_count <= VRP_JSON_RECORDS_MAX)
        return true;
    return refuse(r, r->entry.place, "there are more than %d entries", VRP_JSON_RECORDS_MAX);
}

/* --- the document --- */

static bool is_text(const struct json_event *e, const char *text)
{
    return e->text[0] == text[0] && strcmp(e->text, text) == 0 && strlen(text) == e->len_bytes;
}

static enum member find_member(const struct json_event *key)
{
    for (enum member m = OTHER_MEMBER + 1; m < MEMBERS; m++)
        if (is_text(key, member_names[m]))
            return m;
    return OTHER_MEMBER;
}

static bool is_in_list(const struct reading *r)
{
    return r->list != NO_LIST && r->depth >= LIST;
}

static bool is_in_providers(const struct reading *r)
{
    return is_in_list(r) && r->depth == PROVIDERS && r->member == PROVIDER_LIST &&
           r->entry.has_provider_list;
}

static void take_key(struct reading *r, const struct json_event *e)
{
    if (r->depth == DOCUMENT)
        r->list = is_text(e, "roas") ? ROAS : is_text(e, "aspas") ? ASPAS : NO_LIST;
    else if (is_in_list(r) && r->depth == ENTRY)
        r->member = find_member(e);
}

static void begin_entry(struct reading *r)
{
    r->entry = (struct entry){.place = json_events_place(r->events)};
    r->provider_count = 0;
    r->member = OTHER_MEMBER;
}

/* Whether an entry, or the document itself, has to come. */
static bool wants_object(const struct reading *r)
{
    return r->depth == 0 || (is_in_list(r) && r->depth == LIST);
}

/* An array or object begins within an entry. */
static void open_in_entry(struct reading *r, bool is_array)
{
    if (r->depth == ENTRY && r->member == PROVIDER_LIST) {
        r->entry.has_provider_list = is_array;
        r->provider_count = 0;
    } else if (is_in_providers(r)) {
        r->entry.has_wrong_provider = true;
    }
}

static bool open(struct reading *r, bool is_array)
{
    if (wants_object(r) && is_array)
        return refuse(r, json_events_place(r->events), "this is not an object");
    if (r->depth == DOCUMENT) {
        r->list = is_array ? r->list : NO_LIST; /* an object of that name is not what is meant */
        r->has_list = r->has_list || r->list != NO_LIST;
    } else if (is_in_list(r) && r->depth == LIST) {
        begin_entry(r);
    } else if (is_in_list(r)) {
        open_in_entry(r, is_array);
    }
    r->depth++;
    return true;
}

static bool close(struct reading *r)
{
    r->depth--;
    return !is_in_list(r) || r->depth != LIST || finish_entry(r);
}

static bool take_value(struct reading *r, const struct json_event *e)
{
    if (wants_object(r))
        return refuse(r, json_events_place(r->events), "this is not an object");
    if (is_in_providers(r))
        take_provider(r, e);
    else if (is_in_list(r) && r->depth == ENTRY)
        take_member(r, e);
    return true;
}

static bool take_event(void *ctx, struct json_events *events, const struct json_event *e)
{
    struct reading *r = ctx;
    r->events = events;
    switch (e->type) {
    case JSON_EVENT_KEY:
        take_key(r, e);
        return true;
    case JSON_EVENT_OBJECT:
    case JSON_EVENT_ARRAY:
        return open(r, e->type == JSON_EVENT_ARRAY);
    case JSON_EVENT_OBJECT_END:
    case JSON_EVENT_ARRAY_END:
        return close(r);
    default:
        return take_value(r, e);
    }
}

static size_t more_text(void *ctx, char *buf, size_t size)
{
    const struct reading *r = ctx;
    return r->more(r->more_ctx, buf, size);
}

struct vrp_json vrp_json_read(size_t (*more)(void *ctx, char *buf, size_t size), void *ctx,
                              int64_t now_s)
{
    struct vrp_json result = {.entries = rpki_entries_new(), .next_expiry_s = INT64_MAX};
    struct reading r = {.result = &result, .now_s = now_s, .more = more, .more_ctx = ctx};
    const struct json_events_user user = {.more = more_text, .take = take_event, .ctx = &r};
    struct json_place place;
    const char *wrong = json_events_read(&user, &place);
    if (wrong)
        refuse_syntax(&r, place, wrong);
    else if (result.problem.len_bytes == 0 && !r.has_list)
        refuse(&r, (struct json_place){1, 1},
               "there is neither a list \"roas\" nor a list \"aspas\"");
    if (result.problem.len_bytes == 0) {
        rpki_entries_settle(result.entries);
    } else {
        rpki_entries_unref(result.entries);
        result.entries = NULL;
    }
    free(r.providers);
    return result;
}

void vrp_json_release(struct vrp_json *j)
{
    rpki_entries_unref(j->entries);
    strbuf_release(&j->problem);
}
