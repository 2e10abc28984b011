/* The store of what the API originates.
 *
 * Records are found by what they are to; those to the same place, each with another aim, are in one
 * chain. A record for everybody is in the RIB as long as it is here. For an aimed one each block of
 * its aim is put in order by itself (`settle`): of the routes that could stand among the block's
 * own at that place, those of the API and the static one of the configuration, the right one is put
 * there, or none. Whatever changes, a record or the blocks, it is enough to have that done again
 * for those that it concerns. */
#include "daemon/originated.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "daemon/originated_limits.h"
#include "daemon/originated_record.h"
#include "daemon/originated_state.h"
#include "daemon/originated_supposed.h"
#include "daemon/reach.h"
#include "daemon/route_store.h"
#include "daemon/state.h"

#define SLICE_RECORDS 64u

/* --- into the RIB --- */

/* Of the records to a place that are aimed at a block, the one that its neighbours are told; 0. */
static uint32_t find_aimed(struct speaker *s, const struct peer_block *b, enum family family,
                           struct nlri_key key)
{
    const struct originated *o = &s->originated;
    uint32_t best = 0;
    enum aim_rank best_rank = AIM_ALL; /* what is for everybody is not among a block's own */
    if (!(b->config->advertise_sources & ADVERTISE_API))
        return 0;
    for (uint32_t id = originated_find_first(o, family, key); id != 0;
         id = originated_along(o, originated_record(o, id)->next, family, key)) {
        enum aim_rank rank = aim_rank_of(s, originated_record(o, id)->aim, b);
        bool is_later =
            best != 0 && originated_record(o, id)->number > originated_record(o, best)->number;
        if (rank > best_rank || (rank == best_rank && is_later)) {
            best = id;
            best_rank = rank;
        }
    }
    return best;
}

bool originated_holds(struct speaker *s, const struct peer_block *b,
                      const struct static_route *route)
{
    return find_aimed(s, b, (enum family)route->family, static_route_key(route)) != 0;
}

/* Puts a block's own route to a place in order. */
static void settle(struct speaker *s, struct peer_block *b, enum family family, struct nlri_key key)
{
    uint32_t id = find_aimed(s, b, family, key);
    if (id != 0) {
        peer_block_prepare_own(s, b);
        route_originate(s, b->config_source, family, key,
                        originated_record(&s->originated, id)->attrs);
        return;
    }
    const struct static_route *route = config_peer_find_route(b->config, family, key);
    if (route)
        peer_block_announce(s, b, route);
    else if (b->config_source != 0)
        route_retract(s, b->config_source, family, key);
}

/* The same for all blocks that an aim means. */
static void settle_aimed(struct speaker *s, uint32_t aim, enum family family, struct nlri_key key)
{
    const struct aim *to = aim_look(s, aim);
    for (size_t i = 0; i < to->block_count; i++)
        settle(s, to->blocks[i].block, family, key);
}

static bool is_aimed(const struct originated_record *r)
{
    return r->aim != 0;
}

static bool rib_has(const struct speaker *s, uint32_t source, enum family family,
                    struct nlri_key key)
{
    const struct rib_table *t = &s->rib.tables[family];
    uint32_t entry = rib_table_find(t, key);
    return entry != 0 && rib_entry_path_of(rib_table_at(t, entry), source);
}

/* A record is new, or another than before. False: the RIB does not take it. */
bool originated_put_in_place(struct speaker *s, uint32_t id)
{
    const struct originated_record *r = originated_record(&s->originated, id);
    const enum family family = (enum family)r->family;
    if (is_aimed(r)) {
        settle_aimed(s, r->aim, family, originated_key(r));
        return true;
    }
    route_originate(s, s->api_source, family, originated_key(r), r->attrs);
    return rib_has(s, s->api_source, family, originated_key(r));
}

/* Removes a record, and what is told of it. */
static void remove_record(struct speaker *s, uint32_t id)
{
    const struct originated_record *r = originated_record(&s->originated, id);
    const enum family family = (enum family)r->family;
    uint8_t bytes[NLRI_MAX_BYTES];
    const struct nlri_key key = {bytes, r->key_len};
    const uint32_t aim = r->aim;
    memcpy(bytes, originated_key(r).bytes, originated_key_bytes(family, originated_key(r)));
    if (aim == 0) {
        originated_record_free(s, id);
        route_retract(s, s->api_source, family, key);
        return;
    }
    text_pool_hold(&s->originated.aims.texts, aim); /* beyond the record */
    originated_record_free(s, id);
    settle_aimed(s, aim, family, key);
    aim_unref(s, aim);
}

