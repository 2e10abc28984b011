/* What a token lets its holder announce and withdraw: what is its own, to prefixes that it names,
 * and for those whom it names. */
#ifndef BGPD_API_RIGHTS_H
#define BGPD_API_RIGHTS_H

#include "api/methods.h"
#include "daemon/originated.h"

/* Puts whose it is, and whom it is for, into the terms of a call, where that says neither. 0, or
 * the code given to method_fail. */
int rights_settle(struct method_call *call, struct originated_terms *terms);
/* Whether the caller may announce a route on such terms. 0, or likewise. */
int rights_check(struct method_call *call, const struct static_route *route,
                 const struct originated_terms *terms);
/* The route is that of another owner, which the caller has no business with. */
int rights_fail_owner(struct method_call *call, const struct static_route *route,
                      const char *owner);

#endif
