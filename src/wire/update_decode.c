/* Decoding of UPDATE messages.
 *
 * One walk over the attributes judges each by its row of the table and keeps the good ones in
 * ascending order of type, which is nearly always the order on the wire. So does the canonical
 * block (wire/attr.h), into which runs of attributes that are canonical already are copied as a
 * whole. Nothing is allocated, and nothing larger than what the message needs is touched.
 *
 * Errors: RFC 7606. §3 c, d, g, h, j: flags, missing and repeated attributes, the strongest
 * verdict; §4: lengths; §5.2: an error in a message that announces nothing resets, because its NLRI
 * may have been missed; §5.3: NLRI that cannot be told apart resets. What RFC 7606 leaves to RFC
 * 4271 §6.3 and RFC 4760 §7 (the lengths in the message itself, unknown well-known attributes)
 * resets as well. What carries its length, such as flows, and is malformed is left out; the others
 * count (RFC 7606 §5.4, RFC 8955 §10). Other sources: RFC 4271 §4.3, 5; RFC 4724 §2 (End-of-RIB);
 * RFC 6793 §4.2.3; RFC 8950.
 */
#include "wire/update.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "wire/aspath.h"
#include "wire/attr_list.h"
#include "wire/open.h"

/* A set of attribute types. */
struct type_set {
    uint64_t words[4];
};

static bool type_in(const struct type_set *set, uint8_t type)
{
    return set->words[type / 64] >> (type % 64) & 1;
}

static void type_add(struct type_set *set, uint8_t type)
{
    set->words[type / 64] |= UINT64_C(1) << (type % 64);
}

struct decode {
    const struct update_context *ctx;
    struct update_decoder *decoder;
    struct update *u;
    struct span nlri_field;
    bool announces;      /* there is reachable NLRI, be it of a family that is not negotiated */
    size_t scratch_used; /* of decoder->scratch */
    struct span mp_next_hop;
    struct type_set seen; /* types met so far */
    /* Attributes that are no part of the canonical form; type 0: none. All but the first one, a
     * NEXT_HOP without NLRI for it, have been checked. */
    struct attr_view idle_next_hop;
    struct attr_view mp_reach;
    struct attr_view mp_unreach;
    struct attr_view as4_path;
    struct attr_view as4_aggregator;
    struct attr_list kept;
};

/* Room in the decoder for what is made anew. */
static struct writer scratch_begin(struct decode *d)
{
    return writer_over(d->decoder->scratch + d->scratch_used,
                       sizeof(d->decoder->scratch) - d->scratch_used);
}

static struct span scratch_end(struct decode *d, const struct writer *w)
{
    assert(writer_ok(w));
    d->scratch_used += writer_len(w);
    return writer_span(w);
}

/* Verdicts. */

static void add_problem(struct decode *d, enum attr_verdict verdict, uint8_t attr_type,
                        const char *what, struct span where)
{
    struct update *u = d->u;
    struct update_problem problem = {verdict, attr_type, what, where};
    if (verdict > u->verdict)
        u->verdict = verdict;
    unsigned i = u->problem_count;
    if (i == UPDATE_PROBLEMS_MAX) {
        if (verdict < u->problems[0].verdict)
            return;
        for (i = 0; i + 1 < UPDATE_PROBLEMS_MAX; i++)
            u->problems[i] = u->problems[i + 1];
    } else {
        u->problem_count++;
    }
    for (; i > 0 && u->problems[i - 1].verdict > verdict; i--)
        u->problems[i] = u->problems[i - 1];
    u->problems[i] = problem;
}

/* The first reset decides what the NOTIFICATION says. */
static void add_reset(struct decode *d, uint8_t subcode, uint8_t attr_type, const char *what,
                      struct span where, struct span data)
{
    if (d->u->verdict != VERDICT_RESET)
        d->u->error = notification_make(NOTIFY_UPDATE, subcode, data);
    add_problem(d, VERDICT_RESET, attr_type, what, where);
}

static void reset_for_attr(struct decode *d, uint8_t subcode, const struct attr_view *a,
                           const char *what)
{
    add_reset(d, subcode, a->type, what, a->raw, a->raw);
}

