/* Messages of rtnetlink as the kernel sends them, and the table of what they tell. The kernel's own
 * answer stands in for a recording: it has `lo` with 127.0.0.1/8. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <limits.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/link_table.h"
#include "net/netlink.h"

static struct ip_addr ip(const char *text)
{
    struct ip_addr addr;
    assert_int_equal(ip_parse(text, &addr), 0);
    return addr;
}

static struct prefix network(const char *text)
{
    struct prefix p;
    assert_int_equal(prefix_parse(text, &p), 0);
    return p;
}

/* --- messages --- */

struct heard {
    unsigned links;
    unsigned addresses;
    struct netlink_link link;
    struct netlink_address address;
};

static void on_link(void *ctx, const struct netlink_link *link)
{
    struct heard *h = ctx;
    h->links++;
    h->link = *link;
}

static void on_address(void *ctx, const struct netlink_address *address)
{
    struct heard *h = ctx;
    h->addresses++;
    h->address = *address;
}

static const struct netlink_handler handler = {.link = on_link, .address = on_address};

/* A buffer of messages under construction. */
static uint32_t buffer[4096];

static struct nlmsghdr *put(size_t *len, uint16_t type, const void *head, size_t head_bytes)
{
    struct nlmsghdr *m = mnl_nlmsg_put_header((char *)buffer + *len);
    m->nlmsg_type = type;
    memcpy(mnl_nlmsg_put_extra_header(m, head_bytes), head, head_bytes);
    *len += m->nlmsg_len;
    return m;
}

static void put_link(size_t *len, uint16_t type, unsigned char family, int index, unsigned flags,
                     const char *name)
{
    struct ifinfomsg head = {.ifi_family = family, .ifi_index = index, .ifi_flags = flags};
    size_t start = *len;
    struct nlmsghdr *m = put(len, type, &head, sizeof(head));
    if (name)
        mnl_attr_put_strz(m, IFLA_IFNAME, name);
    *len = start + m->nlmsg_len;
}

static enum netlink_result decode(size_t len, uint32_t seq, struct heard *h)
{
    int error = 0;
    *h = (struct heard){0};
    enum netlink_result result = netlink_decode(buffer, len, seq, &handler, h, &error);
    assert_int_equal(result == NETLINK_REFUSED, error != 0);
    return result;
}

static void links_are_decoded(void **state)
{
    (void)state;
    struct heard h;
    size_t len = 0;
    put_link(&len, RTM_NEWLINK, AF_UNSPEC, 7, IFF_UP | IFF_RUNNING, "eth0");
    assert_int_equal(decode(len, 1, &h), NETLINK_MORE);
    assert_int_equal(h.links, 1);
    assert_int_equal(h.link.index, 7);
    assert_string_equal(h.link.name, "eth0");
    assert_true(h.link.up);
    assert_false(h.link.gone || h.link.loopback);
    /* Set up without a carrier, a carrier without being set up: neither can be used. */
    static const unsigned half_up[] = {IFF_UP, IFF_RUNNING, 0};
    for (size_t i = 0; i < 3; i++) {
        len = 0;
        put_link(&len, RTM_NEWLINK, AF_UNSPEC, 7, half_up[i], "eth0");
        decode(len, 1, &h);
        assert_false(h.link.up);
    }
    len = 0;
    put_link(&len, RTM_DELLINK, AF_UNSPEC, 7, 0, "eth0");
    decode(len, 1, &h);
    assert_true(h.link.gone);
}

