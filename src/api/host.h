/* What the Host and Origin headers of a request say about where it comes from (RFC 9110 §7.2,
 * RFC 6454 §7). */
#ifndef BGPD_API_HOST_H
#define BGPD_API_HOST_H

#include <stdbool.h>
#include <stddef.h>

/* Whether `host`, the value of a Host header, names this machine without doubt: an IP address,
 * "localhost", `own_name` (the machine's name, with or without its domain), or one of `hosts`; with
 * or without a port. A web page that has its own name resolve to this machine has another one. */
bool host_is_ours(const char *host, const char *own_name, char *const *hosts, size_t host_count);

/* Whether `origin` is that of pages which come from `host` itself. */
bool host_is_origin(const char *host, const char *origin);

#endif
