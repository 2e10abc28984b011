/* The configuration: what the TOML file says, checked and ready to use. Immutable once loaded. */
#ifndef BGPD_CONFIG_CONFIG_H
#define BGPD_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/prefix.h"
#include "base/strbuf.h"
#include "config/route.h"
#include "config/tokens.h"
#include "wire/family.h"
#include "wire/role.h"
#include "wire/session_kind.h"

enum {
    CONFIG_DEFAULT_BGP_PORT = 179,
    CONFIG_DEFAULT_API_PORT = 8080,
    CONFIG_DEFAULT_API_BODY_MAX_BYTES = 64 << 20,
    CONFIG_DEFAULT_POLL_INTERVAL_S = 30,
    CONFIG_DEFAULT_HOLD_TIME_S = 180,
    CONFIG_DEFAULT_API_AUDIT = 10000,
    CONFIG_API_SOCKETS_MAX = 8, /* of both kinds together */
    CONFIG_ROUTED_TTL = 64,     /* of packets to peers that need not be directly connected */
};

/* No user, and no group. */
#define CONFIG_ID_KEEP UINT32_MAX

/* Where routes that are advertised to a peer may come from. */
enum advertise_source {
    ADVERTISE_API = 1 << 0,
    ADVERTISE_CONFIG = 1 << 1,
    ADVERTISE_PEER = 1 << 2,
};

/* What is done about more prefixes than a limit permits. */
enum limit_action { LIMIT_WARN, LIMIT_IGNORE_NEW, LIMIT_SHUTDOWN, LIMIT_ACTIONS };
/* Which prefixes count: all that are in the Adj-RIB-In, or those that are not filtered. */
enum limit_count { LIMIT_RECEIVED, LIMIT_ACCEPTED, LIMIT_COUNTS };

/* As the configuration and the API have them. */
extern const char *const config_limit_action_names[LIMIT_ACTIONS];
extern const char *const config_limit_count_names[LIMIT_COUNTS];

struct config_limit {
    uint32_t limit;        /* 0: none */
    uint16_t warn_percent; /* of the limit; 0: no warning */
    uint8_t action;        /* enum limit_action */
    uint8_t count;         /* enum limit_count */
    uint32_t restart_s;    /* of LIMIT_SHUTDOWN; 0: as connect_retry has it */
};

struct originate_limit;
struct policy;
struct tls_pair;
struct policy_chain;
struct rpki_entries;
struct set_files;
struct written;

/* The policy of channels that must have one and have none, by `ebgp_requires_policy`. */
#define CONFIG_REQUIRED_POLICY "ebgp_requires_policy"

/* A peer in one family. */
struct config_channel {
    enum family family;
    struct config_limit max_prefixes;
    struct policy_chain *import; /* a reference each; NULL: there is no policy. Channels with */
    struct policy_chain *export; /* the same policies have one object. An import chain also notes
                                    the states of validation that an export policy asks about */
    bool keep_filtered;          /* paths that the import policy rejects */
    bool validate_flows;         /* hold flows against unicast routes; of other families false */
    bool reject_aspa_invalid;    /* paths that are invalid by ASPAs are not used */
};

struct config_peer {
    struct prefix remote;                    /* an address is a prefix of full length */
    char remote_interface[IP_INTERFACE_MAX]; /* of a link-local remote address, else "" */
    char *description;                       /* owned; NULL when not given */
    char *name;                              /* what policies call it; owned; NULL: not given */
    char *group;                             /* the name of its group; owned; NULL: none */
    uint32_t remote_as;
    uint32_t local_as;
    uint32_t router_id; /* host order */
    bool enabled;
    bool passive;           /* always true for a network */
    uint16_t hold_time_s;   /* 0, or 3 and up */
    bool extended_messages; /* announce that messages may be longer than 4096 bytes */
    uint16_t dest_port;
    uint32_t connect_retry_s;     /* base interval between attempts; default poll_interval */
    struct ip_addr local_address; /* IP_NONE: let the kernel choose */
    char *md5_password;           /* owned; NULL: none; at most 80 bytes */
    bool ttl_security;            /* GTSM, RFC 5082: hops must be 255 */
    uint8_t multihop;   /* TTL of outgoing packets; 0: the default (1 for eBGP to a connected
                           address, else 64) */
    bool fast_fallover; /* its sessions end when the interface that they run over goes down */
    family_set families;
    uint8_t advertise_sources; /* enum advertise_source */
    bool route_reflector_client;
    bool route_server_client;   /* RFC 7947: AS_PATH, next hop and MED unchanged */
    bool interpret_communities; /* of other route server clients, towards this one */
    bool next_hop_self;
    struct ip_addr
        next_hop_ipv4;         /* ours, for IPv4 over IPv6 without RFC 8950; IP_NONE: not given */
    bool enforce_first_as;     /* external peers: AS_PATH must begin with remote_as */
    enum role role;            /* ours, in external sessions: RFC 9234; ROLE_NONE: none */
    bool role_strict;          /* refuse a peer that announces no role */
    uint16_t allow_own_as;     /* how often our own ASNs may stand in AS_PATH */
    bool accept_martians;      /* take prefixes that cannot be routed */
    bool ebgp_requires_policy; /* external peers: RFC 8212; CONFIG_REQUIRED_POLICY is in place */
    struct config_channel *channels; /* owned; one for each of `families`, in their order */
    size_t channel_count;
    struct static_route *routes; /* static routes and flows, sorted by key, no key twice; owned */
    size_t route_count;
};

