/* Routes that are given by the parameters of a method. */
#ifndef BGPD_API_ROUTE_PARAMS_H
#define BGPD_API_ROUTE_PARAMS_H

#include "api/methods.h"
#include "config/route.h"

/* What names a route: of `prefix`, `family`, `rd` and `labels`. It borrows from the call, as all
 * does here. */
struct route_spec route_params_key(struct method_call *call);
/* What names a flow: of `afi` and `matches`. */
struct route_spec route_params_flow_key(struct method_call *call);
/* Adds what the parameters say that are attributes (PARAM_ROUTE_ATTRIBUTES and
 * PARAM_MORE_ATTRIBUTES of method_params.h). */
void route_params_attributes(struct method_call *call, struct route_spec *spec);
/* Ends a call with what is wrong with a route, and releases that. */
int route_params_fail(struct method_call *call, struct route_problem *problem);

#endif
