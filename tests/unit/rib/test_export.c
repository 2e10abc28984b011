/* What a group is told: sources, communities, reflection, next hops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../random.h"
#include "rib/export.h"
#include "rib/look.h"
#include "sets.h"

enum {
    EXTERNAL = 1,
    INTERNAL,
    CLIENT,
    API,
    CONFIG,
    OTHER_CONFIG,
    SERVER_CLIENT,  /* external, of the route server */
    OTHER_INTERNAL, /* of another AS of ours */
    OTHER_EXTERNAL,
    ON_LINK, /* internal, on link 7 */
};

enum { OUR_AS = 65000, OTHER_AS = 64999, LINK = 7 };

static struct rib_source sources[] = {
    [EXTERNAL] = {.kind = RIB_SOURCE_PEER, .local_as = OUR_AS},
    [INTERNAL] = {.kind = RIB_SOURCE_PEER, .session_kind = SESSION_INTERNAL, .local_as = OUR_AS},
    [CLIENT] = {.kind = RIB_SOURCE_PEER,
                .session_kind = SESSION_INTERNAL,
                .reflector_client = true,
                .local_as = OUR_AS},
    [API] = {.kind = RIB_SOURCE_API},
    [CONFIG] = {.kind = RIB_SOURCE_CONFIG},
    [OTHER_CONFIG] = {.kind = RIB_SOURCE_CONFIG},
    [SERVER_CLIENT] = {.kind = RIB_SOURCE_PEER, .route_server_client = true, .local_as = OUR_AS},
    [OTHER_INTERNAL] = {.kind = RIB_SOURCE_PEER,
                        .session_kind = SESSION_INTERNAL,
                        .local_as = OTHER_AS},
    [OTHER_EXTERNAL] = {.kind = RIB_SOURCE_PEER, .local_as = OTHER_AS},
    [ON_LINK] = {.kind = RIB_SOURCE_PEER,
                 .session_kind = SESSION_INTERNAL,
                 .reflector_client = true,
                 .local_as = OUR_AS,
                 .link = LINK},
};

static struct rib rib = {.sources = {.at = sources}};

static struct export_profile profile(enum session_kind kind)
{
    struct export_profile t = {0};
    t.family = FAMILY_IPV4_UNICAST;
    t.local_as = OUR_AS;
    t.session_kind = (uint8_t)kind;
    t.as4 = true;
    t.source_kinds = 1u << RIB_SOURCE_PEER | 1u << RIB_SOURCE_API | 1u << RIB_SOURCE_CONFIG;
    t.max_message_bytes = 4096;
    t.next_hop_len_bytes = 4;
    return t;
}

/* Why a group is not told the only path of a prefix of 24 bits. */
static enum rib_withheld why(const struct export_profile *t, uint32_t source, uint32_t set)
{
    bool config = sources[source].kind == RIB_SOURCE_CONFIG;
    struct rib_entry e = {.best = {.received = set, .attrs = set, .source = source},
                          .best_usable = !config,
                          .len_bits = 24,
                          .flags = sources[source].kind == RIB_SOURCE_PEER ? 0 : ENTRY_HAS_LOCAL};
    enum rib_withheld answer;
    bool told = rib_export_select(&rib, t, CONFIG, &e, &answer) != NULL;
    assert_int_equal(told, answer == RIB_TOLD);
    return answer;
}

static bool is_told(const struct export_profile *t, uint32_t source, uint32_t community)
{
    struct set_spec spec = {.path = {64500}, .next_hop = 0x0afe0001, .community = community};
    uint32_t set = make_set(&rib.attrs, &spec);
    bool told = why(t, source, set) == RIB_TOLD;
    rib_attrs_unref(&rib.attrs, set);
    return told;
}

/* How a route with the path 64500 looks to the group. */
static struct attr_export export_of(const struct export_profile *t, uint32_t source)
{
    struct set_spec spec = {.path = {64500}, .next_hop = 0x0afe0001};
    uint32_t set = make_set(&rib.attrs, &spec);
    struct attr_export x = {0};
    assert_int_equal(rib_export_attrs(&rib, t, set, source, &x), RIB_TOLD);
    rib_attrs_unref(&rib.attrs, set);
    return x;
}

static void well_known_communities_bound_what_was_learned(void **state)
{
    (void)state;
    struct export_profile external = profile(SESSION_EXTERNAL);
    struct export_profile internal = profile(SESSION_INTERNAL);
    assert_true(is_told(&external, EXTERNAL, 0));
    assert_false(is_told(&external, EXTERNAL, 0xffffff01)); /* NO_EXPORT */
    assert_true(is_told(&internal, EXTERNAL, 0xffffff01));
    assert_false(is_told(&external, EXTERNAL, 0xffffff02)); /* NO_ADVERTISE */
    assert_false(is_told(&internal, EXTERNAL, 0xffffff02));
    assert_false(is_told(&external, EXTERNAL, 0xffffff03)); /* NO_EXPORT_SUBCONFED */
    assert_true(is_told(&external, API, 0xffffff01));       /* ours: for the neighbour to act on */
}

