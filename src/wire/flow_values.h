/* Numbers that a component of a flow takes, as ranges. */
#ifndef BGPD_WIRE_FLOW_VALUES_H
#define BGPD_WIRE_FLOW_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/flow_component.h"

struct flow_range {
    uint32_t first;
    uint32_t last; /* it is part of it */
};

/* Ascending, with a number between each two of them that is in neither. */
struct flow_values {
    struct flow_range *ranges; /* owned */
    size_t count;
};

/* What the terms of a numeric component take (RFC 8955 §4.2.1.1): alternatives, of which AND makes
 * groups that must hold together. To be released. */
struct flow_values flow_values_of(const struct flow_term *terms, size_t count);
void flow_values_release(struct flow_values *values);

bool flow_values_have(const struct flow_values *values, uint32_t value);

#endif