static void strange_links_are_passed_over(void **state)
{
    (void)state;
    struct heard h;
    size_t len = 0;
    put_link(&len, RTM_DELLINK, AF_BRIDGE, 7, 0, "eth0"); /* it leaves a bridge, no more */
    put_link(&len, RTM_NEWLINK, AF_UNSPEC, 0, 0, "eth0");
    put_link(&len, RTM_NEWLINK, AF_UNSPEC, 7, 0, NULL);
    put_link(&len, RTM_NEWLINK, AF_UNSPEC, 7, 0, "0123456789abcdef"); /* no room for its NUL */
    put_link(&len, RTM_NEWADDR, AF_UNSPEC, 7, 0, "eth0");
    assert_int_equal(decode(len, 1, &h), NETLINK_MORE);
    assert_int_equal(h.links + h.addresses, 0);
    put_link(&len, RTM_NEWLINK, AF_UNSPEC, 8, 0, "0123456789abcde");
    decode(len, 1, &h);
    assert_int_equal(h.links, 1);
    /* Of a length that is none. */
    len = 0;
    put_link(&len, RTM_NEWLINK, AF_UNSPEC, 7, 0, "eth0");
    static const uint32_t lengths[] = {0, 15, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        buffer[0] = lengths[i];
        assert_int_equal(decode(len, 1, &h), NETLINK_MORE);
        assert_int_equal(h.links, 0);
    }
    /* Cut off anywhere. */
    len = 0;
    put_link(&len, RTM_NEWLINK, AF_UNSPEC, 7, 0, "eth0");
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_equal(decode(cut, 1, &h), NETLINK_MORE);
        assert_int_equal(h.links, 0);
    }
}

static void put_address(size_t *len, uint16_t type, uint8_t bits, uint8_t flags,
                        const char *address, const char *local)
{
    struct ifaddrmsg head = {
        .ifa_family = AF_INET, .ifa_prefixlen = bits, .ifa_flags = flags, .ifa_index = 7};
    struct ip_addr a = ip(address);
    if (a.version == IP_V6)
        head.ifa_family = AF_INET6;
    size_t start = *len;
    struct nlmsghdr *m = put(len, type, &head, sizeof(head));
    mnl_attr_put(m, IFA_ADDRESS, ip_len_bytes(a.version), a.bytes);
    if (local) {
        struct ip_addr l = ip(local);
        mnl_attr_put(m, IFA_LOCAL, ip_len_bytes(l.version), l.bytes);
    }
    *len = start + m->nlmsg_len;
}

static void addresses_are_decoded(void **state)
{
    (void)state;
    struct heard h;
    size_t len = 0;
    struct ip_addr own = ip("192.0.2.1");
    struct prefix attached = network("192.0.2.0/24");
    put_address(&len, RTM_NEWADDR, 24, 0, "192.0.2.1", "192.0.2.1");
    decode(len, 1, &h);
    assert_int_equal(h.address.link, 7);
    assert_true(ip_equal(&h.address.own, &own));
    assert_true(prefix_equal(&h.address.network, &attached));
    assert_true(h.address.usable && !h.address.gone);
    /* Point to point: the other end is what is attached. */
    len = 0;
    attached = network("198.51.100.9/32");
    put_address(&len, RTM_NEWADDR, 32, 0, "198.51.100.9", "192.0.2.1");
    decode(len, 1, &h);
    assert_true(ip_equal(&h.address.own, &own));
    assert_true(prefix_equal(&h.address.network, &attached));
    /* IPv6 has no IFA_LOCAL, and addresses that are not ours yet. */
    len = 0;
    own = ip("2001:db8::1");
    put_address(&len, RTM_NEWADDR, 64, IFA_F_TENTATIVE, "2001:db8::1", NULL);
    decode(len, 1, &h);
    assert_true(ip_equal(&h.address.own, &own));
    assert_false(h.address.usable);
    len = 0;
    put_address(&len, RTM_DELADDR, 64, 0, "2001:db8::1", NULL);
    put_address(&len, RTM_NEWADDR, 33, 0, "192.0.2.1", NULL); /* impossible */
    decode(len, 1, &h);
    assert_int_equal(h.addresses, 1);
    assert_true(h.address.gone);
}

