/* Matches on flows: their prefixes, their components and their actions. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "policy/match_rows.h"
#include "policy/prefix_value.h"
#include "wire/flowspec.h"

/* Whether keys of the family are flows. */
static bool is_of_flows(const struct family_info *f)
{
    return f->has_actions;
}

static struct span flow_of(const struct policy_scene *scene)
{
    return span_of(scene->key.bytes, scene->key.len);
}

/* --- prefixes --- */

static enum policy_answer test_flow_prefix(const struct prefix_set *set,
                                           const struct policy_scene *scene, uint8_t component)
{
    const struct family_info *f = family_info(scene->family);
    struct flow_prefix p;
    if (!is_of_flows(f) || !flow_find_prefix(flow_of(scene), f->ip_version, component, &p) ||
        p.offset_bits > 0)
        return POLICY_NO;
    return prefix_set_has(set, f->ip_version, p.prefix.bytes, p.prefix.len_bits) ? POLICY_YES
                                                                                 : POLICY_NO;
}

static enum policy_answer test_destination(const void *value, const struct policy_scene *scene)
{
    return test_flow_prefix(value, scene, FLOW_DESTINATION);
}

static enum policy_answer test_source(const void *value, const struct policy_scene *scene)
{
    return test_flow_prefix(value, scene, FLOW_SOURCE);
}

#define OF_FLOW_PREFIXES                                                                           \
    .takes = PREFIX_VALUE_TAKES, .types = POLICY_TEXT | POLICY_LIST, .looks_at_key = true,         \
    .read = prefix_value_read, .digest = prefix_value_digest, .release = prefix_value_release

const struct policy_match policy_match_flow_destination = {
    .name = "flow_destination",
    .help = "The destination of a flow. Other routes, flows without one, and patterns with an "
            "offset match none.",
    OF_FLOW_PREFIXES,
    .test = test_destination,
};

const struct policy_match policy_match_flow_source = {
    .name = "flow_source",
    .help = "The source of a flow. Other routes, flows without one, and patterns with an offset "
            "match none.",
    OF_FLOW_PREFIXES,
    .test = test_source,
};

/* --- what a flow has --- */

/* Names of actions beside those of communities. */
enum {
    HAS_DROP = 1 << 0, /* a rate of 0 */
    HAS_RATE = 1 << 1,
    HAS_RATE_PACKETS = 1 << 2,
    HAS_ACTION = 1 << 3, /* of traffic */
    HAS_REDIRECT = 1 << 4,
    HAS_REDIRECT_IP = 1 << 5,
    HAS_COPY_IP = 1 << 6,
    HAS_MARK = 1 << 7,
};

static const struct {
    const char *name;
    unsigned has;
} actions[] = {
    {"drop", HAS_DROP},
    {"discard", HAS_DROP},
    {"traffic-rate", HAS_RATE},
    {"rate-limit", HAS_RATE},
    {"traffic-rate-packets", HAS_RATE_PACKETS},
    {"traffic-action", HAS_ACTION},
    {"redirect", HAS_REDIRECT | HAS_REDIRECT_IP},
    {"redirect-ip", HAS_REDIRECT_IP},
    {"copy-ip", HAS_COPY_IP},
    {"mark", HAS_MARK},
};

enum { ACTION_COUNT = sizeof(actions) / sizeof(actions[0]) };

struct has_value {
    uint32_t components; /* 1 << enum flow_component */
    uint32_t actions;
};

static int fail_has(struct policy_words *words, size_t word)
{
    const char *text = words->at[word].text;
    struct nearest nearest = nearest_to(text);
    for (size_t i = 0; i < ACTION_COUNT; i++)
        nearest_offer(&nearest, actions[i].name);
    for (uint8_t type = FLOW_DESTINATION; type <= FLOW_LABEL; type++)
        nearest_offer(&nearest, flow_component_spec(type, IP_V6)->name);
    if (nearest.best)
        return policy_words_fail(words, word, ERR_INVALID,
                                 "'%.64s' is no component or action of flows (did you mean '%s'?)",
                                 text, nearest.best);
    return policy_words_fail(words, word, ERR_INVALID,
                             "'%.64s' is no component or action of flows (expected one as "
                             "\"destination-port\" or \"redirect\")",
                             text);
}

static int read_has(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    struct has_value v = {0};
    for (size_t i = 0; i < words->count; i++) {
        const char *text = words->at[i].text;
        uint8_t component = flow_component_from_name(text, strlen(text));
        unsigned action = 0;
        for (size_t k = 0; k < ACTION_COUNT; k++)
            if (strcasecmp(text, actions[k].name) == 0)
                action = actions[k].has;
        if (component == 0 && action == 0)
            return fail_has(words, i);
        v.components |= component ? 1u << component : 0;
        v.actions |= action;
    }
    struct has_value *value = mem_alloc(sizeof(*value));
    *value = v;
    *ret_value = value;
    *ret_variables = 0;
    return 0;
}

static bool copies(const struct community *c)
{
    return community_has_name(c, community_name_find("copy-ip", strlen("copy-ip")));
}

static unsigned actions_of(const struct community *c)
{
    switch (flow_action_of(c)) {
    case FLOW_ACTION_RATE:
        return HAS_RATE | (flow_action_drops(c) ? HAS_DROP : 0);
    case FLOW_ACTION_RATE_PACKETS:
        return HAS_RATE_PACKETS | (flow_action_drops(c) ? HAS_DROP : 0);
    case FLOW_ACTION_SAMPLE:
        return HAS_ACTION;
    case FLOW_ACTION_REDIRECT:
        return HAS_REDIRECT;
    case FLOW_ACTION_REDIRECT_IPV4:
    case FLOW_ACTION_REDIRECT_IPV6:
        return copies(c) ? HAS_COPY_IP : HAS_REDIRECT_IP;
    case FLOW_ACTION_MARK:
        return HAS_MARK;
    default:
        return 0;
    }
}

static void note_actions(void *ctx, const struct community *c)
{
    *(unsigned *)ctx |= actions_of(c);
}

static enum policy_answer test_has(const void *value, const struct policy_scene *scene)
{
    const struct has_value *v = value;
    const struct family_info *f = family_info(scene->family);
    unsigned has = 0;
    if (!is_of_flows(f))
        return POLICY_NO;
    for (uint8_t type = FLOW_DESTINATION; type <= FLOW_LABEL; type++)
        if ((v->components & 1u << type) && flow_has(flow_of(scene), f->ip_version, type))
            return POLICY_YES;
    if (v->actions != 0)
        community_each(scene->attrs, note_actions, &has);
    return has & v->actions ? POLICY_YES : POLICY_NO;
}

static void digest_has(const void *value, struct policy_digest *d)
{
    policy_digest_add(d, value, sizeof(struct has_value));
}

const struct policy_match policy_match_flow_has = {
    .name = "flow_has",
    .takes = "a component or action of flows as they are written (\"destination-port\", "
             "\"redirect\", \"drop\"), or a list of these",
    .help = "The flow has any of these; other routes match none. `redirect` is to a VRF or to an "
            "address, `redirect-ip` to an address only, `drop` a rate of 0.",
    .types = POLICY_TEXT | POLICY_LIST,
    .looks_at_key = true,
    .read = read_has,
    .test = test_has,
    .digest = digest_has,
    .release = free,
};