void originated_withdraw(struct speaker *s, uint32_t id)
{
    originated_forget(s, id);
    remove_record(s, id);
}

/* --- putting --- */

static uint32_t now_unix_s(void)
{
    return (uint32_t)(time_now_read().unix_ns / 1000000000);
}

/* The tags in one text, sorted, each once. */
static char *join_tags(const struct originated_terms *terms)
{
    const char *sorted[ORIGINATED_TAGS_MAX];
    struct strbuf out = {0};
    for (size_t i = 0; i < terms->tag_count; i++)
        sorted[i] = terms->tags[i];
    strbuf_add_sorted(&out, sorted, terms->tag_count, " ");
    return strbuf_take(&out);
}

/* A set of the attributes of a route; a reference. */
static uint32_t intern(struct speaker *s, const struct static_route *route, bool aimed)
{
    struct originated *o = &s->originated;
    struct span attrs = static_route_attrs(route);
    struct attr_hot hot = attr_hot_of(attrs);
    if (!aimed)
        return rib_attrs_intern(&s->rib.attrs, attrs, &hot);
    attr_edit_begin(o->edit, attrs);
    struct attr_local local = attr_edit_local(o->edit);
    local.by_api = true;
    attr_edit_put_local(o->edit, &local);
    if (attr_edit_finish(o->edit, o->block) != 0)
        return 0;
    return rib_attrs_intern(&s->rib.attrs, attr_block_span(o->block), &o->block->hot);
}

static void arm_timer(struct originated *o)
{
    const struct lease *first = lease_heap_first(&o->leases);
    uint64_t now_ms = time_mono_ms();
    if (first)
        uv_timer_start(&o->timer, o->timer.timer_cb,
                       first->ends_mono_ms > now_ms ? first->ends_mono_ms - now_ms : 0, 0);
    else
        uv_timer_stop(&o->timer);
}

/* `ends_mono_ms` is 0 for none. */
void originated_set_lease(struct originated *o, uint32_t id, uint64_t ends_mono_ms)
{
    struct originated_record *r = originated_record(o, id);
    if (ends_mono_ms > 0)
        lease_heap_set(&o->leases, id, r->lease, ends_mono_ms);
    else
        lease_heap_drop(&o->leases, r->lease);
    if (o->leases.count > 0)
        arm_timer(o);
}

struct originated_view originated_view_of(struct speaker *s, uint32_t id)
{
    const struct originated *o = &s->originated;
    const struct originated_record *r = originated_record(o, id);
    struct originated_view view = {
        .family = (enum family)r->family,
        .key = originated_key(r),
        .attrs = rib_attrs_span(rib_attrs_at(&s->rib.attrs, r->attrs)),
        .owner = text_pool_text(&o->texts, r->owner),
        .label = text_pool_text(&o->texts, r->label),
        .tags = text_pool_text(&o->texts, r->tags),
        .to = aim_text(s, r->aim),
        .created_unix_s = r->created_unix_s,
        .changed_unix_s = r->changed_unix_s,
        .expires_mono_ms = originated_expires_ms(o, r),
        .source = is_aimed(r) ? 0 : s->api_source,
        .kind = r->kind,
        .is_aimed = is_aimed(r),
        .id = id,
    };
    const struct aim *to = is_aimed(r) ? aim_look(s, r->aim) : NULL;
    for (size_t i = 0; to && i < to->block_count && view.source == 0; i++)
        if (find_aimed(s, to->blocks[i].block, view.family, view.key) == id)
            view.source = to->blocks[i].block->config_source;
    return view;
}

/* Whether a record is one that these terms leave as it is; *ret_owner: whose it is. */
static bool is_of_others(const struct originated *o, uint32_t id,
                         const struct originated_terms *terms, const char **ret_owner)
{
    if (id == 0 || !terms->own_alone)
        return false;
    *ret_owner = text_pool_text(&o->texts, originated_record(o, id)->owner);
    return strcmp(*ret_owner, terms->owner) != 0;
}