static void judge_attr(struct decode *d, enum attr_verdict verdict, uint8_t reset_subcode,
                       const struct attr_view *a, const char *what)
{
    if (verdict == VERDICT_RESET)
        reset_for_attr(d, reset_subcode, a, what);
    else
        add_problem(d, verdict, a->type, what, a->raw);
}

/* The walk over the attributes. */

static void take_repeated(struct decode *d, const struct attr_view *a)
{
    if (a->type == ATTR_MP_REACH || a->type == ATTR_MP_UNREACH)
        reset_for_attr(d, NOTIFY_UPDATE_MALFORMED_ATTRIBUTES, a, "attribute appears twice");
    else
        add_problem(d, VERDICT_DISCARD, a->type, "attribute appears twice", a->raw);
}

/* Where an attribute goes that is no part of the canonical form; NULL when it is one. */
static struct attr_view *place_aside(struct decode *d, uint8_t type)
{
    switch (type) {
    case ATTR_MP_REACH:
        return &d->mp_reach;
    case ATTR_MP_UNREACH:
        return &d->mp_unreach;
    case ATTR_AS4_PATH:
        return &d->as4_path;
    case ATTR_AS4_AGGREGATOR:
        return &d->as4_aggregator;
    default:
        return NULL;
    }
}

/* Keeps the attribute that was read to the end of the list. */
static void keep(struct decode *d, uint8_t flags)
{
    struct attr_item *item = d->kept.end;
    struct attr_view *aside = place_aside(d, item->attr.type);
    if (aside) {
        *aside = item->attr;
        return;
    }
    item->as_is = item->attr.flags == flags; /* so its length is not extended */
    item->attr.flags = flags;
    attr_list_keep(&d->kept);
}

static void take_unknown(struct decode *d, const struct attr_view *a)
{
    enum { KEPT_FLAGS = ATTR_FLAG_OPTIONAL | ATTR_FLAG_TRANSITIVE | ATTR_FLAG_PARTIAL };
    if (a->type == ATTR_LABELS) /* reserved: it stands for something else in canonical bytes */
        add_problem(d, VERDICT_DISCARD, a->type, "reserved attribute type", a->raw);
    else if (a->flags & ATTR_FLAG_OPTIONAL)
        keep(d, a->flags & KEPT_FLAGS);
    else
        reset_for_attr(d, NOTIFY_UPDATE_UNRECOGNIZED_WELL_KNOWN, a, "unknown well-known attribute");
}

/* Notes wrong flags (RFC 7606 §3 c). False when the attribute is not to be looked at further. Those
 * of MP attributes are: that their flags make them incorrect (§5.3) is a reason to reset only where
 * NLRI cannot be found, and what they hold must be found for the update to be treated as withdrawn.
 */
static bool judge_flags(struct decode *d, const struct attr_view *a, const struct attr_spec *spec)
{
    add_problem(d, spec->on_bad_flags != VERDICT_OK ? spec->on_bad_flags : VERDICT_WITHDRAW,
                a->type, "wrong attribute flags", a->raw);
    return a->type == ATTR_MP_REACH || a->type == ATTR_MP_UNREACH;
}

static bool has_bad_flags(const struct attr_view *a, const struct attr_spec *spec)
{
    return (a->flags ^ spec->flags) & (ATTR_FLAG_OPTIONAL | ATTR_FLAG_TRANSITIVE);
}

static void take_known(struct decode *d, const struct attr_view *a, const struct attr_spec *spec)
{
    enum { OPTIONAL_TRANSITIVE = ATTR_FLAG_OPTIONAL | ATTR_FLAG_TRANSITIVE };
    if (spec->as2_only && d->ctx->attr.as4)
        return;
    if (spec->within_as && d->ctx->attr.session_kind == SESSION_EXTERNAL) {
        add_problem(d, VERDICT_DISCARD, a->type, "attribute from an external peer", a->raw);
        return;
    }
    if (has_bad_flags(a, spec) && !judge_flags(d, a, spec))
        return;
    if (attr_check(spec, a->value, &d->ctx->attr)) {
        judge_attr(d, spec->on_malformed, NOTIFY_UPDATE_OPTIONAL_ATTRIBUTE, a,
                   "malformed attribute value");
        return;
    }
    uint8_t partial = spec->flags == OPTIONAL_TRANSITIVE ? a->flags & ATTR_FLAG_PARTIAL : 0;
    keep(d, spec->flags | partial);
}

