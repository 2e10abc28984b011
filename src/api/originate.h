/* One route or flow that a call advertises or withdraws, in whatever call it stands. */
#ifndef BGPD_API_ORIGINATE_H
#define BGPD_API_ORIGINATE_H

#include <stdbool.h>

#include "api/methods.h"
#include "config/route.h"
#include "daemon/originated.h"

/* A route that is advertised, or would be: all is borrowed. */
struct originate_done {
    struct originated_plan *plan;
    const struct originated_view *view;
    const char *warnings; /* a line each */
    const char
        *replaced; /* what it took the place of, as JSON; "": nothing, or that is not asked */
};

/* What hears of it. */
struct originate_steps {
    void (*done)(void *ctx, struct method_call *call, const struct originate_done *done);
    void *ctx;
    bool wants_replaced;
    /* The last plan that was checked, which goes with the next one, and not before: the sets that
     * many have in common are then made once. To be released; NULL: none is held. */
    struct originated_plan *held;
    /* What would be by now, were the items before carried out: of those that are looked at alone,
     * and NULL else. */
    struct originated_supposed *supposed;
};

enum originate_how {
    ORIGINATE_DO,
    ORIGINATE_GO_ON, /* the same, also where nothing can be stored now: it waits for that then */
    ORIGINATE_DRY,   /* says the same, and is taken back */
    ORIGINATE_CHECK, /* says what would be wrong alone, and costs less: nobody hears of it */
};

/* Both take the parameters of a call of `advertise_route` and so on. 0, or the code of the call's
 * error. */
int originate_advertise(struct method_call *call, bool is_flow, enum originate_how how,
                        const struct originate_steps *steps);
/* What it is called is appended to `ret_name`; `supposed` as in the steps. */
int originate_withdraw(struct method_call *call, bool is_flow, enum originate_how how,
                       struct originated_supposed *supposed, struct strbuf *ret_name);

#endif
