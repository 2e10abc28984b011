/* Going back from a change to what the API originates: for calls that are carried out as a whole or
 * not at all. What was there before is kept by references, so that it costs some dozen bytes. */
#include "daemon/originated_undo.h"

#include "daemon/originated_record.h"
#include "daemon/originated_state.h"
#include "daemon/state.h"

void originated_undo_keep(struct speaker *s, struct originated_plan *plan,
                          struct originated_undo *ret_undo)
{
    *ret_undo = (struct originated_undo){
        .id = plan->id,
        .number = originated_record(&s->originated, plan->id)->number,
        .before = plan->content,
        .lease_before_ms = plan->lease_before_ms,
    };
    plan->content = (struct originated_content){0};
}

void originated_undo_release(struct speaker *s, struct originated_undo *undo)
{
    originated_content_release(s, &undo->before);
    *undo = (struct originated_undo){0};
}

/* Gives a record what it had; what it has now goes with the undo. */
static void put_back(struct speaker *s, struct originated_undo *undo)
{
    struct originated *o = &s->originated;
    undo->before.number = ++o->last_number;
    originated_swap(o, originated_record(o, undo->id), &undo->before);
    originated_set_lease(o, undo->id, undo->lease_before_ms);
    originated_put_in_place(s, undo->id);
    originated_store(s, undo->id);
}

void originated_undo_run(struct speaker *s, struct originated_undo *undo)
{
    struct originated *o = &s->originated;
    bool is_there = undo->id != 0 && undo->id < slab_end(&o->records) &&
                    originated_has_record(o, undo->id) &&
                    originated_record(o, undo->id)->number == undo->number;
    if (is_there && undo->before.attrs == 0)
        originated_withdraw(s, undo->id);
    else if (is_there)
        put_back(s, undo);
    originated_undo_release(s, undo);
}
