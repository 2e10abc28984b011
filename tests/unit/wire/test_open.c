/* OPEN and capabilities: RFC 4271 §4.2 and §6.2, RFC 5492, RFC 9072 and the RFC of each
 * capability. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "bytes.h"
#include "wire/open.h"

/* Version 4, AS 65000, hold time 180, identifier 2.2.2.2. */
#define FIXED 0x04, 0xfd, 0xe8, 0x00, 0xb4, 0x02, 0x02, 0x02, 0x02

static uint8_t scratch[OPEN_CAPABILITIES_MAX];

static struct open_msg decode(struct span body)
{
    struct open_msg open;
    struct notification error;
    assert_int_equal(open_decode(body, scratch, &open, &error), 0);
    return open;
}

static struct notification refused(struct span body, uint8_t subcode)
{
    struct open_msg open;
    struct notification error;
    assert_true(open_decode(body, scratch, &open, &error) < 0);
    assert_int_equal(error.code, 2);
    assert_int_equal(error.subcode, subcode);
    return error;
}

static void without_parameters(void **state)
{
    (void)state;
    struct open_msg open = decode(BYTES(FIXED, 0x00));
    assert_int_equal(open.version, 4);
    assert_int_equal(open.as, 65000);
    assert_int_equal(open.as2, 65000);
    assert_int_equal(open.hold_time_s, 180);
    assert_int_equal(open.bgp_id, 0x02020202);
    assert_int_equal(open.caps.families, FAMILY_BIT(FAMILY_IPV4_UNICAST));
    assert_false(open.caps.has_multiprotocol);
    assert_false(open.caps.as4);
    assert_int_equal(open.raw_capabilities.len_bytes, 0);
}

static void one_parameter_with_all_capabilities(void **state)
{
    (void)state;
    struct open_msg open =
        decode(BYTES(0x04, 0x5b, 0xa0, 0x00, 0x5a, 0x0a, 0x00, 0x00, 0x01, 38, 2, 36, /* */
                     1, 4, 0x00, 0x01, 0x00, 0x01,          /* ipv4 unicast */
                     1, 4, 0x00, 0x02, 0x00, 0x85,          /* ipv6 flow */
                     1, 4, 0x00, 0x19, 0x00, 0x41,          /* L2VPN */
                     2, 0, 70, 0, 6, 0,                     /* */
                     5, 6, 0x00, 0x01, 0x00, 0x01, 0x00, 2, /* RFC 8950 */
                     65, 2, 0x00, 0x01 /* malformed length: ignored */));
    assert_int_equal(open.as, 23456);
    assert_false(open.caps.as4);
    assert_true(open.caps.has_multiprotocol);
    assert_int_equal(open.caps.families,
                     FAMILY_BIT(FAMILY_IPV4_UNICAST) | FAMILY_BIT(FAMILY_IPV6_FLOW));
    assert_true(open.caps.route_refresh);
    assert_true(open.caps.enhanced_refresh);
    assert_true(open.caps.extended_message);
    assert_int_equal(open.caps.extended_next_hop, FAMILY_BIT(FAMILY_IPV4_UNICAST));
    assert_int_equal(open.raw_capabilities.len_bytes, 36);
}

/* The labels that a route of a family may have, by the value of a capability after another. */
static uint8_t labels_taken(enum family family, struct span first, struct span second)
{
    uint8_t body[256];
    struct writer w = writer_over(body, sizeof(body));
    writer_put(&w, BYTES(FIXED));
    writer_u8(&w, (uint8_t)(2 + 4 + first.len_bytes + second.len_bytes));
    writer_u8(&w, 2);
    writer_u8(&w, (uint8_t)(4 + first.len_bytes + second.len_bytes));
    writer_u8(&w, 8);
    writer_u8(&w, (uint8_t)first.len_bytes);
    writer_put(&w, first);
    writer_u8(&w, 8);
    writer_u8(&w, (uint8_t)second.len_bytes);
    writer_put(&w, second);
    return decode(writer_span(&w)).caps.labels[family];
}