static void internal_routes_are_reflected_where_one_side_is_a_client(void **state)
{
    (void)state;
    struct export_profile internal = profile(SESSION_INTERNAL);
    assert_false(is_told(&internal, INTERNAL, 0));
    assert_true(is_told(&internal, CLIENT, 0));
    internal.reflector_client = true;
    assert_true(is_told(&internal, INTERNAL, 0));
    struct attr_export x = export_of(&internal, INTERNAL);
    assert_true(x.reflect);
    assert_int_equal(x.next_hop_len_bytes, 0);
    assert_false(export_of(&internal, EXTERNAL).reflect);
}

/* RFC 7947 §2.2: from client to client; to and from all others as between any external peers. */
static void a_route_server_is_transparent_between_its_clients(void **state)
{
    (void)state;
    struct export_profile client = profile(SESSION_EXTERNAL);
    client.route_server_client = true;
    struct attr_export x = export_of(&client, SERVER_CLIENT);
    assert_int_equal(x.prepend_count, 0);
    assert_int_equal(x.next_hop_len_bytes, 0);
    assert_false(x.strip_med);
    assert_true(x.transparent);
    static const uint32_t others[] = {EXTERNAL, INTERNAL, CLIENT, OTHER_EXTERNAL};
    for (unsigned i = 0; i < 4; i++) {
        x = export_of(&client, others[i]);
        assert_int_equal(x.prepend[0], OUR_AS);
        assert_int_equal(x.next_hop_len_bytes, 4);
        assert_true(x.strip_med);
        assert_false(x.transparent);
    }
    struct export_profile external = profile(SESSION_EXTERNAL);
    x = export_of(&external, SERVER_CLIENT);
    assert_int_equal(x.prepend_count, 1);
    assert_int_equal(x.next_hop_len_bytes, 4);
}

/* RFC 7947 §2.2.4. */
static void a_route_server_passes_communities_on(void **state)
{
    (void)state;
    struct export_profile client = profile(SESSION_EXTERNAL);
    client.route_server_client = true;
    for (uint32_t community = 0xffffff01; community <= 0xffffff03; community++) {
        client.interpret_communities = false;
        assert_true(is_told(&client, SERVER_CLIENT, community));
        assert_false(is_told(&client, EXTERNAL, community));
        client.interpret_communities = true;
        assert_false(is_told(&client, SERVER_CLIENT, community));
    }
}

static void no_external_peer_gets_an_empty_path(void **state)
{
    (void)state;
    struct export_profile client = profile(SESSION_EXTERNAL);
    client.route_server_client = true;
    uint32_t set = make_set(&rib.attrs, &(struct set_spec){.next_hop = 0x0afe0001});
    struct attr_export x;
    assert_int_equal(rib_export_attrs(&rib, &client, set, SERVER_CLIENT, &x), RIB_TOLD);
    assert_int_equal(x.prepend_count, 1);
    assert_int_equal(x.prepend[0], OUR_AS);
    rib_attrs_unref(&rib.attrs, set);
}

/* Between the internal sessions of two ASNs of ours there is a border. */
static void another_as_of_ours_is_another_as(void **state)
{
    (void)state;
    struct export_profile internal = profile(SESSION_INTERNAL);
    assert_true(is_told(&internal, OTHER_INTERNAL, 0)); /* no reflection */
    assert_false(is_told(&internal, OTHER_INTERNAL, 0xffffff01));
    struct attr_export x = export_of(&internal, OTHER_INTERNAL);
    assert_true(x.border && x.session_kind == SESSION_INTERNAL && x.strip_med && !x.reflect);
    assert_int_equal(x.prepend_count, 1);
    assert_int_equal(x.prepend[0], OTHER_AS);
    assert_int_equal(x.next_hop_len_bytes, 4);

    /* RFC 7705 §3: the path goes through the AS of the session. */
    x = export_of(&internal, OTHER_EXTERNAL);
    assert_true(!x.border && x.session_kind == SESSION_INTERNAL && !x.strip_med);
    assert_int_equal(x.prepend_count, 1);
    assert_int_equal(x.prepend[0], OTHER_AS);
    assert_int_equal(x.next_hop_len_bytes, 0);

    struct export_profile external = profile(SESSION_EXTERNAL);
    for (uint32_t source = OTHER_INTERNAL; source <= OTHER_EXTERNAL; source++) {
        x = export_of(&external, source);
        assert_int_equal(x.prepend_count, 2);
        assert_int_equal(x.prepend[0], OUR_AS);
        assert_int_equal(x.prepend[1], OTHER_AS);
    }
    assert_int_equal(export_of(&internal, API).prepend_count, 0);
}

