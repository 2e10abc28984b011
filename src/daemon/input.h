/* How much input is processed before what it changes is told. */
#ifndef BGPD_DAEMON_INPUT_H
#define BGPD_DAEMON_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/service.h"

struct input {
    uint64_t until_ns; /* when it has had its share of the turn; 0: not begun */
    size_t bytes;      /* processed since the clock was last looked at, weighted */
    bool paused;
};

/* Its work is to resume what was paused. */
extern const struct service input_service;

/* The turn is over: input has another share. */
void input_next_turn(struct speaker *s);
/* Whether a message of this size may be processed now; if not, input is paused. */
bool input_wanted(struct speaker *s, size_t message_bytes);
/* What policies have done for the message at hand (policy_scratch_take_cost): after much of it the
 * clock is looked at the sooner. */
void input_spend(struct speaker *s, uint32_t tests);
/* What was read has been processed. */
void input_ends(struct speaker *s);

#endif
