/* What is known of the origin of a route: an answer that is kept is that of the same question. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "policy/validation.h"
#include "routes.h"

static void change(struct vrp_table *t, const char *text, bool add)
{
    struct text_error error = {0};
    struct vrp vrp;
    assert_int_equal(vrp_parse(text, &vrp, &error), 0);
    assert_true(add ? vrp_table_add(t, &vrp) : vrp_table_remove(t, &vrp));
}

static void what_was_found_counts_for_the_same_question(void **state)
{
    (void)state;
    static const struct {
        const char *vrp;   /* what comes, or with a "-" goes, before; NULL: nothing */
        const char *route; /* what is asked about then */
        unsigned states;
    } steps[] = {
        {NULL, "prefix=10.0.0.0/16|path=1 2", ATTR_ROV_NOT_FOUND},
        {"10.0.0.0/8 le 16 2", "prefix=10.0.0.0/16|path=1 2", ATTR_ROV_VALID},
        {NULL, "prefix=10.0.0.0/16|path=1 2", ATTR_ROV_VALID},
        {NULL, "prefix=10.0.0.0/17|path=1 2", ATTR_ROV_INVALID},
        {NULL, "prefix=10.0.0.0/16|path=1 3", ATTR_ROV_INVALID},
        {NULL, "prefix=11.0.0.0/16|path=1 3", ATTR_ROV_NOT_FOUND},
        {NULL, "prefix=a00::/16|family=ipv6 unicast|path=1 3", ATTR_ROV_NOT_FOUND},
        {NULL, "prefix=10.0.0.0/16|path=1 3", ATTR_ROV_INVALID},
        {"10.0.0.0/16 3", "prefix=10.0.0.0/16|path=1 3", ATTR_ROV_VALID},
        {"-10.0.0.0/16 3", "prefix=10.0.0.0/16|path=1 3", ATTR_ROV_INVALID},
        {"-10.0.0.0/8 le 16 2", "prefix=10.0.0.0/16|path=1 3", ATTR_ROV_NOT_FOUND},
    };
    struct vrp_table vrps;
    struct aspa_table aspas = {0};
    const struct policy_validation by = {&vrps, &aspas};
    struct policy_rov_answer answer = {0};
    struct route *r = mem_alloc(sizeof(*r));
    vrp_table_init(&vrps);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        const char *vrp = steps[i].vrp;
        if (vrp)
            change(&vrps, vrp + (vrp[0] == '-'), vrp[0] != '-');
        r->scene = (struct policy_scene){.validation = &by, .rov_answer = &answer};
        route_make(r, steps[i].route);
        if (policy_states_of(&r->scene, ATTR_ROV) != steps[i].states)
            fail_msg("step %zu: %s", i, steps[i].route);
    }
    vrp_table_release(&vrps);
    free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_found_counts_for_the_same_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