static uint32_t set_with_next_hop(struct span next_hop, size_t filler_bytes)
{
    static const uint8_t filler[65536];
    static struct attr_block b;
    attr_block_init(&b);
    attr_block_add(&b, ATTR_ORIGIN, span_of("", 1));
    attr_block_add(&b, ATTR_AS_PATH, span_of("\2\1\0\0\373\364", 6));
    attr_block_add(&b, ATTR_NEXT_HOP, next_hop);
    if (filler_bytes > 0)
        assert_int_equal(attr_block_add(&b, 200, span_of(filler, filler_bytes)), 0);
    assert_int_equal(attr_block_finish(&b), 0);
    return rib_attrs_intern(&rib.attrs, attr_block_span(&b), &b.hot);
}

#define GLOBAL_     0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
#define LINK_LOCAL_ 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2

/* RFC 2545 §3. */
static void link_local_next_hops_stay_on_their_link(void **state)
{
    (void)state;
    static const uint8_t both[] = {GLOBAL_, LINK_LOCAL_};
    uint32_t two = set_with_next_hop(span_of(both, 32), 0);
    uint32_t alone = set_with_next_hop(span_of(both + 16, 16), 0);
    struct export_profile t = profile(SESSION_INTERNAL);
    t.family = FAMILY_IPV6_UNICAST;
    t.next_hop_len_bytes = 16;
    t.next_hop[0] = 0x3f;
    struct attr_export x;
    /* On the same link: as it is. */
    t.link = LINK;
    assert_int_equal(rib_export_attrs(&rib, &t, two, ON_LINK, &x), RIB_TOLD);
    assert_int_equal(x.next_hop_len_bytes, 0);
    assert_int_equal(rib_export_attrs(&rib, &t, alone, ON_LINK, &x), RIB_TOLD);
    assert_int_equal(x.next_hop_len_bytes, 0);
    for (t.link = 0; t.link <= 8; t.link += 8) {
        assert_int_equal(rib_export_attrs(&rib, &t, two, ON_LINK, &x), RIB_TOLD);
        assert_int_equal(x.next_hop_len_bytes, 16);
        assert_memory_equal(x.next_hop, both, 16);
        assert_int_equal(rib_export_attrs(&rib, &t, alone, ON_LINK, &x), RIB_TOLD);
        assert_int_equal(x.next_hop_len_bytes, 16);
        assert_memory_equal(x.next_hop, t.next_hop, 16);
    }
    /* Two link-local ones have no global one. */
    uint8_t link_locals[] = {LINK_LOCAL_, LINK_LOCAL_};
    link_locals[15]++;
    uint32_t both_local = set_with_next_hop(span_of(link_locals, 32), 0);
    assert_int_equal(rib_export_attrs(&rib, &t, both_local, ON_LINK, &x), RIB_TOLD);
    assert_memory_equal(x.next_hop, t.next_hop, 16);
    rib_attrs_unref(&rib.attrs, both_local);
    /* A route server is not on the way; and where there is no address of ours. */
    struct export_profile client = t;
    client.session_kind = SESSION_EXTERNAL;
    client.route_server_client = true;
    assert_int_equal(why(&client, SERVER_CLIENT, alone), RIB_WITHHELD_LINK_LOCAL);
    t.next_hop_len_bytes = 0;
    assert_int_equal(why(&t, ON_LINK, alone), RIB_WITHHELD_LINK_LOCAL);
    rib_attrs_unref(&rib.attrs, two);
    rib_attrs_unref(&rib.attrs, alone);
}

/* A label means something to the router alone that the next hop names (RFC 8277 §3.2.2): whoever
 * the peer is, the next hop is that of the route, and the route is not told where it cannot be. */
static void routes_with_labels_keep_their_next_hop(void **state)
{
    (void)state;
    static const uint8_t both[] = {GLOBAL_, LINK_LOCAL_};
    uint32_t set = make_set(&rib.attrs, &(struct set_spec){.path = {1}, .next_hop = 0x0afe0001});
    uint32_t alone = set_with_next_hop(span_of(both + 16, 16), 0);
    for (enum family family = 0; family < FAMILY_COUNT; family++) {
        const struct family_info *f = family_info(family);
        if (!f->has_next_hop)
            continue;
        for (int external = 0; external < 2; external++) {
            struct export_profile t = profile(external ? SESSION_EXTERNAL : SESSION_INTERNAL);
            struct attr_export x;
            t.family = (uint8_t)family;
            t.next_hop_self = !external;
            assert_int_equal(rib_export_attrs(&rib, &t, set, EXTERNAL, &x), RIB_TOLD);
            assert_int_equal(x.next_hop_len_bytes, f->has_labels ? 0 : 4);
            t.next_hop_len_bytes = 0;
            assert_int_equal(why(&t, EXTERNAL, set),
                             f->has_labels ? RIB_TOLD : RIB_WITHHELD_NO_NEXT_HOP);
            t.next_hop_len_bytes = 16;
            t.next_hop_self = false;
            t.extended_next_hop = true;
            if (f->has_labels)
                assert_int_equal(why(&t, ON_LINK, alone), RIB_WITHHELD_LINK_LOCAL);
        }
    }
    rib_attrs_unref(&rib.attrs, set);
    rib_attrs_unref(&rib.attrs, alone);
}

