/* A table from an MRT capture of one session (RFC 6396: BGP4MP and BGP4MP_ET with 4-octet ASNs):
 * every UPDATE that announces IPv4 prefixes becomes a set with its path attributes as captured. */
#include "table.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/ip.h"
#include "base/mem.h"
#include "base/reader.h"
#include "index.h"

enum {
    MRT_BGP4MP = 16,
    MRT_BGP4MP_ET = 17,
    MRT_MESSAGE_AS4 = 4,
    MRT_RECORD_MAX = 65536,
    BGP_UPDATE = 2,
    ATTR_AS_PATH = 2,
    FLAG_EXTENDED = 0x10,
};

static void add_nlri(struct table *t, struct prefix_index *seen, struct table_set *set,
                     struct reader *nlri)
{
    while (reader_left(nlri) > 0) {
        uint8_t len = reader_u8(nlri);
        uint32_t address = 0;
        uint8_t bytes[4] = {0};
        reader_copy(nlri, bytes, (len + 7u) / 8);
        for (int i = 0; i < 4; i++)
            address = address << 8 | bytes[i];
        if (!reader_ok(nlri) || len > 32)
            return;
        if (len > 0 && bytes[0] == 0)
            continue; /* "this host": not accepted by everybody */
        struct table_prefix p = {
            .high = (uint64_t)address << 32, .version = IP_V4, .len_bits = len};
        uint32_t before = t->prefix_count;
        uint32_t at = index_add(seen, t, p);
        if (t->prefix_count == before)
            continue; /* announced again: one set per prefix keeps it clear what churn leaves */
        table_add_order(t, at);
        set->count++;
    }
}

/* AS 0 makes an UPDATE malformed (RFC 7607), which not everybody notices. */
static bool path_has_zero(struct span attrs)
{
    struct reader r = reader_over(attrs);
    while (reader_left(&r) > 0) {
        uint8_t flags = reader_u8(&r);
        uint8_t type = reader_u8(&r);
        struct reader value =
            reader_sub(&r, flags & FLAG_EXTENDED ? reader_u16(&r) : reader_u8(&r));
        while (type == ATTR_AS_PATH && reader_left(&value) > 0) {
            reader_u8(&value); /* type of segment */
            for (uint8_t left = reader_u8(&value); left > 0; left--)
                if (reader_u32(&value) == 0)
                    return true;
        }
    }
    return false;
}

/* `r` stands after the marker of a BGP message. */
static void add_message(struct table *t, struct prefix_index *seen, struct reader *r)
{
    reader_u16(r);
    if (reader_u8(r) != BGP_UPDATE)
        return;
    reader_take(r, reader_u16(r));
    struct span attrs = reader_take(r, reader_u16(r));
    if (!reader_ok(r) || attrs.len_bytes == 0 || reader_left(r) == 0 || path_has_zero(attrs))
        return;
    struct table_set *set = table_add_set(t);
    set->attrs_at = table_add_attrs(t, attrs);
    set->attrs_len_bytes = (uint32_t)attrs.len_bytes;
    add_nlri(t, seen, set, r);
}

static void add_record(struct table *t, struct prefix_index *seen, uint16_t type, uint16_t subtype,
                       struct reader *r)
{
    if ((type != MRT_BGP4MP && type != MRT_BGP4MP_ET) || subtype != MRT_MESSAGE_AS4)
        return;
    if (type == MRT_BGP4MP_ET)
        reader_u32(r); /* microseconds */
    reader_u32(r);     /* peer AS */
    reader_u32(r);     /* local AS */
    reader_u16(r);     /* interface */
    size_t address_bytes = reader_u16(r) == 1 ? 4 : 16;
    reader_take(r, 2 * address_bytes);
    reader_take(r, 16); /* marker */
    if (reader_ok(r))
        add_message(t, seen, r);
}

void table_read_mrt(struct table *t, const char *path)
{
    gzFile file = gzopen(path, "rb");
    if (!file)
        bench_fail("cannot open %s", path);
    t->version = IP_V4;
    struct prefix_index seen;
    index_build(&seen, t);
    uint8_t header[12];
    uint8_t *record = mem_alloc(MRT_RECORD_MAX);
    while (gzread(file, header, sizeof header) == (int)sizeof header) {
        struct reader r = reader_over(span_of(header, sizeof header));
        reader_u32(&r); /* time */
        uint16_t type = reader_u16(&r);
        uint16_t subtype = reader_u16(&r);
        uint32_t len_bytes = reader_u32(&r);
        if (len_bytes > MRT_RECORD_MAX || gzread(file, record, len_bytes) != (int)len_bytes)
            break; /* cut off */
        struct reader body = reader_over(span_of(record, len_bytes));
        add_record(t, &seen, type, subtype, &body);
    }
    free(record);
    index_release(&seen);
    gzclose(file);
}
