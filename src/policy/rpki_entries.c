/* Lists of VRPs and ASPAs: sorted, so that two of them are told apart in one pass over both. */
#include "policy/rpki_entries.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/prefix_sort.h"

struct rpki_entries *rpki_entries_new(void)
{
    struct rpki_entries *e = mem_zalloc(sizeof(*e));
    e->refs = 1;
    return e;
}

struct rpki_entries *rpki_entries_ref(struct rpki_entries *e)
{
    if (e)
        e->refs++;
    return e;
}

void rpki_entries_unref(struct rpki_entries *e)
{
    if (!e || --e->refs > 0)
        return;
    for (size_t i = 0; i < e->aspa_count; i++)
        aspa_release(&e->aspas[i]);
    free(e->aspas);
    free(e->vrps);
    free(e);
}

void rpki_entries_add_vrp(struct rpki_entries *e, const struct vrp *vrp)
{
    if (e->vrp_count == e->vrp_size) {
        e->vrp_size = e->vrp_size ? 2 * e->vrp_size : 16;
        e->vrps = mem_resize(e->vrps, e->vrp_size, sizeof(*e->vrps));
    }
    e->vrps[e->vrp_count++] = *vrp;
}

void rpki_entries_add_aspa(struct rpki_entries *e, struct aspa *aspa)
{
    if (e->aspa_count == e->aspa_size) {
        e->aspa_size = e->aspa_size ? 2 * e->aspa_size : 16;
        e->aspas = mem_resize(e->aspas, e->aspa_size, sizeof(*e->aspas));
    }
    e->aspas[e->aspa_count++] = *aspa;
}

static int compare_vrps(const void *a, const void *b)
{
    return vrp_compare(a, b);
}

static int compare_aspas(const void *a, const void *b)
{
    return aspa_compare(a, b);
}

static void settle_vrps(struct rpki_entries *e)
{
    size_t kept = 0;
    prefix_sort(e->vrps, e->vrp_count, sizeof(*e->vrps), compare_vrps);
    for (size_t i = 0; i < e->vrp_count; i++)
        if (kept == 0 || vrp_compare(&e->vrps[kept - 1], &e->vrps[i]) != 0)
            e->vrps[kept++] = e->vrps[i];
    e->vrp_count = kept;
}

void rpki_entries_settle(struct rpki_entries *e)
{
    size_t kept = 0;
    settle_vrps(e);
    if (e->aspa_count > 1)
        qsort(e->aspas, e->aspa_count, sizeof(*e->aspas), compare_aspas);
    for (size_t i = 0; i < e->aspa_count; i++) {
        if (kept == 0 || aspa_compare(&e->aspas[kept - 1], &e->aspas[i]) != 0)
            e->aspas[kept++] = e->aspas[i];
        else
            aspa_unite(&e->aspas[kept - 1], &e->aspas[i]);
    }
    e->aspa_count = kept;
}

bool rpki_entries_equal(const struct rpki_entries *a, const struct rpki_entries *b)
{
    struct rpki_entries_cursor at = {0};
    struct rpki_entries_change change;
    while (rpki_entries_next(a, b, &at, &change))
        if (change.vrp_goes || change.vrp_comes || change.aspa_goes || change.aspa_comes)
            return false;
    return true;
}

/* Where both lists stand: <0: the old one has an entry that the new one does not have; 0; >0. */
static int compare_next(const void *old_entry, const void *new_entry,
                        int (*compare)(const void *a, const void *b))
{
    return !old_entry ? 1 : !new_entry ? -1 : compare(old_entry, new_entry);
}

static const struct vrp *vrp_at(const struct rpki_entries *e, size_t at)
{
    return e && at < e->vrp_count ? &e->vrps[at] : NULL;
}

static const struct aspa *aspa_at(const struct rpki_entries *e, size_t at)
{
    return e && at < e->aspa_count ? &e->aspas[at] : NULL;
}

bool rpki_entries_next(const struct rpki_entries *from, const struct rpki_entries *to,
                       struct rpki_entries_cursor *at, struct rpki_entries_change *ret_change)
{
    const struct vrp *old_vrp = vrp_at(from, at->old_vrp);
    const struct vrp *new_vrp = vrp_at(to, at->new_vrp);
    *ret_change = (struct rpki_entries_change){0};
    if (old_vrp || new_vrp) {
        int order = compare_next(old_vrp, new_vrp, compare_vrps);
        at->old_vrp += order <= 0;
        at->new_vrp += order >= 0;
        ret_change->vrp_goes = order < 0 ? old_vrp : NULL;
        ret_change->vrp_comes = order > 0 ? new_vrp : NULL;
        return true;
    }
    const struct aspa *old_aspa = aspa_at(from, at->old_aspa);
    const struct aspa *new_aspa = aspa_at(to, at->new_aspa);
    if (!old_aspa && !new_aspa)
        return false;
    int order = compare_next(old_aspa, new_aspa, compare_aspas);
    bool same = order == 0 && aspa_equal(old_aspa, new_aspa);
    at->old_aspa += order <= 0;
    at->new_aspa += order >= 0;
    ret_change->aspa_goes = order <= 0 && !same ? old_aspa : NULL;
    ret_change->aspa_comes = order >= 0 && !same ? new_aspa : NULL;
    return true;
}