/* RFC 8277 §2.1: in families that have them; the answer holds for all routes with the same. */
static void no_more_labels_than_the_peers_take(void **state)
{
    (void)state;
    static const uint8_t labels[9] = {0, 6, 0x40, 0, 6, 0x50, 0, 6, 0x61};
    uint32_t bare =
        make_set(&rib.attrs, &(struct set_spec){.path = {64500}, .next_hop = 0x0afe0001});
    for (uint8_t count = 1; count <= 3; count++) {
        struct attr_hot hot = rib_attrs_at(&rib.attrs, bare)->hot;
        uint8_t buf[256];
        struct writer w = writer_over(buf, sizeof(buf));
        attr_put_labels(&w, &hot, span_of(labels, 3u * count));
        writer_put(&w, rib_attrs_span(rib_attrs_at(&rib.attrs, bare)));
        uint32_t set = rib_attrs_intern(&rib.attrs, writer_span(&w), &hot);
        for (uint8_t taken = 1; taken <= 3; taken++) {
            struct export_profile t = profile(SESSION_INTERNAL);
            t.family = FAMILY_IPV4_VPN;
            t.max_labels = taken;
            enum rib_withheld answer = count <= taken ? RIB_TOLD : RIB_WITHHELD_LABELS;
            assert_int_equal(why(&t, EXTERNAL, set), answer);
            assert_int_equal(why(&t, API, set), answer);
            assert_int_equal(why(&t, CONFIG, set), answer);
        }
        rib_attrs_unref(&rib.attrs, set);
    }
    rib_attrs_unref(&rib.attrs, bare);
}

/* --- roles: RFC 9234 §5 --- */

/* What came from the external source, with a mark of 64500 or without; `source_as`: that it counts
 * as marked by. */
static enum rib_withheld why_marked(const struct export_profile *t, bool is_marked,
                                    uint32_t source_as)
{
    struct set_spec spec = {.path = {64500}, .next_hop = 0x0afe0001};
    spec.only_to_customer = is_marked ? 64500 : 0;
    uint32_t set = make_set(&rib.attrs, &spec);
    sources[EXTERNAL].only_to_customer = source_as;
    enum rib_withheld answer = why(t, EXTERNAL, set);
    assert_int_equal(why(t, API, set), RIB_TOLD); /* ours: for whomever we like */
    assert_int_equal(why(t, CONFIG, set), RIB_TOLD);
    sources[EXTERNAL].only_to_customer = 0;
    rib_attrs_unref(&rib.attrs, set);
    return answer;
}

static void what_is_for_customers_goes_to_nobody_above(void **state)
{
    (void)state;
    struct export_profile t = profile(SESSION_EXTERNAL);
    for (unsigned marks = 0; marks < 2; marks++) { /* peers and customers get marks alike */
        t.marks_for_customers = marks;
        t.lacks_for_customers = false;
        assert_int_equal(why_marked(&t, true, 64501), RIB_TOLD);
        t.lacks_for_customers = true;
        assert_int_equal(why_marked(&t, false, 0), RIB_TOLD);
        assert_int_equal(why_marked(&t, true, 0), RIB_WITHHELD_FOR_CUSTOMERS);
        assert_int_equal(why_marked(&t, false, 64501), RIB_WITHHELD_FOR_CUSTOMERS);
        assert_int_equal(why_marked(&t, true, 64501), RIB_WITHHELD_FOR_CUSTOMERS);
    }
    struct export_profile inside = profile(SESSION_INTERNAL);
    assert_int_equal(why_marked(&inside, true, 64501), RIB_TOLD);
}

/* By the one that it came from, else by us; in families that roles are about. */
static void marks_are_added_on_the_way(void **state)
{
    (void)state;
    struct export_profile t = profile(SESSION_EXTERNAL);
    struct export_profile inside = profile(SESSION_INTERNAL);
    assert_int_equal(export_of(&t, EXTERNAL).only_to_customer, 0);
    t.marks_for_customers = true;
    assert_int_equal(export_of(&t, EXTERNAL).only_to_customer, OUR_AS);
    assert_int_equal(export_of(&t, API).only_to_customer, OUR_AS);
    assert_int_equal(export_of(&inside, EXTERNAL).only_to_customer, 0);
    sources[EXTERNAL].only_to_customer = 64500;
    assert_int_equal(export_of(&t, EXTERNAL).only_to_customer, 64500);
    assert_int_equal(export_of(&inside, EXTERNAL).only_to_customer, 64500);
    inside.family = t.family = FAMILY_IPV4_MULTICAST;
    assert_int_equal(export_of(&t, EXTERNAL).only_to_customer, 0);
    assert_int_equal(export_of(&inside, EXTERNAL).only_to_customer, 0);
    sources[EXTERNAL].only_to_customer = 0;
}