static void take_attr(struct decode *d, const struct attr_view *a)
{
    if (type_in(&d->seen, a->type)) {
        take_repeated(d, a);
        return;
    }
    type_add(&d->seen, a->type);
    /* Without NLRI for it NEXT_HOP is to be ignored (RFC 4760 §3), if there is any other. */
    if (a->type == ATTR_NEXT_HOP && d->nlri_field.len_bytes == 0) {
        d->idle_next_hop = *a;
        return;
    }
    const struct attr_spec *spec = attr_spec(a->type);
    if (spec)
        take_known(d, a, spec);
    else
        take_unknown(d, a);
}

static void walk_attrs(struct decode *d, struct span attrs)
{
    struct reader r = reader_over(attrs);
    while (attr_next(&r, &d->kept.end->attr))
        take_attr(d, &d->kept.end->attr);
    if (reader_ok(&r))
        return;
    /* What follows cannot be read; what was cut may be NLRI only if it is an MP attribute. */
    const struct attr_view *cut = &d->kept.end->attr;
    type_add(&d->seen, cut->type);
    bool is_mp = cut->type == ATTR_MP_REACH || cut->type == ATTR_MP_UNREACH;
    judge_attr(d, is_mp ? VERDICT_RESET : VERDICT_WITHDRAW, NOTIFY_UPDATE_MALFORMED_ATTRIBUTES, cut,
               "attribute runs past the end of the attributes");
}

/* NLRI. */

static bool is_good(const struct family_info *f, struct span nlri)
{
    uint8_t key[NLRI_ROOM_BYTES];
    struct nlri unused;
    struct reader r = reader_over(nlri);
    return f->read(f, &r, key, &unused, 1) == 1 && reader_left(&r) == 0;
}

/* Copies what is well-formed of `run` to the decoder. */
static struct span copy_good(struct decode *d, const struct family_info *f, struct span run)
{
    struct writer w = scratch_begin(d);
    struct reader r = reader_over(run);
    struct span nlri;
    while (f->split(f, &r, &nlri))
        if (is_good(f, nlri))
            writer_put(&w, nlri);
    return scratch_end(d, &w);
}

/* Checks the NLRI of an MP attribute; malformed ones are left out of *run. False when they cannot
 * be told apart (RFC 7606 §5.3). */
static bool check_run(struct decode *d, uint8_t attr_type, const struct family_info *f,
                      struct span *run)
{
    if (f->check(f, *run))
        return true;
    struct reader r = reader_over(*run);
    struct span nlri;
    while (f->split(f, &r, &nlri))
        if (!is_good(f, nlri))
            add_problem(d, VERDICT_DISCARD, attr_type, "malformed NLRI", nlri);
    if (!reader_ok(&r))
        return false;
    *run = copy_good(d, f, *run);
    return true;
}

/* Takes NLRI of a field of the message that is not empty. */
static void take_field(struct decode *d, struct span bytes, struct update_nlri *ret_nlri)
{
    const struct family_info *f = family_info(FAMILY_OF_FIELDS);
    if (!f->check(f, bytes))
        add_reset(d, NOTIFY_UPDATE_INVALID_NETWORK, 0, "malformed NLRI", bytes, span_of(NULL, 0));
    else if (!family_in(d->ctx->families, FAMILY_OF_FIELDS))
        add_problem(d, VERDICT_DISCARD, 0, "address family was not negotiated", bytes);
    else
        *ret_nlri = (struct update_nlri){FAMILY_OF_FIELDS, bytes};
}

