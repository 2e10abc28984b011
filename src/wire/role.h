/* BGP roles: who an AS is to its neighbour in an external session (RFC 9234). */
#ifndef BGPD_WIRE_ROLE_H
#define BGPD_WIRE_ROLE_H

#include <stdbool.h>
#include <stdint.h>

/* The role of one side of a session. Kept in 8 bits. */
enum role {
    ROLE_NONE, /* none was given, or announced */
    ROLE_PROVIDER,
    ROLE_RS,        /* a route server */
    ROLE_RS_CLIENT, /* of a route server */
    ROLE_CUSTOMER,
    ROLE_PEER,    /* the last one that a side can have */
    ROLE_UNKNOWN, /* the other side announces a value that RFC 9234 §4.1 does not have */
    ROLE_SEVERAL, /* it announces different ones at once */
};

enum { ROLE_NAMES = ROLE_PEER };

/* What people write: the role of value i + 1. */
extern const char *const role_names[ROLE_NAMES];

/* "customer", for what is not a role "unknown" or "several"; NULL for ROLE_NONE. Static storage. */
const char *role_name(enum role role);
/* The role of this name; ROLE_NONE when there is none. */
enum role role_from_name(const char *name);

/* The value in the capability (RFC 9234 §4.1): of a role that a side can have. */
uint8_t role_to_wire(enum role role);
enum role role_from_wire(uint8_t value);

/* The role that the other side must have (RFC 9234 §4.2, table 2); ROLE_NONE of what is no role. */
enum role role_counterpart(enum role ours);

/* Whether the neighbour of a side with this role is its provider, a route server or a peer: what
 * such a neighbour sends is for customers only, and it is not sent what is (RFC 9234 §5). */
bool role_looks_up(enum role ours);
/* Whether the neighbour is a customer, a client of the route server that we are, or a peer: what it
 * is sent is for its customers only. */
bool role_looks_down(enum role ours);

#endif
