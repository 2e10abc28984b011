/* Sets of sources, each kept once and known by a name, until all are forgotten together. */
#ifndef BGPD_RIB_SOURCE_SETS_H
#define BGPD_RIB_SOURCE_SETS_H

#include <stdbool.h>
#include <stdint.h>

struct source_sets;

struct source_sets *source_sets_new(void);
void source_sets_free(struct source_sets *sets);

/* Sources beside an array of them, which may be among those; ascending, 0: none. */
#define SOURCE_SETS_MORE 2u
struct source_sets_more {
    uint32_t of[SOURCE_SETS_MORE];
};
/* The name of a set: `count` ascending sources, and more. That of one source is its index, and that
 * of none is 0. */
uint32_t source_sets_name(struct source_sets *sets, const uint32_t *sources, uint32_t count,
                          struct source_sets_more more);
/* Whether a name is that of several. */
#define SOURCE_SET_MANY (1u << 31)
static inline bool source_set_has_many(uint32_t name)
{
    return (name & SOURCE_SET_MANY) != 0;
}
/* The sources that a name means, ascending. Valid as long as the name is, and until the next one is
 * made. */
const uint32_t *source_sets_members(const struct source_sets *sets, const uint32_t *name,
                                    uint32_t *ret_count);
/* What the caller notes of a set of several, two numbers; 0 at first. Borrowed until the next name
 * is made. */
uint32_t *source_sets_notes(struct source_sets *sets, uint32_t name);
/* No name means anything any more. */
void source_sets_forget(struct source_sets *sets);

#endif
