/* Judging again, against a look at all paths in the end: routes come and go, sessions end and
 * begin, and the configuration changes while passes go on, a slice at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../keys.h"
#include "../policies.h"
#include "../random.h"
#include "../rib/sets.h"
#include "daemon/channel.h"
#include "daemon/state.h"
#include "policy/ranges.h"

enum { NEIGHBORS = 4, PREFIXES = 700, PATHS = 6 };

/* --- what review.c asks for --- */

struct peer {
    struct peer_session session;
    unsigned refreshes; /* asked for */
};

static struct speaker s;
static struct config config;
static struct config_peer peer_configs[NEIGHBORS];
static struct peer_block blocks[NEIGHBORS];
static struct peer peers[NEIGHBORS];
static struct neighbor neighbors[NEIGHBORS];
static uint32_t sets[PATHS];
static const char *machine_address;
static struct channel channels[NEIGHBORS]; /* one each */

const struct peer_session *peer_session(const struct peer *peer)
{
    return &peer->session;
}

void channel_ask_again(const struct channel *c)
{
    c->neighbor->session->refreshes++;
}

struct channel *channel_find(const struct neighbor *n, enum family family)
{
    for (unsigned i = 0; i < n->channel_count; i++)
        if (n->channels[i].family == family)
            return &n->channels[i];
    return NULL;
}

void peers_each_own_address(const struct peer_env *env,
                            void (*each)(void *ctx, const struct ip_addr *addr, const char *link),
                            void *ctx)
{
    struct ip_addr addr;
    (void)env;
    if (machine_address && ip_parse(machine_address, &addr) == 0)
        each(ctx, &addr, "eth0");
}

void speaker_each_neighbor(const struct speaker *speaker,
                           void (*each)(void *ctx, struct neighbor *n), void *ctx)
{
    (void)speaker;
    for (unsigned i = 0; i < NEIGHBORS; i++)
        each(ctx, &neighbors[i]);
}

void neighbor_update_export(struct speaker *speaker, struct neighbor *n)
{
    (void)speaker;
    (void)n;
}

void input_spend(struct speaker *speaker, uint32_t tests)
{
    (void)speaker;
    (void)tests;
}

void speaker_wake(struct speaker *speaker)
{
    (void)speaker;
}

uint32_t speaker_dirty_count(const struct speaker *speaker)
{
    return rib_dirty_count(&speaker->rib.tables[FAMILY_IPV4_UNICAST]);
}

/* --- a speaker --- */

static void up(unsigned i)
{
    struct rib_source source = {.kind = RIB_SOURCE_PEER, .router_id = i + 1, .user = &neighbors[i]};
    if (neighbors[i].source == 0)
        neighbors[i].source = rib_source_add(&s.rib.sources, &source);
    neighbors[i].up = true;
    review_join(&s, &neighbors[i]);
}

static void down(unsigned i)
{
    review_leave(&s, &neighbors[i]);
    rib_source_down(&s.rib, neighbors[i].source);
    neighbors[i].up = false;
}

/* Every tenth one is in 127/8. */
static struct nlri_key key_of(uint32_t i)
{
    uint8_t bytes[4] = {i % 10 == 0 ? 127 : 10, (uint8_t)(i >> 8), (uint8_t)i, 0};
    return prefix_key(prefix_make(IP_V4, 24, bytes));
}

static bool is_martian(uint32_t i)
{
    return i % 10 == 0;
}

/* --- policies: paths of one length are rejected, others are preferred by 7 --- */

static struct policy_chain *chain_rejecting(unsigned length)
{
    char text[8];
    snprintf(text, sizeof(text), "%u", length);
    const struct rule_spec rules[] = {{"as_path_length", text, NULL, NULL, POLICY_REJECT},
                                      {NULL, NULL, "local_pref", "7", POLICY_GO_ON}};
    return chain_of(rules, 2, POLICY_NEXT);
}

