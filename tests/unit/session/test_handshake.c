/* Capabilities announced, the judgement of the peer's OPEN, and the collision rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "session/handshake.h"

static const struct config_peer config = {
    .remote_as = 65001,
    .local_as = 65000,
    .router_id = 0x01010101,
    .hold_time_s = 90,
    .extended_messages = true,
    .families = FAMILY_BIT(FAMILY_IPV4_UNICAST) | FAMILY_BIT(FAMILY_IPV6_FLOW),
};

static const struct open_msg good = {
    .version = 4,
    .as = 65001,
    .as2 = 65001,
    .hold_time_s = 30,
    .bgp_id = 0x02020202,
    .caps =
        {
            .families = FAMILY_ALL,
            .has_multiprotocol = true,
            .route_refresh = true,
            .extended_message = true,
            .as4 = true,
            .extended_next_hop = FAMILY_BIT(FAMILY_IPV4_UNICAST),
        },
};

struct verdict {
    int err;
    struct peer_session session;
    struct notification error;
    struct strbuf why;
};

static struct verdict judge(const struct config_peer *c, const struct open_caps *ours,
                            const struct open_msg *theirs)
{
    struct verdict v = {0};
    struct open_msg sent = {.hold_time_s = c->hold_time_s, .caps = *ours};
    v.err = handshake_judge(c, &sent, theirs, &v.session, &v.error, &v.why);
    return v;
}

static struct verdict judge_default(const struct config_peer *c, const struct open_msg *theirs)
{
    struct open_caps ours = handshake_caps(c, IP_V4);
    return judge(c, &ours, theirs);
}

static void assert_refused(struct verdict v, uint8_t subcode)
{
    assert_int_equal(v.err, ERR_INVALID);
    assert_int_equal(v.error.code, NOTIFY_OPEN);
    assert_int_equal(v.error.subcode, subcode);
    assert_true(v.why.len_bytes > 0);
    strbuf_release(&v.why);
}

static void announces_what_it_does(void **ctx)
{
    (void)ctx;
    struct open_caps caps = handshake_caps(&config, IP_V4);
    assert_int_equal(caps.families, config.families);
    assert_true(caps.has_multiprotocol && caps.route_refresh && caps.extended_message && caps.as4);
    assert_false(caps.enhanced_refresh);
    assert_int_equal(caps.extended_next_hop, 0);
    caps = handshake_caps(&config, IP_V6);
    assert_int_equal(caps.extended_next_hop, FAMILY_BIT(FAMILY_IPV4_UNICAST));
    assert_false(caps.has_multiple_labels);
}

/* RFC 8277 §2.1: as many as there is room for, in the families that have them. */
static void announces_the_labels_that_it_takes(void **ctx)
{
    (void)ctx;
    struct config_peer c = config;
    c.families = FAMILY_BIT(FAMILY_IPV4_UNICAST) | FAMILY_BIT(FAMILY_IPV6_VPN);
    struct open_caps caps = handshake_caps(&c, IP_V4);
    assert_true(caps.has_multiple_labels);
    for (enum family family = 0; family < FAMILY_COUNT; family++)
        assert_int_equal(caps.labels[family], family == FAMILY_IPV6_VPN ? 10 : 0);
}

static void negotiates(void **ctx)
{
    (void)ctx;
    struct open_caps ours = handshake_caps(&config, IP_V6);
    struct verdict v = judge(&config, &ours, &good);
    assert_int_equal(v.err, 0);
    assert_int_equal(v.session.negotiated.families, config.families);
    assert_int_equal(v.session.update_ctx.families, config.families);
    assert_int_equal(v.session.update_ctx.extended_next_hop, FAMILY_BIT(FAMILY_IPV4_UNICAST));
    assert_true(v.session.update_ctx.attr.as4);
    assert_int_equal(v.session.update_ctx.attr.session_kind, SESSION_EXTERNAL);
    assert_int_equal(v.session.kind, SESSION_EXTERNAL);
    assert_int_equal(v.session.remote_as, 65001);
    assert_int_equal(v.session.remote_bgp_id, 0x02020202);
    assert_int_equal(v.session.hold_time_s, 30);
    assert_int_equal(v.session.keepalive_s, 10);
    assert_int_equal(v.session.max_message_bytes, 65535);
}

