/* The match on the next hop. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "policy/match_rows.h"
#include "policy/prefix_value.h"
#include "policy/variable.h"

struct hop_value {
    bool is_self;
    bool is_peer;
    struct prefix_set *set; /* a reference: prefixes of any length within those that were named */
};

static const char *nth_word(unsigned n)
{
    static const char *const words[] = {"peer", "self"};
    return n < sizeof(words) / sizeof(words[0]) ? words[n] : NULL;
}

static const struct policy_set_place place = {
    POLICY_PREFIX_SET, "an address, a prefix, \"peer\", \"self\" or a list of these", nth_word};

/* The set of what is within the prefixes of another one. */
static struct prefix_set *whatever_within(const struct prefix_set *from)
{
    struct prefix_set *set = prefix_set_new();
    struct prefix_set_cursor cursor = {0};
    struct prefix_set_item item;
    while (prefix_set_next(from, &cursor, &item))
        prefix_set_add(set, &item.prefix, item.prefix.len_bits,
                       prefix_max_bits(item.prefix.version));
    prefix_set_settle(set);
    return set;
}

static int read_word(struct policy_words *words, size_t word, struct hop_value *value,
                     struct prefix_set *set)
{
    const char *text = words->at[word].text;
    struct text_error error = {0};
    struct ip_addr addr;
    unsigned variable;
    if (strcasecmp(text, "self") == 0) {
        value->is_self = true;
    } else if (strcasecmp(text, "peer") == 0) {
        value->is_peer = true;
    } else if (policy_variable_is_meant(text)) {
        int err =
            policy_variable_parse(text, text, strlen(text), POLICY_PEER_ADDRESS, &variable, &error);
        if (err)
            return policy_words_fail_text(words, word, err, &error);
        value->is_peer = true;
    } else if (!strchr(text, '%') && ip_parse(text, &addr) == 0) {
        struct prefix p = prefix_from_ip(&addr);
        prefix_set_add(set, &p, p.len_bits, p.len_bits);
    } else {
        return prefix_value_add(words, word, &place, set);
    }
    return 0;
}

static void release_hop(void *value)
{
    struct hop_value *v = value;
    prefix_set_unref(v->set);
    free(v);
}

static int read_hop(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    int err = 0;
    struct prefix_set *set = prefix_set_new();
    struct hop_value v = {0};
    for (size_t i = 0; err == 0 && i < words->count; i++)
        err = read_word(words, i, &v, set);
    if (!err) {
        prefix_set_settle(set);
        v.set = whatever_within(set);
        struct hop_value *value = mem_alloc(sizeof(*value));
        *value = v;
        *ret_value = value;
        *ret_variables = v.is_peer ? POLICY_PEER_ADDRESS : 0;
    }
    prefix_set_unref(set);
    return err;
}

/* The addresses of a next hop: a global one, and perhaps a link-local one. */
struct hop {
    struct ip_addr at[2];
    size_t count;
};

static struct hop hop_of(struct span value)
{
    struct hop hop = {0};
    if (value.len_bytes == 4)
        hop.at[hop.count++] = ip_from_bytes(IP_V4, value.data);
    for (size_t at = 0; at + 16 <= value.len_bytes && hop.count < 2; at += 16) {
        struct ip_addr addr = ip_from_bytes(IP_V6, value.data + at);
        hop.at[hop.count++] = ip_unmapped(&addr);
    }
    return hop;
}

/* Whatever their interfaces are. */
static bool same(const struct ip_addr *a, const struct ip_addr *b)
{
    return a->version == b->version && memcmp(a->bytes, b->bytes, ip_len_bytes(a->version)) == 0;
}

static bool matches(const struct hop_value *v, const struct policy_scene *scene,
                    const struct ip_addr *addr)
{
    struct hop own = hop_of(scene->own_next_hop);
    if (v->is_peer && scene->peer && same(addr, &scene->peer->addr))
        return true;
    for (size_t i = 0; v->is_self && i < own.count; i++)
        if (same(addr, &own.at[i]))
            return true;
    return prefix_set_has(v->set, addr->version, addr->bytes, prefix_max_bits(addr->version));
}

static enum policy_answer test_hop(const void *value, const struct policy_scene *scene)
{
    const struct attr_hot *hot = scene->hot;
    struct hop hop = {0};
    if (hot->next_hop_len_bytes > 0)
        hop = hop_of(span_of(scene->attrs.data + hot->next_hop_offset, hot->next_hop_len_bytes));
    for (size_t i = 0; i < hop.count; i++)
        if (matches(value, scene, &hop.at[i]))
            return POLICY_YES;
    return POLICY_NO;
}

static void digest_hop(const void *value, struct policy_digest *d)
{
    const struct hop_value *v = value;
    policy_digest_add_number(d, (unsigned)v->is_self << 1 | v->is_peer);
    prefix_value_digest(v->set, d);
}

const struct policy_match policy_match_next_hop = {
    .name = "next_hop",
    .takes =
        "an address, a prefix, the name of a prefix set, \"peer\", \"self\", or a list of these",
    .help =
        "The next hop, of IPv6 the global or the link-local address, is one of these, or within "
        "one of these prefixes, whatever lengths the set gives for them. \"peer\", or "
        "`{peer.address}`, is the peer whose policy it is, \"self\" the address that BGPd puts "
        "as its own. What has no next hop, a flow, matches none.",
    .types = POLICY_TEXT | POLICY_LIST,
    .read = read_hop,
    .test = test_hop,
    .digest = digest_hop,
    .release = release_hop,
};
