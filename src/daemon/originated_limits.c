/* Limits by owner. They are asked when something is announced. What is there already when they
 * change stays: that a reload silently ends an announcement is what nobody expects of a limit. It
 * is told of instead, and shown. A route that takes the place of one of the same owner and kind
 * does not add to their number: so leases can be renewed at a limit, and beyond one. */
#include "daemon/originated_limits.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/originated_record.h"
#include "daemon/originated_supposed.h"
#include "daemon/state.h"

enum { OWNERS_TOLD_MAX = 20 }; /* of those that have too many */

static const struct originate_limit *limit_of(const struct speaker *s, const char *owner)
{
    const struct config *c = s->config;
    return c->originate_limit_count > 0
               ? originate_limit_of(c->originate_limits, c->originate_limit_count, owner)
               : NULL;
}

/* How many an owner has of a kind, as a limit counts them. */
static uint32_t count_of(const struct speaker *s, const struct originated_supposed *supposed,
                         const struct originate_limit *limit, uint32_t owner,
                         enum originate_kind kind)
{
    uint32_t count = 0;
    for (unsigned k = 0; k < ORIGINATE_KINDS; k++)
        if (originate_kind_for(limit, (enum originate_kind)k) == kind)
            count += originated_supposed_count(s, supposed, owner, (enum originate_kind)k);
    return count;
}

const struct originate_limit *originated_limit_against(const struct speaker *s,
                                                       const struct originated_subject *subject,
                                                       struct strbuf *why)
{
    const struct originate_limit *limit = limit_of(s, subject->owner);
    struct strbuf text = {0};
    bool permits = !limit || originate_limit_permits(limit, (enum originate_kind)subject->kind,
                                                     subject->family, subject->key, &text);
    if (why)
        strbuf_add(why, strbuf_text(&text));
    strbuf_release(&text);
    return permits ? NULL : limit;
}

const struct originate_limit *
originated_limit_against_next(const struct speaker *s, const struct originated_place *place,
                              const struct originated_standing *next,
                              const struct originated_supposed *supposed, struct strbuf *why)
{
    const struct originated_subject subject = {place->family, place->key, next->kind,
                                               text_pool_text(&s->originated.texts, next->owner)};
    const struct originate_limit *limit = limit_of(s, subject.owner);
    if (!limit || originated_limit_against(s, &subject, why))
        return limit;
    const enum originate_kind kind = originate_kind_for(limit, (enum originate_kind)next->kind);
    const struct originated_standing now = originated_standing_at(s, supposed, place);
    bool adds = !now.is_there || now.owner != next->owner ||
                originate_kind_for(limit, (enum originate_kind)now.kind) != kind;
    uint32_t count = count_of(s, supposed, limit, next->owner, kind) + 1;
    return adds && !originate_limit_permits_count(limit, kind, count, why) ? limit : NULL;
}

/* --- what was there before --- */

void originated_begin_limits(struct speaker *s)
{
    struct originated *o = &s->originated;
    size_t count = s->config->originate_limit_count;
    free(o->beyond);
    o->beyond = count > 0 ? mem_zalloc(count * sizeof(*o->beyond)) : NULL;
}

void originated_note_beyond(struct speaker *s, const struct originated_record *r)
{
    struct originated *o = &s->originated;
    if (!o->beyond)
        return;
    const struct originated_subject subject = {(enum family)r->family, originated_key(r), r->kind,
                                               text_pool_text(&o->texts, r->owner)};
    const struct originate_limit *limit = originated_limit_against(s, &subject, NULL);
    if (limit)
        o->beyond[limit - s->config->originate_limits]++;
}

/* Of an owner that has more of a kind than it may; true: it has. Without `lines` nothing is said.
 */
static bool tell_count(const struct speaker *s, uint32_t owner, enum originate_kind kind,
                       struct strbuf *lines)
{
    const struct originated *o = &s->originated;
    const char *name = text_pool_text(&o->texts, owner);
    const struct originate_limit *limit = limit_of(s, name);
    struct strbuf why = {0};
    uint32_t count = limit ? count_of(s, NULL, limit, owner, kind) : 0;
    bool is_beyond = count > 0 && !originate_limit_permits_count(limit, kind, count, &why);
    if (is_beyond && lines) {
        originate_limit_name(limit, lines);
        strbuf_printf(lines, ": %s, and ", strbuf_text(&why));
        if (owner != 0)
            strbuf_printf(lines, "'%s' has %" PRIu32 ", which stay\n", name, count);
        else
            strbuf_printf(lines, "those of nobody are %" PRIu32 ", which stay\n", count);
    }
    strbuf_release(&why);
    return is_beyond;
}

static void tell_counts(const struct speaker *s, struct strbuf *lines)
{
    const struct originated *o = &s->originated;
    uint32_t told = 0;
    for (uint32_t owner = 0; owner < o->counts_size; owner++) {
        const uint32_t *of = o->counts[owner].of;
        uint32_t all = of[ORIGINATE_ROUTE] + of[ORIGINATE_BLACKHOLE] + of[ORIGINATE_FLOW];
        for (unsigned kind = 0; all > 0 && kind < ORIGINATE_KINDS; kind++)
            told += tell_count(s, owner, (enum originate_kind)kind,
                               told < OWNERS_TOLD_MAX ? lines : NULL);
    }
    if (told > OWNERS_TOLD_MAX)
        strbuf_printf(lines, "originate_limits: likewise of %" PRIu32 " others\n",
                      told - OWNERS_TOLD_MAX);
}

bool originated_hold_against_limits(struct speaker *s, struct strbuf *lines)
{
    struct originated *o = &s->originated;
    if (!o->beyond)
        return true;
    if (o->review_at != 0)
        return false;
    for (size_t i = 0; i < s->config->originate_limit_count; i++) {
        if (o->beyond[i] == 0)
            continue;
        originate_limit_name(&s->config->originate_limits[i], lines);
        strbuf_printf(lines,
                      ": %" PRIu32 " that are announced are not permitted any more, and stay: "
                      "`bgpd show originated --beyond-limits`\n",
                      o->beyond[i]);
    }
    tell_counts(s, lines);
    free(o->beyond);
    o->beyond = NULL;
    return true;
}

void originated_restore_limits(struct speaker *s)
{
    struct originated *o = &s->originated;
    struct strbuf lines = {0};
    originated_begin_limits(s);
    for (uint32_t id = 1; o->beyond && id < slab_end(&o->records); id++)
        if (originated_has_record(o, id))
            originated_note_beyond(s, originated_record(o, id));
    originated_hold_against_limits(s, &lines);
    for (char *line = lines.data, *end; line && (end = strchr(line, '\n')); line = end + 1)
        log_warning("%.*s", (int)(end - line), line);
    strbuf_release(&lines);
}
