/* For tests with real sockets on loopback: a loop with a deadline. */
#ifndef BGPD_TESTS_NET_FIXTURE_H
#define BGPD_TESTS_NET_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/ip.h"

struct net {
    uv_loop_t loop;
    uv_timer_t tick; /* descriptors outside the loop are looked at now and then */
    uint64_t deadline_ms;
};

void net_init(struct net *n);
/* Runs the loop until nothing is left in it. */
void net_close(struct net *n);
void net_arm(struct net *n, uint64_t timeout_ms);
/* One turn; false when the deadline has passed. */
bool net_turn(struct net *n);

#define WAIT_MS 10000

/* Runs the loop until the condition holds. */
#define wait_until(net, condition)                                                                 \
    do {                                                                                           \
        net_arm(net, WAIT_MS);                                                                     \
        while (!(condition))                                                                       \
            if (!net_turn(net))                                                                    \
                fail_msg("timed out waiting for: %s", #condition);                                 \
    } while (0)

struct endpoint endpoint_of(const char *address, uint16_t port);
/* Whether the kernel has TCP MD5 signatures, and we may use them. */
bool kernel_has_md5(void);

#endif
