/* What clients have changed, or were refused.
 *
 * A batch may have thousands of calls, and most are never asked about: a short one is kept as it
 * came, and read when somebody asks. One that is long, or that may hold secrets, is described at
 * once, by no more than the log tells of it. So an entry is bounded, and so are all of them. */
#include "api/audit.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/call_log.h"
#include "base/mem.h"

enum {
    CALL_MAX_BYTES = 512, /* that are kept as they came */
    /* Of the ring of strangers, in parts of the other one. */
    STRANGERS_PART = 10,
};

static void release_entry(struct audit_entry *entry)
{
    free(entry->token);
    free(entry->owner);
    free(entry->text);
    free(entry->error);
    *entry = (struct audit_entry){0};
}

static void release_ring(struct audit_ring *ring)
{
    for (size_t i = 0; i < ring->count; i++)
        release_entry(&ring->entries[i]);
    free(ring->entries);
    *ring = (struct audit_ring){0};
}

void audit_release(struct audit *audit)
{
    release_ring(&audit->known);
    release_ring(&audit->strangers);
    release_ring(&audit->leases);
}

/* The i-th of them, the oldest first. */
static struct audit_entry *entry_at(const struct audit_ring *ring, size_t i)
{
    size_t first = ring->count < ring->size ? 0 : ring->next;
    return &ring->entries[(first + i) % ring->size];
}

/* Has the ring room for so many, of which the latest stay. */
static void resize(struct audit_ring *ring, size_t size)
{
    if (ring->size == size)
        return;
    struct audit_ring old = *ring;
    size_t kept = old.count < size ? old.count : size;
    *ring = (struct audit_ring){.entries = mem_zalloc(size * sizeof(*ring->entries)),
                                .size = size,
                                .count = kept,
                                .next = kept % size};
    for (size_t i = 0; i < kept; i++) {
        struct audit_entry *from = entry_at(&old, old.count - kept + i);
        ring->entries[i] = *from;
        *from = (struct audit_entry){0};
    }
    release_ring(&old);
}

/* Whether what a stranger is refused is what they were refused the last time. */
static bool is_repeat(const struct audit_entry *last, const struct audit_entry *entry)
{
    return strcmp(last->method, entry->method) == 0 && last->error && entry->error &&
           strcmp(last->error, entry->error) == 0 &&
           ip_equal(&last->place.addr, &entry->place.addr) &&
           strcmp(last->place.user, entry->place.user) == 0;
}

static void put(struct audit_ring *ring, struct audit_entry *entry, bool counts_repeats)
{
    struct audit_entry *last = ring->count > 0 ? entry_at(ring, ring->count - 1) : NULL;
    if (counts_repeats && last && is_repeat(last, entry)) {
        last->repeats++;
        release_entry(entry);
        return;
    }
    release_entry(&ring->entries[ring->next]);
    ring->entries[ring->next] = *entry;
    ring->next = (ring->next + 1) % ring->size;
    ring->count += ring->count < ring->size;
}

static bool may_hold_secrets(const struct param *params)
{
    bool found = false;
    for (size_t i = 0; params[i].name; i++)
        found |= params[i].type == PARAM_CONFIG;
    return found;
}

static char *copy(const char *text, size_t len_bytes)
{
    char *to = mem_alloc(len_bytes + 1);
    memcpy(to, text, len_bytes);
    to[len_bytes] = '\0';
    return to;
}

static void note_call(struct audit_entry *entry, const struct jsonrpc_call *call)
{
    struct strbuf what = {0};
    entry->is_call =
        call->len_bytes <= CALL_MAX_BYTES && !call->items && !may_hold_secrets(entry->params);
    if (entry->is_call) {
        entry->text = copy(call->text, call->len_bytes);
        return;
    }
    call_log_describe(entry->params, call->params, &what);
    entry->text = mem_strdup(strbuf_text(&what));
    strbuf_release(&what);
}

