/* Families whose keys are prefixes, with RD and labels: reading, writing, text (RFC 4364 §4.3, RFC
 * 4659 §3.2, RFC 4760 §5, RFC 8277 §2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../random.h"
#include "base/err.h"
#include "bytes.h"
#include "wire/family.h"
#include "wire/nlri_text.h"
#include "wire/rd.h"

static const enum family families[] = {
    FAMILY_IPV4_UNICAST, FAMILY_IPV6_UNICAST, FAMILY_IPV4_MULTICAST, FAMILY_IPV6_MULTICAST,
    FAMILY_IPV4_LABELED, FAMILY_IPV6_LABELED, FAMILY_IPV4_VPN,       FAMILY_IPV6_VPN,
};

enum { FAMILIES = sizeof(families) / sizeof(families[0]) };

/* --- what a route is shown with --- */

struct shown {
    char prefix[64];
    char rd[32];
    char labels[128]; /* joined by "/"; as many as there are */
    uint32_t numbers[NLRI_MAX_LABELS];
    size_t label_count;
};

static void note_field(void *ctx, const struct nlri_field *field)
{
    struct shown *shown = ctx;
    if (strcmp(field->name, "labels") == 0) {
        assert_true(field->is_list && field->are_numbers);
        assert_true(field->count <= NLRI_MAX_LABELS);
        shown->label_count = field->count;
        for (size_t i = 0; i < field->count; i++) {
            shown->numbers[i] = (uint32_t)strtoul(field->words[i], NULL, 10);
            strcat(shown->labels, i > 0 ? "/" : "");
            strcat(shown->labels, field->words[i]);
        }
        return;
    }
    assert_false(field->is_list || field->are_numbers);
    assert_int_equal(field->count, 1);
    bool is_prefix = strcmp(field->name, "prefix") == 0;
    assert_true(is_prefix || strcmp(field->name, "rd") == 0);
    strcpy(is_prefix ? shown->prefix : shown->rd, field->words[0]);
}

static struct shown show(const struct family_info *f, struct nlri nlri)
{
    struct shown shown = {0};
    f->show(f, nlri, note_field, &shown);
    assert_int_equal(shown.rd[0] != '\0', f->rd_bytes > 0);
    assert_true(f->has_labels || shown.label_count == 0);
    return shown;
}

static void assert_name(const struct family_info *f, struct nlri nlri, const char *expected)
{
    struct strbuf name = {0};
    f->format(f, nlri, &name);
    assert_string_equal(strbuf_text(&name), expected);
    strbuf_release(&name);
}

/* --- reading --- */

/* Reads the one NLRI that there is. */
static struct nlri read_one(enum family family, struct span wire)
{
    static uint8_t room[NLRI_ROOM_BYTES];
    const struct family_info *f = family_info(family);
    struct nlri nlri;
    struct reader r = reader_over(wire);
    struct span one;
    memset(room, 0xee, sizeof(room));
    assert_true(f->check(f, wire));
    assert_int_equal(f->read(f, &r, room, &nlri, 1), 1);
    assert_int_equal(reader_left(&r), 0);
    assert_int_equal(f->read(f, &r, room, &nlri, 1), 0);
    assert_true(reader_ok(&r));
    r = reader_over(wire);
    assert_true(f->split(f, &r, &one));
    assert_span_equal(one, wire);
    assert_false(f->split(f, &r, &one));
    assert_true(reader_ok(&r));
    return nlri;
}

static void assert_unread(const struct family_info *f, struct span wire)
{
    uint8_t room[NLRI_ROOM_BYTES];
    struct nlri nlri;
    struct reader r = reader_over(wire);
    assert_false(f->check(f, wire));
    assert_int_equal(f->read(f, &r, room, &nlri, 1), 0);
    assert_false(reader_ok(&r));
}

/* It is there, but not well-formed: it is left out, and what follows is read. */
static void assert_malformed(enum family family, struct span wire)
{
    const struct family_info *f = family_info(family);
    struct reader r = reader_over(wire);
    struct span one;
    assert_unread(f, wire);
    assert_true(f->split(f, &r, &one));
    assert_span_equal(one, wire);
    assert_int_equal(reader_left(&r), 0);
}

