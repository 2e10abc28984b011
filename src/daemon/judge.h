/* Whether what a peer sent may be used. Pure: prepared from the configuration and the addresses of
 * the machine, asked once for a run of NLRI. */
#ifndef BGPD_DAEMON_JUDGE_H
#define BGPD_DAEMON_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/prefix.h"
#include "base/span.h"
#include "base/u32set.h"
#include "config/config.h"
#include "daemon/own_addrs.h"
#include "rib/path.h"
#include "session/session.h"
#include "wire/attr.h"
#include "wire/family.h"

/* What the paths of all peers are judged by: who we are. Zero-initialised, we are nobody. */
struct judge {
    struct u32_set asns;       /* the daemon's, towards whichever peer */
    struct u32_set router_ids; /* likewise */
    uint32_t cluster_id;
    struct own_addrs addrs;
};

/* What the paths of one session are judged by. */
struct judge_rules {
    uint32_t first_as;     /* that AS_PATH must begin with; 0: any */
    uint32_t allow_own_as; /* how often our ASNs may stand in AS_PATH */
    bool accept_martians;
    uint8_t role; /* enum role: ours in the session */
    uint32_t remote_as;
    char link[IP_INTERFACE_MAX]; /* that link-local next hops are on; "": not known */
};

/* Takes ASNs and ids from the configuration; false when they are what they were. */
bool judge_configure(struct judge *j, const struct config *config);
void judge_release(struct judge *j);

/* The rules for a session with a peer. */
struct judge_rules judge_rules_of(const struct judge *j, const struct config_peer *peer,
                                  const struct peer_session *session);

/* Whether routes of a family with these attributes may be used: RFC 4271 §6.3, 9.1.2; RFC 4456 §8;
 * RFC 9234 §5. */
enum rib_reject judge_attrs(const struct judge *j, const struct judge_rules *rules,
                            const struct family_info *family, struct span canonical,
                            const struct attr_hot *hot);

#endif