/* Takes NLRI of an MP attribute, unless it is empty. */
static void take_mp_nlri(struct decode *d, const struct attr_view *a, enum family family,
                         struct span bytes, struct update_nlri *ret_nlri)
{
    if (!check_run(d, a->type, family_info(family), &bytes))
        reset_for_attr(d, NOTIFY_UPDATE_OPTIONAL_ATTRIBUTE, a, "malformed NLRI");
    else if (bytes.len_bytes > 0)
        *ret_nlri = (struct update_nlri){family, bytes};
}

/* FAMILY_NONE, with a problem noted, when it was not negotiated. */
static enum family read_family(struct decode *d, const struct attr_view *a, struct reader *r)
{
    uint16_t afi = reader_u16(r);
    uint8_t safi = reader_u8(r);
    enum family family = family_from_wire(afi, safi);
    if (family_in(d->ctx->families, family))
        return family;
    add_problem(d, VERDICT_DISCARD, a->type, "address family was not negotiated", a->raw);
    return FAMILY_NONE;
}

/* The next hop that counts of an IPv6 one of 16 or 32 bytes (RFC 2545 §3): some send a link-local
 * address alone, in either place or in both, some fill the place of the link-local one with 0. */
static struct span significant_next_hop(struct span next_hop)
{
    struct reader r = reader_over(next_hop);
    struct span global = reader_take(&r, 16);
    struct span second = reader_rest(&r);
    if (second.len_bytes == 0)
        return global;
    struct ip_addr addr = ip_from_bytes(IP_V6, second.data);
    if (!ip_is_link_local(&addr))
        return global;
    addr = ip_from_bytes(IP_V6, global.data);
    return span_equal(global, second) || ip_is_unspecified(&addr) ? second : next_hop;
}

/* The addresses of a next hop, without the RD in front of each, which is 0 and means nothing (RFC
 * 4364 §4.3.2, RFC 4659 §3.2.1). */
static struct span next_hop_addresses(struct decode *d, const struct family_info *f,
                                      struct span next_hop, size_t addr_bytes)
{
    if (f->rd_bytes == 0)
        return next_hop;
    struct reader r = reader_over(next_hop);
    struct writer w = scratch_begin(d);
    while (reader_left(&r) > 0) {
        reader_take(&r, f->rd_bytes);
        writer_put(&w, reader_take(&r, addr_bytes));
    }
    return scratch_end(d, &w);
}

/* Takes the next hop of a family that has one. False when its length is none that the family can
 * have, so that NLRI cannot be located (RFC 7606 §7.11). */
static bool take_mp_next_hop(struct decode *d, const struct family_info *f, struct span next_hop)
{
    size_t v4_bytes = f->rd_bytes + 4u;
    size_t v6_bytes = f->rd_bytes + 16u;
    bool is_v6 = next_hop.len_bytes == v6_bytes || next_hop.len_bytes == 2 * v6_bytes;
    bool is_v4 = next_hop.len_bytes == v4_bytes && f->ip_version == IP_V4;
    if (!is_v4 && !is_v6)
        return false;
    struct span addresses = next_hop_addresses(d, f, next_hop, is_v4 ? 4 : 16);
    d->mp_next_hop = is_v6 ? significant_next_hop(addresses) : addresses;
    return true;
}

/* Judges it for what is announced with it. */
static void judge_mp_next_hop(struct decode *d, const struct attr_view *a, enum family family)
{
    struct span next_hop = d->mp_next_hop;
    bool is_v4 = next_hop.len_bytes == 4;
    if (!is_v4 && family_info(family)->ip_version == IP_V4 &&
        !family_in(d->ctx->extended_next_hop, family))
        add_problem(d, VERDICT_WITHDRAW, a->type, "IPv6 next hop was not negotiated", a->raw);
    struct reader r = reader_over(next_hop);
    if (!attr_next_hop_usable(reader_take(&r, is_v4 ? 4 : 16), d->ctx->attr.loopback))
        add_problem(d, VERDICT_WITHDRAW, a->type, "unusable next hop", next_hop);
}