/* RFC 8277 §2.1. */
static void multiple_labels(void **state)
{
    (void)state;
    const struct span none = BYTES(0, 25, 65, 9); /* of a family that BGPd does not speak */
    const struct span vpn4 = BYTES(0, 1, 4, 3, 0, 1, 128, 255);
    assert_int_equal(labels_taken(FAMILY_IPV4_VPN, vpn4, none), 255);
    assert_int_equal(labels_taken(FAMILY_IPV4_LABELED, vpn4, none), 3);
    assert_int_equal(labels_taken(FAMILY_IPV6_VPN, vpn4, none), 0);
    /* One label needs no capability, and less says nothing: ignored. */
    assert_int_equal(labels_taken(FAMILY_IPV4_VPN, BYTES(0, 1, 128, 1), none), 0);
    assert_int_equal(labels_taken(FAMILY_IPV4_VPN, BYTES(0, 1, 128, 0), none), 0);
    assert_int_equal(labels_taken(FAMILY_IPV4_VPN, BYTES(0, 1, 128, 0, 0, 1, 128, 4), none), 4);
    /* All but the first one of a family, and all but the first copy, are ignored. */
    assert_int_equal(labels_taken(FAMILY_IPV4_VPN, BYTES(0, 1, 128, 2, 0, 1, 128, 4), none), 2);
    assert_int_equal(labels_taken(FAMILY_IPV4_VPN, none, vpn4), 0);
    assert_int_equal(labels_taken(FAMILY_IPV4_VPN, BYTES(0, 1, 128, 2), vpn4), 2);
    /* Of a length that is not a multiple of 4 it is malformed: as if it was not there. */
    assert_int_equal(labels_taken(FAMILY_IPV4_VPN, BYTES(0, 1, 128, 2, 0, 1, 4), none), 0);
    assert_int_equal(labels_taken(FAMILY_IPV4_VPN, BYTES(0, 1, 128), vpn4), 255);
    assert_int_equal(labels_taken(FAMILY_IPV4_VPN, BYTES(0, 1, 128, 2, 9), vpn4), 255);
}

/* RFC 9234 §4.2: the same one again is one, and different ones are an error that is the session's
 * to find; of another length it is ignored. */
static void roles(void **state)
{
    (void)state;
    assert_int_equal(decode(BYTES(FIXED, 0)).caps.role, ROLE_NONE);
    assert_int_equal(decode(BYTES(FIXED, 5, 2, 3, 9, 1, 0)).caps.role, ROLE_PROVIDER);
    assert_int_equal(decode(BYTES(FIXED, 5, 2, 3, 9, 1, 4)).caps.role, ROLE_PEER);
    assert_int_equal(decode(BYTES(FIXED, 5, 2, 3, 9, 1, 5)).caps.role, ROLE_UNKNOWN);
    assert_int_equal(decode(BYTES(FIXED, 8, 2, 6, 9, 1, 3, 9, 1, 3)).caps.role, ROLE_CUSTOMER);
    assert_int_equal(decode(BYTES(FIXED, 8, 2, 6, 9, 1, 3, 9, 1, 4)).caps.role, ROLE_SEVERAL);
    assert_int_equal(decode(BYTES(FIXED, 11, 2, 9, 9, 1, 3, 9, 1, 4, 9, 1, 3)).caps.role,
                     ROLE_SEVERAL);
    assert_int_equal(decode(BYTES(FIXED, 4, 2, 2, 9, 0)).caps.role, ROLE_NONE);
    assert_int_equal(decode(BYTES(FIXED, 9, 2, 7, 9, 2, 0, 3, 9, 1, 4)).caps.role, ROLE_PEER);
}

/* Most routers send one parameter per capability; the TLVs are gathered in order. */
static void one_parameter_per_capability(void **state)
{
    (void)state;
    struct open_msg open = decode(BYTES(0x04, 0x5b, 0xa0, 0x00, 0xb4, 0x02, 0x02, 0x02, 0x02, 20, 2,
                                        6, 1, 4, 0x00, 0x02, 0x00, 0x01, /* ipv6 unicast */
                                        2, 2, 2, 0,                      /* refresh */
                                        2, 6, 65, 4, 0x00, 0x01, 0x00, 0x0a /* AS 1.10 */));
    assert_int_equal(open.as, 65546);
    assert_int_equal(open.as2, AS_TRANS);
    assert_true(open.caps.as4);
    assert_true(open.caps.route_refresh);
    assert_int_equal(open.caps.families, FAMILY_BIT(FAMILY_IPV6_UNICAST));
    assert_span_equal(open.raw_capabilities, BYTES(1, 4, 0, 2, 0, 1, 2, 0, 65, 4, 0, 1, 0, 0x0a));
}

