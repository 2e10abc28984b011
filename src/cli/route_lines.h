/* Routes and flows as lines: in the words of `advertise route` and `advertise flow`, or as JSON
 * objects, those that `show originated` writes included. Pure but for the table of commands. */
#ifndef BGPD_CLI_ROUTE_LINES_H
#define BGPD_CLI_ROUTE_LINES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "cli/parse.h"

enum { ROUTE_LINE_MAX_BYTES = 1 << 20 };

/* What routes and flows come to: items for the API. */
struct route_items {
    json_t *routes; /* lists; owned by whoever has made them */
    json_t *flows;
};

/* Appends what the arguments and options of a call of `advertise route` name: a prefix and a next
 * hop, or, with --next-hop or without one at all, prefixes alone. False, with why in *error. */
bool route_items_add_routes(struct route_items *items, const struct cli_call *call,
                            struct strbuf *error);
/* The same of `advertise flow`: a flow. */
bool route_items_add_flow(struct route_items *items, const struct cli_call *call,
                          struct strbuf *error);

/* Appends what a line says; words are those of a flow if `is_flow`. An empty line, and one that
 * begins with "#", says nothing. ERR_INVALID with what is wrong in *error. */
int route_items_read(struct route_items *items, bool is_flow, const char *line, size_t len_bytes,
                     struct strbuf *error);

/* Leaves of an item what names the route. */
void route_item_strip(json_t *item);

#endif