static void ends_are_told(void **state)
{
    (void)state;
    struct heard h;
    uint32_t zero = 0;
    size_t len = 0;
    put(&len, NLMSG_DONE, &zero, sizeof(zero))->nlmsg_seq = 5;
    assert_int_equal(decode(len, 5, &h), NETLINK_DONE);
    assert_int_equal(decode(len, 6, &h), NETLINK_MORE); /* of an earlier request */
    len = 0;
    struct nlmsghdr *m = put(&len, NLMSG_DONE, &zero, sizeof(zero));
    m->nlmsg_seq = 5;
    m->nlmsg_flags = NLM_F_DUMP_INTR;
    assert_int_equal(decode(len, 5, &h), NETLINK_REPEAT);
    len = 0;
    put(&len, NLMSG_OVERRUN, &zero, sizeof(zero));
    assert_int_equal(decode(len, 5, &h), NETLINK_REPEAT);
    len = 0;
    struct nlmsgerr refused = {.error = -EPERM};
    put(&len, NLMSG_ERROR, &refused, sizeof(refused))->nlmsg_seq = 5;
    assert_int_equal(decode(len, 5, &h), NETLINK_REFUSED);
    static const int no_errors[] = {0, 1, INT_MAX};
    for (size_t i = 0; i < 3; i++) {
        len = 0;
        refused.error = no_errors[i];
        put(&len, NLMSG_ERROR, &refused, sizeof(refused))->nlmsg_seq = 5;
        assert_int_equal(decode(len, 5, &h), NETLINK_MORE);
    }
    len = 0;
    refused.error = INT_MIN;
    put(&len, NLMSG_ERROR, &refused, sizeof(refused))->nlmsg_seq = 5;
    assert_int_equal(decode(len, 5, &h), NETLINK_REFUSED);
}

/* --- the table --- */

static void into_table_link(void *ctx, const struct netlink_link *link)
{
    link_table_put_link(ctx, link);
}

static void into_table_address(void *ctx, const struct netlink_address *address)
{
    link_table_put_address(ctx, address);
}

static const struct netlink_handler into_table = {.link = into_table_link,
                                                  .address = into_table_address};

/* Sends a request, and puts the whole answer into the table. */
static void ask(struct mnl_socket *s, size_t (*make)(void *buf, uint32_t seq), struct link_table *t)
{
    uint32_t request[NETLINK_REQUEST_MAX / sizeof(uint32_t)];
    static uint32_t answer[8192];
    size_t len = make(request, 9);
    assert_true(len <= sizeof(request));
    assert_true(mnl_socket_sendto(s, request, len) > 0);
    enum netlink_result result = NETLINK_MORE;
    while (result == NETLINK_MORE) {
        int error = 0;
        ssize_t got = mnl_socket_recvfrom(s, answer, sizeof(answer));
        assert_true(got > 0);
        result = netlink_decode(answer, (size_t)got, 9, &into_table, t, &error);
    }
    assert_int_equal(result, NETLINK_DONE);
}

static void the_kernel_answers(void **state)
{
    (void)state;
    struct link_table t = {0};
    struct mnl_socket *s = mnl_socket_open(NETLINK_ROUTE);
    assert_non_null(s);
    assert_int_equal(mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID), 0);
    ask(s, netlink_request_links, &t);
    ask(s, netlink_request_addresses, &t);
    mnl_socket_close(s);
    const struct link *lo = link_table_find(&t, if_nametoindex("lo"));
    assert_non_null(lo);
    assert_string_equal(lo->name, "lo");
    assert_true(lo->loopback && lo->up);
    struct ip_addr own = ip("127.0.0.1");
    struct ip_addr beside = ip("127.0.0.2");
    assert_true(link_table_has_address(&t, &own, 0));
    assert_ptr_equal(link_table_via(&t, &beside), lo);
    assert_null(link_table_via(&t, &own));
    link_table_release(&t);
}

static bool table_link(struct link_table *t, uint32_t index, const char *name, bool up)
{
    struct netlink_link news = {.index = index, .up = up};
    snprintf(news.name, sizeof(news.name), "%s", name);
    return link_table_put_link(t, &news);
}

static bool table_address(struct link_table *t, uint32_t link, const char *own,
                          const char *attached, bool gone)
{
    struct netlink_address news = {
        .link = link, .own = ip(own), .network = network(attached), .gone = gone, .usable = !gone};
    return link_table_put_address(t, &news);
}