static void take_mp_reach(struct decode *d, const struct attr_view *a)
{
    struct reader r = reader_over(a->value);
    enum family family = read_family(d, a, &r);
    struct span next_hop = reader_take(&r, reader_u8(&r));
    reader_u8(&r); /* reserved */
    struct span nlri = reader_rest(&r);
    d->announces |= nlri.len_bytes > 0;
    if (family == FAMILY_NONE)
        return;
    const struct family_info *f = family_info(family);
    if (!reader_ok(&r) || (f->has_next_hop && !take_mp_next_hop(d, f, next_hop))) {
        reset_for_attr(d, NOTIFY_UPDATE_OPTIONAL_ATTRIBUTE, a, "bad next hop length");
        return;
    }
    if (f->has_next_hop && nlri.len_bytes > 0)
        judge_mp_next_hop(d, a, family);
    take_mp_nlri(d, a, family, nlri, &d->u->mp_reach);
}

static void take_mp_unreach(struct decode *d, const struct attr_view *a)
{
    struct reader r = reader_over(a->value);
    enum family family = read_family(d, a, &r);
    if (family != FAMILY_NONE)
        take_mp_nlri(d, a, family, reader_rest(&r), &d->u->mp_unreach);
}

static void take_nlri(struct decode *d, struct span withdrawn)
{
    d->announces = d->nlri_field.len_bytes > 0;
    if (withdrawn.len_bytes > 0)
        take_field(d, withdrawn, &d->u->withdrawn);
    if (d->announces)
        take_field(d, d->nlri_field, &d->u->reach);
    if (d->mp_reach.type)
        take_mp_reach(d, &d->mp_reach);
    if (d->mp_unreach.type)
        take_mp_unreach(d, &d->mp_unreach);
}

/* The canonical block. */

/* AS4_AGGREGATOR and AS4_PATH mean nothing when an AGGREGATOR beside AS4_AGGREGATOR has an AS of
 * its own: then a 2-octet speaker has aggregated, and made the path anew (RFC 6793 §4.2.3). */
static void settle_as4(struct decode *d, const struct attr_item *aggregator)
{
    if (!aggregator || !d->as4_aggregator.type)
        return;
    struct reader r = reader_over(aggregator->attr.value);
    if (reader_u16(&r) != AS_TRANS)
        d->as4_path.type = d->as4_aggregator.type = 0;
}

static void widen_as_path(struct decode *d, struct attr_item *path)
{
    struct writer w = scratch_begin(d);
    if (d->as4_path.type)
        aspath_put_merged(&w, path->attr.value, d->as4_path.value);
    else
        aspath_put_widened(&w, path->attr.value);
    attr_item_replace(path, scratch_end(d, &w));
}

static void widen_aggregator(struct decode *d, struct attr_item *aggregator)
{
    struct writer w = scratch_begin(d);
    if (d->as4_aggregator.type) {
        writer_put(&w, d->as4_aggregator.value);
    } else {
        struct reader r = reader_over(aggregator->attr.value);
        writer_u32(&w, reader_u16(&r));
        writer_put(&w, reader_rest(&r));
    }
    attr_item_replace(aggregator, scratch_end(d, &w));
}

/* From a 2-octet peer: AS_PATH and AGGREGATOR get 4-octet ASNs. */
static void settle_as2(struct decode *d)
{
    struct attr_item *path = attr_list_find(&d->kept, ATTR_AS_PATH);
    struct attr_item *aggregator = attr_list_find(&d->kept, ATTR_AGGREGATOR);
    settle_as4(d, aggregator);
    if (path)
        widen_as_path(d, path);
    if (aggregator)
        widen_aggregator(d, aggregator);
}

enum { LARGE_COMMUNITY_BYTES = 12 };

static int compare_large_communities(const void *a, const void *b)
{
    return memcmp(a, b, LARGE_COMMUNITY_BYTES);
}

static bool is_strictly_ascending(struct span communities)
{
    struct reader r = reader_over(communities);
    struct span last = reader_take(&r, LARGE_COMMUNITY_BYTES);
    while (reader_left(&r) > 0) {
        struct span next = reader_take(&r, LARGE_COMMUNITY_BYTES);
        if (compare_large_communities(last.data, next.data) >= 0)
            return false;
        last = next;
    }
    return true;
}

/* Removes repeated large communities (RFC 8092 §5). A list with repeats comes out sorted, any other
 * as it was. */
