/* The rows of the table of actions, each in the file of what it is about. */
#ifndef BGPD_POLICY_ACTION_ROWS_H
#define BGPD_POLICY_ACTION_ROWS_H

#include "policy/action_row.h"

/* action_number.c: attributes that are a number. */
extern const struct policy_action policy_action_local_pref;

#endif
