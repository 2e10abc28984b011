/* Many routes and flows that one call advertises or withdraws. */
#ifndef BGPD_API_BULK_H
#define BGPD_API_BULK_H

#include "api/methods.h"

enum bulk_kind { BULK_ADVERTISE, BULK_WITHDRAW };

/* Sets the stream of the call, which does it in slices. 0, or the code of the call's error. */
int bulk_begin(struct method_call *call, enum bulk_kind kind);

#endif
