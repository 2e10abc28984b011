/* What an address family is: a row of properties and functions, and the keys of its routes.
 *
 * What tells one family from another is in its row: nothing outside the codecs names a family or
 * asks which one it is. */
#ifndef BGPD_WIRE_FAMILY_ROW_H
#define BGPD_WIRE_FAMILY_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/prefix.h"
#include "base/reader.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "base/writer.h"

enum { AFI_IPV4 = 1, AFI_IPV6 = 2 };

enum {
    NLRI_MAX_BYTES = 4095,    /* of a key: a flow (RFC 8955 §4.1) */
    NLRI_TREE_MAX_BYTES = 24, /* of a key in an address tree: RD and IPv6 address */
    LABEL_BYTES = 3,          /* of a label, with what else is sent of it */
    NLRI_MAX_LABELS = 10,     /* that go with a key: its 255 bits have no room for more */
    NLRI_MAX_LABELS_BYTES = NLRI_MAX_LABELS * LABEL_BYTES,
    NLRI_AT_ONCE = 32,                /* are read or written by one call */
    NLRI_ROOM_BYTES = NLRI_MAX_BYTES, /* for keys and labels of as many, or for one opaque key */
};

_Static_assert(NLRI_AT_ONCE *(NLRI_TREE_MAX_BYTES + NLRI_MAX_LABELS_BYTES) <= NLRI_ROOM_BYTES,
               "all keys and labels have room");

/* What identifies a route within its family.
 *   In families with an address tree (`key_bytes` > 0): as many bytes, an RD if there is one and an
 *   address; `len` of their bits count, and the others are 0.
 *   In others: `len` bytes in a canonical form, so that equal keys have equal bytes. */
struct nlri_key {
    const uint8_t *bytes; /* borrowed */
    uint32_t len;
};

/* Copies the bytes of a key in an address tree: a fixed size is much faster. */
static inline void nlri_key_copy(uint8_t *ret_bytes, struct nlri_key key, uint8_t key_bytes)
{
    if (key_bytes == 4)
        memcpy(ret_bytes, key.bytes, 4);
    else if (key_bytes == 16)
        memcpy(ret_bytes, key.bytes, 16);
    else
        memcpy(ret_bytes, key.bytes, key_bytes);
}

/* One NLRI: the key, and what belongs to the path. */
struct nlri {
    struct nlri_key key;
    struct span labels; /* borrowed, as they are sent: 3 bytes each (RFC 8277 §2); empty: none */
};

/* How a route stands to a prefix that is asked for. */
enum nlri_relation {
    NLRI_COVERS, /* the prefix is within it */
    NLRI_EQUALS,
    NLRI_WITHIN, /* it is the prefix, or within it */
};

struct nlri_text;
struct nlri_field;
struct route_problem;

struct family_info {
    const char *name;      /* "ipv4 unicast": config, logs, CLI */
    const char *afi_name;  /* "IPv4": API */
    const char *safi_name; /* "Unicast", "Flowspec", "VPN": API */
    uint16_t afi;
    uint8_t safi;
    uint8_t ip_version; /* enum ip_version of its prefixes */
    uint8_t key_bytes;  /* of keys in an address tree: 4, 16, with an RD 12, 24; 0: opaque ones */
    uint8_t rd_bytes;   /* how many of them are the RD in front: 8 or 0; so of its next hop */
    uint8_t written_as; /* enum nlri_text_part: what of a route a person gives */
    bool is_default;    /* a peer has it where `families` is not given */
    bool has_next_hop;  /* else there is none, and one that comes is ignored */
    bool has_labels;
    bool is_unicast;         /* of the Internet: roles say who is told its routes (RFC 9234 §5) */
    bool has_actions;        /* its communities say what is to be done with packets */
    uint16_t nlri_max_bytes; /* the longest NLRI that is sent */
    uint16_t message_max_bytes; /* the longest message that peers take; 0: as negotiated */

    /* Each function is given its row. */

    /* --- the wire --- */