/* How many of its static routes are announced: none without "config" in advertise_sources. */
static inline size_t config_peer_announced_count(const struct config_peer *peer)
{
    return peer->advertise_sources & ADVERTISE_CONFIG ? peer->route_count : 0;
}

static inline enum session_kind config_peer_kind(const struct config_peer *peer)
{
    return session_kind_of(peer->local_as, peer->remote_as);
}

/* A cache that is asked for VRPs and ASPAs by RTR (RFC 8210). */
struct config_rpki_cache {
    struct endpoint remote;
    struct ip_addr local_address; /* IP_NONE: let the kernel choose */
    char *description;            /* owned; NULL when not given */
    uint32_t preference;          /* lower is preferred */
    uint16_t version;             /* of the protocol, the highest that is spoken */
    uint32_t refresh_s;           /* 0: as the cache says */
    uint32_t retry_s;             /* likewise */
    uint32_t expire_s;            /* likewise */
    uint32_t max_records;
};

struct config {
    char *path; /* owned; the file, where a reload finds the next one; of a text that was sent, the
                   one whose place it takes */
    char *name; /* owned; what places in it are called: the path, or what the sender calls it */
    bool is_sent;                 /* it is not what the file says */
    unsigned borrowers;           /* that config_borrow has let in; of the loop's thread */
    struct written *written;      /* owned: what the files say, to be shown; NULL: nothing */
    uint32_t router_id;           /* host order */
    uint32_t default_as;          /* 0 when not given */
    uint32_t cluster_id;          /* default: router_id */
    struct endpoint *bgp_sockets; /* owned; `bgp_socket` is one string or a list of them */
    size_t bgp_socket_count;
    struct endpoint api_sockets[CONFIG_API_SOCKETS_MAX];
    size_t api_socket_count;
    char *api_paths[CONFIG_API_SOCKETS_MAX]; /* owned: of sockets in the file system */
    size_t api_path_count;
    uint32_t api_socket_uid; /* of those; CONFIG_ID_KEEP: that of the process, as the next is */
    uint32_t api_socket_gid;
    uint32_t api_socket_mode;
    char **api_hosts; /* owned array of owned names under which the API is known */
    size_t api_host_count;
    char *api_token;          /* owned, from api_token_file; NULL: none */
    uint32_t api_audit;       /* how many changes are kept to be asked for */
    struct tls_pair *api_tls; /* a reference; NULL: it speaks no TLS */
    struct tokens *tokens;    /* a reference, from api_tokens; NULL: none */
    enum access api_loopback; /* of clients on this machine without a token */
    uint32_t api_body_max_bytes;
    uint32_t poll_interval_s;
    bool ebgp_requires_policy;             /* of peers that do not say it */
    struct rpki_entries *rpki_static;      /* [rpki]: a reference; NULL: none */
    struct config_rpki_cache *rpki_caches; /* owned; in file order, none twice */
    size_t rpki_cache_count;
    char **rpki_files; /* owned array of owned paths, none twice */
    size_t rpki_file_count;
    struct policy_chain *local_import; /* what the API and the configuration announce goes through
                                          it: it notes likewise; NULL: nothing is noted */
    char *state_path;                  /* owned; of [state]; NULL: nothing survives a restart */
    struct originate_limit *originate_limits; /* owned; in file order, each owner once */
    size_t originate_limit_count;
    struct set_files *set_files; /* a reference: sets that were made of files */
    struct policy **policies;    /* owned array of references, in order of their names; several
                                    of one name have other values of parameters, the usual
                                    ones first */
    size_t policy_count;
    struct config_peer *peers; /* owned; in file order */
    size_t peer_count;
    const struct config_peer **by_remote; /* owned; the peers in order of remote: for the lookups */
    bool remote_lengths[2][129];          /* which lengths IPv4, IPv6 remotes have */
};

/* Where the API listens when nothing is said. */
struct endpoint config_default_api_socket(void);

void config_free(struct config *c); /* NULL is allowed */
/* It stays, whoever frees it, until that has been called once more. */
const struct config *config_borrow(const struct config *c);
/* Frees what a peer owns. */
void config_peer_release(struct config_peer *peer);

/* The order of struct config's by_remote: <0, 0 (the same remote), >0. */
int config_compare_remotes(const struct config_peer *a, const struct config_peer *b);
/* The peer entry that applies to `addr`: the one with the longest matching remote, enabled or not;
 * NULL for none. For a link-local address the interface must be that of the entry. */
const struct config_peer *config_match_peer(const struct config *c, const struct ip_addr *addr);
/* The entry whose remote is exactly this (`interface`: "" for none); NULL. */
const struct config_peer *config_find_peer(const struct config *c, const struct prefix *remote,
                                           const char *interface);
/* The policy of a name, the first such, borrowed; NULL. */
struct policy *config_find_policy(const struct config *c, const char *name);
/* The one that is the same as `policy`, of another configuration, to every route; NULL. */
const struct policy *config_find_same_policy(const struct config *c, const struct policy *policy);
/* Whether both have the same policies, attached or not. */
bool config_same_policies(const struct config *a, const struct config *b);
/* What the channels of a peer have of the policies of a name, the first such; borrowed; NULL. */
struct policy *config_peer_policy(const struct config_peer *peer, const char *name);
/* The static route to this place that is announced; NULL. */
const struct static_route *config_peer_find_route(const struct config_peer *peer,
                                                  enum family family, struct nlri_key key);
bool config_limit_equal(const struct config_limit *a, const struct config_limit *b);
/* The channel of a family; NULL when the peer does not have it. */
const struct config_channel *config_peer_channel(const struct config_peer *peer,
                                                 enum family family);

#endif
