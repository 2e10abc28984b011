/* What two OPEN messages mean together: RFC 4271 §4.2, §6.2 and §6.8, RFC 5492, RFC 6286, RFC 8654,
 * RFC 8950, RFC 8277 §2.1, RFC 9234 §4. */
#include "session/handshake.h"

#include "base/err.h"
#include "net/retry.h"
#include "wire/capability.h"
#include "wire/message.h"

enum {
    KEEPALIVES_PER_HOLD_TIME = 3,
    KEEPALIVE_MIN_MS = 1000 + 50,
};

/* Our role in a session, which internal ones do not have. */
static enum role role_of(const struct config_peer *config)
{
    return config_peer_kind(config) == SESSION_EXTERNAL ? config->role : ROLE_NONE;
}

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
    caps.role = (uint8_t)role_of(config);
    return caps;
}

bool handshake_works_without_caps(const struct config_peer *config)
{
    bool wants_role = config->role_strict && role_of(config) != ROLE_NONE;
    return family_in(config->families, FAMILY_OF_FIELDS) && config->local_as <= UINT16_MAX &&
           !wants_role;
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

/* RFC 9234 §4.2. Different roles at once are an error to whoever is told them; one that is missing
 * is when it is asked for. */
static int judge_roles(const struct config_peer *config, enum role theirs,
                       struct notification *ret_error, struct strbuf *why)
{
    enum role ours = role_of(config);
    enum role expected = role_counterpart(ours);
    if (config_peer_kind(config) == SESSION_INTERNAL)
        return 0;
    if (theirs == ROLE_SEVERAL)
        strbuf_add(why, "it announces several roles");
    else if (ours == ROLE_NONE || theirs == expected)
        return 0;
    else if (theirs != ROLE_NONE)
        strbuf_printf(why, "its role is %s, and must be %s as ours is %s", role_name(theirs),
                      role_name(expected), role_name(ours));
    else if (config->role_strict)
        strbuf_printf(why, "it announces no role, and must announce %s (role_strict)",
                      role_name(expected));
    else
        return 0;
    return refuse(NOTIFY_OPEN_ROLE_MISMATCH, span_of(NULL, 0), ret_error);
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
    int err = judge_roles(config, theirs->caps.role, ret_error, why);
    if (err)
        return err;
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
        .role = (uint8_t)role_of(config),
        .remote_role = kind == SESSION_EXTERNAL ? theirs->caps.role : ROLE_NONE,
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
