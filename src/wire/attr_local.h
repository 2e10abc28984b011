/* What we note of a route for ourselves alone: the value of ATTR_LOCAL, which is never sent. */
#ifndef BGPD_WIRE_ATTR_LOCAL_H
#define BGPD_WIRE_ATTR_LOCAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "base/writer.h"

/* On its way out a route keeps what it has. Bits. */
enum attr_kept {
    ATTR_KEEP_NEXT_HOP = 1 << 0,
    ATTR_KEEP_MED = 1 << 1,
};

/* What is known of the origin of a route (RFC 6811) and of its path (ASPA), as export policies are
 * to see it: at most one of each. Bits, in the order of the states that they stand for. */
enum attr_validation {
    ATTR_ROV_NOT_FOUND = 1 << 0,
    ATTR_ROV_VALID = 1 << 1,
    ATTR_ROV_INVALID = 1 << 2,
    ATTR_ROV = ATTR_ROV_NOT_FOUND | ATTR_ROV_VALID | ATTR_ROV_INVALID,
    ATTR_ASPA_UNKNOWN = 1 << 3,
    ATTR_ASPA_VALID = 1 << 4,
    ATTR_ASPA_INVALID = 1 << 5,
    ATTR_ASPA = ATTR_ASPA_UNKNOWN | ATTR_ASPA_VALID | ATTR_ASPA_INVALID,
};

struct attr_local {
    uint32_t weight;    /* 0: none; the highest is preferred before all else */
    bool by_api;        /* it is the API's, aimed at some peers: its source is that of their own */
    uint8_t kept;       /* enum attr_kept */
    uint8_t validation; /* enum attr_validation */
    struct span marks;  /* borrowed: names, ascending, each after its length in a byte */
};

enum { ATTR_MARK_MAX_BYTES = 64 };

/* Reads a value; an empty one is all 0. Marks are borrowed from it. */
struct attr_local attr_local_read(struct span value);
/* What canonical attributes have of it; all 0: nothing. */
struct attr_local attr_local_of(struct span canonical);
/* Writes the value; nothing where there is nothing to note. */
void attr_local_put(struct writer *w, const struct attr_local *local);

/* Whether canonical attributes are the same but for what validation says. */
bool attr_equal_but_for_validation(struct span a, struct span b);

/* Whether a text can be the name of a mark: 1 to ATTR_MARK_MAX_BYTES letters, digits and
 * ATTR_MARK_SIGNS. */
#define ATTR_MARK_SIGNS "-_.:/"
bool attr_mark_is_name(const char *text);
/* Whether a mark is among them. */
bool attr_marks_have(struct span marks, const char *name);
/* Calls `each` for all of them. */
void attr_marks_each(struct span marks, void (*each)(void *ctx, struct span name), void *ctx);

#endif
