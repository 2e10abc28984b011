/* Sessions that end by an error: for how long their neighbour is held back. Pure. Internal to
 * session/. */
#ifndef BGPD_SESSION_SETBACK_H
#define BGPD_SESSION_SETBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "wire/notification.h"

/* A session that lasted longer than this is not another one of a row of failures. */
#define SETBACK_ROW_MS (5 * 60 * 1000)

/* What is known of the last sessions with a neighbour that ended by an error. */
struct setback {
    unsigned times; /* in a row that it was the same error; 0: there was none */
    uint8_t code;   /* of the NOTIFICATION */
    uint8_t subcode;
    bool sent;         /* by us */
    uint64_t until_ms; /* no attempt before, and where it refuses no connection of the neighbour */
};

/* Whether a NOTIFICATION says what will happen again when nothing is done: an error in a message,
 * or a limit; not an administrator's Cease, nor silence. */
bool setback_counts(const struct notification *n);
/* Takes note that an Established session ended by `n`, which counts. */
void setback_note(struct setback *s, const struct notification *n, bool sent);
/* Whether the neighbour's own connections are refused while it waits: when the error is its own, or
 * has come again. */
bool setback_refuses(const struct setback *s, uint64_t now_ms);
/* Seconds, begun ones included, until it does not wait any more. */
uint64_t setback_left_s(const struct setback *s, uint64_t now_ms);
/* Appends "prefix limit, retry in 240 s"; nothing when it does not wait. */
void setback_describe(const struct setback *s, uint64_t now_ms, struct strbuf *out);
/* Whether an error would not be another one of the row any more. */
bool setback_is_over(const struct setback *s, uint64_t now_ms);

#endif
