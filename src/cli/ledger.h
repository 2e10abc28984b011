/* What a client has announced through the API and not withdrawn since, and to whom; and which
 * routes belong to which watchdog. Pure.
 *
 * With ExaBGP a command changes what each of the neighbors that it is for is told. With BGPd's API
 * what is aimed at some neighbors stands beside what is for all of them. The ledger says which
 * calls come to the former. */
#ifndef BGPD_CLI_LEDGER_H
#define BGPD_CLI_LEDGER_H

#include <jansson.h>
#include <stdbool.h>

struct ledger {
    json_t *names;     /* by what a route or flow is called: calls as text, by their aim; owned */
    json_t *flows;     /* names of flows, by what the daemon calls them; owned */
    json_t *watchdogs; /* by name: calls as text, by name and aim; owned */
};

enum { LEDGER_WATCHED_MAX = 1 << 20 };

void ledger_init(struct ledger *l);
void ledger_release(struct ledger *l);

/* What a call announces or withdraws is called, whomever it is for: a text to be freed; NULL for
 * other calls. */
char *ledger_name(const json_t *call);
/* Notes a call that is about to be carried out, as it is. What does not announce or withdraw routes
 * is not noted. */
void ledger_note(struct ledger *l, const json_t *call);
/* The calls by which what `call` announces or withdraws comes to be told to those that it is for,
 * and to nobody else; they are noted. `others`: all neighbors but those, where
 * ledger_needs_others says so. A new list. */
json_t *ledger_expand(struct ledger *l, json_t *call, const json_t *others);
/* Whether that depends on which other neighbors there are: what went to all is withdrawn from
 * some. */
bool ledger_needs_others(const struct ledger *l, const json_t *call);
/* Notes how a call ended that has been noted before. */
void ledger_done(struct ledger *l, const json_t *call, const json_t *result);
void ledger_failed(struct ledger *l, const json_t *call);

/* Calls that announce again all there is, in the order in which it came: a new list. */
json_t *ledger_announcements(const struct ledger *l);
/* Calls, to be expanded, that withdraw all there is, from those in `to`, or NULL for everybody: a
 * new list. */
json_t *ledger_withdrawals(const struct ledger *l, json_t *to);

/* Has the routes of the calls belong to a watchdog. False when it would have too many. */
bool ledger_watch(struct ledger *l, const char *name, const json_t *calls);
/* Calls, to be expanded, that announce or withdraw all routes of a watchdog: a new list, empty for
 * one that has none. */
json_t *ledger_watchdog(const struct ledger *l, const char *name, bool withdraw);

#endif