/* What follows it cannot be found. */
static void assert_lost(enum family family, struct span wire)
{
    const struct family_info *f = family_info(family);
    struct reader r = reader_over(wire);
    struct span one;
    assert_unread(f, wire);
    assert_false(f->split(f, &r, &one));
    assert_false(reader_ok(&r));
}

#define RD0_ 0, 0, 0xfd, 0xe8, 0, 0, 0, 1 /* 65000:1 */
#define RD1_ 0, 1, 192, 0, 2, 1, 0, 2
#define RD2_ 0, 2, 0xfa, 0x56, 0xea, 0, 0, 3
#define RD3_ 0, 3, 1, 2, 3, 4, 5, 6
#define L16_ 0x00, 0x01, 0x01 /* the only label, or the last one */

static void reads_each_family(void **state)
{
    (void)state;
    const struct {
        enum family family;
        struct span wire;
        const char *name;
        const char *labels;
    } cases[] = {
        {FAMILY_IPV4_MULTICAST, BYTES(8, 10), "10.0.0.0/8", ""},
        {FAMILY_IPV4_MULTICAST, BYTES(0), "0.0.0.0/0", ""},
        {FAMILY_IPV6_MULTICAST, BYTES(32, 0x20, 1, 0xd, 0xb8), "2001:db8::/32", ""},
        {FAMILY_IPV4_LABELED, BYTES(32, L16_, 10), "10.0.0.0/8", "16"},
        {FAMILY_IPV4_LABELED, BYTES(24, L16_), "0.0.0.0/0", "16"},
        {FAMILY_IPV6_LABELED, BYTES(56, L16_, 0x20, 1, 0xd, 0xb8), "2001:db8::/32", "16"},
        {FAMILY_IPV4_VPN, BYTES(96, L16_, RD0_, 10), "65000:1:10.0.0.0/8", "16"},
        {FAMILY_IPV4_VPN, BYTES(88, L16_, RD1_), "192.0.2.1:2:0.0.0.0/0", "16"},
        {FAMILY_IPV4_VPN, BYTES(120, L16_, RD2_, 192, 0, 2, 1), "4200000000:3:192.0.2.1/32", "16"},
        {FAMILY_IPV4_VPN, BYTES(96, L16_, RD3_, 10), "0x0003010203040506:10.0.0.0/8", "16"},
        {FAMILY_IPV6_VPN, BYTES(120, L16_, RD0_, 0x20, 1, 0xd, 0xb8), "65000:1:2001:db8::/32",
         "16"},
        {FAMILY_IPV6_VPN, BYTES(88, L16_, RD0_), "65000:1:::/0", "16"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct family_info *f = family_info(cases[i].family);
        struct nlri nlri = read_one(cases[i].family, cases[i].wire);
        assert_name(f, nlri, cases[i].name);
        struct shown shown = show(f, nlri);
        assert_string_equal(shown.labels, cases[i].labels);
        assert_true(strlen(cases[i].name) >= strlen(shown.prefix));
        assert_string_equal(cases[i].name + strlen(cases[i].name) - strlen(shown.prefix),
                            shown.prefix);
    }
}

/* The labels of 10.0.0.0/8, unicast with labels. */
static void stacks_end_with_the_s_bit(void **state)
{
    (void)state;
    const struct {
        struct span wire;
        const char *labels;
        struct span kept;
    } cases[] = {
        {BYTES(32, 0x00, 0x01, 0x01, 10), "16", BYTES(0x00, 0x01, 0x01)},
        {BYTES(32, 0xff, 0xff, 0xf1, 10), "1048575", BYTES(0xff, 0xff, 0xf1)},
        {BYTES(32, 0x00, 0x00, 0x01, 10), "0", BYTES(0x00, 0x00, 0x01)},
        {BYTES(32, 0x00, 0x00, 0x31, 10), "3", BYTES(0x00, 0x00, 0x31)},
        {BYTES(56, 0x00, 0x01, 0x00, 0x00, 0x01, 0x11, 10), "16/17",
         BYTES(0x00, 0x01, 0x00, 0x00, 0x01, 0x11)},
        {BYTES(80, 0x00, 0x01, 0x00, 0x00, 0x01, 0x10, 0x00, 0x01, 0x21, 10), "16/17/18",
         BYTES(0x00, 0x01, 0x00, 0x00, 0x01, 0x10, 0x00, 0x01, 0x21)},
        /* The three bits in front of it mean nothing (RFC 8277 §2.2). */
        {BYTES(56, 0x00, 0x01, 0x0e, 0x00, 0x01, 0x1f, 10), "16/17",
         BYTES(0x00, 0x01, 0x00, 0x00, 0x01, 0x11)},
        /* Where no label has the S bit there is one; so where it is what is withdrawn. */
        {BYTES(32, 0x00, 0x01, 0x00, 10), "16", BYTES(0x00, 0x01, 0x01)},
        {BYTES(32, 0x80, 0x00, 0x00, 10), "524288", BYTES(0x80, 0x00, 0x01)},
        {BYTES(32, 0x00, 0x00, 0x00, 10), "0", BYTES(0x00, 0x00, 0x01)},
        {BYTES(32, 0x80, 0x00, 0x0e, 10), "524288", BYTES(0x80, 0x00, 0x01)},
        /* Further down the stack these labels are as any other. */
        {BYTES(80, 0x00, 0x01, 0x00, 0x80, 0x00, 0x00, 0x00, 0x01, 0x11, 10), "16/524288/17",
         BYTES(0x00, 0x01, 0x00, 0x80, 0x00, 0x00, 0x00, 0x01, 0x11)},
        {BYTES(80, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x11, 10), "16/0/17",
         BYTES(0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x11)},
    };
    const struct family_info *f = family_info(FAMILY_IPV4_LABELED);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nlri nlri = read_one(FAMILY_IPV4_LABELED, cases[i].wire);
        assert_string_equal(show(f, nlri).labels, cases[i].labels);
        assert_span_equal(nlri.labels, cases[i].kept);
        assert_name(f, nlri, "10.0.0.0/8");
    }
}

