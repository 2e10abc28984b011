/* What a filter of routes says of attribute sets.
 *
 * That takes as long as the set is large, or as the expression on AS paths takes, and many routes
 * share a set: so it is remembered for the large ones, and where there is an expression for all.
 * What is remembered holds a reference, so that an id stays that of the set. */
#include "daemon/query_attrs.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/reader.h"
#include "wire/aspath.h"
#include "wire/attr.h"

/* Bytes of attributes that take as long to look at as a path, and those of a path in which an
 * expression is looked for. */
#define BYTES_PER_WORK      32u
#define PATH_BYTES_PER_WORK 2u
/* The verdict on smaller sets is as soon made as found. */
#define VERDICT_MIN_BYTES 256u
#define VERDICT_BITS      10

struct query_verdict {
    uint32_t attrs; /* counted; 0: none */
    bool matches;
};

void query_attrs_init(struct query_attrs *a, struct rib_attrs_pool *pool,
                      const struct route_filter *filter)
{
    *a = (struct query_attrs){
        .pool = pool,
        .as_in_path = filter->as_in_path,
        .origin_as = filter->origin_as,
        .as_path = filter->as_path ? path_regex_ref(filter->as_path) : NULL,
        .has_community = filter->has_community,
        .community = filter->community,
    };
    if (a->as_in_path != 0 || a->origin_as != 0 || a->as_path || a->has_community)
        a->verdicts = mem_zalloc(sizeof(*a->verdicts) << VERDICT_BITS);
    if (!a->as_path)
        return;
    a->text.scratch = path_regex_scratch_new();
    path_regex_scratch_limit(a->text.scratch); /* whoever can connect may ask */
}

void query_attrs_release(struct query_attrs *a)
{
    for (unsigned i = 0; a->verdicts && i < 1u << VERDICT_BITS; i++)
        rib_attrs_unref(a->pool, a->verdicts[i].attrs);
    free(a->verdicts);
    path_text_release(&a->text);
    path_regex_unref(a->as_path);
}

static bool has_community(struct span attrs, const struct community *c)
{
    struct span value;
    unsigned len = community_len_bytes(c->kind);
    if (!attr_find(attrs, community_attr_type(c->kind), &value))
        return false;
    struct reader r = reader_over(value);
    while (reader_left(&r) >= len)
        if (span_equal(reader_take(&r, len), span_of(c->bytes, len)))
            return true;
    return false;
}

/* A route without an AS path is one with an empty one. */
static bool path_accepted(struct query_attrs *a, struct span as_path, unsigned *work)
{
    if (a->as_in_path != 0 && aspath_count_as(as_path, a->as_in_path) == 0)
        return false;
    if (a->origin_as != 0 && aspath_origin_as(as_path) != a->origin_as)
        return false;
    if (!a->as_path)
        return true;
    *work += 1 + (unsigned)as_path.len_bytes / PATH_BYTES_PER_WORK;
    return path_text_match(&a->text, as_path, a->as_path) == PATH_REGEX_YES;
}

bool query_attrs_accept(struct query_attrs *a, struct span canonical, unsigned *work)
{
    struct span as_path;
    if (!a->verdicts)
        return true;
    *work += (unsigned)canonical.len_bytes / BYTES_PER_WORK;
    if (!attr_find(canonical, ATTR_AS_PATH, &as_path))
        as_path = span_of(NULL, 0);
    return path_accepted(a, as_path, work) &&
           (!a->has_community || has_community(canonical, &a->community));
}

bool query_attrs_match(struct query_attrs *a, uint32_t id, unsigned *work)
{
    if (!a->verdicts)
        return true;
    struct span canonical = rib_attrs_span(rib_attrs_at(a->pool, id));
    if (canonical.len_bytes < VERDICT_MIN_BYTES && !a->as_path)
        return query_attrs_accept(a, canonical, work);
    /* Ids of neighbours in memory differ in their low bits, or by a power of two. */
    struct query_verdict *v = &a->verdicts[(id * 0x9e3779b1u) >> (32 - VERDICT_BITS)];
    if (v->attrs != id) {
        bool matches = query_attrs_accept(a, canonical, work);
        rib_attrs_unref(a->pool, v->attrs);
        *v = (struct query_verdict){.attrs = rib_attrs_ref(a->pool, id), .matches = matches};
    }
    return v->matches;
}
