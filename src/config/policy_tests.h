/* The `tests` of policies: routes, and what is to become of them. Internal to config. */
#ifndef BGPD_CONFIG_POLICY_TESTS_H
#define BGPD_CONFIG_POLICY_TESTS_H

#include "config/report.h"
#include "config/schema.h"

extern const struct schema schema_test;

/* Runs the tests of all policies, when all else was read. What does not come as expected is a
 * problem. Where policies or sets are wrong, the tests are only read. */
void policy_tests_run(struct loader *l);
/* After that: which rules no test has reached. */
void policy_tests_cover(struct loader *l, struct config_coverage *coverage);

#endif