static void attach(unsigned i, unsigned length, bool keep)
{
    struct channel *c = &channels[i];
    policy_chain_unref(c->import);
    c->import = length ? chain_rejecting(length) : NULL;
    c->keep_filtered = keep;
}

static uint16_t verdict(unsigned neighbor, uint32_t set)
{
    const struct rib_attrs *attrs = rib_attrs_at(&s.rib.attrs, set);
    const struct policy_chain *chain = channels[neighbor].import;
    enum rib_reject reject =
        judge_attrs(&s.judge, &neighbors[neighbor].rules, family_info(FAMILY_IPV4_UNICAST),
                    rib_attrs_span(attrs), &attrs->hot);
    if (reject != RIB_ACCEPTED || !chain)
        return (uint16_t)reject;
    unsigned length = attrs->hot.as_path_len;
    const struct policy_condition *when = &chain->policies[0]->rules[0].when;
    return policy_ranges_have(when->value, length) ? RIB_REJECT_POLICY : RIB_ACCEPTED;
}

/* The set with its local preference; the reference is the caller's. */
static uint32_t expected_set(unsigned neighbor, uint32_t set)
{
    static struct attr_edit edit;
    static struct attr_block block;
    if (!channels[neighbor].import || verdict(neighbor, set) != RIB_ACCEPTED)
        return rib_attrs_ref(&s.rib.attrs, set);
    attr_edit_begin(&edit, rib_attrs_span(rib_attrs_at(&s.rib.attrs, set)));
    attr_edit_put_u32(&edit, ATTR_LOCAL_PREF, 7);
    assert_int_equal(attr_edit_finish(&edit, &block), 0);
    return rib_attrs_intern(&s.rib.attrs, attr_block_span(&block), &block.hot);
}

static bool is_kept(unsigned neighbor, uint16_t reject)
{
    return reject < RIB_REJECT_POLICY || channels[neighbor].keep_filtered;
}

static void announce(uint32_t i, unsigned neighbor, uint32_t set)
{
    struct nlri_key key = key_of(i);
    uint32_t attrs = expected_set(neighbor, set);
    struct rib_announcement a = {.source = neighbors[neighbor].source,
                                 .received = set,
                                 .attrs = attrs,
                                 .reject = verdict(neighbor, set),
                                 .now_mono_s = 1};
    bool is_taken = !is_martian(i) || neighbors[neighbor].rules.accept_martians;
    if (is_taken && is_kept(neighbor, a.reject))
        rib_announce(&s.rib, FAMILY_IPV4_UNICAST, key, &a);
    else if (is_taken)
        rib_withdraw(&s.rib, FAMILY_IPV4_UNICAST, key, a.source, 0);
    rib_attrs_unref(&s.rib.attrs, attrs);
}

static void settle(void)
{
    struct rib_table *t = &s.rib.tables[FAMILY_IPV4_UNICAST];
    for (uint32_t id; rib_dirty_take(&s.rib, t, &id, 1) == 1;)
        rib_dirty_done(t, &id, 1);
}

