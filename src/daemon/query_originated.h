/* Which of what the API originates a query asks for: for daemon/query. */
#ifndef BGPD_DAEMON_QUERY_ORIGINATED_H
#define BGPD_DAEMON_QUERY_ORIGINATED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "daemon/originated.h"
#include "daemon/query_attrs.h"
#include "daemon/route_filter.h"

struct query_originated {
    struct speaker *s; /* borrowed, as the next two are */
    const struct route_filter *filter;
    struct query_attrs *attrs;
    struct originated_filter which; /* its texts are the next ones */
    struct strbuf owner;
    struct strbuf label;
    struct strbuf tag;
    struct strbuf to; /* as an aim writes it */
    uint32_t at;      /* the last record that was looked at */
    struct originated_view found;
};

/* Zero-initialised before; copies the texts of the filter. */
void query_originated_init(struct query_originated *q, struct speaker *s,
                           const struct route_filter *filter, struct query_attrs *attrs);
void query_originated_release(struct query_originated *q);
/* The next one, which `found` is then; false: there is none before `deadline_ns` (monotonic), and
 * *ret_more says whether there may be one. */
bool query_originated_next(struct query_originated *q, uint64_t deadline_ns, bool *ret_more);

#endif