/* A mark that comes with the route, and one that is added: the peers see no difference. */
static void a_mark_is_a_mark(void **state)
{
    (void)state;
    struct export_profile t = profile(SESSION_EXTERNAL);
    struct set_spec spec = {.path = {64500}, .next_hop = 0x0afe0001};
    t.marks_for_customers = true;
    uint32_t bare = make_set(&rib.attrs, &spec);
    spec.only_to_customer = OUR_AS;
    uint32_t ours = make_set(&rib.attrs, &spec);
    spec.only_to_customer = 64500;
    uint32_t other = make_set(&rib.attrs, &spec);
    const struct rib_exported a = {&t, bare, EXTERNAL};
    const struct rib_exported b = {&t, ours, EXTERNAL};
    const struct rib_exported c = {&t, other, EXTERNAL};
    assert_true(rib_export_equal(&rib, &a, &b));
    assert_false(rib_export_equal(&rib, &a, &c));
    struct export_profile plain = profile(SESSION_EXTERNAL);
    const struct rib_exported d = {&plain, bare, EXTERNAL};
    assert_false(rib_export_equal(&rib, &a, &d));
    rib_attrs_unref(&rib.attrs, bare);
    rib_attrs_unref(&rib.attrs, ours);
    rib_attrs_unref(&rib.attrs, other);
}

static void without_an_address_of_ours_it_is_not_told(void **state)
{
    (void)state;
    struct export_profile t = profile(SESSION_EXTERNAL);
    t.next_hop_len_bytes = 0;
    uint32_t set = make_set(&rib.attrs, &(struct set_spec){.path = {1}, .next_hop = 0x0afe0001});
    assert_int_equal(why(&t, EXTERNAL, set), RIB_WITHHELD_NO_NEXT_HOP);
    assert_int_equal(why(&t, API, set), RIB_TOLD); /* has its own */
    rib_attrs_unref(&rib.attrs, set);
}

/* --- what a policy set --- */

static uint32_t set_kept(struct span next_hop, uint8_t kept)
{
    static struct attr_block b;
    uint8_t local[5] = {kept};
    attr_block_init(&b);
    attr_block_add(&b, ATTR_ORIGIN, span_of("", 1));
    attr_block_add(&b, ATTR_AS_PATH, span_of("\2\1\0\0\373\364", 6));
    if (next_hop.len_bytes > 0)
        attr_block_add(&b, ATTR_NEXT_HOP, next_hop);
    attr_block_add(&b, ATTR_MED, span_of("\0\0\0\7", 4));
    attr_block_add(&b, ATTR_LOCAL, span_of(local, sizeof(local)));
    attr_block_finish(&b);
    return rib_attrs_intern(&rib.attrs, attr_block_span(&b), &b.hot);
}

/* How a route with this next hop looks, kept as it is; why it is not told. */
static enum rib_withheld export_kept(const struct export_profile *t, uint32_t source,
                                     struct span next_hop, struct attr_export *ret_x)
{
    uint32_t set = set_kept(next_hop, ATTR_KEEP_NEXT_HOP);
    enum rib_withheld answer = rib_export_attrs(&rib, t, set, source, ret_x);
    assert_int_equal(why(t, source, set), answer);
    rib_attrs_unref(&rib.attrs, set);
    return answer;
}

static void a_next_hop_that_was_set_is_sent(void **state)
{
    (void)state;
    static const uint8_t hop[] = {192, 0, 2, 1};
    struct attr_export x;
    for (unsigned kind = SESSION_EXTERNAL; kind <= SESSION_INTERNAL; kind++) {
        struct export_profile t = profile((enum session_kind)kind);
        t.next_hop_self = true;
        static const uint32_t from[] = {EXTERNAL, CLIENT, OTHER_INTERNAL, API};
        for (unsigned i = 0; i < 4; i++) {
            assert_int_equal(export_kept(&t, from[i], span_of(hop, 4), &x), RIB_TOLD);
            assert_int_equal(x.next_hop_len_bytes, 0);
        }
        t.next_hop_len_bytes = 0; /* that we have none does not matter then */
        assert_int_equal(export_kept(&t, EXTERNAL, span_of(hop, 4), &x), RIB_TOLD);
    }
    /* The rest of what an external peer is told stays the same. */
    struct export_profile external = profile(SESSION_EXTERNAL);
    export_kept(&external, EXTERNAL, span_of(hop, 4), &x);
    assert_true(x.border && x.strip_med && x.prepend_count == 1);
}

