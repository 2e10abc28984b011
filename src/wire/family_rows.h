/* The rows of the table of families, each in the file of its codec. For src/wire/family*.c only. */
#ifndef BGPD_WIRE_FAMILY_ROWS_H
#define BGPD_WIRE_FAMILY_ROWS_H

#include "wire/family_row.h"

extern const struct family_info family_ipv4_unicast, family_ipv6_unicast;
extern const struct family_info family_ipv4_flow, family_ipv6_flow;
extern const struct family_info family_ipv4_multicast, family_ipv6_multicast;
extern const struct family_info family_ipv4_labeled, family_ipv6_labeled;
extern const struct family_info family_ipv4_vpn, family_ipv6_vpn;

#endif