static int set_up(void **state)
{
    (void)state;
    static const struct set_spec specs[PATHS] = {
        {.path = {65001, 7}, .next_hop = 0x0afe0001},
        {.path = {65001, 65000}, .next_hop = 0x0afe0001},
        {.path = {65001, 65000, 65002}, .next_hop = 0x0afe0001},
        {.path = {65002, 7}, .next_hop = 0x0afe0001},
        {.path = {65002, 9}, .next_hop = 0x0afe0002},
        {.path = {65001, 9}, .next_hop = 0x0afe0003},
    };
    memset(&s, 0, sizeof(s));
    memset(peers, 0, sizeof(peers));
    memset(neighbors, 0, sizeof(neighbors));
    machine_address = NULL;
    config = (struct config){
        .router_id = 1, .cluster_id = 1, .peers = peer_configs, .peer_count = NEIGHBORS};
    s.config = &config;
    review_service.init(&s, NULL);
    rib_init(&s.rib);
    import_service.init(&s, NULL);
    for (unsigned i = 0; i < PATHS; i++)
        sets[i] = make_set(&s.rib.attrs, &specs[i]);
    for (unsigned i = 0; i < NEIGHBORS; i++) {
        peer_configs[i] = (struct config_peer){.local_as = 65000, .router_id = 1};
        blocks[i].config = &peer_configs[i];
        channels[i] = (struct channel){.neighbor = &neighbors[i], .family = FAMILY_IPV4_UNICAST};
        neighbors[i] = (struct neighbor){.block = &blocks[i],
                                         .session = &peers[i],
                                         .channels = &channels[i],
                                         .channel_count = 1};
        neighbors[i].known_as = policy_neighbor_new(
            &(struct policy_neighbor){.as = 65001 + i % 2, .name = "n", .group = ""});
        peers[i].session.remote_as = 65001 + i % 2;
        peers[i].session.local.addr = ip_from_v4(0x0afe0009);
    }
    review_service.reconfigure(&s, NULL, NULL);
    for (unsigned i = 0; i < NEIGHBORS; i++)
        up(i);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NEIGHBORS; i++)
        down(i);
    while (rib_sweep(&s.rib, 1000))
        ;
    settle();
    import_service.release(&s);
    for (unsigned i = 0; i < NEIGHBORS; i++) {
        attach(i, 0, true);
        policy_neighbor_unref(neighbors[i].known_as);
    }
    for (unsigned i = 0; i < PATHS; i++)
        rib_attrs_unref(&s.rib.attrs, sets[i]);
    rib_release(&s.rib);
    review_service.release(&s);
    return 0;
}

/* --- tests --- */

/* All paths are judged as they would be if they came now. */
static void check_all(void)
{
    for (uint32_t i = 0; i < PREFIXES; i++) {
        struct nlri_key key = key_of(i);
        for (unsigned k = 0; k < NEIGHBORS; k++) {
            const struct rib_path *path =
                rib_find_path(&s.rib, FAMILY_IPV4_UNICAST, key, neighbors[k].source);
            if (!path || rib_path_is_dead(&s.rib, path))
                continue;
            uint32_t attrs = expected_set(k, path->received);
            assert_int_equal(path->reject, verdict(k, path->received));
            assert_int_equal(path->attrs, attrs);
            assert_true(is_kept(k, path->reject));
            rib_attrs_unref(&s.rib.attrs, attrs);
            assert_true(!is_martian(i) || neighbors[k].rules.accept_martians);
        }
    }
}

/* Something that changes by what paths are judged. */
static void change_something(struct random *r)
{
    unsigned which = random_below(r, NEIGHBORS);
    struct config_peer *peer = &peer_configs[which];
    static const char *const addresses[] = {NULL, "10.254.0.1", "10.254.0.2"};
    switch (random_below(r, 7)) {
    case 5:
    case 6:
        attach(which, random_below(r, 5), random_below(r, 3) > 0);
        review_channel(&s, &channels[which]);
        return;
    case 0:
        peer->allow_own_as = (uint16_t)random_below(r, 3);
        break;
    case 1:
        peer->enforce_first_as = !peer->enforce_first_as;
        break;
    case 2:
        peer->accept_martians = !peer->accept_martians;
        break;
    case 3:
        peer->local_as = 65000 + random_below(r, 3) * 2;
        break;
    default:
        machine_address = addresses[random_below(r, 3)];
        review_service.links_changed(&s);
        return;
    }
    review_service.reconfigure(&s, NULL, NULL);
}

