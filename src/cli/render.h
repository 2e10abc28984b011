/* The API's answers as text for people. */
#ifndef BGPD_CLI_RENDER_H
#define BGPD_CLI_RENDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/strbuf.h"

/* Neighbour summaries (a list, or one; a detail is shown by its summary) as a table. */
void render_peers(FILE *out, bool color, json_t *peers);
/* "4 neighbors: 2 established, …", on a line below the table of a list. */
void render_peers_summary(FILE *out, json_t *peers);
/* The same as CSV (RFC 4180), with a heading. */
void render_peers_csv(FILE *out, json_t *peers);
/* Neighbour details (a list, or one) as blocks of "name: value". */
void render_peer_details(FILE *out, bool color, json_t *details);

/* What `show_info` tells, as lines of "name: value". */
void render_info(FILE *out, json_t *info);

/* What `show_rpki` tells: tables of caches and files. */
void render_rpki(FILE *out, bool color, json_t *rpki);

/* --- what policies do --- */

/* Appends "customer-in rule bogons (line 12)", of a place in a policy, or "(FILE:12)" where a file
 * is named; null is the end of them. */
void render_place(struct strbuf *out, json_t *place, const char *file);
/* Appends a list of changes on one line: "local_pref 100 → 200, communities +65000:1". */
void render_changes(struct strbuf *out, json_t *changes);
/* What `show_policies` tells: a table of rules for each policy. */
void render_policies(FILE *out, bool color, json_t *policies);
/* What `explain` tells, with neighbors that are told the same together. */
void render_explanations(FILE *out, bool color, json_t *explanations);
/* What policies make of one route. */
void render_trial(FILE *out, bool color, json_t *trial);

/* One change of a route, on a line of its own, as a list of these has it. */
void render_listed_change(FILE *out, json_t *change);
/* What a comparison has found, without the list of changes. */
void render_diff(FILE *out, bool color, json_t *diff);

enum route_list {
    ROUTE_LIST_LEARNED,
    ROUTE_LIST_ADVERTISED,
    ROUTE_LIST_BEST,
    ROUTE_LIST_ORIGINATED
};

/* A list of routes that is written while it arrives. */
struct route_printer;

struct route_printer *route_printer_new(FILE *out, bool color, enum route_list kind);
void route_printer_free(struct route_printer *p);
void route_printer_add(struct route_printer *p, json_t *route);
/* Writes what is still kept back. */
void route_printer_finish(struct route_printer *p);

/* One route, with all that is known of it, as a block of "name: value"; `first` of a list. */
void render_route_detail(FILE *out, bool color, json_t *route, enum route_list kind, bool first);
/* A line of CSV for a route, after a heading when it is the first; NULL: the heading alone. */
void render_route_csv(FILE *out, json_t *route, enum route_list kind, bool first);

/* What `count_routes` tells: a number, or a table of groups, by what was asked for ("origin-as").
 */
void render_counts(FILE *out, bool color, json_t *counts, const char *by);
void render_counts_csv(FILE *out, json_t *counts, const char *by);

#endif