/* They are read as one label though the prefix looks like another one. */
static void withdrawn_routes_have_one_label(void **state)
{
    (void)state;
    const struct family_info *f = family_info(FAMILY_IPV4_LABELED);
    assert_name(f, read_one(FAMILY_IPV4_LABELED, BYTES(48, 0x80, 0, 0, 10, 1, 1)), "10.1.1.0/24");
    assert_name(f, read_one(FAMILY_IPV4_LABELED, BYTES(48, 0, 0, 0, 10, 1, 1)), "10.1.1.0/24");
    assert_name(f, read_one(FAMILY_IPV4_LABELED, BYTES(48, 0, 0, 2, 10, 1, 1)), "10.1.1.0/24");
}

/* In VPNs the S bit ends the labels where an RD follows it; else an RD does, as some do not set the
 * S bit where the label is part of a SID. */
static void an_rd_follows_the_labels(void **state)
{
    (void)state;
    const struct {
        struct span wire;
        const char *name;
        const char *labels;
    } cases[] = {
        {BYTES(112, 0x00, 0x01, 0x00, RD0_, 10, 1, 1), "65000:1:10.1.1.0/24", "16"},
        {BYTES(112, 0x00, 0x01, 0x00, RD1_, 10, 1, 1), "192.0.2.1:2:10.1.1.0/24", "16"},
        {BYTES(112, 0x00, 0x01, 0x00, RD2_, 10, 1, 1), "4200000000:3:10.1.1.0/24", "16"},
        {BYTES(88, 0x80, 0x00, 0x00, RD0_), "65000:1:0.0.0.0/0", "524288"},
        {BYTES(136, 0x00, 0x06, 0x40, 0x00, 0x0c, 0x81, RD0_, 10, 1, 1), "65000:1:10.1.1.0/24",
         "100/200"},
        {BYTES(160, 0x00, 0x06, 0x40, 0x00, 0x0c, 0x80, 0x00, 0x12, 0xc0, RD0_, 10, 1, 1),
         "65000:1:10.1.1.0/24", "100/200/300"},
        {BYTES(112, 0x00, 0x01, 0x01, RD3_, 10, 1, 1), "0x0003010203040506:10.1.1.0/24", "16"},
        /* What looks like an RD is none where the rest is too long for a prefix. */
        {BYTES(136, 0x00, 0x01, 0x00, 0x00, 0x01, 0x11, RD0_, 10, 1, 1), "65000:1:10.1.1.0/24",
         "16/17"},
        /* Labels below 48 look like the types of RDs. */
        {BYTES(112, 0x00, 0x01, 0x00, 0x00, 0x01, 0x11, RD0_), "65000:1:0.0.0.0/0", "16/17"},
        {BYTES(120, 0x00, 0x01, 0x00, 0x00, 0x00, 0x71, RD1_, 10), "192.0.2.1:2:10.0.0.0/8",
         "16/7"},
        {BYTES(144, 0x00, 0x06, 0x40, 0x00, 0x01, 0x10, 0xff, 0xff, 0xf1, RD0_, 10),
         "65000:1:10.0.0.0/8", "100/17/1048575"},
        {BYTES(144, 0x00, 0x06, 0x40, 0x00, 0x00, 0x00, 0x80, 0x00, 0x01, RD2_, 10),
         "4200000000:3:10.0.0.0/8", "100/0/524288"},
        {BYTES(120, 0x00, 0x06, 0x40, 0x00, 0x0c, 0x81, RD3_, 10), "0x0003010203040506:10.0.0.0/8",
         "100/200"},
        /* After the S bit of the first label there is no other one. */
        {BYTES(120, 0x00, 0x01, 0x01, 0xaa, 0xaa, 0xaa, RD0_, 10), "0xaaaaaa0000fde800:0.0.1.10/32",
         "16"},
    };
    const struct family_info *f = family_info(FAMILY_IPV4_VPN);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nlri nlri = read_one(FAMILY_IPV4_VPN, cases[i].wire);
        assert_string_equal(show(f, nlri).labels, cases[i].labels);
        assert_name(f, nlri, cases[i].name);
    }
}