/* Whatever a policy says: RFC 8950, RFC 2545 §3. */
static void a_next_hop_that_was_set_must_fit(void **state)
{
    (void)state;
    static const uint8_t both[] = {GLOBAL_, LINK_LOCAL_};
    struct export_profile t = profile(SESSION_EXTERNAL);
    struct attr_export x;
    assert_int_equal(export_kept(&t, EXTERNAL, span_of(both, 16), &x),
                     RIB_WITHHELD_NEXT_HOP_FAMILY);
    t.extended_next_hop = true;
    assert_int_equal(export_kept(&t, EXTERNAL, span_of(both, 16), &x), RIB_TOLD);
    assert_int_equal(x.next_hop_len_bytes, 0);
    /* "self" without a next hop of ours leaves none. */
    assert_int_equal(export_kept(&t, EXTERNAL, span_of(NULL, 0), &x), RIB_WITHHELD_NO_NEXT_HOP);

    t.family = FAMILY_IPV6_UNICAST;
    t.next_hop_len_bytes = 32;
    for (unsigned i = 0; i < 32; i++)
        t.next_hop[i] = both[i];
    t.next_hop[15]++;
    assert_int_equal(export_kept(&t, EXTERNAL, span_of(both, 32), &x), RIB_TOLD);
    assert_int_equal(x.next_hop_len_bytes, 16); /* without that of another link */
    assert_int_equal(export_kept(&t, EXTERNAL, span_of(t.next_hop, 32), &x), RIB_TOLD);
    assert_int_equal(x.next_hop_len_bytes, 0); /* ours is as it is sent otherwise */
    t.next_hop_len_bytes = 0;
    assert_int_equal(export_kept(&t, EXTERNAL, span_of(both + 16, 16), &x),
                     RIB_WITHHELD_LINK_LOCAL);
    t.family = FAMILY_IPV6_FLOW;
    uint32_t flow = set_kept(span_of(NULL, 0), ATTR_KEEP_NEXT_HOP);
    assert_int_equal(rib_export_attrs(&rib, &t, flow, EXTERNAL, &x), RIB_TOLD);
    rib_attrs_unref(&rib.attrs, flow);
}

static void a_med_that_was_set_is_sent(void **state)
{
    (void)state;
    static const uint8_t hop[] = {192, 0, 2, 1};
    struct export_profile external = profile(SESSION_EXTERNAL);
    struct attr_export x;
    uint32_t meant = set_kept(span_of(hop, 4), ATTR_KEEP_MED);
    uint32_t other = set_kept(span_of(hop, 4), ATTR_KEEP_NEXT_HOP);
    assert_int_equal(rib_export_attrs(&rib, &external, meant, EXTERNAL, &x), RIB_TOLD);
    assert_false(x.strip_med);
    assert_int_equal(x.next_hop_len_bytes, 4);
    assert_int_equal(rib_export_attrs(&rib, &external, other, EXTERNAL, &x), RIB_TOLD);
    assert_true(x.strip_med);
    struct rib_exported a = {&external, meant, EXTERNAL};
    struct rib_exported b = {&external, other, EXTERNAL};
    assert_false(rib_export_equal(&rib, &a, &b));
    rib_attrs_unref(&rib.attrs, meant);
    rib_attrs_unref(&rib.attrs, other);
}

/* Weights and marks are nothing to peers. */
static void what_is_noted_for_ourselves_makes_no_difference(void **state)
{
    (void)state;
    struct set_spec spec = {.path = {64500}, .next_hop = 0x0afe0001};
    uint32_t plain = make_set(&rib.attrs, &spec);
    spec.weight = 9;
    uint32_t weighty = make_set(&rib.attrs, &spec);
    for (unsigned kind = SESSION_EXTERNAL; kind <= SESSION_INTERNAL; kind++) {
        struct export_profile t = profile((enum session_kind)kind);
        struct rib_exported a = {&t, plain, EXTERNAL};
        struct rib_exported b = {&t, weighty, EXTERNAL};
        assert_true(rib_export_equal(&rib, &a, &b));
    }
    rib_attrs_unref(&rib.attrs, plain);
    rib_attrs_unref(&rib.attrs, weighty);
}

/* Told where the message that carries the prefix alone has at most max_message_bytes. */
static void what_fits_into_a_message_is_told(void **state)
{
    (void)state;
    static const uint8_t hop[] = {10, 254, 0, 1};
    struct export_profile t = profile(SESSION_INTERNAL);
    unsigned told = 0;
    for (size_t filler = 3990; filler < 4060; filler++) {
        uint32_t set = set_with_next_hop(span_of(hop, 4), filler);
        struct rib_entry e = {.best = {.received = set, .attrs = set, .source = EXTERNAL},
                              .best_usable = true};
        for (e.len_bits = 0; e.len_bits <= 32; e.len_bits++) {
            /* Header, two lengths; ORIGIN, AS_PATH, NEXT_HOP, LOCAL_PREF; the filler; the prefix.
             */
            size_t bytes = 19 + 4 + 4 + 9 + 7 + 7 + 4 + filler + 1 + (e.len_bits + 7u) / 8;
            enum rib_withheld answer;
            rib_export_select(&rib, &t, CONFIG, &e, &answer);
            assert_int_equal(answer, bytes <= 4096 ? RIB_TOLD : RIB_WITHHELD_TOO_LARGE);
            told += answer == RIB_TOLD;
        }
        rib_attrs_unref(&rib.attrs, set);
    }
    assert_in_range(told, 500, 2000);
}

