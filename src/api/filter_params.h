/* Which routes are asked for, by the parameters that lists of routes have in common. */
#ifndef BGPD_API_FILTER_PARAMS_H
#define BGPD_API_FILTER_PARAMS_H

#include "api/methods.h"
#include "daemon/route_filter.h"

/* Fills in what the parameters of the call say, those that its method has; the kind of list is set
 * already. Returns 0, or the code of the error of the call. What is owned is to be released, once
 * there is a query, in either case. */
int filter_params_read(struct method_call *call, struct route_filter *filter);
void filter_params_release(struct route_filter *filter);
/* The families that `family` and `kind` permit, as far as the method has them; 0: all. 0, or the
 * code of the error of the call. */
int filter_params_families(struct method_call *call, family_set *ret_families);

#endif