/* The addresses are long enough for an RD, too. */
static void stacks_of_ipv6_vpn(void **state)
{
    (void)state;
    const struct {
        struct span wire;
        const char *labels;
    } cases[] = {
        {BYTES(120, 0x00, 0x06, 0x41, RD0_, 0x20, 1, 0xd, 0xb8), "100"},
        {BYTES(120, 0x00, 0x06, 0x40, RD0_, 0x20, 1, 0xd, 0xb8), "100"},
        {BYTES(144, 0x00, 0x06, 0x40, 0x00, 0x01, 0x11, RD0_, 0x20, 1, 0xd, 0xb8), "100/17"},
        {BYTES(144, 0x00, 0x06, 0x40, 0x00, 0x00, 0x01, RD0_, 0x20, 1, 0xd, 0xb8), "100/0"},
        {BYTES(168, 0x00, 0x06, 0x40, 0x00, 0x01, 0x10, 0xff, 0xff, 0xf1, RD0_, 0x20, 1, 0xd, 0xb8),
         "100/17/1048575"},
    };
    const struct family_info *f = family_info(FAMILY_IPV6_VPN);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nlri nlri = read_one(FAMILY_IPV6_VPN, cases[i].wire);
        assert_string_equal(show(f, nlri).labels, cases[i].labels);
        assert_name(f, nlri, "65000:1:2001:db8::/32");
    }
}

static void lengths_that_no_route_has(void **state)
{
    (void)state;
    static uint8_t bytes[64]; /* too much of everything */
    bytes[3] = 1;
    for (unsigned i = 0; i < FAMILIES; i++) {
        const struct family_info *f = family_info(families[i]);
        unsigned least = 8u * f->rd_bytes + (f->has_labels ? 24 : 0);
        unsigned most = least - 8u * f->rd_bytes + 8u * f->key_bytes;
        for (unsigned len_bits = 0; len_bits <= UINT8_MAX; len_bits++) {
            struct span wire = span_of(bytes, 1 + (len_bits + 7) / 8);
            bytes[0] = (uint8_t)len_bits;
            if (len_bits < least || (!f->has_labels && len_bits > most))
                assert_lost(families[i], wire);
            else if (len_bits > most)
                assert_malformed(families[i], wire);
            else
                assert_int_equal(read_one(families[i], wire).key.len,
                                 len_bits - (f->has_labels ? 24 : 0));
        }
    }
}

/* --- any route --- */

static struct random dice = {1};

static uint32_t below(uint32_t limit)
{
    return random_below(&dice, limit);
}

