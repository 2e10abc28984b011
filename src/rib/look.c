/* How routes look to peers, and a direct-mapped table of what was made last.
 *
 * What is kept holds for the same profile, id of a set, and index of a source, as long as no long
 * set was freed and no source has changed, so that both still stand for the same. */
#include "rib/look.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "wire/attr_local.h"
#include "wire/message.h"

const char *rib_withheld_text(enum rib_withheld why)
{
    static const char *const texts[] = {
        [RIB_WITHHELD_UNUSABLE] = "no usable path",
        [RIB_WITHHELD_SOURCE] = "not among advertise_sources",
        [RIB_WITHHELD_OWN] = "learned from this peer",
        [RIB_WITHHELD_NO_ADVERTISE] = "community NO_ADVERTISE",
        [RIB_WITHHELD_NO_EXPORT] = "community NO_EXPORT",
        [RIB_WITHHELD_FOR_CUSTOMERS] = "ONLY_TO_CUSTOMER: not for providers, peers, route servers",
        [RIB_WITHHELD_INTERNAL] = "from an internal peer to another one, neither being a client",
        [RIB_WITHHELD_POLICY] = "export policy",
        [RIB_WITHHELD_NEXT_HOP_FAMILY] = "IPv6 next hop, and RFC 8950 was not negotiated",
        [RIB_WITHHELD_NO_NEXT_HOP] = "no own next hop for this family (next_hop_ipv4)",
        [RIB_WITHHELD_LINK_LOCAL] = "link-local next hop of another link",
        [RIB_WITHHELD_NEXT_HOP_IS_PEER] = "the next hop is the peer itself",
        [RIB_WITHHELD_LABELS] = "more labels than the peer takes (RFC 8277)",
        [RIB_WITHHELD_TOO_LARGE] = "too large for a message to this peer",
    };
    return texts[why];
}

/* --- how attributes change --- */

static void set_next_hop(struct attr_export *x, const uint8_t *bytes, uint8_t len_bytes)
{
    x->next_hop_len_bytes = len_bytes;
    memcpy(x->next_hop, bytes, len_bytes);
}

/* The next hop that a route is told with. */
enum hop {
    HOP_KEPT,
    HOP_OWN,    /* ours: RFC 4271 §5.1.3 */
    HOP_GLOBAL, /* the global address of two, without the link-local one */
};

/* Whether our next hop can take the place of that of a route; what BGPd originates has the one that
 * it was given. */
static bool can_be_own(const struct export_profile *t, const struct rib_relation *r)
{
    return r->learned && family_has_own_next_hop(family_info((enum family)t->family));
}

/* Link-local next hops go on where the peers are on the same link (RFC 2545 §3): else the global
 * one alone, or ours. What BGPd originates is for the link of the peers, where they are on one. */
static enum rib_withheld leave_link(const struct export_profile *t, const struct rib_source *s,
                                    const struct rib_relation *r, struct span next_hop,
                                    enum hop *ret_hop)
{
    bool is_here = t->link != 0 && (!r->learned || s->link == t->link);
    struct ip_addr first = ip_from_bytes(IP_V6, next_hop.data);
    struct ip_addr last = /* of 32 bytes the second one */
        ip_from_bytes(IP_V6, next_hop.data + (next_hop.len_bytes - 16));
    if (is_here || !ip_is_link_local(&last))
        return RIB_TOLD;
    if (!ip_is_link_local(&first))
        *ret_hop = HOP_GLOBAL;
    else if (t->next_hop_len_bytes >= 16 && !r->transparent && can_be_own(t, r))
        *ret_hop = HOP_OWN;
    else
        return RIB_WITHHELD_LINK_LOCAL;
    return RIB_TOLD;
}

/* What a policy wants to be sent as it is: enum attr_kept. */
static unsigned kept_of(const struct rib_attrs *attrs)
{
    return attrs->hot.flags & ATTR_HAS_LOCAL ? attr_local_of(rib_attrs_span(attrs)).kept : 0;
}

static bool is_own(const struct export_profile *t, struct span next_hop)
{
    return span_equal(next_hop, span_of(t->next_hop, t->next_hop_len_bytes));
}

