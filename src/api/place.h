/* Where a client is: at an address, or on this machine as a user whom the system vouches for. */
#ifndef BGPD_API_PLACE_H
#define BGPD_API_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/strbuf.h"
#include "net/local_listener.h"

struct client_place {
    struct ip_addr addr;       /* IP_NONE: it came by a socket in the file system, */
    char user[LOCAL_USER_MAX]; /* which this user has connected to */
};

struct client_place place_of_address(const struct ip_addr *addr);
/* Of a connection by a socket in the file system. */
struct client_place place_of_local(int fd);
/* Whether it is on this machine. */
bool place_is_local(const struct client_place *place);
/* Whether it came by a socket in the file system. */
bool place_is_file(const struct client_place *place);
/* What tells users apart; 0: it is at an address. */
uint64_t place_user_hash(const struct client_place *place);

/* "192.0.2.1", "unix:alice". Returns `buf`. */
enum { PLACE_TEXT_MAX = 5 + LOCAL_USER_MAX > IP_TEXT_MAX ? 5 + LOCAL_USER_MAX : IP_TEXT_MAX };
const char *place_format(const struct client_place *place, char buf[PLACE_TEXT_MAX]);

#endif
