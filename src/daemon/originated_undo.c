/* Going back from a change to what the API originates: for calls that are carried out as a whole or
 * not at all. What was there before is kept by references, so that it costs some dozen bytes. */
#include "daemon/originated_undo.h"

#include "daemon/originated_record.h"
#include "daemon/originated_state.h"
#include "daemon/state.h"

void originated_undo_note(struct speaker *s, const struct static_route *route,
                          const struct originated_terms *terms, struct originated_undo *ret_undo)
{
    struct originated *o = &s->originated;
    uint32_t aim;
    uint32_t id = 0;
    *ret_undo = (struct originated_undo){0};
    if (aim_find(s, terms->to, terms->to_count, &aim))
        id = originated_find(o, (enum family)route->family, static_route_key(route), aim);
    if (id == 0)
        return;
    const struct originated_record *r = originated_record(o, id);
    *ret_undo = (struct originated_undo){
        .attrs = rib_attrs_ref(&s->rib.attrs, r->attrs),
        .owner = r->owner,
        .label = r->label,
        .tags = r->tags,
        .created_unix_s = r->created_unix_s,
        .changed_unix_s = r->changed_unix_s,
        .expires_mono_ms = originated_expires_ms(o, r),
    };
    text_pool_hold(&o->texts, r->owner);
    text_pool_hold(&o->texts, r->label);
    text_pool_hold(&o->texts, r->tags);
}

void originated_undo_change(struct speaker *s, const struct originated_view *view,
                            struct originated_undo *undo)
{
    undo->id = view->id;
    undo->number = originated_record(&s->originated, view->id)->number;
}

void originated_undo_release(struct speaker *s, struct originated_undo *undo)
{
    rib_attrs_unref(&s->rib.attrs, undo->attrs);
    text_pool_unref(&s->originated.texts, undo->owner);
    text_pool_unref(&s->originated.texts, undo->label);
    text_pool_unref(&s->originated.texts, undo->tags);
    *undo = (struct originated_undo){0};
}

/* Gives a record what it had; what it has now goes with the undo. */
static void swap(struct speaker *s, uint32_t id, struct originated_undo *undo)
{
    struct originated *o = &s->originated;
    struct originated_record *r = originated_record(o, id);
    const struct originated_record now = *r;
    r->attrs = undo->attrs;
    r->owner = undo->owner;
    r->label = undo->label;
    r->tags = undo->tags;
    r->created_unix_s = undo->created_unix_s;
    r->changed_unix_s = undo->changed_unix_s;
    r->number = ++o->last_number;
    undo->attrs = now.attrs;
    undo->owner = now.owner;
    undo->label = now.label;
    undo->tags = now.tags;
    originated_set_lease(o, id, undo->expires_mono_ms);
    originated_put_in_place(s, id);
    originated_store(s, id);
}

void originated_undo_run(struct speaker *s, struct originated_undo *undo)
{
    struct originated *o = &s->originated;
    bool is_there = undo->id != 0 && undo->id < slab_end(&o->records) &&
                    originated_has_record(o, undo->id) &&
                    originated_record(o, undo->id)->number == undo->number;
    if (is_there && undo->attrs == 0)
        originated_withdraw(s, undo->id);
    else if (is_there)
        swap(s, undo->id, undo);
    originated_undo_release(s, undo);
}
