/* What the API originates, on disk and from there: the records of daemon/originated as rows of
 * daemon/route_store. */
#include "daemon/originated_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "daemon/originated_record.h"
#include "daemon/route_store.h"
#include "daemon/state.h"

/* The moment of the other clock. */
static int64_t unix_ms_of(uint64_t mono_ms)
{
    struct time_now now = time_now_read();
    return now.unix_ns / 1000000 + (int64_t)mono_ms - (int64_t)(now.mono_ns / 1000000);
}

static struct stored_route stored_of(const struct speaker *s, const struct originated_record *r)
{
    const struct originated *o = &s->originated;
    const enum family family = (enum family)r->family;
    const struct nlri_key key = originated_key(r);
    return (struct stored_route){
        .family = family_info(family)->name,
        .key = span_of(key.bytes, originated_key_bytes(family, key)),
        .key_len = key.len,
        .aim = aim_text(s, r->aim),
        .attrs = rib_attrs_span(rib_attrs_at(&s->rib.attrs, r->attrs)),
        .owner = text_pool_text(&o->texts, r->owner),
        .label = text_pool_text(&o->texts, r->label),
        .tags = text_pool_text(&o->texts, r->tags),
        .created_unix_s = r->created_unix_s,
        .changed_unix_s = r->changed_unix_s,
        .expires_unix_ms = r->lease ? unix_ms_of(originated_expires_ms(o, r)) : 0,
    };
}

void originated_store(struct speaker *s, uint32_t id)
{
    struct originated *o = &s->originated;
    if (!o->store)
        return;
    struct stored_route route = stored_of(s, originated_record(o, id));
    o->last_change = route_store_put(o->store, &route);
}

void originated_forget(struct speaker *s, uint32_t id)
{
    struct originated *o = &s->originated;
    if (!o->store)
        return;
    struct stored_route route = stored_of(s, originated_record(o, id));
    o->last_change = route_store_take(o->store, &route);
}

uint64_t originated_last_change(const struct speaker *s)
{
    return s->originated.last_change;
}

bool originated_is_stored(const struct speaker *s, uint64_t change)
{
    return !s->originated.store || route_store_has(s->originated.store, change);
}

bool originated_problem(const struct speaker *s, struct strbuf *out)
{
    return s->originated.store && route_store_problem(s->originated.store, out);
}

void originated_on_progress(struct speaker *s, void (*progress)(void *ctx), void *ctx)
{
    s->originated.progress = progress;
    s->originated.progress_ctx = ctx;
}

/* --- what was there before --- */

/* Splits the text of an aim into its items; how many. */
static size_t split_aim(char *text, const char *items[AIM_ITEMS_MAX])
{
    size_t count = 0;
    char *rest = NULL;
    for (char *item = strtok_r(text, "\n", &rest); item && count < AIM_ITEMS_MAX;
         item = strtok_r(NULL, "\n", &rest))
        items[count++] = item;
    return count;
}

static bool are_attrs(struct span bytes)
{
    struct reader r = reader_over(bytes);
    struct attr_view a;
    while (attr_next(&r, &a))
        continue;
    return reader_ok(&r) && bytes.len_bytes <= ATTR_BLOCK_MAX;
}

/* Whether the bytes are a key of the family. */
static bool is_key(enum family family, const struct stored_route *stored)
{
    const struct family_info *f = family_info(family);
    const struct nlri_key key = {stored->key.data, stored->key_len};
    if (f->key_bytes > 0 && stored->key_len > f->key_bytes * 8u)
        return false;
    return stored->key.len_bytes <= NLRI_MAX_BYTES &&
           nlri_key_bytes(f, key) == stored->key.len_bytes;
}

static void restore_content(struct speaker *s, struct originated_record *r,
                            const struct stored_route *stored)
{
    struct originated *o = &s->originated;
    struct attr_hot hot = attr_hot_of(stored->attrs);
    struct originated_content content = {
        .attrs = rib_attrs_intern(&s->rib.attrs, stored->attrs, &hot),
        .owner = text_pool_ref(&o->texts, stored->owner),
        .label = text_pool_ref(&o->texts, stored->label),
        .tags = text_pool_ref(&o->texts, stored->tags),
        .number = ++o->last_number,
        .created_unix_s = (uint32_t)stored->created_unix_s,
        .changed_unix_s = (uint32_t)stored->changed_unix_s,
        .kind = (uint8_t)originate_kind_of((enum family)r->family, stored->attrs),
    };
    originated_swap(o, r, &content);
}

static void restore_lease(struct originated *o, uint32_t id, int64_t expires_unix_ms)
{
    struct time_now now = time_now_read();
    int64_t left_ms = expires_unix_ms - now.unix_ns / 1000000;
    if (expires_unix_ms == 0)
        return;
    lease_heap_set(&o->leases, id, originated_record(o, id)->lease,
                   now.mono_ns / 1000000 + (uint64_t)(left_ms > 0 ? left_ms : 0));
}

static void restore(void *speaker, const struct stored_route *stored)
{
    struct speaker *s = speaker;
    struct originated *o = &s->originated;
    enum family family = family_from_name(stored->family);
    const char *items[AIM_ITEMS_MAX];
    if (family == FAMILY_NONE || !is_key(family, stored) || !are_attrs(stored->attrs)) {
        log_warning("state: a route of the family '%.32s' is not understood, and left out",
                    stored->family);
        return;
    }
    char *text = mem_strdup(stored->aim);
    uint32_t aim = aim_make(s, items, split_aim(text, items));
    free(text);
    uint32_t id =
        originated_record_new(o, family, (struct nlri_key){stored->key.data, stored->key_len}, aim);
    restore_content(s, originated_record(o, id), stored);
    restore_lease(o, id, stored->expires_unix_ms);
    originated_put_in_place(s, id);
}

static void on_progress(void *speaker)
{
    struct speaker *s = speaker;
    struct strbuf problem = {0};
    bool fails = originated_problem(s, &problem);
    if (fails && !s->originated.failing)
        log_error("state: %s: %s: what the API announces cannot be changed until it can be stored",
                  s->originated.store_path, strbuf_text(&problem));
    else if (!fails && s->originated.failing)
        log_info("state: %s: is written again", s->originated.store_path);
    s->originated.failing = fails;
    strbuf_release(&problem);
    if (s->originated.progress)
        s->originated.progress(s->originated.progress_ctx);
}

int originated_open_store(struct speaker *s, struct strbuf *error)
{
    struct originated *o = &s->originated;
    if (!s->config->state_path)
        return 0;
    o->store_path = mem_strdup(s->config->state_path);
    o->store = route_store_open(s->loop, o->store_path, on_progress, s, error);
    return o->store ? 0 : ERR_IO;
}

/* The blocks are there, and no session is. */
void originated_restore(struct speaker *s)
{
    struct originated *o = &s->originated;
    struct strbuf error = {0};
    if (!o->store)
        return;
    uint64_t begun_ms = time_mono_ms();
    if (route_store_load(o->store, restore, s, &error) != 0)
        log_error("%s", strbuf_text(&error));
    /* All at once and not in slices, as there is nobody yet who could be told of them. */
    struct strbuf first = {0};
    unsigned ended = originated_end_leases(s, UINT_MAX, &first);
    strbuf_release(&first);
    if (ended > 0)
        log_info("state: %s: %u leases ended meanwhile", o->store_path, ended);
    log_info("state: %s: %u routes of the API are announced again (%" PRIu64 " ms)", o->store_path,
             o->records.used, time_mono_ms() - begun_ms);
    strbuf_release(&error);
}
