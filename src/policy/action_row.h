/* Something that rules set, as a row: reading, applying and the reference come out of it. */
#ifndef BGPD_POLICY_ACTION_ROW_H
#define BGPD_POLICY_ACTION_ROW_H

#include "policy/digest.h"
#include "policy/scene.h"
#include "policy/words.h"
#include "wire/attr_edit.h"

/* A key of the table that an action takes. */
struct policy_part {
    const char *name;
    const char *takes; /* for people */
    const char *help;
    unsigned types; /* enum policy_word_type that are taken */
};

struct policy_action {
    const char *name;
    const char *takes; /* for people */
    const char *help;
    unsigned types;                  /* enum policy_word_type that are taken */
    const struct policy_part *parts; /* of POLICY_TABLE; ends with one without a name */
    /* As in struct policy_match; of a table all parts together. */
    int (*read)(struct policy_words *words, void **ret_value, unsigned *ret_variables);
    /* Changes the attributes: `edit` has what was set so far, scene->attrs what was there before
     * the rule. Where it cannot be done the route is rejected: ERR_FULL: they would be too long;
     * ERR_NOT_FOUND: there is not what is to be set. scene->peer is there where a value mentions
     * the peer. */
    int (*apply)(const void *value, const struct policy_scene *scene, struct attr_edit *edit);
    /* Appends what of it does not work towards a neighbour, as far as that is known of it: numbers
     * may be 0, the address none, and texts NULL. False: there is nothing to say. NULL: there never
     * is. */
    bool (*warn)(const void *value, const struct policy_neighbor *peer, struct strbuf *out);
    void (*digest)(const void *value, struct policy_digest *d);
    void (*release)(void *value);
};

#endif