/* A next hop that a policy has set stays, but where the peers could not use it. */
static enum rib_withheld choose_next_hop(const struct export_profile *t, const struct rib_source *s,
                                         const struct rib_relation *r,
                                         const struct rib_attrs *attrs, enum hop *ret_hop)
{
    const struct family_info *info = family_info((enum family)t->family);
    struct span next_hop =
        span_of(attrs->bytes + attrs->hot.next_hop_offset, attrs->hot.next_hop_len_bytes);
    size_t len_bytes = next_hop.len_bytes;
    enum rib_withheld why = RIB_TOLD;
    *ret_hop = HOP_KEPT;
    if (len_bytes == 0) /* flows; else a policy wanted ours, and there is none */
        return info->has_next_hop ? RIB_WITHHELD_NO_NEXT_HOP : RIB_TOLD;
    bool is_set = (kept_of(attrs) & ATTR_KEEP_NEXT_HOP) != 0;
    bool is_self =
        (r->border && !r->transparent) || (t->next_hop_self && s->session_kind == SESSION_EXTERNAL);
    if (is_self && !is_set && can_be_own(t, r))
        *ret_hop = HOP_OWN;
    else if (len_bytes > 4 && !(is_set && is_own(t, next_hop)))
        why = leave_link(t, s, r, next_hop, ret_hop);
    if (*ret_hop == HOP_OWN)
        len_bytes = t->next_hop_len_bytes;
    if (why == RIB_TOLD && len_bytes == 0)
        why = RIB_WITHHELD_NO_NEXT_HOP;
    else if (why == RIB_TOLD && len_bytes > 4 && !t->extended_next_hop && info->ip_version == IP_V4)
        why = RIB_WITHHELD_NEXT_HOP_FAMILY;
    return why;
}

enum rib_withheld rib_judge_next_hop(const struct export_profile *t, const struct rib_source *s,
                                     const struct rib_relation *r, const struct rib_attrs *attrs)
{
    enum hop unused;
    return choose_next_hop(t, s, r, attrs, &unused);
}

/* The path of another AS of ours goes through that AS (RFC 7705 §3); a path is never empty beyond
 * the border, not even for the clients of a route server. */
static void export_as_path(struct attr_export *x, const struct export_profile *t,
                           const struct rib_source *s, const struct rib_relation *r,
                           const struct attr_hot *hot)
{
    if (r->transparent && hot->as_path_offset != 0)
        return;
    if (t->session_kind == SESSION_EXTERNAL)
        x->prepend[x->prepend_count++] = t->local_as;
    if (r->other_as)
        x->prepend[x->prepend_count++] = s->local_as;
}

/* Who marks a route for customers only that is not marked: the one that it came from, or we on its
 * way to the peers (RFC 9234 §5). 0: nobody. */
static uint32_t marked_by(const struct export_profile *t, const struct rib_source *s,
                          const struct rib_relation *r)
{
    if (!family_info((enum family)t->family)->is_unicast)
        return 0;
    if (r->learned && s->only_to_customer != 0)
        return s->only_to_customer;
    return t->marks_for_customers ? t->local_as : 0;
}

enum rib_withheld rib_export_attrs(const struct rib *rib, const struct export_profile *t,
                                   uint32_t attrs, uint32_t source, struct attr_export *ret_export)
{
    const struct rib_source *s = &rib->sources.at[source];
    const struct rib_attrs *set = rib_attrs_at(&rib->attrs, attrs);
    const struct rib_relation r = rib_relate(t, s);
    struct attr_export *x = ret_export;
    *x = (struct attr_export){.as4 = t->as4, .session_kind = t->session_kind};
    x->border = r.border;
    x->transparent = r.transparent;
    x->strip_med = r.learned && r.border && !r.transparent && !(kept_of(set) & ATTR_KEEP_MED);
    if (r.learned && s->session_kind == SESSION_INTERNAL && !r.border) {
        x->reflect = true;
        x->originator_id = s->router_id;
        x->cluster_id = t->cluster_id;
    }
    export_as_path(x, t, s, &r, &set->hot);
    x->only_to_customer = marked_by(t, s, &r);
    enum hop hop;
    enum rib_withheld why = choose_next_hop(t, s, &r, set, &hop);
    if (hop == HOP_OWN)
        set_next_hop(x, t->next_hop, t->next_hop_len_bytes);
    else if (hop == HOP_GLOBAL)
        set_next_hop(x, set->bytes + set->hot.next_hop_offset, 16);
    return why;
}

/* --- what is sent --- */

#define KEPT_LOOKS 512u /* power of two */