struct model {
    uint8_t rd[RD_BYTES];
    uint8_t address[16];
    unsigned len_bits; /* of the prefix */
    uint32_t labels[NLRI_MAX_LABELS];
    unsigned label_count;
};

static void draw_model(const struct family_info *f, struct model *m)
{
    memset(m, 0, sizeof(*m));
    for (unsigned i = 2; i < RD_BYTES; i++)
        m->rd[i] = (uint8_t)below(256);
    m->rd[1] = (uint8_t)below(3); /* an RD that is not known ends no stack */
    m->len_bits = below(prefix_max_bits(f->ip_version) + 1u);
    for (unsigned i = 0; i < m->len_bits; i++)
        m->address[i / 8] |= (uint8_t)(below(2) << (7 - i % 8));
    if (!f->has_labels)
        return;
    unsigned room = (UINT8_MAX - 8u * f->rd_bytes - m->len_bits) / 24;
    m->label_count = 1 + (below(2) ? 0 : below(room < NLRI_MAX_LABELS ? room : NLRI_MAX_LABELS));
    for (unsigned i = 0; i < m->label_count; i++)
        m->labels[i] = below(1u << (below(2) ? 4 : 20));
    if (m->labels[0] == 0 || m->labels[0] == 1u << 19) /* it would be the only one */
        m->labels[0] = LABEL_MAX;
}

/* Writes it as peers do; with `noise` in bits that mean nothing. */
static size_t write_model(const struct family_info *f, const struct model *m, bool noise,
                          uint8_t *out)
{
    uint8_t *begin = out++;
    *begin = (uint8_t)(24 * m->label_count + 8u * f->rd_bytes + m->len_bits);
    for (unsigned i = 0; i < m->label_count; i++) {
        uint32_t label = m->labels[i] << 4 | (i + 1 == m->label_count);
        label |= noise ? below(8) << 1 : 0;
        *out++ = (uint8_t)(label >> 16);
        *out++ = (uint8_t)(label >> 8);
        *out++ = (uint8_t)label;
    }
    memcpy(out, m->rd, f->rd_bytes);
    out += f->rd_bytes;
    memcpy(out, m->address, (m->len_bits + 7) / 8);
    out += (m->len_bits + 7) / 8;
    if (noise && m->len_bits % 8 != 0)
        out[-1] |= (uint8_t)below(1u << (8 - m->len_bits % 8));
    return (size_t)(out - begin);
}

static void assert_is_model(const struct family_info *f, struct nlri nlri, const struct model *m)
{
    uint8_t key[NLRI_TREE_MAX_BYTES];
    memcpy(key, m->rd, f->rd_bytes);
    memcpy(key + f->rd_bytes, m->address, f->key_bytes - f->rd_bytes);
    assert_int_equal(nlri.key.len, 8u * f->rd_bytes + m->len_bits);
    assert_memory_equal(nlri.key.bytes, key, f->key_bytes);
    struct shown shown = show(f, nlri);
    assert_int_equal(shown.label_count, m->label_count);
    for (unsigned i = 0; i < m->label_count; i++)
        assert_int_equal(shown.numbers[i], m->labels[i]);
}

static void every_route_survives_the_wire(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 100000; round++) {
        const enum family family = families[round % FAMILIES];
        const struct family_info *f = family_info(family);
        struct model m;
        uint8_t wire[64];
        uint8_t clean[64];
        uint8_t again[64];
        draw_model(f, &m);
        size_t bytes = write_model(f, &m, true, wire);
        assert_int_equal(write_model(f, &m, false, clean), bytes);
        assert_true(bytes <= f->nlri_max_bytes);
        struct nlri nlri = read_one(family, span_of(wire, bytes));
        assert_is_model(f, nlri, &m);
        assert_int_equal(f->len_bytes(f, nlri), bytes);
        struct writer w = writer_over(again, bytes);
        assert_int_equal(f->put(f, &w, &nlri.key, 1, nlri.labels), 1);
        assert_span_equal(writer_span(&w), span_of(clean, bytes));
        for (size_t cut = 1; cut < bytes; cut++)
            assert_lost(family, span_of(wire, cut));
    }
}

