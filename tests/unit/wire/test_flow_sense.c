/* Flows that are hardly meant: what matches nothing, leaves nothing out, or concerns all addresses.
 */
#include "flows.h"

/* What no packet can match, and why; NULL: one can. */
static void never_matches(void **state)
{
    (void)state;
    static const struct {
        uint8_t version;
        const char *rules;
        uint8_t type;
        const char *why;
    } flows[] = {
        {IP_V4, "port >=100 <=50", FLOW_PORT, "no packet matches \"port >=100 <=50\""},
        {IP_V4, "port >=100&<=50", FLOW_PORT, "no packet matches \"port >=100 <=50\""},
        {IP_V4, "port 80 >=100 <=50", 0, NULL},
        {IP_V4, "port >=50 <=100", 0, NULL},
        {IP_V4, "port >=50 <=50", 0, NULL},
        {IP_V4, "port >50 <51", FLOW_PORT, "no packet"},
        {IP_V4, "port >50 <52", 0, NULL},
        {IP_V4, "port >50 <52&!=51", FLOW_PORT, "no packet"},
        {IP_V4, "port <0", FLOW_PORT, "no packet"},
        {IP_V4, "port <=0", 0, NULL},
        {IP_V4, "port >65535", FLOW_PORT, "no packet"},
        {IP_V4, "port !=0", 0, NULL},
        {IP_V4, "port 5&6", FLOW_PORT, "no packet"},
        {IP_V4, "port false", FLOW_PORT, "no packet"},
        {IP_V4, "port true", 0, NULL},
        {IP_V4, "dscp >63", FLOW_DSCP, "no packet"},
        {IP_V6, "flow-label >1048575", FLOW_LABEL, "no packet"},
        {IP_V6, "flow-label >1048574", 0, NULL},
        {IP_V4, "tcp-flags syn&!ack", 0, NULL},
        {IP_V4, "tcp-flags syn&!syn", FLOW_TCP_FLAGS, "no packet matches \"tcp-flags syn&!syn\""},
        {IP_V4, "tcp-flags =syn+ack&!ack", FLOW_TCP_FLAGS, "no packet"},
        {IP_V4, "tcp-flags syn+ack&!ack", 0, NULL},
        {IP_V4, "tcp-flags 0x0", FLOW_TCP_FLAGS, "no packet"},
        {IP_V4, "tcp-flags =0x0", 0, NULL},
        {IP_V4, "protocol icmp; port 80", FLOW_PORT,
         "no packet matches both \"protocol =1\" and \"port =80\": only TCP, UDP"},
        {IP_V4, "protocol tcp udp; port 80", 0, NULL},
        {IP_V4, "protocol sctp; destination-port 80", 0, NULL},
        {IP_V4, "protocol !=tcp&!=udp; source-port 80", 0, NULL},
        {IP_V4, "protocol udp; tcp-flags syn", FLOW_TCP_FLAGS, "only TCP has flags"},
        {IP_V4, "port 80; icmp-type 8", FLOW_ICMP_TYPE,
         "both \"port =80\" and \"icmp-type =8\": only ICMP has"},
        {IP_V4, "protocol tcp; icmp-code 0", FLOW_ICMP_CODE, "only ICMP has"},
        {IP_V6, "protocol icmp6; icmp-type 128", 0, NULL},
        {IP_V6, "protocol tcp; icmp-type 128", FLOW_ICMP_TYPE, "only ICMPv6 has"},
        {IP_V6, "protocol icmp", FLOW_PROTOCOL,
         "no packet matches \"protocol =1\": in IPv6, ICMP is \"protocol icmp6\""},
        {IP_V4, "protocol icmp6 icmp", 0, NULL},
        {IP_V4, "protocol icmp6", FLOW_PROTOCOL, "in IPv4, ICMP is \"protocol icmp\""},
        {IP_V4, "destination 10.0.0.0/8; source 10.0.0.0/8; fragment is-fragment", 0, NULL},
    };
    for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
        struct flow f = parse(flows[i].version, flows[i].rules);
        struct strbuf why = {0};
        uint8_t type = 0;
        bool never = flow_never_matches(flow_span(&f), flows[i].version, &type, &why);
        if (never != (flows[i].why != NULL) || type != flows[i].type ||
            (never && !strstr(strbuf_text(&why), flows[i].why)))
            fail_msg("%s: %d %s", flows[i].rules, type, strbuf_text(&why));
        strbuf_release(&why);
    }
}

