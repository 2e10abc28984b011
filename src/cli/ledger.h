/* What a client has announced through the API and not withdrawn since, and which routes belong to
 * which watchdog. Pure. */
#ifndef BGPD_CLI_LEDGER_H
#define BGPD_CLI_LEDGER_H

#include <jansson.h>
#include <stdbool.h>

struct ledger {
    json_t *announced; /* calls as text, by what they announce; owned */
    json_t *watchdogs; /* by name: the same of each watchdog; owned */
};

enum { LEDGER_WATCHED_MAX = 1 << 20 };

void ledger_init(struct ledger *l);
void ledger_release(struct ledger *l);

/* Notes a call that was carried out, with its result: what does not announce or withdraw routes is
 * not noted. */
void ledger_note(struct ledger *l, const json_t *call, const json_t *result);
/* Calls that announce again all there is, in the order in which it came, or that withdraw it. With
 * `to` (a list of targets, or NULL) only what went to these. A new list. */
json_t *ledger_announcements(const struct ledger *l);
json_t *ledger_withdrawals(const struct ledger *l, const json_t *to);

/* Has the routes of the calls belong to a watchdog. False when it would have too many. */
bool ledger_watch(struct ledger *l, const char *name, const json_t *calls);
/* Calls that announce or withdraw all routes of a watchdog: a new list, empty for one that has
 * none. */
json_t *ledger_watchdog(const struct ledger *l, const char *name, bool withdraw);

#endif