/* What the plan's record is to say. False: there is no room for the attributes. */
static bool plan_content(struct speaker *s, const struct originated_terms *terms,
                         struct originated_plan *plan)
{
    struct originated *o = &s->originated;
    char *tags = join_tags(terms);
    plan->content = (struct originated_content){
        .attrs = intern(s, plan->route, plan->aim != 0),
        .owner = text_pool_ref(&o->texts, terms->owner),
        .label = text_pool_ref(&o->texts, terms->label),
        .tags = text_pool_ref(&o->texts, tags),
        .kind = (uint8_t)originate_kind_of((enum family)plan->route->family,
                                           static_route_attrs(plan->route)),
    };
    free(tags);
    return plan->content.attrs != 0;
}

/* Compares it with the record that is there. */
static void plan_change(const struct originated *o, struct originated_plan *plan)
{
    struct originated_content *next = &plan->content;
    const struct originated_record *r = plan->id ? originated_record(o, plan->id) : NULL;
    plan->is_changed = !r || r->owner != next->owner || r->label != next->label ||
                       r->tags != next->tags || r->attrs != next->attrs;
    next->changed_unix_s = plan->is_changed ? now_unix_s() : r->changed_unix_s;
    next->created_unix_s = r ? r->created_unix_s : next->changed_unix_s;
}

int originated_plan(struct speaker *s, const struct static_route *route,
                    const struct originated_terms *terms, struct originated_plan *plan,
                    struct originated_refusal *ret_refusal)
{
    struct originated *o = &s->originated;
    plan->route = route;
    plan->ttl_s = terms->ttl_s;
    if (!terms->has_begun && originated_problem(s, NULL))
        return ERR_IO;
    int err = aim_ref(s, terms->to, terms->to_count, &plan->aim, &ret_refusal->wrong);
    if (err)
        return err;
    plan->id = originated_find(o, (enum family)route->family, static_route_key(route), plan->aim);
    plan->is_new = plan->id == 0;
    if (is_of_others(o, plan->id, terms, &ret_refusal->wrong))
        return ERR_EXISTS;
    if (!plan_content(s, terms, plan))
        return ERR_FULL;
    plan_change(o, plan);
    const struct originated_place place = {(enum family)route->family, static_route_key(route),
                                           plan->aim, plan->id};
    const struct originated_standing next = {true, plan->content.kind, plan->content.owner};
    ret_refusal->limit =
        originated_limit_against_next(s, &place, &next, plan->supposed, &ret_refusal->why);
    if (ret_refusal->limit)
        return ERR_STATE;
    if (plan->supposed && s->config->originate_limit_count > 0) /* else nobody counts */
        originated_suppose(s, plan->supposed, &place, &next);
    return 0;
}

/* --- times of paths --- */

/* When a path of our own came: what is put back is as old as it was. */
struct originated_path_time {
    uint32_t source;
    uint32_t mono_s;
};

static struct rib_path *path_of(struct speaker *s, const struct static_route *route,
                                uint32_t source)
{
    struct rib_table *t = &s->rib.tables[route->family];
    uint32_t entry = source ? rib_table_find(t, static_route_key(route)) : 0;
    return entry ? rib_entry_path_of(rib_table_at(t, entry), source) : NULL;
}

static void note_time(struct speaker *s, struct originated_plan *plan, uint32_t source)
{
    const struct rib_path *path = path_of(s, plan->route, source);
    if (path)
        plan->times[plan->time_count++] =
            (struct originated_path_time){source, path->received_mono_s};
}

static void note_times(struct speaker *s, struct originated_plan *plan)
{
    const struct aim *to = plan->aim ? aim_look(s, plan->aim) : NULL;
    plan->times = mem_resize(NULL, to ? to->block_count + 1 : 1, sizeof(*plan->times));
    if (!to)
        note_time(s, plan, s->api_source);
    for (size_t i = 0; to && i < to->block_count; i++)
        note_time(s, plan, to->blocks[i].block->config_source);
}

static void restore_times(struct speaker *s, const struct originated_plan *plan)
{
    for (size_t i = 0; i < plan->time_count; i++) {
        struct rib_path *path = path_of(s, plan->route, plan->times[i].source);
        if (path)
            path->received_mono_s = plan->times[i].mono_s;
    }
}

/* --- carrying out --- */

