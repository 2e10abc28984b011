/* When a service is up and when it is down, by checks that succeed and fail. Pure. */
#ifndef BGPD_CLI_HEALTH_H
#define BGPD_CLI_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

enum health_state {
    HEALTH_INIT,
    HEALTH_RISING,  /* checks succeed, not often enough yet */
    HEALTH_FALLING, /* checks fail, not often enough yet */
    HEALTH_UP,
    HEALTH_DOWN,
    HEALTH_DISABLED, /* by a file */
    HEALTH_EXIT,     /* no state of a service: it is not checked any more */
};

struct health {
    enum health_state state;
    uint32_t rise;   /* checks in a row that make it up, */
    uint32_t fall;   /* or down */
    uint32_t checks; /* in a row so far */
};

/* What the service is after one more check. */
enum health_state health_next(struct health *h, bool disabled, bool succeeded);
/* Whether it is known what the service is, so that it may be told. */
bool health_is_settled(enum health_state state);
/* "UP", as scripts are told. */
const char *health_name(enum health_state state);

#endif