struct kept_look {
    uint64_t age; /* of the RIB, see age_of, when it was made; 0: none */
    struct export_profile profile;
    uint32_t attrs;
    uint32_t source;
    struct rib_look look;
};

struct rib_looks {
    struct kept_look kept[KEPT_LOOKS];
    /* Attributes as they are sent, which may be too long for any message, and a next hop. */
    uint8_t scratch[2 * MESSAGE_MAX_EXTENDED_BYTES];
};

struct rib_looks *rib_looks_new(void)
{
    return mem_zalloc(sizeof(struct rib_looks));
}

void rib_looks_free(struct rib_looks *looks)
{
    free(looks);
}

static struct rib_look make_look(const struct rib *rib, const struct export_profile *t,
                                 uint32_t attrs, uint32_t source)
{
    const struct rib_attrs *set = rib_attrs_at(&rib->attrs, attrs);
    struct attr_export export;
    struct rib_look look = {0};
    uint8_t next_hop[32];
    struct writer w = writer_over(rib->looks->scratch, sizeof(rib->looks->scratch));
    if (rib_export_attrs(rib, t, attrs, source, &export) != RIB_TOLD)
        return look;
    update_encode_attrs(&w, rib_attrs_span(set), &set->hot, (enum family)t->family, &export,
                        next_hop, &look.next_hop_len_bytes);
    look.attrs_bytes = (uint32_t)writer_len(&w);
    if (family_info((enum family)t->family)->has_labels)
        writer_put(&w, attr_labels(rib_attrs_span(set)));
    writer_bytes(&w, next_hop, look.next_hop_len_bytes);
    look.digest = hash_bytes_seeded(w.start, writer_len(&w), rib->attrs.seed);
    look.is_told = writer_ok(&w);
    return look;
}

/* Grows whenever an id of a long set or an index of a source may begin to stand for another. */
static uint64_t age_of(const struct rib *rib)
{
    return 1 + rib->attrs.long_freed + rib->sources.changes;
}

struct rib_look rib_look(const struct rib *rib, const struct export_profile *t, uint32_t attrs,
                         uint32_t source)
{
    if (rib_attrs_at(&rib->attrs, attrs)->len_bytes < RIB_ATTRS_LONG_BYTES)
        return make_look(rib, t, attrs, source);
    uint64_t hash = hash_bytes_seeded(t, sizeof(*t), (uint64_t)attrs << 32 | source);
    struct kept_look *kept = &rib->looks->kept[hash & (KEPT_LOOKS - 1)];
    if (kept->age != age_of(rib) || kept->attrs != attrs || kept->source != source ||
        memcmp(&kept->profile, t, sizeof(*t)) != 0)
        *kept =
            (struct kept_look){age_of(rib), *t, attrs, source, make_look(rib, t, attrs, source)};
    return kept->look;
}

/* --- what looks the same --- */

/* Whether the same attributes are changed in the same way. */
static bool is_exported_alike(const struct rib *rib, const struct rib_exported *a,
                              const struct rib_exported *b)
{
    struct attr_export export_a;
    struct attr_export export_b;
    return rib_export_attrs(rib, a->profile, a->attrs, a->source, &export_a) == RIB_TOLD &&
           rib_export_attrs(rib, b->profile, b->attrs, b->source, &export_b) == RIB_TOLD &&
           memcmp(&export_a, &export_b, sizeof(export_a)) == 0;
}

bool rib_export_equal(const struct rib *rib, const struct rib_exported *a,
                      const struct rib_exported *b)
{
    const struct rib_attrs *set_a = rib_attrs_at(&rib->attrs, a->attrs);
    const struct rib_attrs *set_b = rib_attrs_at(&rib->attrs, b->attrs);
    if (a->source == b->source && a->profile == b->profile &&
        update_differ_at_once(rib_attrs_span(set_a), &set_a->hot, rib_attrs_span(set_b),
                              &set_b->hot))
        return false;
    if (a->attrs == b->attrs && is_exported_alike(rib, a, b))
        return true;
    struct rib_look look_a = rib_look(rib, a->profile, a->attrs, a->source);
    struct rib_look look_b = rib_look(rib, b->profile, b->attrs, b->source);
    return look_a.is_told && look_b.is_told && look_a.attrs_bytes == look_b.attrs_bytes &&
           look_a.next_hop_len_bytes == look_b.next_hop_len_bytes && look_a.digest == look_b.digest;
}