/* What is told of two routes is the same or not, whatever differs in them. */
static void routes_are_compared_as_they_look_to_the_peers(void **state)
{
    (void)state;
    struct set_spec spec = {.path = {64500}, .next_hop = 0x0afe0001, .med = 5};
    uint32_t med_5 = make_set(&rib.attrs, &spec);
    spec.med = 6;
    uint32_t med_6 = make_set(&rib.attrs, &spec);
    struct export_profile external = profile(SESSION_EXTERNAL);
    struct export_profile internal = profile(SESSION_INTERNAL);
    internal.reflector_client = true;
    const struct {
        const struct export_profile *t;
        uint32_t attrs[2];
        uint32_t sources[2];
        bool equal;
    } cases[] = {
        {&external, {med_5, med_6}, {EXTERNAL, EXTERNAL}, true},
        {&external, {med_5, med_6}, {EXTERNAL, INTERNAL}, true},
        {&external, {med_5, med_5}, {EXTERNAL, API}, false}, /* own next hop, no MED; as it is */
        {&external, {med_5, med_5}, {API, CONFIG}, true},
        {&internal, {med_5, med_6}, {EXTERNAL, EXTERNAL}, false},
        {&internal, {med_5, med_5}, {EXTERNAL, API}, true},
        {&internal, {med_5, med_5}, {INTERNAL, EXTERNAL}, false}, /* reflected or not */
        {&internal, {med_5, med_5}, {INTERNAL, CLIENT}, false},   /* ORIGINATOR_ID */
        {&external, {med_5, med_5}, {EXTERNAL, OTHER_EXTERNAL}, false},
    };
    sources[CLIENT].router_id = 9;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rib_exported a = {cases[i].t, cases[i].attrs[0], cases[i].sources[0]};
        struct rib_exported b = {cases[i].t, cases[i].attrs[1], cases[i].sources[1]};
        assert_int_equal(rib_export_equal(&rib, &a, &b), cases[i].equal);
    }
    /* Another cluster id is nothing to routes that are not reflected. */
    struct export_profile renamed = internal;
    renamed.cluster_id = 99;
    struct rib_exported a = {&internal, med_5, EXTERNAL};
    struct rib_exported b = {&renamed, med_5, EXTERNAL};
    assert_true(rib_export_equal(&rib, &a, &b));
    a.source = b.source = CLIENT;
    assert_false(rib_export_equal(&rib, &a, &b));
    rib_attrs_unref(&rib.attrs, med_5);
    rib_attrs_unref(&rib.attrs, med_6);
}

/* What of unknown attributes is not passed on, and how a transitive one was marked, is nothing to
 * peers: they are sent nothing for it. */
static void unknown_attributes_differ_by_what_is_passed_on(void **state)
{
    (void)state;
    static const struct {
        struct {
            uint8_t flags, type;
        } a, b;
        bool equal;
    } cases[] = {
        {{0x80, 200}, {0, 0}, true},      {{0xa0, 200}, {0x80, 201}, true},
        {{0xc0, 200}, {0xe0, 200}, true}, {{0xc0, 200}, {0xc0, 201}, false},
        {{0xc0, 200}, {0, 0}, false},     {{0xc0, 200}, {0x80, 200}, false},
    };
    struct export_profile internal = profile(SESSION_INTERNAL);
    struct export_profile external = profile(SESSION_EXTERNAL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct set_spec spec = {.path = {64500}, .next_hop = 0x0afe0001};
        spec.unknown_flags = cases[i].a.flags;
        spec.unknown_type = cases[i].a.type;
        uint32_t set_a = make_set(&rib.attrs, &spec);
        spec.unknown_flags = cases[i].b.flags;
        spec.unknown_type = cases[i].b.type;
        uint32_t set_b = make_set(&rib.attrs, &spec);
        assert_int_not_equal(set_a, set_b);
        struct rib_exported a = {&internal, set_a, EXTERNAL};
        struct rib_exported b = {&internal, set_b, EXTERNAL};
        assert_int_equal(rib_export_equal(&rib, &a, &b), cases[i].equal);
        a.profile = b.profile = &external;
        assert_int_equal(rib_export_equal(&rib, &a, &b), cases[i].equal);
        rib_attrs_unref(&rib.attrs, set_a);
        rib_attrs_unref(&rib.attrs, set_b);
    }
}

static void sources_are_chosen_by_kind(void **state)
{
    (void)state;
    struct export_profile t = profile(SESSION_EXTERNAL);
    assert_true(is_told(&t, CONFIG, 0));
    assert_false(is_told(&t, OTHER_CONFIG, 0)); /* another peer's static routes */
    t.source_kinds = 1u << RIB_SOURCE_API;
    assert_false(is_told(&t, EXTERNAL, 0));
    assert_true(is_told(&t, API, 0));
}

