/* What a receiver holds. A prefix of which it may have its own path alone is not counted: whether a
 * daemon echoes a route to its source is not what is measured. */
#include "held.h"

#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "base/mem.h"
#include "base/reader.h"
#include "drawn.h"

enum {
    ATTR_AS_PATH = 2,
    ATTR_COMMUNITIES = 8,
    ATTR_MP_REACH = 14,
    ATTR_MP_UNREACH = 15,
    FLAG_EXTENDED = 0x10,
    PATH_ASES_READ = 8, /* a sender's ASN and the marker stand at the front */
};

static bool is_own(const struct held *h, uint16_t code)
{
    uint32_t number = (code & ~(uint32_t)PLAN_MARKS) >> 4;
    return number && number - 1 == h->sender;
}

/* What the receiver is to hold of a prefix. */
static uint16_t wanted_of(const struct held *h, const struct target *t, uint32_t prefix_index)
{
    const struct choice *c = t->choices[prefix_index].ranks;
    bool own = false;
    for (uint32_t rank = 0; rank < PLAN_RANKS && c[rank].code; rank++) {
        if (is_own(h, c[rank].code))
            own = true;
        else if (!h->key || c[rank].withheld_from != h->key)
            return c[rank].code;
    }
    return own ? PLAN_CODE_ANY : 0;
}

void held_init(struct held *h, const struct target *t, uint32_t sender)
{
    *h = (struct held){.sender = sender};
    h->key = sender == UINT32_MAX ? 0 : outcome_key(t->outcome, sender);
    h->codes = mem_zalloc((size_t)t->index.prefix_count * sizeof *h->codes);
    held_recount(h, t);
}

void held_release(struct held *h)
{
    free(h->codes);
}

void held_recount(struct held *h, const struct target *t)
{
    h->expected = h->right = h->absent = 0;
    for (uint32_t i = 0; i < t->index.prefix_count; i++) {
        uint16_t wanted = wanted_of(h, t, i);
        if (wanted == PLAN_CODE_ANY)
            continue;
        h->expected++;
        h->absent += wanted == 0;
        h->right += h->codes[i] == wanted;
    }
}

bool held_is_wrong(const struct held *h, const struct target *t, uint32_t prefix_index)
{
    uint16_t wanted = wanted_of(h, t, prefix_index);
    return wanted != PLAN_CODE_ANY && h->codes[prefix_index] != wanted;
}

void held_clear(struct held *h, const struct target *t)
{
    memset(h->codes, 0, (size_t)t->index.prefix_count * sizeof *h->codes);
    h->held = 0;
    held_recount(h, t);
}

static void set_code(struct held *h, const struct target *t, struct table_prefix p, uint16_t code)
{
    uint32_t at = index_find(&t->index, p, h->hint);
    if (at == INDEX_NONE) {
        h->foreign++;
        return;
    }
    h->hint = at + 1;
    uint16_t was = h->codes[at], wanted = wanted_of(h, t, at);
    if (was == code)
        return;
    h->codes[at] = code;
    h->held += (code != 0);
    h->held -= (was != 0);
    h->right += (code == wanted);
    h->right -= (was == wanted);
}

static bool read_prefixes(struct held *h, const struct target *t, struct reader *r, uint8_t version,
                          uint16_t code)
{
    while (reader_left(r) > 0) {
        uint8_t len_bits = reader_u8(r);
        struct span bytes = reader_take(r, (len_bits + 7u) / 8);
        uint64_t high = 0;
        for (size_t i = 0; i < bytes.len_bytes && i < 8; i++)
            high |= (uint64_t)bytes.data[i] << (56 - 8 * i);
        if (!reader_ok(r))
            return false;
        set_code(h, t, (struct table_prefix){high, version, len_bits}, code);
    }
    return true;
}

static uint16_t read_as_path(const struct target *t, struct span path)
{
    uint32_t ases[PATH_ASES_READ];
    uint32_t count = 0;
    struct reader r = reader_over(path);
    while (reader_left(&r) > 0 && count < PATH_ASES_READ) {
        reader_u8(&r); /* type of segment */
        for (uint8_t left = reader_u8(&r); left > 0 && count < PATH_ASES_READ; left--)
            ases[count++] = reader_u32(&r);
    }
    return plan_read_path(t->plan, ases, count);
}

static bool read_mp(struct held *h, const struct target *t, struct span value, bool reach,
                    uint16_t code)
{
    struct reader r = reader_over(value);
    uint16_t afi = reader_u16(&r);
    if (reader_u8(&r) != 1)
        return true; /* not unicast */
    if (reach) {
        reader_take(&r, reader_u8(&r)); /* next hop */
        reader_u8(&r);
    }
    return reader_ok(&r) && read_prefixes(h, t, &r, afi == 2 ? IP_V6 : IP_V4, reach ? code : 0);
}

static uint16_t read_marks(struct span communities)
{
    uint16_t marks = 0;
    struct reader r = reader_over(communities);
    while (reader_left(&r) > 0) {
        uint32_t community = reader_u32(&r);
        if (community == drawn_community(64999, 1))
            marks |= PLAN_MARK_1;
        else if (community == drawn_community(64999, 2))
            marks |= PLAN_MARK_2;
    }
    return marks;
}

/* The attributes that matter. */
struct seen {
    struct span path, communities, reach, unreach;
};

/* AS_PATH may stand after MP_REACH_NLRI. */
static bool read_attrs(struct reader *attrs, struct seen *seen)
{
    while (reader_left(attrs) > 0) {
        uint8_t flags = reader_u8(attrs);
        uint8_t type = reader_u8(attrs);
        struct span value =
            reader_take(attrs, flags & FLAG_EXTENDED ? reader_u16(attrs) : reader_u8(attrs));
        if (type == ATTR_AS_PATH)
            seen->path = value;
        else if (type == ATTR_COMMUNITIES)
            seen->communities = value;
        else if (type == ATTR_MP_REACH)
            seen->reach = value;
        else if (type == ATTR_MP_UNREACH)
            seen->unreach = value;
    }
    return reader_ok(attrs);
}

void held_update(struct held *h, const struct target *t, struct span body)
{
    struct reader r = reader_over(body);
    struct reader withdrawn = reader_sub(&r, reader_u16(&r));
    struct reader attrs = reader_sub(&r, reader_u16(&r));
    struct seen seen = {0};
    bool good =
        reader_ok(&r) && read_prefixes(h, t, &withdrawn, IP_V4, 0) && read_attrs(&attrs, &seen);
    uint16_t code = good ? read_as_path(t, seen.path) : 0;
    if (good && (t->outcome->kind == OUTCOME_IMPORT || t->outcome->kind == OUTCOME_ORIGINS))
        code |= read_marks(seen.communities);
    if (seen.unreach.data)
        good = good && read_mp(h, t, seen.unreach, false, 0);
    if (seen.reach.data)
        good = good && read_mp(h, t, seen.reach, true, code);
    good = good && read_prefixes(h, t, &r, IP_V4, code);
    h->malformed += !good;
}
