/* What each of the peers must hold: one prefix and one peer at a time, by rules that know nothing
 * of groups. */
#ifndef BGPD_TESTS_RIB_EXPORT_MODEL_H
#define BGPD_TESTS_RIB_EXPORT_MODEL_H

#include "export_peers.h"

/* What the policy of a peer makes of a path that may be told to it; else why not. Asked of its
 * policy alone. */
static enum rib_withheld judge_path(const struct ribout_outbound *by, struct rib_entry *e,
                                    const struct rib_path *path, struct attr_block *ret_attrs)
{
    static struct policy_scratch *scratch;
    static struct policy_run *run;
    const struct rib_attrs *set = rib_attrs_at(&rib.attrs, path->attrs);
    struct span attrs = rib_attrs_span(set);
    enum rib_withheld why = RIB_TOLD;
    if (by->policy) {
        struct rib_view view = {.chain = by->policy, .peer = by->peer};
        const struct rib_audience who = {&by->profile, &view, 0};
        struct policy_scene scene = rib_view_scene(&rib, &who, e, path->source, path->attrs);
        scratch = scratch ? scratch : policy_scratch_new();
        run = run ? run : policy_run_new(scratch);
        scene.attrs = attrs;
        scene.hot = &set->hot;
        const struct policy_outcome *outcome =
            policy_run_explain(run, view.chain, &scene, NULL, NULL);
        attrs = outcome->attrs;
        why = outcome->accepted ? RIB_TOLD : RIB_WITHHELD_POLICY;
    }
    ret_attrs->len_bytes = (uint32_t)attrs.len_bytes;
    memcpy(ret_attrs->bytes, attrs.data, attrs.len_bytes);
    attr_block_finish(ret_attrs);
    if (by->policy && why == RIB_TOLD) {
        uint32_t made = rib_attrs_intern(&rib.attrs, attrs, &ret_attrs->hot);
        const struct rib_exported what = {&by->profile, made, path->source};
        bool always;
        why = rib_export_judge_message(&rib, &what, e, &always);
        rib_attrs_unref(&rib.attrs, made);
    }
    return why;
}

/* A route of our own whose next hop is the peer, as policy has made it. */
static bool goes_to(const struct peer *p, const struct rib_path *path,
                    const struct attr_block *attrs)
{
    const struct rib_source *own = rib_source_at(&rib, p->source);
    return rib_source_at(&rib, path->source)->kind != RIB_SOURCE_PEER &&
           attrs->hot.next_hop_len_bytes == 4 &&
           memcmp(attrs->bytes + attrs->hot.next_hop_offset, own->addr.bytes, 4) == 0;
}

/* The path that the peer is told of an entry, or not: the best one, or its own of the
 * configuration. */
static const struct rib_path *select_best(const struct peer *p, const struct ribout_outbound *by,
                                          struct rib_entry *e, struct attr_block *ret_attrs,
                                          enum rib_withheld *ret_why)
{
    const struct rib_path *path = (by->policy ? rib_export_choose : rib_export_select)(
        &rib, &by->profile, p->config_source, e, ret_why);
    if (!path)
        return NULL;
    *ret_why = judge_path(by, e, path, ret_attrs);
    if (*ret_why == RIB_TOLD && path->source == p->source)
        *ret_why = RIB_WITHHELD_OWN;
    else if (*ret_why == RIB_TOLD && goes_to(p, path, ret_attrs))
        *ret_why = RIB_WITHHELD_NEXT_HOP_IS_PEER;
    return path;
}

/* Why the client of the route server is not told a path. */
static enum rib_withheld judge_for(const struct peer *p, const struct ribout_outbound *by,
                                   struct rib_entry *e, const struct rib_path *path,
                                   struct attr_block *ret_attrs)
{
    if (path->source == p->source)
        return RIB_WITHHELD_OWN;
    enum rib_withheld why = rib_export_judge(&rib, &by->profile, path, e, !by->policy);
    if (why == RIB_TOLD)
        why = judge_path(by, e, path, ret_attrs);
    return why == RIB_TOLD && goes_to(p, path, ret_attrs) ? RIB_WITHHELD_NEXT_HOP_IS_PEER : why;
}

/* The first path that the client of a route server may have: it selects the best one again and
 * again, each time without those before. */
static const struct rib_path *select_first(const struct peer *p, const struct ribout_outbound *by,
                                           struct rib_entry *e, struct attr_block *ret_attrs,
                                           enum rib_withheld *ret_why)
{
    struct rib_path more[PEERS + 1 + NETWORKS];
    struct rib_entry left = *e;
    const struct rib_path *first = NULL;
    const uint8_t kinds = by->profile.source_kinds;
    bool leads = e->best_usable && rib_decide_usable_of(&rib, &e->best, kinds);
    assert_true(rib_entry_path_count(e) <= PEERS + 1 + NETWORKS);
    if (e->more_count > 0)
        memcpy(more, e->more, e->more_count * sizeof(*more));
    left.more = more;
    for (;; leads = false) {
        int best = leads ? 0 : rib_decide_best(&rib, &left, kinds, false);
        if (best < 0)
            return first;
        struct rib_path *of_left = rib_entry_path(&left, (unsigned)best);
        const struct rib_path *path = rib_entry_path_of(e, of_left->source);
        enum rib_withheld why = judge_for(p, by, e, path, ret_attrs);
        of_left->reject = RIB_REJECT_POLICY; /* from here on it is none of them */
        if (!first || why == RIB_TOLD)
            *ret_why = why;
        if (why == RIB_TOLD)
            return path;
        first = first ? first : path;
    }
}