/* An IPv6 next hop of an IPv4 route is only for peers that negotiated RFC 8950. */
static void ipv6_next_hops_need_the_capability(void **state)
{
    (void)state;
    static const uint8_t next_hop[16] = {0x20, 1, 0xd, 0xb8};
    static struct attr_block b;
    attr_block_init(&b);
    attr_block_add(&b, ATTR_ORIGIN, span_of("", 1));
    attr_block_add(&b, ATTR_AS_PATH, span_of(NULL, 0));
    attr_block_add(&b, ATTR_NEXT_HOP, span_of(next_hop, sizeof(next_hop)));
    assert_int_equal(attr_block_finish(&b), 0);
    uint32_t set = rib_attrs_intern(&rib.attrs, attr_block_span(&b), &b.hot);
    for (uint32_t source = API; source <= CONFIG; source++) {
        struct export_profile t = profile(SESSION_EXTERNAL);
        struct rib_entry e = {.best = {.received = set, .attrs = set, .source = source},
                              .best_usable = source == API,
                              .flags = ENTRY_HAS_LOCAL};
        enum rib_withheld answer;
        assert_null(rib_export_select(&rib, &t, CONFIG, &e, &answer));
        assert_int_equal(answer, RIB_WITHHELD_NEXT_HOP_FAMILY);
        t.extended_next_hop = true;
        assert_non_null(rib_export_select(&rib, &t, CONFIG, &e, &answer));
    }
    rib_attrs_unref(&rib.attrs, set);
}

/* What is remembered from one entry to the next never changes the answer. */
static void entries_in_a_row_are_judged_like_single_ones(void **state)
{
    (void)state;
    uint32_t sets[3];
    for (uint32_t i = 0; i < 3; i++) {
        struct set_spec spec = {
            .path = {64500 + i}, .next_hop = 0x0afe0001, .community = 0xffffff00 + i};
        sets[i] = make_set(&rib.attrs, &spec);
    }
    struct random r = {7};
    unsigned told = 0;
    for (unsigned round = 0; round < 200; round++) {
        struct export_profile t = profile(round % 2 ? SESSION_EXTERNAL : SESSION_INTERNAL);
        struct rib_export_memo memo = {0};
        t.reflector_client = random_below(&r, 2);
        for (unsigned i = 0; i < 50; i++) {
            uint32_t source = EXTERNAL + random_below(&r, 3);
            uint32_t set = sets[random_below(&r, 3)];
            struct rib_path other = {.received = sets[0], .attrs = sets[0], .source = CLIENT};
            struct rib_entry e = {.best = {.received = set, .attrs = set, .source = source},
                                  .more = &other,
                                  .more_count = (uint16_t)random_below(&r, 2),
                                  .best_usable = random_below(&r, 4) > 0,
                                  .flags = random_below(&r, 4) > 0 ? 0 : ENTRY_HAS_LOCAL};
            enum rib_withheld answer;
            const struct rib_path *path = rib_export_select(&rib, &t, 0, &e, &answer);
            assert_ptr_equal(rib_export_select_next(&rib, &t, &e, &memo), path);
            told += path != NULL;
        }
    }
    assert_in_range(told, 1000, 9000);
    for (uint32_t i = 0; i < 3; i++)
        rib_attrs_unref(&rib.attrs, sets[i]);
}

static int make_looks(void **state)
{
    (void)state;
    rib.looks = rib_looks_new();
    rib_table_init(&rib.tables[FAMILY_IPV4_UNICAST], FAMILY_IPV4_UNICAST);
    return 0;
}

static int release_all(void **state)
{
    (void)state;
    rib_attrs_pool_release(&rib.attrs);
    rib_looks_free(rib.looks);
    rib_table_release(&rib.tables[FAMILY_IPV4_UNICAST]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_known_communities_bound_what_was_learned),
        cmocka_unit_test(internal_routes_are_reflected_where_one_side_is_a_client),
        cmocka_unit_test(a_route_server_is_transparent_between_its_clients),
        cmocka_unit_test(a_route_server_passes_communities_on),
        cmocka_unit_test(no_external_peer_gets_an_empty_path),
        cmocka_unit_test(another_as_of_ours_is_another_as),
        cmocka_unit_test(link_local_next_hops_stay_on_their_link),
        cmocka_unit_test(routes_with_labels_keep_their_next_hop),
        cmocka_unit_test(no_more_labels_than_the_peers_take),
        cmocka_unit_test(what_is_for_customers_goes_to_nobody_above),
        cmocka_unit_test(marks_are_added_on_the_way),
        cmocka_unit_test(a_mark_is_a_mark),
        cmocka_unit_test(without_an_address_of_ours_it_is_not_told),
        cmocka_unit_test(a_next_hop_that_was_set_is_sent),
        cmocka_unit_test(a_next_hop_that_was_set_must_fit),
        cmocka_unit_test(a_med_that_was_set_is_sent),
        cmocka_unit_test(what_is_noted_for_ourselves_makes_no_difference),
        cmocka_unit_test(what_fits_into_a_message_is_told),
        cmocka_unit_test(routes_are_compared_as_they_look_to_the_peers),
        cmocka_unit_test(unknown_attributes_differ_by_what_is_passed_on),
        cmocka_unit_test(sources_are_chosen_by_kind),
        cmocka_unit_test(ipv6_next_hops_need_the_capability),
        cmocka_unit_test(entries_in_a_row_are_judged_like_single_ones),
    };
    return cmocka_run_group_tests(tests, make_looks, release_all);
}