/* The name of the link by which an address is reached. */
static const char *via(const struct link_table *t, const char *text)
{
    struct ip_addr addr = ip(text);
    const struct link *link = link_table_via(t, &addr);
    return link ? link->name : "none";
}

static void longest_network_counts(void **state)
{
    (void)state;
    struct link_table t = {0};
    assert_string_equal(via(&t, "192.0.2.9"), "none");
    table_link(&t, 1, "eth0", true);
    table_link(&t, 2, "eth1", true);
    assert_true(table_address(&t, 1, "192.0.2.1", "192.0.2.0/24", false));
    assert_false(table_address(&t, 1, "192.0.2.1", "192.0.2.0/24", false));
    table_address(&t, 2, "192.0.2.129", "192.0.2.128/25", false);
    table_address(&t, 2, "2001:db8::1", "2001:db8::/64", false);
    assert_string_equal(via(&t, "192.0.2.9"), "eth0");
    assert_string_equal(via(&t, "192.0.2.200"), "eth1");
    assert_string_equal(via(&t, "198.51.100.1"), "none");
    assert_string_equal(via(&t, "2001:db8::2"), "eth1");
    assert_string_equal(via(&t, "2001:db8:0:1::2"), "none");
    /* Ourselves, on either link. */
    assert_string_equal(via(&t, "192.0.2.1"), "none");
    assert_string_equal(via(&t, "192.0.2.129"), "none");
    /* Of the same network on two links, the one that is up. */
    table_address(&t, 2, "192.0.2.2", "192.0.2.0/24", false);
    table_link(&t, 1, "eth0", false);
    assert_string_equal(via(&t, "192.0.2.9"), "eth1");
    table_link(&t, 1, "eth0", true);
    table_link(&t, 2, "eth1", false);
    assert_string_equal(via(&t, "192.0.2.9"), "eth0");
    assert_true(table_address(&t, 1, "192.0.2.1", "192.0.2.0/24", true));
    assert_false(table_address(&t, 1, "192.0.2.1", "192.0.2.0/24", true));
    assert_string_equal(via(&t, "192.0.2.9"), "eth1");
    assert_string_equal(via(&t, "192.0.2.1"), "eth1"); /* not ours any more */
    link_table_release(&t);
}

static void point_to_point(void **state)
{
    (void)state;
    struct link_table t = {0};
    struct ip_addr own = ip("192.0.2.1");
    table_link(&t, 1, "ppp0", true);
    table_address(&t, 1, "192.0.2.1", "198.51.100.9/32", false);
    assert_string_equal(via(&t, "198.51.100.9"), "ppp0");
    assert_string_equal(via(&t, "192.0.2.1"), "none");
    assert_true(link_table_has_address(&t, &own, 0));
    table_address(&t, 1, "192.0.2.1", "198.51.100.9/32", true);
    assert_false(link_table_has_address(&t, &own, 0));
    assert_int_equal(t.address_count, 0);
    link_table_release(&t);
}

static void link_local_addresses_are_of_a_link(void **state)
{
    (void)state;
    struct link_table t = {0};
    struct ip_addr own = ip("fe80::1");
    struct ip_addr peer = ip("fe80::2");
    table_link(&t, 1, "eth0", true);
    table_link(&t, 2, "eth1", true);
    table_address(&t, 1, "fe80::1", "fe80::/64", false);
    assert_true(link_table_has_address(&t, &own, 1));
    assert_false(link_table_has_address(&t, &own, 2));
    assert_true(link_table_reaches(&t, &peer, 1));
    assert_false(link_table_reaches(&t, &peer, 2));
    struct netlink_address tentative = {
        .link = 2, .own = own, .network = network("fe80::/64"), .usable = false};
    assert_true(link_table_put_address(&t, &tentative));
    assert_false(link_table_has_address(&t, &own, 2));
    assert_false(link_table_reaches(&t, &peer, 2));
    tentative.usable = true;
    assert_true(link_table_put_address(&t, &tentative));
    assert_true(link_table_has_address(&t, &own, 2) && link_table_reaches(&t, &peer, 2));
    table_link(&t, 2, "eth1", false);
    assert_false(link_table_reaches(&t, &peer, 2));
    link_table_release(&t);
}