/* Against trying all values. */
static void never_matches_like_trying(void **state)
{
    (void)state;
    uint32_t seed = 3;
    for (unsigned i = 0; i < 3000; i++) {
        static const char *const operators[] = {"=", "!=", "<", "<=", ">", ">="};
        struct strbuf rule = {0};
        struct {
            bool is_and;
            unsigned op;
            unsigned value;
        } terms[4];
        strbuf_add(&rule, "packet-length ");
        for (unsigned k = 0; k < 4; k++) {
            seed = seed * 1103515245 + 12345;
            terms[k].is_and = k > 0 && (seed >> 16) % 4 != 0;
            terms[k].op = (seed >> 18) % 6;
            terms[k].value = (seed >> 21) % 5;
            strbuf_printf(&rule, "%s%s%u",
                          k == 0            ? ""
                          : terms[k].is_and ? "&"
                                            : "|",
                          operators[terms[k].op], terms[k].value);
        }
        bool found = false;
        for (unsigned value = 0; value < 8; value++) {
            bool group = true;
            for (unsigned k = 0; k < 4; k++) {
                unsigned v = terms[k].value;
                const bool holds[] = {value == v, value != v, value<v, value <= v, value> v,
                                      value >= v};
                found |= k > 0 && !terms[k].is_and && group;
                group = holds[terms[k].op] && (group || !terms[k].is_and);
            }
            found |= group;
        }
        struct flow f = parse(IP_V4, strbuf_text(&rule));
        struct strbuf why = {0};
        uint8_t type;
        if (flow_never_matches(flow_span(&f), IP_V4, &type, &why) == found)
            fail_msg("%s", strbuf_text(&rule));
        strbuf_release(&why);
        strbuf_release(&rule);
    }
}

/* Alternatives of which one always holds. */
static void leaves_nothing_out(void **state)
{
    (void)state;
    static const struct {
        uint8_t version;
        const char *rules;
        uint8_t type; /* 0: it does leave something out, or is not about alternatives */
    } flows[] = {
        {IP_V4, "port <=90 >=80", FLOW_PORT},
        {IP_V4, "port <=90 >=92", 0},
        {IP_V4, "port <=90 >=91", FLOW_PORT},
        {IP_V4, "protocol 6; port !=80 | !=443", FLOW_PORT},
        {IP_V4, "port !=80&!=443", 0},
        {IP_V4, "port 0-65535", 0},
        {IP_V4, "port true", 0},
        {IP_V4, "port 0-100 101-65535", FLOW_PORT},
        {IP_V4, "port 0-100 102-65535", 0},
        {IP_V4, "port 1-65535 | 80", 0},
        {IP_V4, "port 0-65534 | 80", 0},
        {IP_V4, "dscp <5 | >=5", FLOW_DSCP},
        {IP_V6, "flow-label 5 | !=5", FLOW_LABEL},
        {IP_V4, "tcp-flags syn | !syn", FLOW_TCP_FLAGS},
        {IP_V4, "tcp-flags syn | !ack", 0},
        {IP_V4, "protocol !=6 | 6", FLOW_PROTOCOL},
        {IP_V4, "protocol !=58 | 6", FLOW_PROTOCOL}, /* no IPv4 packet has 58 */
        {IP_V4, "destination 0.0.0.0/0; port 1 2", 0},
    };
    for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
        struct flow f = parse(flows[i].version, flows[i].rules);
        struct strbuf why = {0};
        uint8_t type = 0;
        bool found = flow_excludes_nothing(flow_span(&f), flows[i].version, &type, &why);
        if (type != flows[i].type || found != (type != 0))
            fail_msg("%s: %d %s", flows[i].rules, type, strbuf_text(&why));
        strbuf_release(&why);
    }
}

static void to_all_addresses(void **state)
{
    (void)state;
    static const struct {
        uint8_t version;
        const char *rules;
        bool to_all;
    } flows[] = {
        {IP_V4, "port 80", true},
        {IP_V4, "source 10.0.0.0/8", true},
        {IP_V4, "destination 0.0.0.0/0; source 10.0.0.0/8", true},
        {IP_V4, "destination 0.0.0.0/1", false},
        {IP_V4, "destination 10.0.0.0/8; source 0.0.0.0/0", false},
        {IP_V6, "destination ::/0", true},
        {IP_V6, "destination ::1/64-128", false},
    };
    for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
        struct flow f = parse(flows[i].version, flows[i].rules);
        if (flow_is_to_all(flow_span(&f), flows[i].version) != flows[i].to_all)
            fail_msg("%s", flows[i].rules);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_matches),
        cmocka_unit_test(never_matches_like_trying),
        cmocka_unit_test(leaves_nothing_out),
        cmocka_unit_test(to_all_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
