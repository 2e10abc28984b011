/* Actions of flows: text both ways, units, values. */
#include "flows.h"

static void actions(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint8_t bytes[8];
    } good[] = {
        {"traffic-rate 24000", {0x80, 0x06, 0, 0, 0x46, 0xbb, 0x80, 0x00}},
        {"traffic-rate 0", {0x80, 0x06}},
        {"rate-limit 24000", {0x80, 0x06, 0, 0, 0x46, 0xbb, 0x80, 0x00}},
        {"drop", {0x80, 0x06}},
        {"DISCARD ", {0x80, 0x06}},
        {"\trate-limit\t24 k\n", {0x80, 0x06, 0, 0, 0x46, 0xbb, 0x80, 0x00}},
        {"redirect 192.0.2.1", {0x01, 0x0c, 192, 0, 2, 1}},
        {"redirect-ip 192.0.2.1", {0x01, 0x0c, 192, 0, 2, 1}},
        {"copy-ip 192.0.2.1", {0x01, 0x0c, 192, 0, 2, 1, 0, 1}},
        {"traffic-rate-packets 1", {0x80, 0x0c, 0, 0, 0x3f, 0x80}},
        {"traffic-rate-packets 10k", {0x80, 0x0c, 0, 0, 0x46, 0x1c, 0x40, 0x00}},
        {"traffic-rate-packets 10 Kpps", {0x80, 0x0c, 0, 0, 0x46, 0x1c, 0x40, 0x00}},
        {"redirect 6:302", {0x80, 0x08, 0, 6, 0, 0, 1, 0x2e}},
        {"Redirect 192.0.2.1:5", {0x81, 0x08, 192, 0, 2, 1, 0, 5}},
        {"traffic-action sample", {0x80, 0x07, 0, 0, 0, 0, 0, 2}},
        {" traffic-action  terminal", {0x80, 0x07, 0, 0, 0, 0, 0, 1}},
        {"traffic-action continue", {0x80, 0x07, 0, 0, 0, 0, 0, 1}},
        {"traffic-action sample-terminal", {0x80, 0x07, 0, 0, 0, 0, 0, 3}},
        {"traffic-action sample-continue", {0x80, 0x07, 0, 0, 0, 0, 0, 3}},
        {"mark 46", {0x80, 0x09, 0, 0, 0, 0, 0, 46}},
    };
    static const struct {
        const char *text;
        int err;
        const char *what;
    } bad[] = {
        {"", ERR_INVALID,
         "expected traffic-rate or rate-limit, traffic-rate-packets, drop or discard, accept, "
         "redirect, redirect-ip, copy-ip, traffic-action, mark"},
        {"redirect-ip 65000:1", ERR_INVALID, "redirect-ip 192.0.2.1"},
        {"copy-ip 0.0.0.0", ERR_RANGE, "copy-ip 192.0.2.1"},
        {"traffic-rate-packets 5MB", ERR_INVALID, "packets per second, as 1000 or 10k"},
        {"traffic-rate-packets 0x5", ERR_INVALID, "packets per second"},
        {"traffic-rate-packets 1e39", ERR_RANGE, "packets per second"},
        {"deny", ERR_INVALID, "no such action"},
        {"drop 5", ERR_INVALID, "expected nothing after it"},
        {"accept all", ERR_INVALID, "expected nothing after it"},
        {"rate-limit 10Mb", ERR_INVALID, "as 3MB or 10Mbit"},
        {"rate-limit 10X", ERR_INVALID, "10Mbit"},
        {"rate-limit 10 M bit", ERR_INVALID, "10Mbit"},
        {"rate-limit M", ERR_INVALID, "10Mbit"},
        {"rate-limit 0x10", ERR_INVALID, "10Mbit"},
        {"rate-limit 1e39", ERR_RANGE, "10Mbit"},
        {"rate-limit 1e-40", ERR_RANGE, "10Mbit"},
        {"redirect 0.0.0.0", ERR_RANGE, "redirect 192.0.2.1"},
        {"redirect 224.0.0.1", ERR_RANGE, "redirect 192.0.2.1"},
        {"redirect 192.0.2.0/24", ERR_INVALID, "redirect 192.0.2.1"},
        {"mark", ERR_INVALID, "0 to 63"},
        {"mark 64", ERR_RANGE, "0 to 63"},
        {"traffic-rate", ERR_INVALID, "bytes per second"},
        {"traffic-rate 5 5", ERR_INVALID, "bytes per second"},
        {"traffic-rate -5", ERR_INVALID, "bytes per second"},
        {"traffic-rate 5:5", ERR_INVALID, "bytes per second"},
        {"redirect 5", ERR_INVALID, "route target"},
        {"traffic-action nothing", ERR_INVALID, "sample"},
    };
    struct strbuf error = {0};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct community c;
        assert_int_equal(flow_parse_action(good[i].text, &c, &error), 1);
        assert_int_not_equal(flow_action_of(&c), FLOW_ACTION_NONE);
        assert_int_equal(c.kind, COMMUNITY_EXTENDED);
        assert_memory_equal(c.bytes, good[i].bytes, 8);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct community c;
        strbuf_clear(&error);
        if (flow_parse_action(bad[i].text, &c, &error) != bad[i].err ||
            !strstr(strbuf_text(&error), bad[i].what))
            fail_msg("%s: %s", bad[i].text, strbuf_text(&error));
    }
    strbuf_release(&error);
}