static void settle_large_communities(struct decode *d)
{
    struct attr_item *k = attr_list_find(&d->kept, ATTR_LARGE_COMMUNITIES);
    if (!k || is_strictly_ascending(k->attr.value))
        return;
    struct span value = k->attr.value;
    uint8_t(*items)[LARGE_COMMUNITY_BYTES] = (void *)(d->decoder->scratch + d->scratch_used);
    size_t count = value.len_bytes / LARGE_COMMUNITY_BYTES;
    memcpy(items, value.data, value.len_bytes);
    qsort(items, count, LARGE_COMMUNITY_BYTES, compare_large_communities);
    size_t unique = 1;
    for (size_t i = 1; i < count; i++) {
        if (compare_large_communities(items[unique - 1], items[i]) != 0)
            memmove(items[unique++], items[i], LARGE_COMMUNITY_BYTES);
    }
    if (unique < count)
        attr_item_replace(k, span_of(items, unique * LARGE_COMMUNITY_BYTES));
}

/* The next hop of MP_REACH_NLRI takes the place of NEXT_HOP, or is inserted there; flows have
 * none. */
static void settle_mp_next_hop(struct decode *d)
{
    struct attr_item *k = attr_list_find(&d->kept, ATTR_NEXT_HOP);
    if (k && d->mp_next_hop.len_bytes == 0) {
        attr_list_remove(&d->kept, k);
    } else if (k) {
        attr_item_replace(k, d->mp_next_hop);
    } else if (d->mp_next_hop.len_bytes > 0) {
        *d->kept.end = (struct attr_item){.attr = {.flags = ATTR_FLAG_TRANSITIVE,
                                                   .type = ATTR_NEXT_HOP,
                                                   .value = d->mp_next_hop}};
        attr_list_keep(&d->kept);
    }
}

static void build_blocks(struct decode *d)
{
    struct update *u = d->u;
    if (!d->ctx->attr.as4)
        settle_as2(d);
    if (type_in(&d->seen, ATTR_LARGE_COMMUNITIES))
        settle_large_communities(d);
    int err = 0;
    if (u->reach.family != FAMILY_NONE) {
        u->attrs = &d->decoder->attrs;
        err = attr_block_fill(&d->decoder->attrs, &d->kept);
    }
    if (u->mp_reach.family != FAMILY_NONE && !err) {
        settle_mp_next_hop(d);
        u->mp_attrs = &d->decoder->mp_attrs;
        err = attr_block_fill(&d->decoder->mp_attrs, &d->kept);
    }
    if (err) /* ... and update_decode takes the attributes back */
        add_problem(d, VERDICT_WITHDRAW, ATTR_AS_PATH, "attributes are too long",
                    attr_list_find(&d->kept, ATTR_AS_PATH)->attr.raw);
}

/* The message as a whole. */

static void require(struct decode *d, uint8_t type, const char *what)
{
    /* One that is there but bad has been judged already. */
    if (!type_in(&d->seen, type))
        add_problem(d, VERDICT_WITHDRAW, type, what, span_of(NULL, 0));
}

static void check_mandatory(struct decode *d)
{
    if (!d->announces)
        return;
    require(d, ATTR_ORIGIN, "ORIGIN is missing");
    require(d, ATTR_AS_PATH, "AS_PATH is missing");
    if (d->nlri_field.len_bytes > 0)
        require(d, ATTR_NEXT_HOP, "NEXT_HOP is missing");
}

static bool has_only_mp_unreach(const struct decode *d)
{
    struct type_set only = {{0}};
    type_add(&only, ATTR_MP_UNREACH);
    return memcmp(&d->seen, &only, sizeof(only)) == 0;
}

/* Judges a NEXT_HOP that is there for nothing, as far as its form goes: an address that cannot be
 * used is no reason to close the connection (RFC 4271 §6.3). */