/* Only families BGPd does not know: it is still not the default of a silent peer. */
static void unknown_families_only(void **state)
{
    (void)state;
    struct open_msg open = decode(BYTES(FIXED, 8, 2, 6, 1, 4, 0x00, 0x01, 0x00, 0x81));
    assert_true(open.caps.has_multiprotocol);
    assert_int_equal(open.caps.families, 0);
}

/* RFC 9072 §2: 255, 255, two-byte length; parameters with two-byte lengths. */
static void extended_parameters(void **state)
{
    (void)state;
    struct open_msg open =
        decode(BYTES(FIXED, 255, 255, 0, 9, 2, 0, 6, 65, 4, 0x00, 0x00, 0xfd, 0xe8));
    assert_int_equal(open.as, 65000);
    assert_true(open.caps.as4);
    /* The one-byte length is to be ignored. */
    open = decode(BYTES(FIXED, 12, 255, 0, 5, 2, 0, 2, 2, 0));
    assert_true(open.caps.route_refresh);
    refused(BYTES(FIXED, 255, 255, 0, 9, 2, 0, 6, 65, 4, 0x00, 0x00, 0xfd), 0);
    refused(BYTES(FIXED, 255, 255, 0, 2, 2, 0), 0);
}

static void large_extended_parameters(void **state)
{
    (void)state;
    uint8_t body[10 + 3 + 3 + 600];
    struct writer w = writer_over(body, sizeof(body));
    writer_put(&w, BYTES(FIXED, 255, 255));
    writer_u16(&w, 603);
    writer_u8(&w, 2);
    writer_u16(&w, 600);
    for (int i = 0; i < 100; i++)
        writer_put(&w, BYTES(200, 4, 1, 2, 3, 4));
    assert_true(writer_ok(&w));
    assert_int_equal(decode(writer_span(&w)).raw_capabilities.len_bytes, 600);
}

static void refusals(void **state)
{
    (void)state;
    struct notification n =
        refused(BYTES(0x03, 0xfd, 0xe8, 0x00, 0xb4, 2, 2, 2, 2, 0x00), NOTIFY_OPEN_BAD_VERSION);
    assert_span_equal(span_of(n.data, n.data_len_bytes), BYTES(0x00, 0x04));
    refused(BYTES(0x04, 0xfd, 0xe8, 0x00, 0x01, 2, 2, 2, 2, 0x00), NOTIFY_OPEN_BAD_HOLD_TIME);
    refused(BYTES(0x04, 0xfd, 0xe8, 0x00, 0x02, 2, 2, 2, 2, 0x00), NOTIFY_OPEN_BAD_HOLD_TIME);
    refused(BYTES(0x04, 0xfd, 0xe8, 0x00, 0xb4, 0, 0, 0, 0, 0x00), NOTIFY_OPEN_BAD_BGP_ID);
    refused(BYTES(0x04, 0x00, 0x00, 0x00, 0xb4, 2, 2, 2, 2, 0x00), NOTIFY_OPEN_BAD_PEER_AS);
    refused(BYTES(FIXED, 8, 2, 6, 65, 4, 0, 0, 0, 0), NOTIFY_OPEN_BAD_PEER_AS);
    assert_int_equal(decode(BYTES(0x04, 0xfd, 0xe8, 0x00, 0x00, 2, 2, 2, 2, 0x00)).hold_time_s, 0);
    assert_int_equal(decode(BYTES(0x04, 0xfd, 0xe8, 0x00, 0x03, 2, 2, 2, 2, 0x00)).hold_time_s, 3);
}

static void unsupported_parameters(void **state)
{
    (void)state;
    /* Authentication, deprecated by RFC 4271. */
    refused(BYTES(FIXED, 3, 1, 1, 0), NOTIFY_OPEN_BAD_OPTIONAL_PARAMETER);
    refused(BYTES(FIXED, 6, 2, 2, 2, 0, 77, 0), NOTIFY_OPEN_BAD_OPTIONAL_PARAMETER);
}