/* What the peer is told of an entry, and by which path; else why not. */
static const struct rib_path *select_for(const struct peer *p, const struct ribout_outbound *by,
                                         uint32_t id, struct attr_block *ret_attrs,
                                         enum rib_withheld *ret_why)
{
    struct rib_entry *e = rib_table_at(&rib.tables[FAMILY_IPV4_UNICAST], id);
    bool tells_config = (by->profile.source_kinds & (1u << RIB_SOURCE_CONFIG)) != 0;
    bool has_own = tells_config && p->config_source && rib_entry_path_of(e, p->config_source);
    if (by->profile.route_server_client && !has_own) {
        const struct rib_path *path = select_first(p, by, e, ret_attrs, ret_why);
        if (path)
            return path;
    }
    return select_best(p, by, e, ret_attrs, ret_why);
}

/* The hash of the attributes that the peer is to hold; 0: none. */
static uint64_t expected_of(const struct peer *p, uint32_t i)
{
    static struct attr_block attrs;
    struct nlri_key key = key_of(i);
    uint32_t id = rib_table_find(&rib.tables[FAMILY_IPV4_UNICAST], key);
    if (id == 0)
        return 0;
    enum rib_withheld why;
    const struct ribout_outbound by = outbound(p);
    const struct rib_path *path = select_for(p, &by, id, &attrs, &why);
    if (!path || why != RIB_TOLD)
        return 0;
    static uint8_t buf[4096];
    uint8_t hop[32];
    uint8_t hop_len_bytes;
    struct attr_export x;
    uint32_t made = rib_attrs_intern(&rib.attrs, attr_block_span(&attrs), &attrs.hot);
    assert_int_equal(rib_export_attrs(&rib, &p->profile, made, path->source, &x), 0);
    rib_attrs_unref(&rib.attrs, made);
    struct writer w = writer_over(buf, sizeof(buf));
    update_encode_attrs(&w, attr_block_span(&attrs), &attrs.hot, FAMILY_IPV4_UNICAST, &x, hop,
                        &hop_len_bytes);
    return hash_of(span_of(hop, hop_len_bytes), writer_span(&w));
}

/* Members by what they are told of an entry, and why not. */
struct told {
    unsigned by_source[64]; /* that are told a path of it */
    unsigned not_told[64];  /* by the reason, where there is a path … */
    unsigned no_path[64];   /* … and where there is none */
};

static void count_told(struct told *told, const struct rib_path *path, enum rib_withheld why,
                       unsigned members)
{
    assert_true(members > 0 && (!path || path->source < 64));
    *(!path             ? &told->no_path[why]
      : why == RIB_TOLD ? &told->by_source[path->source]
                        : &told->not_told[why]) += members;
}

static void take_answer(void *ctx, const struct ribout_answer *answer)
{
    count_told(ctx, answer->path, answer->why, answer->members);
}

/* What groups answer of an entry is what their members do, whatever was told so far. */
static void check_answers(uint32_t id)
{
    struct rib_table *t = &rib.tables[FAMILY_IPV4_UNICAST];
    struct told by_group = {0};
    struct told by_member = {0};
    rib_entry_decide(&rib, t, id);
    ribout_each_answer(&out, t, id, RIB_SOURCE_API, take_answer, &by_group);
    for (unsigned i = 0; i < PEERS; i++) {
        const struct peer *p = &peers[i];
        const struct export_profile *profile = p->up ? ribout_member_profile(p->member) : NULL;
        if (!profile || !(profile->source_kinds & (1u << RIB_SOURCE_API)))
            continue;
        static struct attr_block attrs;
        const struct rib_view *view = p->member->view;
        const struct ribout_outbound by = {*profile, view ? view->chain : NULL,
                                           view && view->peer ? view->peer : p->known_as};
        enum rib_withheld why;
        const struct rib_path *path = select_for(p, &by, id, &attrs, &why);
        count_told(&by_member, path, why, 1);
    }
    assert_memory_equal(&by_group, &by_member, sizeof(by_group));
}

static void check_all(void)
{
    quiesce();
    for (unsigned i = 0; i < PEERS; i++) {
        const struct peer *p = &peers[i];
        uint32_t told = 0;
        for (uint32_t k = 0; p->up && k < PREFIXES; k++) {
            uint64_t expected = expected_of(p, k);
            if (p->held[k] != expected)
                fail_msg("peer %u, prefix %u: holds %llx, expected %llx", i, k,
                         (unsigned long long)p->held[k], (unsigned long long)expected);
            told += expected != 0;
            struct nlri_key key = key_of(k);
            uint32_t id = rib_table_find(&rib.tables[FAMILY_IPV4_UNICAST], key);
            const struct rib_path *path;
            if (id != 0)
                assert_int_equal(ribout_member_told(&out, p->member, id, &path).why == RIB_TOLD,
                                 expected != 0);
        }
        if (p->up)
            assert_int_equal(ribout_member_advertised(p->member), told);
    }
}

#endif
