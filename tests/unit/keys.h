/* Keys of routes, made where they are needed: each is valid until as many others were made. */
#ifndef BGPD_TESTS_KEYS_H
#define BGPD_TESTS_KEYS_H

#include <string.h>

#include "base/prefix.h"
#include "wire/family.h"

enum { KEYS_KEPT = 64 };

/* The key of a family whose keys are prefixes. */
static inline struct nlri_key prefix_key(struct prefix p)
{
    static uint8_t kept[KEYS_KEPT][sizeof(p.bytes)];
    static unsigned next;
    uint8_t *bytes = kept[next++ % KEYS_KEPT];
    memcpy(bytes, p.bytes, sizeof(p.bytes));
    return (struct nlri_key){bytes, p.len_bits};
}

#endif