/* Without labels, with that which stands for them (RFC 8277 §2.4). */
static void routes_are_withdrawn_without_their_labels(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 10000; round++) {
        const enum family family = families[round % FAMILIES];
        const struct family_info *f = family_info(family);
        struct model m;
        uint8_t wire[64];
        uint8_t withdrawn[64];
        draw_model(f, &m);
        struct nlri nlri = read_one(family, span_of(wire, write_model(f, &m, true, wire)));
        nlri.labels = span_of(NULL, 0);
        struct writer w = writer_over(withdrawn, sizeof(withdrawn));
        assert_int_equal(f->put(f, &w, &nlri.key, 1, nlri.labels), 1);
        assert_int_equal(writer_len(&w), f->len_bytes(f, nlri));
        if (f->has_labels) {
            assert_span_equal(span_of(withdrawn + 1, 3), BYTES(0x80, 0, 0));
            m.labels[0] = 0x80000;
            m.label_count = 1;
        }
        assert_is_model(f, read_one(family, writer_span(&w)), &m);
    }
}

/* Many in a row are read and written a few at a time, as far as there is room. */
static void runs_are_read_and_written_in_pieces(void **state)
{
    (void)state;
    enum { COUNT = 100 };
    for (unsigned i = 0; i < FAMILIES; i++) {
        static struct model models[COUNT];
        static uint8_t run[COUNT * 64];
        static uint8_t out[COUNT * 64];
        static uint8_t room[NLRI_ROOM_BYTES];
        struct nlri nlri[NLRI_AT_ONCE];
        const struct family_info *f = family_info(families[i]);
        size_t bytes = 0;
        for (unsigned k = 0; k < COUNT; k++) {
            draw_model(f, &models[k]);
            bytes += write_model(f, &models[k], true, run + bytes);
        }
        assert_true(f->check(f, span_of(run, bytes)));
        struct reader r = reader_over(span_of(run, bytes));
        unsigned seen = 0;
        for (size_t count; (count = f->read(f, &r, room, nlri, NLRI_AT_ONCE)) > 0;)
            for (size_t k = 0; k < count; k++)
                assert_is_model(f, nlri[k], &models[seen++]);
        assert_true(reader_ok(&r));
        assert_int_equal(seen, COUNT);

        struct nlri_key keys[NLRI_AT_ONCE];
        r = reader_over(span_of(run, bytes));
        assert_int_equal(f->read(f, &r, room, nlri, NLRI_AT_ONCE), NLRI_AT_ONCE);
        size_t whole = 0;
        for (unsigned k = 0; k < NLRI_AT_ONCE; k++) {
            keys[k] = nlri[k].key;
            whole += f->len_bytes(f, (struct nlri){keys[k], nlri[0].labels});
        }
        for (size_t size = 0; size <= whole; size++) {
            struct writer w = writer_over(out, size);
            size_t put = f->put(f, &w, keys, NLRI_AT_ONCE, nlri[0].labels);
            assert_true(writer_ok(&w));
            assert_int_equal(put == NLRI_AT_ONCE, size == whole);
            struct reader written = reader_over(writer_span(&w));
            static uint8_t other_room[NLRI_ROOM_BYTES];
            struct nlri others[NLRI_AT_ONCE];
            assert_int_equal(f->read(f, &written, other_room, others, NLRI_AT_ONCE), put);
            assert_int_equal(reader_left(&written), 0);
            for (size_t k = 0; k < put; k++)
                assert_true(nlri_key_equal(f, others[k].key, keys[k]));
            if (put < NLRI_AT_ONCE) /* the next one did not fit */
                assert_true(f->len_bytes(f, (struct nlri){keys[put], nlri[0].labels}) >
                            size - writer_len(&w));
        }
    }
}

/* --- text --- */

struct problems {
    char text[512];
    unsigned count;
    int err;
};

static void note_problem(void *ctx, int err, const struct route_problem *problem)
{
    struct problems *p = ctx;
    if (p->count++ == 0)
        p->err = err;
    char index[16] = "";
    if (problem->index >= 0)
        snprintf(index, sizeof(index), "[%d]", problem->index);
    size_t len = strlen(p->text);
    snprintf(p->text + len, sizeof(p->text) - len, "%s%s%s: %s%s", len > 0 ? "; " : "",
             problem->field, index, problem->missing ? "(missing) " : "",
             strbuf_text(&problem->text));
}