static void check_idle_next_hop(struct decode *d)
{
    const struct attr_view *a = &d->idle_next_hop;
    const struct attr_spec *spec = attr_spec(ATTR_NEXT_HOP);
    if (has_bad_flags(a, spec))
        judge_flags(d, a, spec);
    else if (a->value.len_bytes < spec->min_bytes || a->value.len_bytes > spec->max_bytes)
        add_problem(d, spec->on_malformed, a->type, "malformed attribute value", a->raw);
}

/* RFC 7606 §5.2: where nothing is announced an error says that NLRI may have been missed. In a
 * message of MP_UNREACH_NLRI alone there was nothing to miss. */
static void check_nothing_missed(struct decode *d)
{
    if (d->announces)
        return;
    if (d->idle_next_hop.type)
        check_idle_next_hop(d);
    if (d->u->verdict != VERDICT_WITHDRAW || has_only_mp_unreach(d))
        return;
    const struct update_problem *worst = &d->u->problems[d->u->problem_count - 1];
    add_reset(d, NOTIFY_UPDATE_MALFORMED_ATTRIBUTES, worst->attr_type, worst->what, worst->where,
              worst->where);
}

/* The family of an End-of-RIB: an empty message, or one whose only attribute is an MP_UNREACH_NLRI
 * without NLRI. */
static enum family end_of_rib(const struct decode *d, struct span withdrawn, struct span attrs)
{
    if (withdrawn.len_bytes > 0 || d->nlri_field.len_bytes > 0)
        return FAMILY_NONE;
    enum family family = FAMILY_NONE;
    if (attrs.len_bytes == 0) {
        family = FAMILY_OF_FIELDS;
    } else if (d->mp_unreach.type) {
        struct reader r = reader_over(d->mp_unreach.value);
        uint16_t afi = reader_u16(&r);
        uint8_t safi = reader_u8(&r);
        if (reader_left(&r) == 0 && span_equal(d->mp_unreach.raw, attrs))
            family = family_from_wire(afi, safi);
    }
    return family_in(d->ctx->families, family) ? family : FAMILY_NONE;
}

static void decode_body(struct decode *d, struct span body)
{
    struct reader r = reader_over(body);
    struct span withdrawn = reader_take(&r, reader_u16(&r));
    struct span attrs = reader_take(&r, reader_u16(&r));
    d->nlri_field = reader_rest(&r);
    if (!reader_ok(&r)) {
        add_reset(d, NOTIFY_UPDATE_MALFORMED_ATTRIBUTES, 0, "lengths exceed the message", body,
                  span_of(NULL, 0));
        return;
    }
    walk_attrs(d, attrs);
    take_nlri(d, withdrawn);
    check_mandatory(d);
    check_nothing_missed(d);
    if (d->u->verdict < VERDICT_WITHDRAW)
        build_blocks(d);
    d->u->end_of_rib = end_of_rib(d, withdrawn, attrs);
}

/* Empties everything but what only counts when something else says so. */
static void clear_result(struct update *u)
{
    const struct update_nlri none = {FAMILY_NONE, {NULL, 0}};
    u->reach = u->mp_reach = u->withdrawn = u->mp_unreach = none;
    u->end_of_rib = FAMILY_NONE;
    u->attrs = u->mp_attrs = NULL;
}

void update_decode(struct span body, const struct update_context *ctx,
                   struct update_decoder *decoder, struct update *ret_update)
{
    /* Field by field: the slots and problems are large and mostly unused. */
    struct decode d;
    d.ctx = ctx;
    d.decoder = decoder;
    d.u = ret_update;
    d.announces = false;
    d.scratch_used = 0;
    d.mp_next_hop = span_of(NULL, 0);
    d.seen = (struct type_set){{0}};
    d.idle_next_hop.type = d.mp_reach.type = d.mp_unreach.type = 0;
    d.as4_path.type = d.as4_aggregator.type = 0;
    attr_list_init(&d.kept);
    clear_result(ret_update);
    ret_update->verdict = VERDICT_OK;
    ret_update->problem_count = 0;

    decode_body(&d, body);
    if (ret_update->verdict >= VERDICT_WITHDRAW)
        ret_update->attrs = ret_update->mp_attrs = NULL;
    if (ret_update->verdict == VERDICT_RESET)
        clear_result(ret_update);
}