static void rates_with_units(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        const char *shown;
    } rates[] = {
        {"24000", "24000"},         {"1M", "1000000"},      {"1m", "1000000"},
        {"1.5k", "1500"},           {"2G", "2000000000"},   {"1T", "1000000000000"},
        {"1e6", "1000000"},         {"10Mbit", "1250000"},  {"10mbit/s", "1250000"},
        {"10 Mbps", "1250000"},     {"10MBps", "10000000"}, {"3MB", "3000000"},
        {"3 MB/s", "3000000"},      {"800 bits", "100"},    {"5bytes", "5"},
        {"100Gbit", "12500000000"}, {"4bit", "0.5"},        {"0Mbit", "0"},
    };
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct strbuf text = {0};
        struct community c;
        strbuf_printf(&text, "rate-limit %s", rates[i].value);
        assert_int_equal(flow_parse_action(strbuf_text(&text), &c, &text), 1);
        assert_int_equal(flow_action_drops(&c), strcmp(rates[i].shown, "0") == 0);
        strbuf_clear(&text);
        community_format(&c, &text);
        assert_string_equal(strbuf_text(&text) + strlen("traffic-rate:0:"), rates[i].shown);
        strbuf_release(&text);
    }
}

static void other_actions(void **state)
{
    (void)state;
    struct strbuf error = {0};
    struct community c;
    assert_int_equal(flow_parse_action("accept", &c, &error), 0);
    assert_int_equal(flow_parse_action("redirect 2001:db8::1", &c, &error), 1);
    assert_int_equal(c.kind, COMMUNITY_IPV6_EXTENDED);
    assert_int_equal(flow_action_of(&c), FLOW_ACTION_REDIRECT_IPV6);
    assert_int_equal(flow_parse_action("redirect [2001:db8::1]:5", &c, &error), 1);
    assert_int_equal(flow_action_of(&c), FLOW_ACTION_REDIRECT);
    strbuf_release(&error);
}

static void text_of_actions(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"traffic-rate:0:0", "traffic-rate 0"},
        {"traffic-rate:65000:24000", "traffic-rate 24000 B/s"},
        {"traffic-rate:0:1e20", "traffic-rate 1e+20 B/s"},
        {"traffic-rate-packets:0:100", "traffic-rate-packets 100"},
        {"traffic-action:sample", "traffic-action sample"},
        {"redirect:65000:1", "redirect 65000:1"},
        {"redirect-ip:192.0.2.1", "redirect-ip 192.0.2.1"},
        {"redirect-ip:2001:db8::1", "redirect-ip 2001:db8::1"},
        {"mark:46", "mark 46"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct community c;
        struct strbuf out = {0};
        assert_int_equal(community_parse(cases[i][0], &c), 0);
        flow_format_action(&c, &out);
        assert_string_equal(strbuf_text(&out), cases[i][1]);
        struct community again;
        assert_int_equal(flow_parse_action(strbuf_text(&out), &again, &out), 1);
        if (flow_action_of(&c) == FLOW_ACTION_RATE) /* its AS number is not shown */
            memset(c.bytes + 2, 0, 2);
        assert_memory_equal(again.bytes, c.bytes, community_len_bytes(c.kind));
        strbuf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(actions),
        cmocka_unit_test(rates_with_units),
        cmocka_unit_test(other_actions),
        cmocka_unit_test(text_of_actions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
