/* What the configuration of a peer asks of the sockets to it: TTL of packets both ways (GTSM,
 * RFC 5082), MD5 key, DSCP (RFC 4271 appendix E). */
#include "session/socket_options.h"

enum {
    TTL_MAX = 255,
    TTL_CONNECTED = 1,
    DSCP_CS6 = 48,
};

static uint8_t outgoing_ttl(const struct config_peer *config, bool attached)
{
    if (config->ttl_security)
        return TTL_MAX;
    if (config->multihop)
        return config->multihop;
    bool is_external = config_peer_kind(config) == SESSION_EXTERNAL;
    return is_external && attached ? TTL_CONNECTED : CONFIG_ROUTED_TTL;
}

struct tcp_options socket_options(const struct config_peer *config, bool attached)
{
    return (struct tcp_options){
        .md5_password = config->md5_password,
        .ttl = outgoing_ttl(config, attached),
        .minimum_ttl = config->ttl_security ? TTL_MAX : 0,
        .dscp = DSCP_CS6,
    };
}
