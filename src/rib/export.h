/* Which path of an entry a group of peers is told, if any (RFC 4271 §9.2, RFC 1997, RFC 4456 §6,
 * RFC 7947 §2.2.4); how it looks to them: rib/look.h. */
#ifndef BGPD_RIB_EXPORT_H
#define BGPD_RIB_EXPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "rib/look.h"

/* The path that peers with this profile are to be told for an entry, or NULL; borrowed from it:
 * that of `config_source`, whose routes are for them alone (0: there is none), before any other.
 * *ret_why says why there is none (else RIB_TOLD). What concerns a single peer is not looked at:
 * RIB_WITHHELD_OWN, RIB_WITHHELD_NEXT_HOP_IS_PEER. */
const struct rib_path *rib_export_select(const struct rib *rib, const struct export_profile *t,
                                         uint32_t config_source, struct rib_entry *e,
                                         enum rib_withheld *ret_why);

/* The same without a look at what a message can say: where export policy has its say first. */
const struct rib_path *rib_export_choose(const struct rib *rib, const struct export_profile *t,
                                         uint32_t config_source, struct rib_entry *e,
                                         enum rib_withheld *ret_why);
/* Whether peers with this profile may know of a path, and, if `whole`, whether a message can say it
 * to them; else why not. */
enum rib_withheld rib_export_judge(const struct rib *rib, const struct export_profile *t,
                                   const struct rib_path *path, const struct rib_entry *e,
                                   bool whole);
/* Whether a message can say it: next hop, labels, size; else why not. *ret_always: the answer is
 * that for all prefixes with these attributes from this source. */
enum rib_withheld rib_export_judge_message(const struct rib *rib, const struct rib_exported *what,
                                           const struct rib_entry *e, bool *ret_always);

/* The path that this is about, told or not; NULL when the entry has none that could be. Borrowed.
 */
const struct rib_path *rib_export_candidate(const struct rib *rib, const struct export_profile *t,
                                            uint32_t config_source, struct rib_entry *e);

/* Whether peers with this profile are told routes of the configuration. */
static inline bool rib_export_tells_config(const struct export_profile *t)
{
    return (t->source_kinds & (1u << RIB_SOURCE_CONFIG)) != 0;
}

/* The last answer that held for all paths with the same attributes from the same source.
 * Starts from zeroes; valid as long as neither sources nor the profile change. */
struct rib_export_memo {
    uint32_t attrs;
    uint32_t source;
    bool allowed;
};

/* rib_export_select for an entry without local paths; makes a memo where that is possible. */
const struct rib_path *rib_export_select_first(const struct rib *rib,
                                               const struct export_profile *t, struct rib_entry *e,
                                               struct rib_export_memo *memo);

/* rib_export_select, without a config source, for many entries in a row, which come in runs with
 * the same attributes. None of them has a dead best path: rib_entry_decide has seen to that. */
static inline const struct rib_path *rib_export_select_next(const struct rib *rib,
                                                            const struct export_profile *t,
                                                            struct rib_entry *e,
                                                            struct rib_export_memo *memo)
{
    enum rib_withheld why;
    if (e->flags & ENTRY_HAS_LOCAL)
        return rib_export_select(rib, t, 0, e, &why);
    if (!e->best_usable)
        return NULL;
    if (e->best.attrs != memo->attrs || e->best.source != memo->source)
        return rib_export_select_first(rib, t, e, memo);
    return memo->allowed ? &e->best : NULL;
}

#endif
