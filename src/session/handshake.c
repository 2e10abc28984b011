/* What two OPEN messages mean together: RFC 4271 §4.2, §6.2 and §6.8, RFC 5492, RFC 6286, RFC 8654,
 * RFC 8950, RFC 8277 §2.1. */
#include "session/handshake.h"

#include "base/err.h"
#include "net/retry.h"
#include "wire/capability.h"
#include "wire/message.h"

enum {
    KEEPALIVES_PER_HOLD_TIME = 3,
    KEEPALIVE_MIN_MS = 1000 + 50,
};

struct open_caps handshake_caps(const struct config_peer *config, uint8_t ip_version)
{
    struct open_caps caps = {
        .families = config->families,
        .has_multiprotocol = true,
        .route_refresh = true,
        .extended_message = config->extended_messages,
        .as4 = true,
    };
    if (ip_version == IP_V6)
        caps.extended_next_hop = config->families & family_with_next_hop(IP_V4); /* RFC 8950 */
    for (unsigned i = 0; i < FAMILY_COUNT; i++)
        if (family_in(config->families, (enum family)i) &&
            family_info((enum family)i)->has_labels) {
            caps.has_multiple_labels = true;
            caps.labels[i] = NLRI_MAX_LABELS;
        }
    return caps;
}

bool handshake_works_without_caps(const struct config_peer *config)
{
    return family_in(config->families, FAMILY_OF_FIELDS) && config->local_as <= UINT16_MAX;
}

static int refuse(uint8_t subcode, struct span data, struct notification *ret_error)
{
    *ret_error = notification_make(NOTIFY_OPEN, subcode, data);
    return ERR_INVALID;
}

static int refuse_families(const struct config_peer *config, family_set families,
                           struct notification *ret_error)
{
    uint8_t data[NOTIFICATION_DATA_MAX];
    struct writer w = writer_over(data, sizeof(data));
    struct open_caps wanted = {.families = families, .has_multiprotocol = true};
    capability_put_all(&w, config->local_as, &wanted);
    return refuse(NOTIFY_OPEN_UNSUPPORTED_CAPABILITY, writer_span(&w), ret_error);
}

static uint16_t negotiated_hold_time(uint16_t ours_s, uint16_t theirs_s)
{
    return ours_s < theirs_s ? ours_s : theirs_s;
}

int handshake_judge(const struct config_peer *config, const struct open_msg *ours,
                    const struct open_msg *theirs, struct peer_session *ret_session,
                    struct notification *ret_error, struct strbuf *why)
{
    const struct span none = span_of(NULL, 0);
    enum session_kind kind = config_peer_kind(config);
    if (theirs->as != config->remote_as) {
        strbuf_printf(why, "peer AS %u, expected %u", theirs->as, config->remote_as);
        return refuse(NOTIFY_OPEN_BAD_PEER_AS, none, ret_error);
    }
    if (theirs->bgp_id == 0 || (kind == SESSION_INTERNAL && theirs->bgp_id == config->router_id)) {
        strbuf_add(why, theirs->bgp_id ? "it has the same router id as we" : "its router id is 0");
        return refuse(NOTIFY_OPEN_BAD_BGP_ID, none, ret_error);
    }
    struct open_caps effective = ours->caps;
    if (!effective.has_multiprotocol)
        effective.families = FAMILY_BIT(FAMILY_OF_FIELDS);
    struct open_caps both = open_negotiate(&effective, &theirs->caps);
    if (both.families == 0) {
        strbuf_add(why, "no address family in common");
        return refuse_families(config, effective.families, ret_error);
    }
    uint16_t hold_time_s = negotiated_hold_time(ours->hold_time_s, theirs->hold_time_s);
    *ret_session = (struct peer_session){
        .negotiated = both,
        .update_ctx = {.attr = {.as4 = both.as4, .session_kind = kind},
                       .families = both.families,
                       .extended_next_hop = both.extended_next_hop},
        .remote_as = theirs->as,
        .remote_bgp_id = theirs->bgp_id,
        .hold_time_s = hold_time_s,
        .keepalive_s = hold_time_s / KEEPALIVES_PER_HOLD_TIME,
        .max_message_bytes = both.extended_message ? MESSAGE_MAX_EXTENDED_BYTES : MESSAGE_MAX_BYTES,
        .kind = kind,
        .enhanced_refresh = theirs->caps.enhanced_refresh,
    };
    return 0;
}

uint64_t handshake_keepalive_ms(uint32_t keepalive_s, uint32_t random)
{
    if (keepalive_s == 0)
        return 0;
    uint64_t delay_ms = retry_jitter_ms(keepalive_s * UINT64_C(1000), random);
    return delay_ms > KEEPALIVE_MIN_MS ? delay_ms : KEEPALIVE_MIN_MS;
}

bool handshake_keeps_outgoing(uint32_t local_bgp_id, uint32_t local_as, uint32_t remote_bgp_id,
                              uint32_t remote_as)
{
    if (local_bgp_id != remote_bgp_id)
        return local_bgp_id > remote_bgp_id;
    return local_as > remote_as;
}
