/* The route of a test, and who sent it or is to be sent it. Internal to config. */
#ifndef BGPD_CONFIG_POLICY_SCENE_H
#define BGPD_CONFIG_POLICY_SCENE_H

#include "config/route.h"
#include "config/schema.h"
#include "policy/scene.h"

extern const struct schema schema_test_route; /* beside the keys of a static route or flow */
extern const struct schema schema_test_peer;  /* target: struct policy_neighbor */

/* A neighbour of a test; its texts are borrowed from the file, or stand here. */
struct test_neighbor {
    struct policy_neighbor known;
    char address[IP_TEXT_MAX];
};

/* `scene` borrows from the rest: it stays where it is. */
struct test_scene {
    struct policy_scene scene;
    struct static_route route; /* owned */
    struct attr_block *attrs;  /* owned */
    struct test_neighbor peer;
    struct test_neighbor source;
    struct ip_addr own_next_hop;
};

/* Reads the `route` of a test. False, reported: something in it is wrong. Release it in either
 * case. */
bool test_scene_read(struct loader *l, const struct toml_node *table, struct test_scene *ret_scene);
void test_scene_release(struct test_scene *scene);

#endif