static void every_route_survives_as_text(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 50000; round++) {
        const enum family family = families[round % FAMILIES];
        const struct family_info *f = family_info(family);
        struct model m;
        uint8_t wire[64];
        uint8_t room[NLRI_ROOM_BYTES];
        struct nlri again;
        struct problems problems = {0};
        draw_model(f, &m);
        struct nlri nlri = read_one(family, span_of(wire, write_model(f, &m, true, wire)));
        if (nlri_is_martian(f, nlri.key))
            continue;
        struct shown shown = show(f, nlri);
        const struct nlri_text text = {.prefix = shown.prefix,
                                       .rd = f->rd_bytes > 0 ? shown.rd : NULL,
                                       .labels = shown.numbers,
                                       .label_count = shown.label_count};
        assert_int_equal(nlri_text_parts(&text), f->written_as);
        assert_int_equal(f->parse(f, &text, room, &again, note_problem, &problems), 0);
        assert_int_equal(problems.count, 0);
        assert_true(nlri_key_equal(f, again.key, nlri.key));
        assert_span_equal(again.labels, nlri.labels);
    }
}

static void says_what_is_wrong_with_a_text(void **state)
{
    (void)state;
    static const uint32_t labels[] = {16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26};
    static const uint32_t too_large[] = {16, 1048576};
    static const uint32_t nulls[] = {0, 524288, 0};
    const struct {
        enum family family;
        struct nlri_text text;
        int err;
        const char *problem;
    } cases[] = {
        {FAMILY_IPV4_VPN, {.prefix = "10.0.0.0/8"}, ERR_INVALID, "rd: (missing) it is required"},
        {FAMILY_IPV4_VPN,
         {.prefix = "10.0.0.0/8", .rd = "65000"},
         ERR_INVALID,
         "rd: '65000' is not a route distinguisher (\"65000:1\", \"192.0.2.1:1\", "
         "\"4200000000:1\")"},
        {FAMILY_IPV4_VPN,
         {.prefix = "10.0.0.0/8", .rd = "4200000000:65536"},
         ERR_RANGE,
         "rd: a number in '4200000000:65536' is too large: at most 65535 follows an address or an "
         "ASN above 65535, and 4294967295 any other"},
        {FAMILY_IPV4_VPN,
         {.prefix = "2001:db8::/32", .rd = "65000:1", .labels = labels, .label_count = 1},
         ERR_INVALID,
         "prefix: '2001:db8::/32' is no prefix of the family \"ipv4 vpn\""},
        {FAMILY_IPV4_VPN,
         {.prefix = "10.0.0.0/33", .rd = "x"},
         ERR_RANGE,
         "prefix: the length of '10.0.0.0/33' must be at most 32; rd: 'x' is not a route "
         "distinguisher (\"65000:1\", \"192.0.2.1:1\", \"4200000000:1\")"},
        {FAMILY_IPV4_VPN,
         {.prefix = "224.0.0.0/4", .rd = "65000:1"},
         ERR_INVALID,
         "prefix: '224.0.0.0/4' is multicast, not unicast"},
        {FAMILY_IPV4_LABELED,
         {.prefix = "10.0.0.0/8", .rd = "65000:1"},
         ERR_INVALID,
         "rd: routes of the family \"ipv4 labeled-unicast\" have none"},
        {FAMILY_IPV4_MULTICAST,
         {.prefix = "10.0.0.0/8", .labels = labels, .label_count = 1},
         ERR_INVALID,
         "labels: routes of the family \"ipv4 multicast\" have none"},
        {FAMILY_IPV4_LABELED,
         {.prefix = "10.0.0.0/8", .labels = too_large, .label_count = 2},
         ERR_RANGE,
         "labels[1]: 1048576 is not in the range 0 to 1048575"},
        {FAMILY_IPV4_LABELED,
         {.prefix = "10.0.0.0/8", .labels = nulls, .label_count = 3},
         ERR_INVALID,
         "labels[0]: 0 cannot be the first of several: peers take it for the only one"},
        {FAMILY_IPV4_LABELED,
         {.prefix = "10.0.0.0/32", .labels = labels, .label_count = 10},
         ERR_RANGE,
         "labels: there are 10; beside the prefix there is room for at most 9"},
        {FAMILY_IPV6_VPN,
         {.prefix = "2001:db8::1/128", .rd = "65000:1", .labels = labels, .label_count = 3},
         ERR_RANGE,
         "labels: there are 3; beside the prefix there is room for at most 2"},
        {FAMILY_IPV4_LABELED,
         {.prefix = "0.0.0.0/0", .labels = labels, .label_count = 11},
         ERR_RANGE,
         "labels: there are 11; beside the prefix there is room for at most 10"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct family_info *f = family_info(cases[i].family);
        struct problems problems = {0};
        uint8_t room[NLRI_ROOM_BYTES];
        struct nlri nlri = {.key = {NULL, 77}};
        assert_int_equal(f->parse(f, &cases[i].text, room, &nlri, note_problem, &problems),
                         cases[i].err);
        assert_string_equal(problems.text, cases[i].problem);
        assert_int_equal(problems.err, cases[i].err);
        assert_int_equal(nlri.key.len, 77);
    }
}

/* As in what is withdrawn. */
static void labels_may_be_missing(void **state)
{
    (void)state;
    const struct family_info *f = family_info(FAMILY_IPV4_VPN);
    const struct nlri_text text = {.prefix = "10.1.2.3/8", .rd = "65000:1"};
    uint8_t room[NLRI_ROOM_BYTES];
    struct nlri nlri;
    assert_int_equal(f->parse(f, &text, room, &nlri, NULL, NULL), 0);
    assert_int_equal(nlri.labels.len_bytes, 0);
    assert_name(f, nlri, "65000:1:10.0.0.0/8");
}

static void prefixes_are_asked_for_whatever_the_rd(void **state)
{
    (void)state;
    const struct family_info *f = family_info(FAMILY_IPV4_VPN);
    struct nlri nlri = read_one(FAMILY_IPV4_VPN, BYTES(104, L16_, RD1_, 10, 1));
    const struct {
        struct prefix asked;
        bool covers, equals, within;
    } cases[] = {
        {{IP_V4, 16, {10, 1}}, true, true, true},
        {{IP_V4, 24, {10, 1, 7}}, true, false, false},
        {{IP_V4, 8, {10}}, false, false, true},
        {{IP_V4, 16, {10, 2}}, false, false, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct prefix *p = &cases[i].asked;
        assert_int_equal(f->relates(f, nlri.key, NLRI_COVERS, p), cases[i].covers);
        assert_int_equal(f->relates(f, nlri.key, NLRI_EQUALS, p), cases[i].equals);
        assert_int_equal(f->relates(f, nlri.key, NLRI_WITHIN, p), cases[i].within);
    }
}

/* RFC 6890, within VPNs as well. */
static void what_cannot_be_routed(void **state)
{
    (void)state;
    const struct {
        struct span wire;
        bool martian;
    } cases[] = {
        {BYTES(96, L16_, RD0_, 127), true},
        {BYTES(96, L16_, RD0_, 224), true},
        {BYTES(96, L16_, RD0_, 10), false},
        {BYTES(88, L16_, RD0_), false},
    };
    const struct family_info *f = family_info(FAMILY_IPV4_VPN);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(nlri_is_martian(f, read_one(FAMILY_IPV4_VPN, cases[i].wire).key),
                         cases[i].martian);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_each_family),
        cmocka_unit_test(stacks_end_with_the_s_bit),
        cmocka_unit_test(withdrawn_routes_have_one_label),
        cmocka_unit_test(an_rd_follows_the_labels),
        cmocka_unit_test(stacks_of_ipv6_vpn),
        cmocka_unit_test(lengths_that_no_route_has),
        cmocka_unit_test(every_route_survives_the_wire),
        cmocka_unit_test(routes_are_withdrawn_without_their_labels),
        cmocka_unit_test(runs_are_read_and_written_in_pieces),
        cmocka_unit_test(every_route_survives_as_text),
        cmocka_unit_test(says_what_is_wrong_with_a_text),
        cmocka_unit_test(labels_may_be_missing),
        cmocka_unit_test(prefixes_are_asked_for_whatever_the_rd),
        cmocka_unit_test(what_cannot_be_routed),
    };
    return cmocka_run_group_tests_name("nlri_prefix", tests, NULL, NULL);
}
