/* Flow specification NLRI: reading into the canonical form, writing, order (RFC 8955 §4 and §5.1,
 * RFC 8956 §3 and §4).
 *
 * Canonical bytes come only out of flow_next and flow_parse, so that everything that reads them
 * may rely on their being well-formed. */
#include "wire/flowspec.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"

/* Lengths below this one have one byte, others two, of which the first starts with 0xf. */
enum { SHORT_LENGTH_END = 0xf0 };

static int copy_prefix(struct reader *r, uint8_t ip_version, struct writer *w)
{
    struct flow_prefix p;
    int err = flow_prefix_read(r, ip_version, &p);
    if (!err)
        flow_prefix_put(w, &p);
    return err;
}

static int copy_terms(struct reader *r, const struct flow_component_spec *spec, struct writer *w)
{
    struct flow_term term = {0};
    for (bool is_first = true; !(term.op & FLOW_OP_END); is_first = false) {
        int err = flow_term_read(r, spec, is_first, &term);
        if (err)
            return err;
        flow_term_put(w, spec, term);
    }
    return 0;
}

static int copy_components(struct reader *r, uint8_t ip_version, struct writer *w)
{
    uint8_t last_type = 0;
    while (reader_left(r) > 0) {
        uint8_t type = reader_u8(r);
        const struct flow_component_spec *spec = flow_component_spec(type, ip_version);
        if (!spec || type <= last_type)
            return ERR_INVALID;
        last_type = type;
        writer_u8(w, type);
        int err =
            spec->kind == FLOW_KIND_PREFIX ? copy_prefix(r, ip_version, w) : copy_terms(r, spec, w);
        if (err)
            return err;
    }
    return last_type == 0 ? ERR_INVALID : 0; /* a flow of all packets is nobody's intention */
}

/* Reads the length in front of a flow (RFC 8955 §4.1). */
static size_t read_length(struct reader *r)
{
    size_t len = reader_u8(r);
    return len >= SHORT_LENGTH_END ? (len & 0x0f) << 8 | reader_u8(r) : len;
}

bool flow_take(struct reader *r, struct span *ret_nlri)
{
    struct reader begin = *r;
    if (reader_left(r) == 0)
        return false;
    reader_take(r, read_length(r));
    if (!reader_ok(r))
        return false;
    *ret_nlri = reader_take(&begin, reader_left(&begin) - reader_left(r));
    return true;
}

int flow_next(struct reader *r, uint8_t ip_version, uint8_t *ret_bytes, size_t *ret_len_bytes)
{
    if (reader_left(r) == 0)
        return reader_ok(r) ? 0 : ERR_INVALID;
    size_t len = read_length(r);
    struct reader components = reader_sub(r, len);
    /* Short flow labels grow: what has no room for that cannot be sent on either. */
    struct writer w = writer_over(ret_bytes, FLOW_MAX_BYTES);
    if (!reader_ok(&components) || copy_components(&components, ip_version, &w) || !writer_ok(&w)) {
        reader_fail(r);
        return ERR_INVALID;
    }
    *ret_len_bytes = writer_len(&w);
    return 1;
}

size_t flow_len_bytes(struct span flow)
{
    return flow.len_bytes + (flow.len_bytes < SHORT_LENGTH_END ? 1 : 2);
}

void flow_put(struct writer *w, struct span flow)
{
    if (flow.len_bytes < SHORT_LENGTH_END)
        writer_u8(w, (uint8_t)flow.len_bytes);
    else
        writer_u16(w, (uint16_t)(0xf000 | flow.len_bytes));
    writer_put(w, flow);
}

/* Takes the value of a component of operators: up to and with the term that ends it. */
static struct span take_terms(struct reader *r, const struct flow_component_spec *spec)
{
    const uint8_t *start = r->pos;
    struct flow_term term = {0};
    while (!(term.op & FLOW_OP_END))
        if (flow_term_read(r, spec, false, &term))
            break;
    return span_of(start, (size_t)(r->pos - start));
}

