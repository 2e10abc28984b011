/* Which of what the API originates a query asks for.
 *
 * The records are gone through in their order, one by one. The longest prefix that is asked for is
 * known of a record by itself: there is no longer one among the records that the filter takes,
 * which are found by what they are to. */
#include "daemon/query_originated.h"

#include <string.h>

#include "base/time.h"
#include "daemon/aim.h"
#include "daemon/state.h"

enum { CANDIDATES_PER_LOOK = 64 };

static void keep(struct strbuf *out, const char *text)
{
    if (text)
        strbuf_add(out, text);
}

static const char *kept(const struct strbuf *text)
{
    return text->len_bytes > 0 ? strbuf_text(text) : NULL;
}

void query_originated_init(struct query_originated *q, struct speaker *s,
                           const struct route_filter *filter, struct query_attrs *attrs)
{
    q->s = s;
    q->filter = filter;
    q->attrs = attrs;
    keep(&q->owner, filter->owner);
    keep(&q->label, filter->label);
    keep(&q->tag, filter->tag);
    if (filter->aimed_at)
        aim_item_text(filter->aimed_at, &q->to);
    q->which = (struct originated_filter){.families = filter->families,
                                          .owner = kept(&q->owner),
                                          .label = kept(&q->label),
                                          .tag = kept(&q->tag),
                                          .beyond_limits = filter->beyond_limits};
}

void query_originated_release(struct query_originated *q)
{
    strbuf_release(&q->owner);
    strbuf_release(&q->label);
    strbuf_release(&q->tag);
    strbuf_release(&q->to);
}

/* Whether one of the lines is this. */
static bool has_line(const char *lines, const char *line)
{
    size_t len = strlen(line);
    for (const char *at = lines; *at != '\0'; at += strspn(at, "\n")) {
        size_t line_len = strcspn(at, "\n");
        if (line_len == len && memcmp(at, line, len) == 0)
            return true;
        at += line_len;
    }
    return false;
}

static bool is_place_wanted(const struct route_filter *f, const struct originated_view *view)
{
    static const enum nlri_relation relations[] = {
        [MATCH_EXACT] = NLRI_EQUALS,
        [MATCH_LONGEST] = NLRI_COVERS,
        [MATCH_LONGER] = NLRI_WITHIN,
    };
    const struct family_info *info = family_info(view->family);
    if (f->has_rd && (info->rd_bytes == 0 || memcmp(view->key.bytes, f->rd, sizeof(f->rd)) != 0))
        return false;
    return f->match == MATCH_ANY ||
           (info->ip_version == f->prefix.version &&
            info->relates(info, view->key, relations[f->match], &f->prefix));
}

/* All of it is of the API. */
static bool is_source_wanted(const struct route_filter *f)
{
    return !f->has_from && (!f->has_own || f->own == ROUTE_SOURCE_API);
}

/* What validation says of it, where it is in the RIB. */
static bool is_state_wanted(const struct query_originated *q, const struct originated_view *view)
{
    const struct rib_table *t = &q->s->rib.tables[view->family];
    if (!q->filter->has_rov)
        return true;
    uint32_t entry =
        view->source != 0 && policy_validates(view->family) ? rib_table_find(t, view->key) : 0;
    const struct rib_path *path =
        entry ? rib_entry_path_of(rib_table_at(t, entry), view->source) : NULL;
    return path && validation_rov_of(q->s, view->family, view->key, path) == q->filter->rov;
}

static bool is_wanted(struct query_originated *q, const struct originated_view *view)
{
    unsigned work = 0;
    return is_source_wanted(q->filter) && originated_is_wanted(q->s, &q->which, view) &&
           is_place_wanted(q->filter, view) &&
           (q->to.len_bytes == 0 || has_line(view->to, strbuf_text(&q->to))) &&
           query_attrs_accept(q->attrs, view->attrs, &work) && is_state_wanted(q, view);
}

/* Whether a record to exactly this is wanted. */
static bool is_any_wanted(struct query_originated *q, enum family family, struct nlri_key key)
{
    struct originated_view view;
    for (uint32_t id = originated_first_to(q->s, family, key, &view); id != 0;
         id = originated_next_to(q->s, id, &view))
        if (is_wanted(q, &view))
            return true;
    return false;
}

/* Whether no longer prefix that covers what is asked for has a record that is wanted. */
static bool is_longest(struct query_originated *q, const struct originated_view *view)
{
    const struct family_info *info = family_info(view->family);
    const struct prefix *p = &q->filter->prefix;
    uint32_t rd_bits = 8u * info->rd_bytes;
    if (q->filter->match != MATCH_LONGEST || info->key_bytes == 0)
        return true;
    for (uint32_t len = p->len_bits; len > view->key.len - rd_bits; len--) {
        struct prefix longer = prefix_make(p->version, (uint8_t)len, p->bytes);
        uint8_t bytes[RD_BYTES + sizeof(longer.bytes)];
        memcpy(bytes, view->key.bytes, info->rd_bytes);
        memcpy(bytes + info->rd_bytes, longer.bytes, sizeof(longer.bytes));
        if (is_any_wanted(q, view->family, (struct nlri_key){bytes, rd_bits + len}))
            return false;
    }
    return true;
}

bool query_originated_next(struct query_originated *q, uint64_t deadline_ns, bool *ret_more)
{
    struct originated_view view;
    for (unsigned looked = 1;
         originated_next(q->s, &q->which, &q->at, deadline_ns, &view, ret_more); looked++) {
        if (is_wanted(q, &view) && is_longest(q, &view)) {
            q->found = view;
            return true;
        }
        if (looked % CANDIDATES_PER_LOOK == 0 && time_mono_ns() >= deadline_ns)
            return false;
    }
    return false;
}