void audit_add(struct audit *audit, size_t size, const struct audit_event *event)
{
    const struct caller *caller = event->caller;
    if (size == 0) {
        audit_release(audit);
        return;
    }
    struct audit_ring *ring = caller->stranger ? &audit->strangers : &audit->known;
    struct audit_entry entry = {.number = ++audit->last_number,
                                .at_unix_s = (int64_t)time(NULL),
                                .method = event->method,
                                .params = event->params,
                                .place = caller->place};
    resize(ring, caller->stranger ? size / STRANGERS_PART + 1 : size);
    if (caller->token)
        entry.token = mem_strdup(caller->token->name);
    if (event->error->code) {
        struct strbuf why = {0};
        call_log_reason(event->error, &why);
        entry.error = strbuf_take(&why);
    }
    note_call(&entry, event->call);
    put(ring, &entry, caller->stranger);
}

/* What a deed is called: as the method is that does the same. */
static const struct {
    const char *method;
    const char *by;
    const char *why; /* "": nothing */
    bool is_lease;
} deeds[] = {
    [SPEAKER_DEED_RELOAD] = {.method = "reload", .by = "SIGHUP", .why = ""},
    [SPEAKER_DEED_ROLLBACK] = {.method = "rollback",
                               .by = "daemon",
                               .why = "nobody has confirmed the reload in time"},
    [SPEAKER_DEED_ROUTE_ENDS] = {.method = "withdraw_route",
                                 .by = "daemon",
                                 .why = ", its lease has ended",
                                 .is_lease = true},
    [SPEAKER_DEED_FLOW_ENDS] = {.method = "withdraw_flow",
                                .by = "daemon",
                                .why = ", its lease has ended",
                                .is_lease = true},
};

void audit_add_deed(struct audit *audit, size_t size, const struct speaker_deed *deed)
{
    struct strbuf what = {0};
    if (size == 0) {
        audit_release(audit);
        return;
    }
    struct audit_ring *ring = deeds[deed->kind].is_lease ? &audit->leases : &audit->known;
    strbuf_printf(&what, "%s%s", deed->what, deeds[deed->kind].why);
    struct audit_entry entry = {.number = ++audit->last_number,
                                .at_unix_s = (int64_t)time(NULL),
                                .method = deeds[deed->kind].method,
                                .by = deeds[deed->kind].by,
                                .owner = deed->owner[0] != '\0' ? mem_strdup(deed->owner) : NULL,
                                .text = strbuf_take(&what)};
    if (deed->failed)
        entry.error = mem_strdup("the configuration file has errors; nothing was changed");
    resize(ring, size);
    put(ring, &entry, false);
}

/* The first of a ring with a number above this; its numbers ascend. */
static const struct audit_entry *first_after(const struct audit_ring *ring, uint64_t number)
{
    size_t from = 0;
    size_t to = ring->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (entry_at(ring, middle)->number > number)
            to = middle;
        else
            from = middle + 1;
    }
    return from < ring->count ? entry_at(ring, from) : NULL;
}

const struct audit_entry *audit_after(const struct audit *audit, uint64_t number)
{
    const struct audit_ring *const rings[] = {&audit->known, &audit->strangers, &audit->leases};
    const struct audit_entry *first = NULL;
    for (size_t i = 0; i < sizeof(rings) / sizeof(rings[0]); i++) {
        const struct audit_entry *entry = first_after(rings[i], number);
        if (entry && (!first || entry->number < first->number))
            first = entry;
    }
    return first;
}

/* The owner that the parameters of a call name. */
static void put_owner(const struct param *params, const json_t *json, struct strbuf *owner)
{
    size_t i = params_find(params, "owner");
    const json_t *value = !params[i].name       ? NULL
                          : json_is_array(json) ? json_array_get(json, i)
                                                : json_object_get(json, "owner");
    if (json_is_string(value))
        strbuf_add(owner, json_string_value(value));
}

void audit_describe(const struct audit_entry *entry, struct strbuf *what, struct strbuf *owner)
{
    struct jsonrpc_call call = {0};
    if (entry->is_call)
        jsonrpc_call_read(entry->text, strlen(entry->text), &call);
    else
        strbuf_add(what, entry->text);
    if (entry->is_call)
        call_log_describe(entry->params, call.params, what);
    if (entry->token)
        strbuf_add(owner, entry->token);
    else if (entry->owner)
        strbuf_add(owner, entry->owner);
    else if (entry->is_call)
        put_owner(entry->params, call.params, owner);
    jsonrpc_call_release(&call);
}