    /* True when all of `run` is well-formed, so that `read` takes all of it without an error. */
    bool (*check)(const struct family_info *f, struct span run);
    /* Takes the bytes of one NLRI off the reader, whether or not it is well-formed; false at the
     * end, or with the reader failed when what follows cannot be located (RFC 7606 §5.3). */
    bool (*split)(const struct family_info *f, struct reader *r, struct span *ret_nlri);
    /* Reads up to `most` NLRI (NLRI_AT_ONCE), whose keys and labels are written to `ret_bytes`
     * (NLRI_ROOM_BYTES): equal routes have equal bytes. How many: 0 at the end, or with the reader
     * failed. */
    size_t (*read)(const struct family_info *f, struct reader *r, uint8_t *ret_bytes,
                   struct nlri *ret_nlri, size_t most);
    /* Writes NLRI that have the same labels; without labels, where the family has them: as they are
     * withdrawn. How many there was room for: `w` does not fail. */
    size_t (*put)(const struct family_info *f, struct writer *w, const struct nlri_key *keys,
                  size_t count, struct span labels);
    /* How many bytes one takes. */
    size_t (*len_bytes)(const struct family_info *f, struct nlri nlri);

    /* --- keys --- */

    /* The order of opaque keys: <0 when `a` comes before `b`. NULL where there is a tree. */
    int (*compare)(const struct family_info *f, struct nlri_key a, struct nlri_key b);
    /* Whether it cannot be routed (RFC 4271 §6.3, RFC 6890). NULL: it always can. */
    bool (*is_martian)(const struct family_info *f, struct nlri_key key);
    /* Whether a route, as far as it has prefixes, stands so to `p`, of the family's IP version. */
    bool (*relates)(const struct family_info *f, struct nlri_key key, enum nlri_relation relation,
                    const struct prefix *p);
    /* The prefix that the packets which a route is about go to; false when it names none. NULL: its
     * routes are not about what is sent to the destinations of others (family_of_destinations). */
    bool (*destination)(const struct family_info *f, struct nlri_key key,
                        struct prefix *ret_prefix);

    /* --- text (wire/nlri_text.h) --- */

    /* Appends the name of a route, which it shares with no other one of its family: "10.0.0.0/8",
     * "65000:1:10.0.0.0/8", "destination 10.0.0.0/8; protocol =6". */
    void (*format)(const struct family_info *f, struct nlri nlri, struct strbuf *out);
    /* Calls `each` for the fields that it is shown with; "prefix", the first one, is that of the
     * route, or the name where it has none. */
    void (*show)(const struct family_info *f, struct nlri nlri,
                 void (*each)(void *ctx, const struct nlri_field *field), void *ctx);
    /* Reads what a person wrote, to `ret_bytes` as `read` does. Calls `each` for what is wrong; the
     * result is the error of the first problem, or 0. */
    int (*parse)(const struct family_info *f, const struct nlri_text *text, uint8_t *ret_bytes,
                 struct nlri *ret_nlri,
                 void (*each)(void *ctx, int err, const struct route_problem *problem), void *ctx);
    /* Calls `each` for what is legal in a route of this key and these attributes (wire/attr.h),
     * which was made of the text, but cannot be meant; and, as warnings, for what hardly is. NULL:
     * nothing is. */
    void (*judge)(const struct family_info *f, const struct nlri_text *text, struct nlri_key key,
                  struct span attrs, void (*each)(void *ctx, const struct route_problem *problem),
                  void *ctx);
};

/* Whether our next hop can take the place of that of routes: labels mean something to the router
 * alone that the next hop names (RFC 8277 §3.2.2), and no others can be given for them, as BGPd
 * forwards no packets. */
static inline bool family_has_own_next_hop(const struct family_info *f)
{
    return f->has_next_hop && !f->has_labels;
}

/* How many bytes a key of the family has. */
static inline size_t nlri_key_bytes(const struct family_info *f, struct nlri_key key)
{
    return f->key_bytes > 0 ? f->key_bytes : key.len;
}

static inline bool nlri_key_equal(const struct family_info *f, struct nlri_key a, struct nlri_key b)
{
    return a.len == b.len && memcmp(a.bytes, b.bytes, nlri_key_bytes(f, a)) == 0;
}

/* Whether a key cannot be routed: nearly all show at once that they can. */
static inline bool nlri_is_martian(const struct family_info *f, struct nlri_key key)
{
    if (!f->is_martian)
        return false;
    uint8_t first = key.bytes[f->rd_bytes];
    if ((uint8_t)(first - 1) < 0xdf && first != 127)
        return false;
    return f->is_martian(f, key);
}

#endif
