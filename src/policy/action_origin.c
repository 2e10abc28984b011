/* The action on ORIGIN. */
#include <stdlib.h>
#include <strings.h>

#include "base/err.h"
#include "base/mem.h"
#include "policy/action_rows.h"

static int read_origin(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    static const char *const names[] = {
        [ORIGIN_IGP] = "igp", [ORIGIN_EGP] = "egp", [ORIGIN_INCOMPLETE] = "incomplete"};
    for (uint8_t origin = ORIGIN_IGP; origin <= ORIGIN_INCOMPLETE; origin++) {
        if (strcasecmp(words->at[0].text, names[origin]) != 0)
            continue;
        uint8_t *value = mem_alloc(sizeof(*value));
        *value = origin;
        *ret_value = value;
        *ret_variables = 0;
        return 0;
    }
    return policy_words_fail(words, 0, ERR_INVALID,
                             "'%.64s' is no origin (expected \"igp\", \"egp\" or \"incomplete\")",
                             words->at[0].text);
}

static int apply_origin(const void *value, const struct policy_scene *scene, struct attr_edit *edit)
{
    (void)scene;
    attr_edit_put(edit, ATTR_ORIGIN, span_of(value, 1));
    return 0;
}

static void digest_origin(const void *value, struct policy_digest *d)
{
    policy_digest_add(d, value, 1);
}

const struct policy_action policy_action_origin = {
    .name = "origin",
    .takes = "\"igp\", \"egp\" or \"incomplete\"",
    .help = "ORIGIN.",
    .types = POLICY_TEXT,
    .read = read_origin,
    .apply = apply_origin,
    .digest = digest_origin,
    .release = free,
};
