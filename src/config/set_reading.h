/* The files of sets, several of them read at a time: making sets of them is most of the work of
 * loading the configuration of an exchange. Internal to config. */
#ifndef BGPD_CONFIG_SET_READING_H
#define BGPD_CONFIG_SET_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/set_files.h"
#include "policy/text_error.h"

/* A file, and what was made of it. */
struct set_reading {
    enum policy_set_kind kind;
    char *path; /* owned */
    uint64_t path_hash;
    struct strbuf unreadable;  /* owned: why nothing could be read; empty: it could */
    struct text_error wrong;   /* what is wrong with what was read, if `is_wrong` */
    bool is_wrong;             /* the set has some of the entries */
    struct policy_digest text; /* of a file that was read */
    void *set;                 /* a reference to a settled set; NULL: nothing could be read */
    bool is_told;              /* what is wrong was said, and the set is known: the caller's */
};

/* Zero-initialised there are none. */
struct set_readings {
    struct set_reading *at; /* owned */
    size_t count;
    size_t size;
};

/* The number of a file that is to be read, once, whatever number of sets are of it. Takes over the
 * path. */
size_t set_readings_add(struct set_readings *all, enum policy_set_kind kind, char *path);
/* Reads all of them. What `known` has of them is taken over; it may be NULL. */
void set_readings_run(struct set_readings *all, const struct set_files *known);
void set_readings_release(struct set_readings *all);

#endif
