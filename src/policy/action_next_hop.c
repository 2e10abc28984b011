/* The action on the next hop (RFC 4271 §5.1.3; RFC 8950; RFC 5635 §4 and RFC 6666 for "discard").
 *
 * On export the route keeps what was set: ATTR_KEEP_NEXT_HOP says so to what sends it. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "policy/action_rows.h"
#include "wire/family.h"

enum hop { HOP_ADDRESS, HOP_SELF, HOP_PEER, HOP_UNCHANGED, HOP_DISCARD };

static const char *const hop_texts[] = {
    [HOP_SELF] = "self",
    [HOP_PEER] = "peer",
    [HOP_UNCHANGED] = "unchanged",
    [HOP_DISCARD] = "discard",
};

struct hop_value {
    enum hop hop;
    struct ip_addr addr; /* of HOP_ADDRESS */
};

/* --- reading --- */

/* Why routers cannot send anything to this address; NULL: they can. */
static const char *problem_of(const struct ip_addr *addr)
{
    if (ip_is_link_local(addr) || addr->interface[0] != '\0')
        return "is link-local: the next hop must be a global address";
    if (!attr_next_hop_usable(span_of(addr->bytes, ip_len_bytes(addr->version)), true))
        return "is not a unicast address";
    return NULL;
}

static int read_address(struct policy_words *words, struct ip_addr *ret_addr)
{
    const char *text = words->at[0].text;
    if (ip_parse(text, ret_addr) != 0)
        return policy_words_fail(words, 0, ERR_INVALID,
                                 "'%.64s' is no next hop (expected an address, \"self\", \"peer\", "
                                 "\"unchanged\" or \"discard\")",
                                 text);
    const char *problem = problem_of(ret_addr);
    return problem ? policy_words_fail(words, 0, ERR_INVALID, "'%.64s' %s", text, problem) : 0;
}

static int read_next_hop(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    const char *text = words->at[0].text;
    struct hop_value v = {.hop = HOP_ADDRESS};
    if (strcmp(text, "{peer.address}") == 0)
        text = hop_texts[HOP_PEER];
    for (unsigned hop = HOP_SELF; hop <= HOP_DISCARD; hop++)
        if (strcmp(text, hop_texts[hop]) == 0)
            v.hop = (enum hop)hop;
    int err = v.hop == HOP_ADDRESS ? read_address(words, &v.addr) : 0;
    if (err)
        return err;
    struct hop_value *value = mem_alloc(sizeof(*value));
    *value = v;
    *ret_value = value;
    *ret_variables = v.hop == HOP_PEER ? POLICY_PEER_ADDRESS : 0;
    return 0;
}

/* --- applying --- */

/* In families of IPv6 an IPv4 address becomes a mapped one (RFC 4291 §2.5.5.2), as it is sent. */
static void put(struct attr_edit *edit, const struct family_info *info, struct ip_addr addr)
{
    if (info->ip_version == IP_V6 && addr.version == IP_V4)
        addr = ip_v4_mapped(&addr);
    attr_edit_put(edit, ATTR_NEXT_HOP, span_of(addr.bytes, ip_len_bytes(addr.version)));
}

/* What leads nowhere: 192.0.2.1 is what routers are commonly told to discard, 100::/64 what the
 * RFC has for it. */
static struct ip_addr discard_address(uint8_t ip_version)
{
    static const uint8_t v4[] = {192, 0, 2, 1};
    static const uint8_t v6[16] = {[0] = 1, [15] = 1};
    return ip_version == IP_V4 ? ip_from_bytes(IP_V4, v4) : ip_from_bytes(IP_V6, v6);
}

/* Ours. Where there is none, a route that comes in is not to be used, and one that goes out is left
 * without, so that it is not told. */
static int put_self(struct attr_edit *edit, const struct policy_scene *scene,
                    const struct family_info *info)
{
    struct span own = scene->own_next_hop;
    if (own.len_bytes == 4)
        put(edit, info, ip_from_bytes(IP_V4, own.data));
    else if (own.len_bytes > 0)
        attr_edit_put(edit, ATTR_NEXT_HOP, own);
    else if (scene->direction == POLICY_IMPORT)
        return ERR_NOT_FOUND;
    else
        attr_edit_remove(edit, ATTR_NEXT_HOP);
    return 0;
}

static void keep(struct attr_edit *edit)
{
    struct attr_local local = attr_edit_local(edit);
    local.kept |= ATTR_KEEP_NEXT_HOP;
    attr_edit_put_local(edit, &local);
}

static int apply_next_hop(const void *value, const struct policy_scene *scene,
                          struct attr_edit *edit)
{
    const struct hop_value *v = value;
    const struct family_info *info = family_info(scene->family);
    int err = 0;
    if (!info->has_next_hop || (v->hop == HOP_SELF && !family_has_own_next_hop(info)))
        return 0;
    if (v->hop == HOP_ADDRESS)
        put(edit, info, v->addr);
    else if (v->hop == HOP_PEER)
        put(edit, info, scene->peer->addr);
    else if (v->hop == HOP_DISCARD)
        put(edit, info, discard_address(info->ip_version));
    else if (v->hop == HOP_SELF)
        err = put_self(edit, scene, info);
    if (scene->direction == POLICY_EXPORT)
        keep(edit);
    return err;
}

static void digest_next_hop(const void *value, struct policy_digest *d)
{
    const struct hop_value *v = value;
    policy_digest_add_number(d, v->hop);
    policy_digest_add_number(d, v->addr.version);
    policy_digest_add(d, v->addr.bytes, sizeof(v->addr.bytes));
}

const struct policy_action policy_action_next_hop = {
    .name = "next_hop",
    .takes = "an address, \"self\", \"peer\", \"unchanged\" or \"discard\"",
    .help =
        "The next hop. \"self\" is our own address, as it is sent to the neighbor; without one, a "
        "route is not accepted or not told. \"peer\" is the address of the neighbor whose policy "
        "it is. \"unchanged\" has an effect on export: the next hop stays where ours would take "
        "its place. \"discard\" is 192.0.2.1 or 100::1, for what routers are to drop. What is set "
        "on export is sent as it is, unless the neighbor could not use it. IPv4 routes can have "
        "an IPv6 next hop (RFC 8950); in IPv6 families an IPv4 address becomes an IPv4-mapped one. "
        "Flows have none: nothing is set. Routes with labels never get ours.",
    .types = POLICY_TEXT,
    .read = read_next_hop,
    .apply = apply_next_hop,
    .digest = digest_next_hop,
    .release = free,
};