static void offers_extended_messages_unless_told_not_to(void **ctx)
{
    (void)ctx;
    struct config_peer c = config;
    c.extended_messages = false;
    struct open_caps ours = handshake_caps(&c, IP_V4);
    assert_false(ours.extended_message);
    struct verdict v = judge(&c, &ours, &good);
    assert_int_equal(v.err, 0);
    assert_int_equal(v.session.max_message_bytes, 4096);
}

/* RFC 4271 §4.2: the smaller one of what the two OPENs said, whatever was configured since. */
static void takes_the_hold_time_that_was_sent(void **ctx)
{
    (void)ctx;
    struct config_peer c = config;
    struct open_msg sent = {.hold_time_s = 20, .caps = handshake_caps(&c, IP_V4)};
    struct peer_session session;
    struct notification error;
    struct strbuf why = {0};
    c.hold_time_s = 9;
    assert_int_equal(handshake_judge(&c, &sent, &good, &session, &error, &why), 0);
    assert_int_equal(session.hold_time_s, 20);
}

static void takes_the_smaller_hold_time(void **ctx)
{
    (void)ctx;
    struct open_msg theirs = good;
    theirs.hold_time_s = 240;
    assert_int_equal(judge_default(&config, &theirs).session.hold_time_s, 90);
    theirs.hold_time_s = 0;
    struct verdict v = judge_default(&config, &theirs);
    assert_int_equal(v.session.hold_time_s, 0);
    assert_int_equal(v.session.keepalive_s, 0);
}

static void old_peers_get_small_messages(void **ctx)
{
    (void)ctx;
    struct open_msg theirs = good;
    theirs.caps = (struct open_caps){.families = FAMILY_BIT(FAMILY_IPV4_UNICAST)};
    struct verdict v = judge_default(&config, &theirs);
    assert_int_equal(v.err, 0);
    assert_int_equal(v.session.max_message_bytes, 4096);
    assert_int_equal(v.session.negotiated.families, FAMILY_BIT(FAMILY_IPV4_UNICAST));
    assert_false(v.session.update_ctx.attr.as4);
}

static void without_caps_means_ipv4_unicast(void **ctx)
{
    (void)ctx;
    struct open_caps none = {0};
    struct verdict v = judge(&config, &none, &good);
    assert_int_equal(v.err, 0);
    assert_int_equal(v.session.negotiated.families, FAMILY_BIT(FAMILY_IPV4_UNICAST));
    assert_true(handshake_works_without_caps(&config));
    struct config_peer other = config;
    other.families = FAMILY_BIT(FAMILY_IPV6_UNICAST);
    assert_false(handshake_works_without_caps(&other));
    other = config;
    other.local_as = 70000;
    assert_false(handshake_works_without_caps(&other));
}

static void refuses_a_wrong_as(void **ctx)
{
    (void)ctx;
    struct open_msg theirs = good;
    theirs.as = 65002;
    assert_refused(judge_default(&config, &theirs), NOTIFY_OPEN_BAD_PEER_AS);
}

static void refuses_our_own_id_within_the_as(void **ctx)
{
    (void)ctx;
    struct open_msg theirs = good;
    theirs.bgp_id = config.router_id;
    assert_int_equal(judge_default(&config, &theirs).err, 0); /* RFC 6286: external, allowed */
    struct config_peer internal = config;
    internal.remote_as = internal.local_as;
    theirs.as = internal.local_as;
    assert_refused(judge_default(&internal, &theirs), NOTIFY_OPEN_BAD_BGP_ID);
    theirs.bgp_id = 0;
    assert_refused(judge_default(&internal, &theirs), NOTIFY_OPEN_BAD_BGP_ID);
    theirs.bgp_id = 5;
    assert_int_equal(judge_default(&internal, &theirs).session.kind, SESSION_INTERNAL);
}