static int compare_numbers(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

/* The lower offset first; of overlapping prefixes the more specific one, of others the lower. */
static int compare_prefixes(struct reader *a, struct reader *b, uint8_t ip_version)
{
    struct flow_prefix pa = {0};
    struct flow_prefix pb = {0};
    flow_prefix_read(a, ip_version, &pa);
    flow_prefix_read(b, ip_version, &pb);
    if (pa.offset_bits != pb.offset_bits)
        return compare_numbers(pa.offset_bits, pb.offset_bits);
    if (prefix_covers(&pa.prefix, &pb.prefix) || prefix_covers(&pb.prefix, &pa.prefix))
        return compare_numbers(pb.prefix.len_bits, pa.prefix.len_bits);
    return memcmp(pa.prefix.bytes, pb.prefix.bytes, sizeof(pa.prefix.bytes));
}

/* The lower bytes first; when one is the start of the other, the longer one. */
static int compare_terms(struct span a, struct span b)
{
    size_t common = a.len_bytes < b.len_bytes ? a.len_bytes : b.len_bytes;
    int order = memcmp(a.data, b.data, common);
    return order != 0 ? order : compare_numbers(b.len_bytes, a.len_bytes);
}

int flow_compare(struct span a, struct span b, uint8_t ip_version)
{
    struct reader ra = reader_over(a);
    struct reader rb = reader_over(b);
    while (reader_left(&ra) > 0 && reader_left(&rb) > 0) {
        uint8_t type = reader_u8(&ra);
        int order = compare_numbers(type, reader_u8(&rb));
        if (order != 0)
            return order;
        const struct flow_component_spec *spec = flow_component_spec(type, ip_version);
        assert(spec);
        if (spec->kind == FLOW_KIND_PREFIX)
            order = compare_prefixes(&ra, &rb, ip_version);
        else
            order = compare_terms(take_terms(&ra, spec), take_terms(&rb, spec));
        if (order != 0)
            return order;
    }
    /* The one with more components. */
    return compare_numbers(reader_left(&rb), reader_left(&ra));
}

/* Whether `p` is within the flow's prefix: the bits from the offset on are compared. */
static bool prefix_matches(const struct flow_prefix *f, const struct prefix *p)
{
    struct flow_prefix asked = {
        .prefix = prefix_make(p->version, f->prefix.len_bits, p->bytes),
        .offset_bits = f->offset_bits,
    };
    flow_prefix_clear_offset(&asked);
    return f->prefix.len_bits <= p->len_bits && prefix_equal(&asked.prefix, &f->prefix);
}

static bool prefix_relates(const struct flow_prefix *f, enum nlri_relation relation,
                           const struct prefix *p)
{
    switch (relation) {
    case NLRI_COVERS:
        return prefix_matches(f, p);
    case NLRI_EQUALS:
        return f->offset_bits == 0 && prefix_equal(&f->prefix, p);
    case NLRI_WITHIN:
        return (f->offset_bits == 0 || p->len_bits == 0) && prefix_covers(p, &f->prefix);
    }
    return false;
}

bool flow_find_prefix(struct span flow, uint8_t ip_version, uint8_t type,
                      struct flow_prefix *ret_prefix)
{
    struct reader r = reader_over(flow); /* both stand in front of everything else */
    while (reader_left(&r) > 0) {
        uint8_t found = reader_u8(&r);
        if (found > FLOW_SOURCE || flow_prefix_read(&r, ip_version, ret_prefix))
            return false;
        if (found == type)
            return true;
    }
    return false;
}

bool flow_relates(struct span flow, enum nlri_relation relation, const struct prefix *p)
{
    struct reader r = reader_over(flow); /* both stand in front of everything else */
    while (reader_left(&r) > 0) {
        struct flow_prefix f;
        if (reader_u8(&r) > FLOW_SOURCE || flow_prefix_read(&r, p->version, &f))
            return false;
        if (prefix_relates(&f, relation, p))
            return true;
    }
    return false;
}
