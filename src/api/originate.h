/* One route or flow that a call advertises or withdraws, in whatever call it stands. */
#ifndef BGPD_API_ORIGINATE_H
#define BGPD_API_ORIGINATE_H

#include <stdbool.h>

#include "api/methods.h"
#include "config/route.h"
#include "daemon/originated.h"

/* What hears of a route that is advertised; all is borrowed. */
struct originate_steps {
    /* It is good, and nothing has been done. NULL: nobody asks. */
    void (*before)(void *ctx, const struct static_route *route,
                   const struct originated_terms *terms);
    /* It is done; `warnings` are a line each. */
    void (*done)(void *ctx, struct method_call *call, const char *warnings,
                 const struct originated_view *view);
    void *ctx;
};

/* Both take the parameters of a call of `advertise_route` and so on. With `check_only` they say
 * what would be wrong, and do nothing. 0, or the code of the call's error. */
int originate_advertise(struct method_call *call, bool is_flow, bool check_only,
                        const struct originate_steps *steps);
/* What it is called is appended to `ret_name`. */
int originate_withdraw(struct method_call *call, bool is_flow, bool check_only,
                       struct strbuf *ret_name);

#endif
