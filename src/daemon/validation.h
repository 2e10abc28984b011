/* What routes are validated by, VRPs and ASPAs, and what follows when these change. Sources of both
 * (daemon/rpki*, the configuration) tell what they have one by one. */
#ifndef BGPD_DAEMON_VALIDATION_H
#define BGPD_DAEMON_VALIDATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/revalidate.h"
#include "daemon/service.h"
#include "policy/rpki_entries.h"
#include "policy/validation.h"

/* What a source has as a list, and the way from one list to the next, which is gone in slices.
 * Zero-initialised is empty. */
struct validation_list {
    struct rpki_entries *now; /* references: what it had, … */
    struct rpki_entries *to;  /* … what it is to have, … */
    struct rpki_entries_cursor at;
    bool is_moving;
    struct rpki_entries *then; /* … and what it is to have after that, */
    bool has_then;             /* if anything */
};

struct validation {
    struct vrp_table vrps;
    struct aspa_table aspas;
    struct policy_validation by;  /* these two */
    uint32_t aspa_changes;        /* so far */
    struct validation_list fixed; /* of the configuration */
    struct revalidate again;      /* what changes concern */
};

/* A source of VRPs has one more, or one less. Constant time; what it concerns is evaluated again in
 * turns to come. The same VRP from several sources counts once for each; there are at most
 * VRP_SOURCES_MAX of them. */
void validation_add_vrp(struct speaker *s, const struct vrp *vrp);
void validation_remove_vrp(struct speaker *s, const struct vrp *vrp);
/* The same for the providers (ascending) that a source names for a customer; those of several
 * sources are united. */
void validation_add_aspa(struct speaker *s, uint32_t customer, const uint32_t *providers,
                         size_t count);
void validation_remove_aspa(struct speaker *s, uint32_t customer, const uint32_t *providers,
                            size_t count);

struct rib_path;

/* What is known of the origin of a unicast path, as it came, and of the path itself. */
enum rov_state validation_rov_of(const struct speaker *s, enum family family, struct nlri_key key,
                                 const struct rib_path *path);
enum aspa_state validation_aspa_of(const struct speaker *s, enum family family,
                                   const struct rib_path *path);
/* The AS that it began in; 0: it is not known. */
uint32_t validation_origin_as(const struct speaker *s, const struct rib_path *path);

/* A source is to have what a list (settled; NULL: nothing) says, of which a reference is taken. */
void validation_list_follow(struct validation_list *l, struct rpki_entries *to);
/* Looks at about `most` entries of the difference; true while there are more. */
bool validation_list_step(struct speaker *s, struct validation_list *l, unsigned most);
/* Lets go of the lists, when the tables are about to go. */
void validation_list_release(struct validation_list *l);

extern const struct service validation_service;

#endif
