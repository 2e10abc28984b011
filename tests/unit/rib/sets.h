/* Attribute sets for tests. */
#ifndef BGPD_TESTS_RIB_SETS_H
#define BGPD_TESTS_RIB_SETS_H

#include <stdbool.h>

#include "rib/attrs.h"
#include "wire/attr.h"
#include "wire/attr_local.h"

struct set_spec {
    uint8_t origin;
    uint32_t path[4]; /* until the first 0 */
    bool path_is_set; /* an AS_SET, else a sequence */
    uint32_t next_hop;
    struct span next_hop_v6; /* of 16 or 32 bytes, instead */
    uint32_t local_pref;     /* 0: none */
    uint32_t med;            /* 0: none */
    uint32_t community;      /* 0: none */
    uint8_t unknown_type;    /* an attribute without a value, of a type that BGPd does not know; */
    uint8_t unknown_flags;   /* 0: none */
    uint32_t weight;         /* 0: none */
    uint8_t kept;            /* enum attr_kept */
    uint32_t originator;     /* ORIGINATOR_ID; 0: none */
    uint32_t only_to_customer; /* 0: none */
};

/* An interned set made from the spec; the reference is the caller's. */
static inline uint32_t make_set(struct rib_attrs_pool *pool, const struct set_spec *spec)
{
    static struct attr_block b;
    uint8_t buf[64];
    struct writer w = writer_over(buf, sizeof(buf));
    unsigned hops = 0;
    while (hops < 4 && spec->path[hops])
        hops++;
    attr_block_init(&b);
    attr_block_add(&b, ATTR_ORIGIN, span_of(&spec->origin, 1));
    if (hops > 0) {
        writer_u8(&w, spec->path_is_set ? 1 : 2);
        writer_u8(&w, (uint8_t)hops);
        for (unsigned i = 0; i < hops; i++)
            writer_u32(&w, spec->path[i]);
    }
    attr_block_add(&b, ATTR_AS_PATH, writer_span(&w));
    const struct {
        uint8_t type;
        uint32_t value;
    } numbers[] = {
        {ATTR_NEXT_HOP, spec->next_hop},        {ATTR_MED, spec->med},
        {ATTR_LOCAL_PREF, spec->local_pref},    {ATTR_COMMUNITIES, spec->community},
        {ATTR_ORIGINATOR_ID, spec->originator}, {ATTR_ONLY_TO_CUSTOMER, spec->only_to_customer},
    };
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        w = writer_over(buf, sizeof(buf));
        writer_u32(&w, numbers[i].value);
        if (numbers[i].value != 0)
            attr_block_add(&b, numbers[i].type, writer_span(&w));
    }
    if (spec->next_hop_v6.len_bytes > 0)
        attr_block_add(&b, ATTR_NEXT_HOP, spec->next_hop_v6);
    if (spec->unknown_flags != 0) {
        attr_block_add(&b, spec->unknown_type, span_of(NULL, 0));
        b.bytes[b.len_bytes - ATTR_HEADER_BYTES] = spec->unknown_flags; /* as it came */
    }
    struct attr_local local = {.weight = spec->weight, .kept = spec->kept};
    w = writer_over(buf, sizeof(buf));
    attr_local_put(&w, &local);
    if (writer_len(&w) > 0)
        attr_block_add(&b, ATTR_LOCAL, writer_span(&w));
    attr_block_finish(&b);
    return rib_attrs_intern(pool, attr_block_span(&b), &b.hot);
}

#endif
