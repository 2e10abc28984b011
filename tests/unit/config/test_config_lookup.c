/* Finding the peer of an address: against the plain reading of all entries. */
#include "config_test.h"

static struct ip_addr ip(const char *text)
{
    struct ip_addr addr;
    assert_int_equal(ip_parse(text, &addr), 0);
    return addr;
}

static const char *matched(const struct config *c, const char *text)
{
    static char buf[PREFIX_TEXT_MAX];
    struct ip_addr addr = ip(text);
    const struct config_peer *peer = config_match_peer(c, &addr);
    return peer ? prefix_format(&peer->remote, buf) : "none";
}

static const char few[] = "router_id = \"1.1.1.1\"\ndefault_as = 1\n"
                          "[[peers]]\nremote_ip = \"10.0.0.0/8\"\nremote_as = 2\n"
                          "[[peers]]\nremote_ip = \"10.1.0.0/16\"\nremote_as = 2\n"
                          "[[peers]]\nremote_ip = \"10.1.1.1\"\nremote_as = 2\nenabled = false\n"
                          "[[peers]]\nremote_ip = \"2001:db8::/32\"\nremote_as = 2\n"
                          "[[peers]]\nremote_ip = \"fe80::/10\"\nremote_as = 2\n"
                          "[[peers]]\nremote_ip = \"fe80::1%1\"\nremote_as = 2\n"
                          "[[peers]]\nremote_ip = \"::2\"\nremote_as = 2\n";

static void test_longest_match(void **state)
{
    (void)state;
    struct config *c = parse_good(few);
    assert_string_equal(matched(c, "10.1.1.1"), "10.1.1.1/32");
    assert_string_equal(matched(c, "10.1.1.2"), "10.1.0.0/16");
    assert_string_equal(matched(c, "10.2.0.1"), "10.0.0.0/8");
    assert_string_equal(matched(c, "11.0.0.1"), "none");
    assert_string_equal(matched(c, "2001:db8::1"), "2001:db8::/32");
    assert_string_equal(matched(c, "::2"), "::2/128");
    assert_string_equal(matched(c, "::3"), "none");
    assert_string_equal(matched(c, "fe80::1%1"), "fe80::1/128");
    assert_string_equal(matched(c, "fe80::1%2"), "fe80::/10");
    assert_string_equal(matched(c, "fe80::2%1"), "fe80::/10");
    config_free(c);
    c = parse_good("router_id = \"1.1.1.1\"\n");
    assert_string_equal(matched(c, "10.1.1.1"), "none");
    config_free(c);
}

static void test_find(void **state)
{
    (void)state;
    struct config *c = parse_good(few);
    struct prefix remote;
    for (size_t i = 0; i < c->peer_count; i++)
        assert_ptr_equal(config_find_peer(c, &c->peers[i].remote, c->peers[i].remote_interface),
                         &c->peers[i]);
    assert_int_equal(prefix_parse("10.0.0.0/9", &remote), 0);
    assert_null(config_find_peer(c, &remote, ""));
    assert_int_equal(prefix_parse("fe80::1", &remote), 0);
    assert_null(config_find_peer(c, &remote, "eth2"));
    config_free(c);
}

static const struct config_peer *plain_match(const struct config *c, const struct ip_addr *addr)
{
    const struct config_peer *best = NULL;
    for (size_t i = 0; i < c->peer_count; i++) {
        const struct config_peer *peer = &c->peers[i];
        if (prefix_contains_ip(&peer->remote, addr) &&
            (!best || peer->remote.len_bits > best->remote.len_bits))
            best = peer;
    }
    return best;
}

static void test_many(void **state)
{
    (void)state;
    struct strbuf text = {0};
    strbuf_add(&text, "router_id = \"1.1.1.1\"\ndefault_as = 1\n");
    unsigned seed = 1;
    bool taken[33][256] = {{false}};
    for (unsigned i = 0; i < 1000; i++) {
        unsigned len = 16 + (unsigned)rand_r(&seed) % 17;
        unsigned net = (unsigned)rand_r(&seed) % 256;
        if (taken[len][net])
            continue;
        taken[len][net] = true;
        strbuf_printf(&text, "[[peers]]\nremote_ip = \"10.%u.0.0/%u\"\nremote_as = 2\n", net, len);
    }
    struct config *c = parse_good(strbuf_text(&text));
    strbuf_release(&text);
    assert_true(c->peer_count > 500);
    unsigned found = 0;
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t host = (uint32_t)rand_r(&seed) % 4096 >> rand_r(&seed) % 12;
        struct ip_addr addr = ip_from_v4(0x0a000000 | ((uint32_t)rand_r(&seed) % 256) << 16 | host);
        const struct config_peer *peer = config_match_peer(c, &addr);
        assert_ptr_equal(peer, plain_match(c, &addr));
        found += peer != NULL;
    }
    assert_true(found > 1000);
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_longest_match),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