static void malformed_parameters(void **state)
{
    (void)state;
    refused(BYTES(FIXED), NOTIFY_OPEN_UNSPECIFIC);
    refused(BYTES(FIXED, 4, 2, 2, 2), NOTIFY_OPEN_UNSPECIFIC);       /* less than announced */
    refused(BYTES(FIXED, 4, 2, 2, 2, 0, 0), NOTIFY_OPEN_UNSPECIFIC); /* more than announced */
    refused(BYTES(FIXED, 0, 2, 2, 2, 0), NOTIFY_OPEN_UNSPECIFIC);
    refused(BYTES(FIXED, 4, 2, 3, 2, 0), NOTIFY_OPEN_UNSPECIFIC);
    refused(BYTES(FIXED, 1, 2), NOTIFY_OPEN_UNSPECIFIC);
    refused(BYTES(FIXED, 5, 2, 3, 65, 4, 0), NOTIFY_OPEN_UNSPECIFIC); /* capability cut short */
    refused(BYTES(FIXED, 3, 2, 1, 65), NOTIFY_OPEN_UNSPECIFIC);
}

static void encodes(void **state)
{
    (void)state;
    uint8_t buf[512];
    struct writer w = writer_over(buf, sizeof(buf));
    struct open_caps caps = {.families =
                                 FAMILY_BIT(FAMILY_IPV4_UNICAST) | FAMILY_BIT(FAMILY_IPV6_FLOW),
                             .route_refresh = true,
                             .as4 = true};
    open_encode(&w, 4200000000u, 90, 0x0a000001, &caps);
    /* 4200000000 is 0xfa56ea00, its 2-octet form AS_TRANS 0x5ba0. */
    assert_span_equal(writer_span(&w), BYTES(MARKER, 0x00, 51, 0x01, 0x04, 0x5b, 0xa0, 0x00, 0x5a,
                                             0x0a, 0x00, 0x00, 0x01, 22, 2, 20, 1, 4, 0, 1, 0, 1, 1,
                                             4, 0, 2, 0, 133, 2, 0, 65, 4, 0xfa, 0x56, 0xea, 0x00));
}

static void encodes_without_capabilities(void **state)
{
    (void)state;
    uint8_t buf[512];
    struct writer w = writer_over(buf, sizeof(buf));
    open_encode(&w, 65000, 180, 0x02020202, &(struct open_caps){0});
    assert_span_equal(writer_span(&w), BYTES(MARKER, 0x00, 29, 0x01, FIXED, 0));
    w = writer_over(buf, 20);
    open_encode(&w, 65000, 180, 0x02020202, &(struct open_caps){.as4 = true});
    assert_false(writer_ok(&w));
    w = writer_over(buf, 33);
    open_encode(&w, 65000, 180, 0x02020202, &(struct open_caps){.as4 = true});
    assert_false(writer_ok(&w));
}

static void everything_survives_the_wire(void **state)
{
    (void)state;
    uint8_t buf[512];
    struct writer w = writer_over(buf, sizeof(buf));
    struct open_caps caps = {
        .families = FAMILY_ALL,
        .has_multiprotocol = true,
        .route_refresh = true,
        .enhanced_refresh = true,
        .extended_message = true,
        .as4 = true,
        .extended_next_hop = FAMILY_BIT(FAMILY_IPV4_UNICAST),
        .has_multiple_labels = true,
        .labels = {[FAMILY_IPV4_VPN] = 2, [FAMILY_IPV6_LABELED] = 255},
        .role = ROLE_RS_CLIENT,
    };
    open_encode(&w, 65000, 180, 0x02020202, &caps);
    struct open_msg open = decode(span_of(buf + 19, writer_len(&w) - 19));
    assert_int_equal(open.caps.families, caps.families);
    assert_true(open.caps.has_multiprotocol);
    assert_true(open.caps.route_refresh);
    assert_true(open.caps.enhanced_refresh);
    assert_true(open.caps.extended_message);
    assert_true(open.caps.as4);
    assert_int_equal(open.caps.extended_next_hop, caps.extended_next_hop);
    assert_int_equal(open.caps.role, ROLE_RS_CLIENT);
    assert_int_equal(open.as, 65000);
}