static void the_last_rules_hold_in_the_end(void **state)
{
    (void)state;
    struct random r = {4711};
    unsigned finished = 0;
    for (unsigned step = 0; step < 20000; step++) {
        uint32_t what = random_below(&r, 100);
        unsigned neighbor = random_below(&r, NEIGHBORS);
        struct nlri_key key = key_of(random_below(&r, PREFIXES));
        if (what < 70) {
            announce(random_below(&r, PREFIXES), neighbor, sets[random_below(&r, PATHS)]);
        } else if (what < 75) {
            rib_withdraw(&s.rib, FAMILY_IPV4_UNICAST, key, neighbors[neighbor].source, 0);
        } else if (what < 76) {
            down(neighbor);
            up(neighbor); /* another session: what is left of the one before is dead */
        } else if (what < 80) {
            change_something(&r);
        } else if (what < 99) {
            review_service.work(&s, 0);
            rib_sweep(&s.rib, 50);
        } else {
            while (review_service.work(&s, 0))
                ;
            settle();
            check_all();
            finished++;
        }
    }
    assert_in_range(finished, 100, 400);
}

static void a_pass_ends_however_often_something_changes(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < PREFIXES; i++)
        announce(i, 0, sets[1]);
    uint32_t passes = s.review.pass;
    for (unsigned turn = 0; turn < 3 * PREFIXES; turn++) {
        peer_configs[0].allow_own_as = turn % 2;
        review_service.reconfigure(&s, NULL, NULL);
        assert_true(review_service.work(&s, 0)); /* the next pass is wanted at least */
    }
    assert_in_range(s.review.pass - passes, 10, 3 * PREFIXES);
    while (review_service.work(&s, 0))
        ;
    check_all();
}

static void what_does_not_change_is_not_looked_at(void **state)
{
    (void)state;
    while (review_service.work(&s, 0))
        ;
    uint32_t pass = s.review.pass;
    review_service.reconfigure(&s, NULL, NULL);
    review_service.links_changed(&s);
    assert_false(review_service.work(&s, 0));
    peer_configs[2].allow_own_as = 1;
    review_service.reconfigure(&s, NULL, NULL);
    while (review_service.work(&s, 0))
        ;
    assert_int_equal(s.review.pass, pass + 1);
    assert_int_equal(neighbors[2].review_pass, pass);
    assert_true(neighbors[1].review_pass < pass);
}

static void martians_are_asked_for_where_some_were_ignored(void **state)
{
    (void)state;
    struct ribout_member *some = (struct ribout_member *)&s; /* only whether there is one counts */
    struct channel more[2][3] = {
        {{.neighbor = &neighbors[0], .family = FAMILY_IPV4_UNICAST, .member = some}},
        {{.neighbor = &neighbors[1], .family = FAMILY_IPV4_UNICAST, .member = some},
         {.neighbor = &neighbors[1], .family = FAMILY_IPV6_UNICAST},
         {.neighbor = &neighbors[1], .family = FAMILY_IPV4_FLOW, .member = some}},
    };
    for (unsigned i = 0; i < 2; i++) {
        neighbors[i].channels = more[i];
        neighbors[i].channel_count = i == 0 ? 1 : 3;
    }
    neighbors[1].martians = 5;
    for (unsigned i = 0; i < 2; i++)
        peer_configs[i].accept_martians = true;
    review_service.reconfigure(&s, NULL, NULL);
    assert_int_equal(peers[0].refreshes, 0);
    assert_int_equal(peers[1].refreshes, 1);
    announce(10, 1, sets[0]);
    peer_configs[1].accept_martians = false;
    review_service.reconfigure(&s, NULL, NULL);
    while (review_service.work(&s, 0))
        ;
    assert_int_equal(peers[1].refreshes, 1);
    assert_int_equal(neighbors[1].martians, 6); /* what goes was ignored after all */
    check_all();
    neighbors[0].channel_count = neighbors[1].channel_count = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_last_rules_hold_in_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_pass_ends_however_often_something_changes, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_change_is_not_looked_at, set_up, tear_down),
        cmocka_unit_test_setup_teardown(martians_are_asked_for_where_some_were_ignored, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