int originated_carry_out(struct speaker *s, struct originated_plan *plan,
                         struct originated_view *ret_view)
{
    struct originated *o = &s->originated;
    if (plan->is_dry)
        note_times(s, plan);
    if (plan->is_new) {
        plan->id = originated_record_new(o, (enum family)plan->route->family,
                                         static_route_key(plan->route), plan->aim);
        plan->aim = 0;
    }
    struct originated_record *r = originated_record(o, plan->id);
    plan->lease_before_ms = originated_expires_ms(o, r);
    plan->content.number = ++o->last_number;
    originated_swap(o, r, &plan->content);
    originated_set_lease(o, plan->id,
                         plan->ttl_s > 0 ? time_mono_ms() + plan->ttl_s * UINT64_C(1000) : 0);
    if (!originated_put_in_place(s, plan->id)) {
        originated_take_back(s, plan);
        return ERR_FULL;
    }
    bool is_stored_as_is = !plan->is_changed && plan->ttl_s == 0 && plan->lease_before_ms == 0;
    if (!plan->is_dry && !is_stored_as_is)
        originated_store(s, plan->id);
    *ret_view = originated_view_of(s, plan->id);
    return 0;
}

void originated_take_back(struct speaker *s, struct originated_plan *plan)
{
    struct originated *o = &s->originated;
    if (plan->is_new) {
        remove_record(s, plan->id);
    } else {
        originated_swap(o, originated_record(o, plan->id), &plan->content);
        originated_set_lease(o, plan->id, plan->lease_before_ms);
        originated_put_in_place(s, plan->id);
    }
    restore_times(s, plan);
}

void originated_plan_release(struct speaker *s, struct originated_plan *plan)
{
    originated_content_release(s, &plan->content);
    aim_unref(s, plan->aim);
    free(plan->times);
    *plan = (struct originated_plan){0};
}

/* Finds what is to be withdrawn. */
static int find_to_take(const struct speaker *s, const struct static_route *key,
                        const struct originated_terms *terms, struct originated_place *ret_place,
                        const char **ret_wrong)
{
    struct originated_place place = {(enum family)key->family, static_route_key(key), 0, 0};
    if (!terms->has_begun && originated_problem(s, NULL))
        return ERR_IO;
    if (aim_find(s, terms->to, terms->to_count, &place.aim))
        place.id = originated_find(&s->originated, place.family, place.key, place.aim);
    if (place.id == 0)
        return ERR_NOT_FOUND;
    if (is_of_others(&s->originated, place.id, terms, ret_wrong))
        return ERR_EXISTS;
    *ret_place = place;
    return 0;
}

int originated_take(struct speaker *s, const struct static_route *key,
                    const struct originated_terms *terms, const char **ret_wrong)
{
    struct originated_place place;
    int err = find_to_take(s, key, terms, &place, ret_wrong);
    if (!err)
        originated_withdraw(s, place.id);
    return err;
}

int originated_take_dry(struct speaker *s, const struct static_route *key,
                        const struct originated_terms *terms, struct originated_supposed *supposed,
                        const char **ret_wrong)
{
    static const struct originated_standing gone = {.is_there = false};
    struct originated_place place;
    int err = find_to_take(s, key, terms, &place, ret_wrong);
    if (!err && !originated_standing_at(s, supposed, &place).is_there)
        err = ERR_NOT_FOUND;
    if (!err)
        originated_suppose(s, supposed, &place, &gone);
    return err;
}

/* --- asking --- */

uint32_t originated_reach(struct speaker *s, const struct originated_view *view,
                          struct strbuf *why_none)
{
    if (!view->is_aimed)
        return reach_of(s, view->family, view->key, why_none);
    const struct originated_record *r = originated_record(&s->originated, view->id);
    const struct aim *to = aim_look(s, r->aim);
    struct aimed_reach reach = {0};
    for (size_t i = 0; i < to->block_count; i++) {
        bool is_own = find_aimed(s, to->blocks[i].block, view->family, view->key) == view->id;
        reach_add_block(&reach, s, to->blocks[i].block, view->family, view->key, is_own);
    }
    if (reach.told == 0)
        strbuf_add(why_none, reach_why_none(&reach));
    return reach.told;
}

bool originated_is_beyond(const struct speaker *s, const struct originated_view *view,
                          struct strbuf *why)
{
    const struct originated_subject subject = {view->family, view->key, view->kind, view->owner};
    struct strbuf text = {0};
    const struct originate_limit *limit = originated_limit_against(s, &subject, &text);
    if (limit && why) {
        strbuf_printf(why, "%s (", strbuf_text(&text));
        originate_limit_name(limit, why);
        strbuf_add_char(why, ')');
    }
    strbuf_release(&text);
    return limit != NULL;
}