static void negotiation(void **state)
{
    (void)state;
    struct open_caps ours = {.families = FAMILY_ALL,
                             .has_multiprotocol = true,
                             .route_refresh = true,
                             .as4 = true,
                             .extended_message = true,
                             .extended_next_hop = FAMILY_BIT(FAMILY_IPV4_UNICAST),
                             .has_multiple_labels = true,
                             .labels = {[FAMILY_IPV4_VPN] = 10, [FAMILY_IPV6_VPN] = 10}};
    struct open_caps theirs = {.families = FAMILY_BIT(FAMILY_IPV6_UNICAST),
                               .has_multiprotocol = true,
                               .route_refresh = true,
                               .enhanced_refresh = true,
                               .as4 = true,
                               .extended_next_hop = FAMILY_BIT(FAMILY_IPV4_UNICAST),
                               .has_multiple_labels = true,
                               .labels = {[FAMILY_IPV4_VPN] = 2, [FAMILY_IPV4_LABELED] = 255}};
    struct open_caps both = open_negotiate(&ours, &theirs);
    assert_int_equal(both.families, FAMILY_BIT(FAMILY_IPV6_UNICAST));
    assert_true(both.route_refresh);
    assert_true(both.as4);
    assert_false(both.enhanced_refresh);
    assert_false(both.extended_message);
    /* The family itself was not negotiated. */
    assert_int_equal(both.extended_next_hop, 0);
    assert_true(both.has_multiple_labels);
    assert_int_equal(both.labels[FAMILY_IPV4_VPN], 2);
    assert_int_equal(both.labels[FAMILY_IPV6_VPN], 0);
    assert_int_equal(both.labels[FAMILY_IPV4_LABELED], 0);
}

static void add_line(void *ctx, const char *text)
{
    struct strbuf *out = ctx;
    strbuf_printf(out, "%s\n", text);
}

static void descriptions(void **state)
{
    (void)state;
    struct strbuf out = {0};
    open_describe_capabilities(
        BYTES(1, 4, 0, 1, 0, 1, 1, 4, 0, 25, 0, 65, 2, 0, 5, 6, 0, 1, 0, 1, 0, 2, 6, 0, 8, 8, 0, 1,
              4, 3, 0, 2, 128, 255, 9, 1, 3, 64, 6, 0x80, 120, 0, 2, 1, 0x80, 65, 4, 0, 0, 0xfd,
              0xe9, 69, 4, 0, 1, 1, 3, 9, 1, 9, 70, 0, 71, 7, 0, 1, 1, 0x80, 0, 0x0e, 0x10, 73, 6,
              2, 'r', '1', 2, 'x', '\n', 200, 3, 1, 2, 3, 65, 1, 0, 71, 0),
        add_line, &out);
    assert_string_equal(strbuf_text(&out), "Multiprotocol: ipv4 unicast\n"
                                           "Multiprotocol: AFI 25 SAFI 65\n"
                                           "Route refresh\n"
                                           "Extended next hop: ipv4 unicast via ipv6\n"
                                           "Extended message\n"
                                           "Multiple labels: ipv4 labeled-unicast 3, ipv6 vpn 255\n"
                                           "Role: customer\n"
                                           "Graceful restart: 120 s, restarting, ipv6 unicast "
                                           "(forwarding kept)\n"
                                           "4-octet AS: 65001\n"
                                           "ADD-PATH: ipv4 unicast send and receive\n"
                                           "Role: 9\n"
                                           "Enhanced route refresh\n"
                                           "Long-lived graceful restart: ipv4 unicast 3600 s\n"
                                           "Host name: r1.x?\n"
                                           "code 200 (3 bytes)\n"
                                           "4-octet AS: malformed (1 bytes)\n"
                                           "Long-lived graceful restart\n");
    strbuf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_parameters),
        cmocka_unit_test(one_parameter_with_all_capabilities),
        cmocka_unit_test(multiple_labels),
        cmocka_unit_test(roles),
        cmocka_unit_test(one_parameter_per_capability),
        cmocka_unit_test(unknown_families_only),
        cmocka_unit_test(extended_parameters),
        cmocka_unit_test(large_extended_parameters),
        cmocka_unit_test(refusals),
        cmocka_unit_test(unsupported_parameters),
        cmocka_unit_test(malformed_parameters),
        cmocka_unit_test(encodes),
        cmocka_unit_test(encodes_without_capabilities),
        cmocka_unit_test(everything_survives_the_wire),
        cmocka_unit_test(negotiation),
        cmocka_unit_test(descriptions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
