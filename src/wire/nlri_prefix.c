/* NLRI whose keys are prefixes: RFC 4271 §4.3, RFC 4760 §5. */
#include "wire/nlri_prefix.h"

#include <string.h>

#include "base/err.h"
#include "wire/nlri.h"
#include "wire/nlri_text.h"

struct prefix nlri_prefix_of(const struct family_info *f, struct nlri_key key)
{
    return prefix_make(f->ip_version, (uint8_t)(key.len - 8u * f->rd_bytes),
                       key.bytes + f->rd_bytes);
}

/* --- the wire --- */

bool nlri_prefix_check(const struct family_info *f, struct span run)
{
    return nlri_check(run, f->ip_version);
}

bool nlri_prefix_split(const struct family_info *f, struct reader *r, struct span *ret_nlri)
{
    struct reader begin = *r;
    if (reader_left(r) == 0)
        return false;
    unsigned len_bits = reader_u8(r);
    reader_take(r, (len_bits + 7) / 8);
    if (len_bits > prefix_max_bits(f->ip_version))
        reader_fail(r);
    if (!reader_ok(r))
        return false;
    *ret_nlri = reader_take(&begin, reader_left(&begin) - reader_left(r));
    return true;
}

size_t nlri_prefix_read(const struct family_info *f, struct reader *r, uint8_t *ret_bytes,
                        struct nlri *ret_nlri, size_t most)
{
    return nlri_read_prefixes(r, f->ip_version, ret_bytes, ret_nlri, most);
}

size_t nlri_prefix_put(const struct family_info *f, struct writer *w, const struct nlri_key *keys,
                       size_t count, struct span labels)
{
    (void)labels;
    return nlri_put_prefixes(w, f->key_bytes, keys, count);
}

size_t nlri_prefix_len_bytes(const struct family_info *f, struct nlri nlri)
{
    (void)f;
    return 1 + (nlri.key.len + 7) / 8;
}

/* --- keys --- */

/* Prefixes that cannot be routed, nor anything within them. What covers more than one of them can:
 * 0.0.0.0/1 is half of the default route. */
static const struct prefix martians[] = {
    {IP_V4, 8, {0}},   {IP_V4, 8, {127}},        {IP_V4, 3, {224}}, /* multicast and class E */
    {IP_V6, 128, {0}}, {IP_V6, 128, {[15] = 1}}, {IP_V6, 10, {0xfe, 0x80}}, {IP_V6, 8, {0xff}},
};

bool nlri_prefix_is_martian(const struct family_info *f, struct nlri_key key)
{
    struct prefix p = nlri_prefix_of(f, key);
    for (size_t i = 0; i < sizeof(martians) / sizeof(martians[0]); i++)
        if (prefix_covers(&martians[i], &p))
            return true;
    return false;
}

bool nlri_prefix_relates(const struct family_info *f, struct nlri_key key,
                         enum nlri_relation relation, const struct prefix *p)
{
    struct prefix own = nlri_prefix_of(f, key);
    switch (relation) {
    case NLRI_COVERS:
        return prefix_covers(&own, p);
    case NLRI_EQUALS:
        return prefix_equal(&own, p);
    case NLRI_WITHIN:
        return prefix_covers(p, &own);
    }
    return false;
}

/* --- text --- */

void nlri_prefix_format(const struct family_info *f, struct nlri nlri, struct strbuf *out)
{
    char text[PREFIX_TEXT_MAX];
    struct prefix p = nlri_prefix_of(f, nlri.key);
    strbuf_add(out, prefix_format(&p, text));
}

static bool is_multicast(const struct prefix *p)
{
    return p->version == IP_V4 ? p->bytes[0] >> 4 == 0xe : p->bytes[0] == 0xff;
}

/* Reads a prefix as it was written; on error appends what is wrong to `why`. */
static int parse_prefix(const struct family_info *f, const char *text, struct prefix *ret_prefix,
                        struct strbuf *why)
{
    struct prefix p;
    int err = prefix_parse(text, &p, NULL);
    if (err == ERR_RANGE) {
        strbuf_printf(why, "the length of '%.64s' must be at most %u", text,
                      strchr(text, ':') ? 128 : 32);
        return err;
    }
    if (err) {
        strbuf_printf(why, "'%.64s' is not a prefix (\"192.0.2.0/24\")", text);
        return err;
    }
    if (p.version != f->ip_version) {
        strbuf_printf(why, "'%.64s' is no prefix of the family \"%s\"", text, f->name);
        return ERR_INVALID;
    }
    if (p.len_bits > 0 && is_multicast(&p)) {
        strbuf_printf(why, "'%.64s' is multicast, not unicast", text);
        return ERR_INVALID;
    }
    *ret_prefix = p;
    return 0;
}

int nlri_prefix_parse(const struct family_info *f, const struct nlri_text *text, uint8_t *ret_bytes,
                      struct nlri *ret_nlri,
                      void (*each)(void *ctx, int err, const struct route_problem *problem),
                      void *ctx)
{
    struct route_problem problem = {.field = "prefix", .index = -1};
    struct prefix p;
    int err = parse_prefix(f, text->prefix, &p, &problem.text);
    if (err)
        each(ctx, err, &problem);
    strbuf_release(&problem.text);
    if (err)
        return err;
    memcpy(ret_bytes, p.bytes, f->key_bytes);
    *ret_nlri = (struct nlri){.key = {ret_bytes, p.len_bits}};
    return 0;
}