static bool has_word(const char *words, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = words; *at != '\0'; at += strspn(at, " ")) {
        size_t word_len = strcspn(at, " ");
        if (word_len == len && memcmp(at, word, len) == 0)
            return true;
        at += word_len;
    }
    return false;
}

bool originated_is_wanted(const struct speaker *s, const struct originated_filter *filter,
                          const struct originated_view *view)
{
    if (filter->families != 0 && !family_in(filter->families, view->family))
        return false;
    if (filter->owner && strcmp(view->owner, filter->owner) != 0)
        return false;
    if (filter->label && strcmp(view->label, filter->label) != 0)
        return false;
    return (!filter->tag || has_word(view->tags, filter->tag)) &&
           (!filter->beyond_limits || originated_is_beyond(s, view, NULL));
}

bool originated_next(struct speaker *s, const struct originated_filter *filter, uint32_t *cursor,
                     uint64_t deadline_ns, struct originated_view *ret_view, bool *ret_more)
{
    const struct originated *o = &s->originated;
    *ret_more = true;
    for (unsigned looked = 1; *cursor + 1 < slab_end(&o->records); looked++) {
        uint32_t id = ++*cursor;
        if (slab_chunk_empty(&o->records, id)) {
            *cursor = id | (SLAB_CHUNK_ITEMS - 1);
        } else if (originated_record(o, id)->attrs != 0) {
            *ret_view = originated_view_of(s, id);
            if (originated_is_wanted(s, filter, ret_view))
                return true;
        }
        if (looked % SLICE_RECORDS == 0 && time_mono_ns() >= deadline_ns)
            return false;
    }
    *ret_more = false;
    return false;
}

uint32_t originated_first_to(struct speaker *s, enum family family, struct nlri_key key,
                             struct originated_view *ret_view)
{
    uint32_t id = originated_find_first(&s->originated, family, key);
    if (id != 0)
        *ret_view = originated_view_of(s, id);
    return id;
}

uint32_t originated_next_to(struct speaker *s, uint32_t id, struct originated_view *ret_view)
{
    const struct originated *o = &s->originated;
    const struct originated_record *r = originated_record(o, id);
    uint32_t next = originated_along(o, r->next, (enum family)r->family, originated_key(r));
    if (next != 0)
        *ret_view = originated_view_of(s, next);
    return next;
}

/* --- the service --- */

static void on_timer(uv_timer_t *timer)
{
    speaker_wake(timer->data);
}

/* --- life --- */

static int init(struct speaker *s, struct strbuf *error)
{
    struct originated *o = &s->originated;
    slab_init(&o->records, sizeof(struct originated_record));
    lease_heap_init(&o->leases, originated_lease_moved, o);
    o->edit = mem_alloc(sizeof(*o->edit));
    o->block = mem_alloc(sizeof(*o->block));
    uv_timer_init(s->loop, &o->timer);
    o->timer.timer_cb = on_timer;
    o->timer.data = s;
    uv_unref((uv_handle_t *)&o->timer);
    return originated_open_store(s, error);
}

static void release(struct speaker *s)
{
    struct originated *o = &s->originated;
    originated_records_release(s);
    free(o->edit);
    free(o->block);
    free(o->store_path);
    lease_heap_release(&o->leases);
    aims_release(&o->aims);
    text_pool_release(&o->texts);
}

static void start(struct speaker *s)
{
    originated_restore(s);
    originated_restore_limits(s);
    arm_timer(&s->originated);
}

static void stop(struct speaker *s)
{
    uv_close((uv_handle_t *)&s->originated.timer, NULL);
    route_store_close(s->originated.store);
    s->originated.store = NULL;
}

static void describe(const struct speaker *s, struct strbuf *lines)
{
    struct strbuf problem = {0};
    if (originated_problem(s, &problem))
        strbuf_printf(lines, "state: %s: %s\n", s->originated.store_path, strbuf_text(&problem));
    strbuf_release(&problem);
}