static void refuses_without_a_common_family(void **ctx)
{
    (void)ctx;
    struct open_msg theirs = good;
    theirs.caps.families = FAMILY_BIT(FAMILY_IPV6_UNICAST);
    /* The data are the capabilities that were missed: ipv4 unicast, ipv6 flow. A reload that came
     * after our OPEN has no say. */
    struct open_caps ours = handshake_caps(&config, IP_V4);
    struct config_peer reloaded = config;
    reloaded.families = FAMILY_BIT(FAMILY_IPV6_UNICAST);
    struct verdict v = judge(&reloaded, &ours, &theirs);
    const uint8_t wanted[] = {1, 4, 0, 1, 0, 1, 1, 4, 0, 2, 0, 133};
    assert_int_equal(v.error.data_len_bytes, sizeof(wanted));
    assert_memory_equal(v.error.data, wanted, sizeof(wanted));
    assert_refused(v, NOTIFY_OPEN_UNSUPPORTED_CAPABILITY);
}

/* RFC 9234 §4.2. */
static struct verdict judge_roles(enum role ours, enum role theirs, bool strict)
{
    struct config_peer c = config;
    struct open_msg open = good;
    c.role = ours;
    c.role_strict = strict;
    open.caps.role = (uint8_t)theirs;
    return judge_default(&c, &open);
}

static void announces_our_role_to_external_peers(void **ctx)
{
    (void)ctx;
    struct config_peer c = config;
    assert_int_equal(handshake_caps(&c, IP_V4).role, ROLE_NONE);
    c.role = ROLE_RS;
    assert_int_equal(handshake_caps(&c, IP_V4).role, ROLE_RS);
    c.remote_as = c.local_as;
    assert_int_equal(handshake_caps(&c, IP_V4).role, ROLE_NONE);
}

static void takes_the_role_that_goes_with_ours(void **ctx)
{
    (void)ctx;
    for (unsigned ours = ROLE_PROVIDER; ours <= ROLE_PEER; ours++) {
        for (unsigned theirs = ROLE_PROVIDER; theirs <= ROLE_SEVERAL; theirs++) {
            struct verdict v = judge_roles(ours, theirs, false);
            if (theirs != role_counterpart(ours)) {
                assert_refused(v, NOTIFY_OPEN_ROLE_MISMATCH);
                continue;
            }
            assert_int_equal(v.err, 0);
            assert_int_equal(v.session.role, ours);
            assert_int_equal(v.session.remote_role, theirs);
        }
    }
}

static void says_which_role_it_expects(void **ctx)
{
    (void)ctx;
    struct verdict v = judge_roles(ROLE_CUSTOMER, ROLE_PEER, false);
    assert_string_equal(strbuf_text(&v.why),
                        "its role is peer, and must be provider as ours is customer");
    assert_refused(v, NOTIFY_OPEN_ROLE_MISMATCH);
    assert_int_equal(v.error.data_len_bytes, 0);
    v = judge_roles(ROLE_RS, ROLE_NONE, true);
    assert_string_equal(strbuf_text(&v.why),
                        "it announces no role, and must announce rs-client (role_strict)");
    assert_refused(v, NOTIFY_OPEN_ROLE_MISMATCH);
}

/* Ours holds all the same. */
static void needs_no_role_of_the_peer_unless_strict(void **ctx)
{
    (void)ctx;
    struct verdict v = judge_roles(ROLE_RS, ROLE_NONE, false);
    assert_int_equal(v.err, 0);
    assert_int_equal(v.session.role, ROLE_RS);
    assert_int_equal(v.session.remote_role, ROLE_NONE);
    struct config_peer c = config;
    c.role_strict = true; /* which is about nothing without a role */
    assert_int_equal(judge_default(&c, &good).err, 0);
    assert_true(handshake_works_without_caps(&c));
    c.role = ROLE_PEER;
    assert_false(handshake_works_without_caps(&c));
    c.role_strict = false;
    assert_true(handshake_works_without_caps(&c));
}

