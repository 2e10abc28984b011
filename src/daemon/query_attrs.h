/* What a filter of routes says of attribute sets. */
#ifndef BGPD_DAEMON_QUERY_ATTRS_H
#define BGPD_DAEMON_QUERY_ATTRS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "daemon/route_filter.h"
#include "policy/path_text.h"
#include "rib/attrs.h"

struct query_verdict;

struct query_attrs {
    struct rib_attrs_pool *pool; /* borrowed */
    uint32_t as_in_path;         /* as in the filter */
    uint32_t origin_as;
    struct path_regex *as_path; /* counted */
    bool has_community;
    struct community community;
    struct path_text text;          /* what the expression needs */
    struct query_verdict *verdicts; /* owned array, by id; NULL: the filter asks nothing */
};

void query_attrs_init(struct query_attrs *a, struct rib_attrs_pool *pool,
                      const struct route_filter *filter);
void query_attrs_release(struct query_attrs *a);

/* Whether the filter takes routes with this attribute set. To *work is added what the answer has
 * cost, in looks at a path of a few attributes. */
bool query_attrs_match(struct query_attrs *a, uint32_t id, unsigned *work);
/* The same of canonical attributes that are no set of the pool. */
bool query_attrs_accept(struct query_attrs *a, struct span canonical, unsigned *work);

#endif