static void reconfigure(struct speaker *s, const struct config *old, struct reload_summary *sum)
{
    (void)old;
    const char *path = s->config->state_path;
    const char *now = s->originated.store_path;
    if ((path || now) && (!path || !now || strcmp(path, now) != 0))
        strbuf_printf(&sum->warnings, "state.path: %s, until the next start\n",
                      now ? now : "nothing is kept");
    s->originated.review_at = s->originated.records.used > 0;
    originated_begin_limits(s);
}

/* Tells whose lease has ended; `text` is what it was. */
static void tell_end(struct speaker *s, const struct originated_view *view, const char *text)
{
    const struct speaker_deed deed = {
        .kind = view->kind == ORIGINATE_FLOW ? SPEAKER_DEED_FLOW_ENDS : SPEAKER_DEED_ROUTE_ENDS,
        .what = text,
        .owner = view->owner};
    speaker_tell_deed(s, &deed);
}

/* Ends the lease of a record; appends what it was, and whose. */
static void end_lease(struct speaker *s, uint32_t id, struct strbuf *text)
{
    struct originated_view view = originated_view_of(s, id);
    const struct family_info *f = family_info(view.family);
    f->format(f, (struct nlri){view.key, attr_labels(view.attrs)}, text);
    strbuf_add(text, view.to[0] != '\0' ? " to " : "");
    for (const char *c = view.to; *c != '\0'; c++)
        strbuf_add_char(text, *c == '\n' ? ' ' : *c);
    tell_end(s, &view, strbuf_text(text));
    strbuf_printf(text, "%s%s", *view.owner ? " of " : "", view.owner);
    originated_withdraw(s, id);
}

unsigned originated_end_leases(struct speaker *s, unsigned most, struct strbuf *first)
{
    const uint64_t now_ms = time_mono_ms();
    const struct lease *lease;
    struct strbuf text = {0};
    unsigned count = 0;
    for (; count < most && (lease = lease_heap_first(&s->originated.leases)) &&
           lease->ends_mono_ms <= now_ms;
         count++) {
        strbuf_clear(&text);
        end_lease(s, lease->holder, count == 0 ? first : &text);
    }
    strbuf_release(&text);
    return count;
}

/* Ends leases; true when there may be more that have ended. */
static bool end_leases(struct speaker *s)
{
    struct originated *o = &s->originated;
    struct strbuf first = {0};
    unsigned count = originated_end_leases(s, SLICE_RECORDS, &first);
    if (count > 0)
        log_info("API: the lease of %s%s has ended: withdrawn", strbuf_text(&first),
                 count > 1 ? " and others" : "");
    /* By the clock of the loop, which is behind, the timer may be there too early. */
    if (!uv_is_active((const uv_handle_t *)&o->timer))
        arm_timer(o);
    strbuf_release(&first);
    return count == SLICE_RECORDS;
}

/* Puts the blocks in order that an aimed route is for, and those that may still be told it. */
static void settle_again(struct speaker *s, const struct originated_record *r)
{
    for (size_t i = 0; i < s->block_count; i++) {
        struct peer_block *b = s->blocks[i];
        if (b->config_source != 0 || aim_rank_of(s, r->aim, b) != AIM_NOT)
            settle(s, b, (enum family)r->family, originated_key(r));
    }
}

/* Looks at a slice of the records again: holds them against the limits, which a reload waits for,
 * and puts aimed ones in place; true when there are more. */
static bool review(struct speaker *s)
{
    struct originated *o = &s->originated;
    for (unsigned i = 0; i < SLICE_RECORDS; i++) {
        if (o->review_at == 0)
            return false;
        if (o->review_at >= slab_end(&o->records)) {
            o->review_at = 0;
            uv_timer_start(&o->timer, on_timer, 0, 0); /* the next turn is that of the reload */
            return false;
        }
        uint32_t id = o->review_at++;
        if (!originated_has_record(o, id))
            continue;
        originated_note_beyond(s, originated_record(o, id));
        if (is_aimed(originated_record(o, id)))
            settle_again(s, originated_record(o, id));
    }
    return true;
}

static bool work(struct speaker *s, uint64_t deadline_ns)
{
    (void)deadline_ns;
    bool more = end_leases(s);
    return review(s) || more;
}

const struct service originated_service = {
    .name = "originated",
    .init = init,
    .start = start,
    .describe = describe,
    .reconfigure = reconfigure,
    .stop = stop,
    .release = release,
    .work = work,
    .share_percent = 25,
    .makes_changes = true,
};