static void refuses_several_roles_of_any_external_peer(void **ctx)
{
    (void)ctx;
    assert_int_equal(judge_roles(ROLE_NONE, ROLE_CUSTOMER, false).session.remote_role,
                     ROLE_CUSTOMER);
    assert_int_equal(judge_roles(ROLE_NONE, ROLE_UNKNOWN, false).err, 0);
    struct verdict v = judge_roles(ROLE_NONE, ROLE_SEVERAL, false);
    assert_string_equal(strbuf_text(&v.why), "it announces several roles");
    assert_refused(v, NOTIFY_OPEN_ROLE_MISMATCH);
}

static void internal_sessions_have_no_roles(void **ctx)
{
    (void)ctx;
    struct config_peer c = config;
    struct open_msg open = good;
    c.remote_as = open.as = c.local_as;
    c.role = ROLE_PROVIDER;
    c.role_strict = true;
    for (unsigned theirs = ROLE_NONE; theirs <= ROLE_SEVERAL; theirs++) {
        open.caps.role = (uint8_t)theirs;
        struct verdict v = judge_default(&c, &open);
        assert_int_equal(v.err, 0);
        assert_int_equal(v.session.role, ROLE_NONE);
        assert_int_equal(v.session.remote_role, ROLE_NONE);
    }
}

static void higher_id_keeps_its_connection(void **ctx)
{
    (void)ctx;
    assert_true(handshake_keeps_outgoing(0x02000000, 1, 0x01ffffff, 2));
    assert_false(handshake_keeps_outgoing(0x01ffffff, 2, 0x02000000, 1));
    assert_true(handshake_keeps_outgoing(7, 65001, 7, 65000)); /* RFC 6286 */
    assert_false(handshake_keeps_outgoing(7, 65000, 7, 65001));
}

/* RFC 4271 §4.4: "MUST NOT be sent more frequently than one per second". */
static void keepalives_are_a_second_apart(void **ctx)
{
    (void)ctx;
    for (uint32_t random = 0; random < UINT32_MAX - (1u << 24); random += 1u << 24)
        assert_in_range(handshake_keepalive_ms(1, random), 1001, 1100);
    assert_int_equal(handshake_keepalive_ms(60, 0), 45000);
    assert_int_equal(handshake_keepalive_ms(60, UINT32_MAX), 60000);
    assert_int_equal(handshake_keepalive_ms(0, UINT32_MAX), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(announces_what_it_does),
        cmocka_unit_test(announces_the_labels_that_it_takes),
        cmocka_unit_test(negotiates),
        cmocka_unit_test(offers_extended_messages_unless_told_not_to),
        cmocka_unit_test(takes_the_hold_time_that_was_sent),
        cmocka_unit_test(takes_the_smaller_hold_time),
        cmocka_unit_test(old_peers_get_small_messages),
        cmocka_unit_test(without_caps_means_ipv4_unicast),
        cmocka_unit_test(refuses_a_wrong_as),
        cmocka_unit_test(refuses_our_own_id_within_the_as),
        cmocka_unit_test(refuses_without_a_common_family),
        cmocka_unit_test(announces_our_role_to_external_peers),
        cmocka_unit_test(takes_the_role_that_goes_with_ours),
        cmocka_unit_test(says_which_role_it_expects),
        cmocka_unit_test(needs_no_role_of_the_peer_unless_strict),
        cmocka_unit_test(refuses_several_roles_of_any_external_peer),
        cmocka_unit_test(internal_sessions_have_no_roles),
        cmocka_unit_test(higher_id_keeps_its_connection),
        cmocka_unit_test(keepalives_are_a_second_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