/* What was up and is up again is not the same: a life ends when a link goes down. */
static void lives(void **state)
{
    (void)state;
    struct link_table t = {0};
    assert_true(table_link(&t, 1, "eth0", false));
    uint32_t life = link_table_find(&t, 1)->life;
    assert_true(table_link(&t, 1, "eth0", true));
    assert_false(table_link(&t, 1, "eth0", true));
    assert_int_equal(link_table_find(&t, 1)->life, life);
    table_link(&t, 1, "eth0", false);
    assert_int_not_equal(link_table_find(&t, 1)->life, life);
    life = link_table_find(&t, 1)->life;
    table_link(&t, 1, "eth0", true);
    struct netlink_link gone = {.index = 1, .gone = true};
    assert_true(link_table_put_link(&t, &gone));
    assert_false(link_table_put_link(&t, &gone));
    assert_null(link_table_find(&t, 1));
    table_link(&t, 1, "eth0", true); /* with the index of another one */
    assert_int_not_equal(link_table_find(&t, 1)->life, life);
    link_table_release(&t);
}

/* An account of everything: what it does not mention has gone. */
static void accounts(void **state)
{
    (void)state;
    struct link_table t = {0};
    char name[IP_INTERFACE_MAX];
    char own[IP_TEXT_MAX];
    char attached[IP_TEXT_MAX];
    for (unsigned i = 1; i <= 1000; i++) {
        snprintf(name, sizeof(name), "v%u", i);
        snprintf(own, sizeof(own), "10.%u.%u.1", i / 250, i % 250);
        snprintf(attached, sizeof(attached), "10.%u.%u.0/24", i / 250, i % 250);
        table_link(&t, i, name, true);
        table_address(&t, i, own, attached, false);
    }
    uint32_t life = link_table_find(&t, 7)->life;
    link_table_begin(&t);
    for (unsigned i = 1; i <= 1000; i += 2) {
        snprintf(name, sizeof(name), "v%u", i);
        table_link(&t, i, name, true);
    }
    table_address(&t, 7, "10.0.7.1", "10.0.7.0/24", false);
    assert_true(link_table_sweep(&t));
    assert_int_equal(t.link_count, 500);
    assert_int_equal(t.address_count, 1);
    assert_int_equal(link_table_find(&t, 7)->life, life);
    assert_null(link_table_find(&t, 8));
    assert_string_equal(via(&t, "10.0.7.2"), "v7");
    assert_string_equal(via(&t, "10.0.8.2"), "none");
    assert_false(link_table_sweep(&t));
    link_table_release(&t);
}

/* More than can be kept is not kept, and remembered as a gap. */
static void limits(void **state)
{
    (void)state;
    struct link_table t = {0};
    for (uint32_t i = 1; i <= LINK_TABLE_LINKS_MAX; i++)
        table_link(&t, i, "v", true);
    assert_false(t.overfull);
    assert_false(table_link(&t, LINK_TABLE_LINKS_MAX + 1, "v", true));
    assert_true(t.overfull);
    assert_int_equal(t.link_count, LINK_TABLE_LINKS_MAX);
    assert_null(link_table_find(&t, LINK_TABLE_LINKS_MAX + 1));
    link_table_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_are_decoded),
        cmocka_unit_test(strange_links_are_passed_over),
        cmocka_unit_test(addresses_are_decoded),
        cmocka_unit_test(ends_are_told),
        cmocka_unit_test(the_kernel_answers),
        cmocka_unit_test(longest_network_counts),
        cmocka_unit_test(point_to_point),
        cmocka_unit_test(link_local_addresses_are_of_a_link),
        cmocka_unit_test(lives),
        cmocka_unit_test(accounts),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
