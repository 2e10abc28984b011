/* Matches on what is known of the origin and of the path of a route. */
#include <stdlib.h>
#include <strings.h>

#include "base/err.h"
#include "base/mem.h"
#include "policy/match_rows.h"
#include "policy/validation.h"

/* A word for each state, in the order of the bits that begin at `first`. */
struct kind {
    const char *what;
    unsigned first;
    const char *(*text)(unsigned state);
};

enum { STATES = 3 };
_Static_assert(STATES == (int)ROV_STATES && STATES == (int)ASPA_STATES, "each kind has three");

static const char *rov_text(unsigned state)
{
    return rov_state_text((enum rov_state)state);
}

static const char *aspa_text(unsigned state)
{
    return aspa_state_text((enum aspa_state)state);
}

static const struct kind rov = {"origin", ATTR_ROV_NOT_FOUND, rov_text};
static const struct kind aspa = {"path", ATTR_ASPA_UNKNOWN, aspa_text};

static int read_states(const struct kind *kind, struct policy_words *words, void **ret_value)
{
    unsigned states = 0;
    for (size_t i = 0; i < words->count; i++) {
        unsigned state = 0;
        while (state < STATES && strcasecmp(words->at[i].text, kind->text(state)) != 0)
            state++;
        if (state == STATES)
            return policy_words_fail(
                words, i, ERR_INVALID,
                "'%.64s' is no state of the %s of a route (expected \"%s\", \"%s\" or \"%s\")",
                words->at[i].text, kind->what, kind->text(1), kind->text(2), kind->text(0));
        states |= kind->first << state;
    }
    unsigned *value = mem_alloc(sizeof(*value));
    *value = states;
    *ret_value = value;
    return 0;
}

static int read_rov(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    *ret_variables = 0;
    return read_states(&rov, words, ret_value);
}

static int read_aspa(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    *ret_variables = 0;
    return read_states(&aspa, words, ret_value);
}

static unsigned states_of(const void *value)
{
    return *(const unsigned *)value;
}

static enum policy_answer test_rov(const void *value, const struct policy_scene *scene)
{
    return policy_states_of(scene, ATTR_ROV) & states_of(value) ? POLICY_YES : POLICY_NO;
}

static enum policy_answer test_aspa(const void *value, const struct policy_scene *scene)
{
    return policy_states_of(scene, ATTR_ASPA) & states_of(value) ? POLICY_YES : POLICY_NO;
}

static void digest_states(const void *value, struct policy_digest *d)
{
    policy_digest_add_number(d, states_of(value));
}

const struct policy_match policy_match_rov = {
    .name = "rov",
    .takes = "\"valid\", \"invalid\", \"not-found\", or a list of these",
    .help = "What VRPs say of the origin of a unicast route (RFC 6811): `invalid` where some cover "
            "it and none permits its origin and length, `not-found` where none covers it. The "
            "origin is the last AS of the path, our own where that is empty.",
    .types = POLICY_TEXT | POLICY_LIST,
    .looks_at_key = true,
    .states = states_of,
    .read = read_rov,
    .test = test_rov,
    .digest = digest_states,
    .release = free,
};

const struct policy_match policy_match_aspa = {
    .name = "aspa",
    .takes = "\"valid\", \"invalid\", \"unknown\", or a list of these",
    .help = "What ASPAs say of the path of a unicast route from an external peer towards which we "
            "have a `role`; other routes are `unknown`.",
    .types = POLICY_TEXT | POLICY_LIST,
    .states = states_of,
    .read = read_aspa,
    .test = test_aspa,
    .digest = digest_states,
    .release = free,
};
