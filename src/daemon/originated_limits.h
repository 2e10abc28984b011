/* What the configuration permits to be originated, held against what is (config/originate_limits).
 * Internal to originated, but for what a reload asks. */
#ifndef BGPD_DAEMON_ORIGINATED_LIMITS_H
#define BGPD_DAEMON_ORIGINATED_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "wire/family.h"

struct originate_limit;
struct originated_place;
struct originated_record;
struct originated_standing;
struct originated_supposed;
struct speaker;

/* A route as limits see it. */
struct originated_subject {
    enum family family;
    struct nlri_key key;
    uint8_t kind; /* enum originate_kind */
    const char *owner;
};

/* The limit that does not permit a route, however many there are; NULL. Appends why, unless `why`
 * is NULL. */
const struct originate_limit *originated_limit_against(const struct speaker *s,
                                                       const struct originated_subject *subject,
                                                       struct strbuf *why);
/* The same of what is to stand at a place: also by how many there are, and are supposed to be
 * (NULL: none more). */
const struct originate_limit *
originated_limit_against_next(const struct speaker *s, const struct originated_place *place,
                              const struct originated_standing *next,
                              const struct originated_supposed *supposed, struct strbuf *why);

/* After a change of the limits all records are looked at: it begins, and for each of them. */
void originated_begin_limits(struct speaker *s);
void originated_note_beyond(struct speaker *s, const struct originated_record *r);
/* All at once, and what there is to be said goes to the log: for what was there before a start. */
void originated_restore_limits(struct speaker *s);
/* After a reload: whether all that there is was held against the limits, of which then a line is
 * appended for each that does not permit all of it. Until then there is no need to ask again in the
 * same turn: there is another one when they are through. */
bool originated_hold_against_limits(struct speaker *s, struct strbuf *lines);

#endif
