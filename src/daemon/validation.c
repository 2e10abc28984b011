/* VRPs and ASPAs of all sources together, and the static ones of the configuration, which come and
 * go in slices. RFC 6811; draft-ietf-sidrops-aspa-verification. */
#include "daemon/validation.h"

#include "daemon/state.h"

/* Entries of a list that a slice looks at. */
#define LIST_SLICE 256u
/* And those that are there before anything else is. */
#define AT_START 8192u

/* --- what sources say --- */

void validation_add_vrp(struct speaker *s, const struct vrp *vrp)
{
    if (vrp_table_add(&s->validation.vrps, vrp))
        revalidate_prefix(s, &vrp->prefix);
}

void validation_remove_vrp(struct speaker *s, const struct vrp *vrp)
{
    if (vrp_table_remove(&s->validation.vrps, vrp))
        revalidate_prefix(s, &vrp->prefix);
}

/* What ASPAs say of a customer is another thing; the first one, and the loss of the last one, have
 * all paths verified, or none. */
static void note_aspa(struct speaker *s, uint32_t customer, uint32_t count_before)
{
    s->validation.aspa_changes++;
    if ((s->validation.aspas.count == 0) != (count_before == 0))
        revalidate_customers(s);
    else
        revalidate_customer(s, customer);
}

void validation_add_aspa(struct speaker *s, uint32_t customer, const uint32_t *providers,
                         size_t count)
{
    uint32_t before = s->validation.aspas.count;
    if (aspa_table_add(&s->validation.aspas, customer, providers, count))
        note_aspa(s, customer, before);
}

void validation_remove_aspa(struct speaker *s, uint32_t customer, const uint32_t *providers,
                            size_t count)
{
    uint32_t before = s->validation.aspas.count;
    if (aspa_table_remove(&s->validation.aspas, customer, providers, count))
        note_aspa(s, customer, before);
}

/* --- what is known of paths --- */

static struct span received(const struct speaker *s, const struct rib_path *path)
{
    return rib_attrs_span(rib_attrs_at(&s->rib.attrs, path->received));
}

static uint32_t local_as(const struct speaker *s, const struct rib_path *path)
{
    const struct rib_source *source = rib_source_at(&s->rib, path->source);
    return source->kind == RIB_SOURCE_PEER ? source->local_as : import_own_as(s);
}

uint32_t validation_origin_as(const struct speaker *s, const struct rib_path *path)
{
    return policy_origin_as(received(s, path), local_as(s, path));
}

enum rov_state validation_rov_of(const struct speaker *s, enum family family, struct nlri_key key,
                                 const struct rib_path *path)
{
    return policy_rov_of(&s->validation.by, family, key, received(s, path), local_as(s, path));
}

enum aspa_state validation_aspa_of(const struct speaker *s, enum family family,
                                   const struct rib_path *path)
{
    return policy_aspa_of(&s->validation.by, family, s->rib.sources.life[path->source].neighbor,
                          received(s, path));
}

const struct policy_validation *speaker_validation(const struct speaker *s)
{
    return &s->validation.by;
}

/* --- lists --- */

void validation_list_follow(struct validation_list *l, struct rpki_entries *to)
{
    rpki_entries_ref(to);
    if (l->is_moving) {
        rpki_entries_unref(l->then);
        l->then = to;
        l->has_then = true;
        return;
    }
    l->to = to;
    l->at = (struct rpki_entries_cursor){0};
    l->is_moving = true;
}

/* It has what it was to have. */
static void arrive(struct validation_list *l)
{
    struct rpki_entries *then = l->then;
    bool has_then = l->has_then;
    rpki_entries_unref(l->now);
    l->now = l->to;
    l->to = l->then = NULL;
    l->is_moving = l->has_then = false;
    if (has_then)
        validation_list_follow(l, then);
    rpki_entries_unref(then);
}

static void change(struct speaker *s, const struct rpki_entries_change *c)
{
    if (c->vrp_comes)
        validation_add_vrp(s, c->vrp_comes);
    if (c->vrp_goes)
        validation_remove_vrp(s, c->vrp_goes);
    if (c->aspa_comes)
        validation_add_aspa(s, c->aspa_comes->customer, c->aspa_comes->providers,
                            c->aspa_comes->count);
    if (c->aspa_goes)
        validation_remove_aspa(s, c->aspa_goes->customer, c->aspa_goes->providers,
                               c->aspa_goes->count);
}

bool validation_list_step(struct speaker *s, struct validation_list *l, unsigned most)
{
    struct rpki_entries_change c;
    while (l->is_moving && most-- > 0) {
        if (rpki_entries_next(l->now, l->to, &l->at, &c))
            change(s, &c);
        else
            arrive(l);
    }
    return l->is_moving;
}

void validation_list_release(struct validation_list *l)
{
    rpki_entries_unref(l->now);
    rpki_entries_unref(l->to);
    rpki_entries_unref(l->then);
    *l = (struct validation_list){0};
}

/* --- the service --- */

static int init(struct speaker *s, struct strbuf *error)
{
    (void)error;
    vrp_table_init(&s->validation.vrps);
    s->validation.by = (struct policy_validation){&s->validation.vrps, &s->validation.aspas};
    return 0;
}

/* The first routes that come are to find what the configuration says, unless that is very much. */
static void start(struct speaker *s)
{
    revalidate_configure(s, s->config);
    validation_list_follow(&s->validation.fixed, s->config->rpki_static);
    validation_list_step(s, &s->validation.fixed, AT_START);
    speaker_wake(s);
}

static void reconfigure(struct speaker *s, const struct config *old, struct reload_summary *sum)
{
    (void)sum;
    revalidate_configure(s, s->config);
    if (!policy_chain_equal(old->local_import, s->config->local_import))
        review_local(s);
    validation_list_follow(&s->validation.fixed, s->config->rpki_static);
    speaker_wake(s);
}

static bool work(struct speaker *s, uint64_t deadline_ns)
{
    (void)deadline_ns;
    if (validation_list_step(s, &s->validation.fixed, LIST_SLICE))
        return true; /* when all have changed, what that concerns is judged once */
    return revalidate_step(s);
}

static void release(struct speaker *s)
{
    revalidate_release(&s->validation.again);
    validation_list_release(&s->validation.fixed);
    vrp_table_release(&s->validation.vrps);
    aspa_table_release(&s->validation.aspas);
}

const struct service validation_service = {
    .name = "validation",
    .init = init,
    .start = start,
    .reconfigure = reconfigure,
    .work = work,
    .share_percent = 25,
    .makes_changes = true,
    .release = release,
};
