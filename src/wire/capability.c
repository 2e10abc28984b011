/* Capabilities: RFC 4760 §8, 2918, 7313, 8950 §4, 8654, 8277 §2.1, 6793 §3, 9234 §4 (those BGPd
 * uses), and 4724, 7911, 9494 and the host name draft (those it only describes). */
#include "wire/capability.h"

#include <ctype.h>
#include <stddef.h>

/* One row of the table. `apply` and `put` are NULL for capabilities that BGPd does not use. */
struct capability_spec {
    const char *name;
    uint8_t unit_bytes; /* the value is a whole number of units of this size… */
    bool repeats;       /* …exactly one, unless this is set; unit 0: the value is empty */
    uint8_t head_bytes; /* bytes in front of the units */
    bool free_form;     /* any length will do */
    void (*apply)(struct reader *value, struct open_caps *caps, uint32_t *as);
    void (*put)(struct writer *w, uint8_t code, uint32_t as, const struct open_caps *caps);
    void (*describe)(struct reader *value, struct strbuf *out);
};

static void add_family(struct strbuf *out, uint16_t afi, uint8_t safi)
{
    enum family family = family_from_wire(afi, safi);
    if (family != FAMILY_NONE)
        strbuf_add(out, family_info(family)->name);
    else
        strbuf_printf(out, "AFI %u SAFI %u", afi, safi);
}

static void put_flag(struct writer *w, uint8_t code, bool announced)
{
    if (!announced)
        return;
    writer_u8(w, code);
    writer_u8(w, 0);
}

static void multiprotocol_apply(struct reader *value, struct open_caps *caps, uint32_t *as)
{
    (void)as;
    uint16_t afi = reader_u16(value);
    reader_u8(value); /* reserved */
    enum family family = family_from_wire(afi, reader_u8(value));
    caps->has_multiprotocol = true;
    if (family != FAMILY_NONE)
        caps->families |= FAMILY_BIT(family);
}

static void multiprotocol_put(struct writer *w, uint8_t code, uint32_t as,
                              const struct open_caps *caps)
{
    (void)as;
    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        if (!family_in(caps->families, (enum family)i))
            continue;
        const struct family_info *info = family_info((enum family)i);
        writer_u8(w, code);
        writer_u8(w, 4);
        writer_u16(w, info->afi);
        writer_u8(w, 0);
        writer_u8(w, info->safi);
    }
}

static void multiprotocol_describe(struct reader *value, struct strbuf *out)
{
    uint16_t afi = reader_u16(value);
    reader_u8(value);
    add_family(out, afi, reader_u8(value));
}

static void refresh_apply(struct reader *value, struct open_caps *caps, uint32_t *as)
{
    (void)as;
    (void)value;
    caps->route_refresh = true;
}

static void refresh_put(struct writer *w, uint8_t code, uint32_t as, const struct open_caps *caps)
{
    (void)as;
    put_flag(w, code, caps->route_refresh);
}

static void enhanced_refresh_apply(struct reader *value, struct open_caps *caps, uint32_t *as)
{
    (void)as;
    (void)value;
    caps->enhanced_refresh = true;
}

static void enhanced_refresh_put(struct writer *w, uint8_t code, uint32_t as,
                                 const struct open_caps *caps)
{
    (void)as;
    put_flag(w, code, caps->enhanced_refresh);
}

static void extended_message_apply(struct reader *value, struct open_caps *caps, uint32_t *as)
{
    (void)as;
    (void)value;
    caps->extended_message = true;
}

static void extended_message_put(struct writer *w, uint8_t code, uint32_t as,
                                 const struct open_caps *caps)
{
    (void)as;
    put_flag(w, code, caps->extended_message);
}

/* RFC 8950 §4: AFI, SAFI (two bytes here), AFI of the next hop. */
static void extended_next_hop_apply(struct reader *value, struct open_caps *caps, uint32_t *as)
{
    (void)as;
    while (reader_left(value) > 0) {
        uint16_t afi = reader_u16(value);
        uint16_t safi = reader_u16(value);
        uint16_t next_hop_afi = reader_u16(value);
        if (afi != AFI_IPV4 || next_hop_afi != AFI_IPV6 || safi > UINT8_MAX)
            continue;
        enum family family = family_from_wire(afi, (uint8_t)safi);
        if (family != FAMILY_NONE)
            caps->extended_next_hop |= FAMILY_BIT(family);
    }
}

static void extended_next_hop_put(struct writer *w, uint8_t code, uint32_t as,
                                  const struct open_caps *caps)
{
    (void)as;
    if (caps->extended_next_hop == 0)
        return;
    writer_u8(w, code);
    size_t mark = writer_mark(w);
    writer_u8(w, 0);
    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        if (!family_in(caps->extended_next_hop, (enum family)i))
            continue;
        writer_u16(w, family_info((enum family)i)->afi);
        writer_u16(w, family_info((enum family)i)->safi);
        writer_u16(w, AFI_IPV6);
    }
    writer_patch_u8(w, mark, (uint8_t)(writer_len(w) - mark - 1));
}

static void extended_next_hop_describe(struct reader *value, struct strbuf *out)
{
    for (const char *separator = ""; reader_left(value) > 0; separator = ", ") {
        uint16_t afi = reader_u16(value);
        uint16_t safi = reader_u16(value);
        uint16_t next_hop_afi = reader_u16(value);
        strbuf_add(out, separator);
        add_family(out, afi, safi > UINT8_MAX ? 0 : (uint8_t)safi);
        if (next_hop_afi == AFI_IPV6)
            strbuf_add(out, " via ipv6");
        else
            strbuf_printf(out, " via AFI %u", next_hop_afi);
    }
}

/* RFC 8277 §2.1: AFI, SAFI, count. One that is no more than what needs no capability means nothing;
 * of several for a family the first one counts, and so does the first copy of the capability. */
static void multiple_labels_apply(struct reader *value, struct open_caps *caps, uint32_t *as)
{
    (void)as;
    if (caps->has_multiple_labels)
        return;
    caps->has_multiple_labels = true;
    while (reader_left(value) > 0) {
        uint16_t afi = reader_u16(value);
        enum family family = family_from_wire(afi, reader_u8(value));
        uint8_t count = reader_u8(value);
        if (family != FAMILY_NONE && count > 1 && caps->labels[family] == 0)
            caps->labels[family] = count;
    }
}

static void multiple_labels_put(struct writer *w, uint8_t code, uint32_t as,
                                const struct open_caps *caps)
{
    (void)as;
    if (!caps->has_multiple_labels)
        return;
    writer_u8(w, code);
    size_t mark = writer_mark(w);
    writer_u8(w, 0);
    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        if (caps->labels[i] == 0)
            continue;
        writer_u16(w, family_info((enum family)i)->afi);
        writer_u8(w, family_info((enum family)i)->safi);
        writer_u8(w, caps->labels[i]);
    }
    writer_patch_u8(w, mark, (uint8_t)(writer_len(w) - mark - 1));
}

static void multiple_labels_describe(struct reader *value, struct strbuf *out)
{
    for (const char *separator = ""; reader_left(value) > 0; separator = ", ") {
        uint16_t afi = reader_u16(value);
        uint8_t safi = reader_u8(value);
        strbuf_add(out, separator);
        add_family(out, afi, safi);
        strbuf_printf(out, " %u", reader_u8(value));
    }
}

static void as4_apply(struct reader *value, struct open_caps *caps, uint32_t *as)
{
    *as = reader_u32(value);
    caps->as4 = true;
}

static void as4_put(struct writer *w, uint8_t code, uint32_t as, const struct open_caps *caps)
{
    if (!caps->as4)
        return;
    writer_u8(w, code);
    writer_u8(w, 4);
    writer_u32(w, as);
}

static void as4_describe(struct reader *value, struct strbuf *out)
{
    strbuf_printf(out, "%u", reader_u32(value));
}

/* RFC 9234 §4.2: several capabilities that say the same count as one. */
static void role_apply(struct reader *value, struct open_caps *caps, uint32_t *as)
{
    (void)as;
    enum role role = role_from_wire(reader_u8(value));
    bool is_first = caps->role == ROLE_NONE;
    caps->role = (uint8_t)(is_first || caps->role == role ? role : ROLE_SEVERAL);
}

static void role_put(struct writer *w, uint8_t code, uint32_t as, const struct open_caps *caps)
{
    (void)as;
    if (caps->role == ROLE_NONE)
        return;
    writer_u8(w, code);
    writer_u8(w, 1);
    writer_u8(w, role_to_wire(caps->role));
}

static void role_describe(struct reader *value, struct strbuf *out)
{
    uint8_t code = reader_u8(value);
    enum role role = role_from_wire(code);
    if (role != ROLE_UNKNOWN)
        strbuf_add(out, role_name(role));
    else
        strbuf_printf(out, "%u", code);
}

/* RFC 4724 §3, RFC 8538 §2. */
static void graceful_restart_describe(struct reader *value, struct strbuf *out)
{
    uint16_t head = reader_u16(value);
    strbuf_printf(out, "%u s%s%s", head & 0x0fff, head & 0x8000 ? ", restarting" : "",
                  head & 0x4000 ? ", with notifications" : "");
    while (reader_left(value) > 0) {
        uint16_t afi = reader_u16(value);
        uint8_t safi = reader_u8(value);
        strbuf_add(out, ", ");
        add_family(out, afi, safi);
        if (reader_u8(value) & 0x80)
            strbuf_add(out, " (forwarding kept)");
    }
}

/* RFC 7911 §4. */
static void add_path_describe(struct reader *value, struct strbuf *out)
{
    static const char *const modes[] = {"", " receive", " send", " send and receive"};
    for (const char *separator = ""; reader_left(value) > 0; separator = ", ") {
        uint16_t afi = reader_u16(value);
        uint8_t safi = reader_u8(value);
        uint8_t mode = reader_u8(value);
        strbuf_add(out, separator);
        add_family(out, afi, safi);
        strbuf_add(out, modes[mode & 3]);
    }
}

/* RFC 9494 §3: AFI, SAFI, flags, stale time in 3 bytes. */
static void long_lived_describe(struct reader *value, struct strbuf *out)
{
    for (const char *separator = ""; reader_left(value) > 0; separator = ", ") {
        uint16_t afi = reader_u16(value);
        uint8_t safi = reader_u8(value);
        uint32_t flags_and_time = reader_u32(value);
        strbuf_add(out, separator);
        add_family(out, afi, safi);
        strbuf_printf(out, " %u s", flags_and_time & 0xffffff);
    }
}

/* Host and domain name, each with a length in front; what is not printable ASCII becomes "?". */
static void fqdn_describe(struct reader *value, struct strbuf *out)
{
    for (const char *separator = ""; reader_left(value) > 0; separator = ".") {
        struct span label = reader_take(value, reader_u8(value));
        if (label.len_bytes > 0)
            strbuf_add(out, separator);
        for (size_t i = 0; i < label.len_bytes; i++)
            strbuf_add_char(out, isgraph(label.data[i]) ? (char)label.data[i] : '?');
    }
}

static const struct capability_spec capabilities[] = {
    [CAPABILITY_MULTIPROTOCOL] = {.name = "Multiprotocol",
                                  .unit_bytes = 4,
                                  .apply = multiprotocol_apply,
                                  .put = multiprotocol_put,
                                  .describe = multiprotocol_describe},
    [CAPABILITY_ROUTE_REFRESH] = {.name = "Route refresh",
                                  .apply = refresh_apply,
                                  .put = refresh_put},
    [CAPABILITY_EXTENDED_NEXT_HOP] = {.name = "Extended next hop",
                                      .unit_bytes = 6,
                                      .repeats = true,
                                      .apply = extended_next_hop_apply,
                                      .put = extended_next_hop_put,
                                      .describe = extended_next_hop_describe},
    [CAPABILITY_EXTENDED_MESSAGE] = {.name = "Extended message",
                                     .apply = extended_message_apply,
                                     .put = extended_message_put},
    [CAPABILITY_MULTIPLE_LABELS] = {.name = "Multiple labels",
                                    .unit_bytes = 4,
                                    .repeats = true,
                                    .apply = multiple_labels_apply,
                                    .put = multiple_labels_put,
                                    .describe = multiple_labels_describe},
    [CAPABILITY_ROLE] = {.name = "Role",
                         .unit_bytes = 1,
                         .apply = role_apply,
                         .put = role_put,
                         .describe = role_describe},
    [CAPABILITY_GRACEFUL_RESTART] = {.name = "Graceful restart",
                                     .head_bytes = 2,
                                     .unit_bytes = 4,
                                     .repeats = true,
                                     .describe = graceful_restart_describe},
    [CAPABILITY_AS4] = {.name = "4-octet AS",
                        .unit_bytes = 4,
                        .apply = as4_apply,
                        .put = as4_put,
                        .describe = as4_describe},
    [CAPABILITY_ADD_PATH] = {.name = "ADD-PATH",
                             .unit_bytes = 4,
                             .repeats = true,
                             .describe = add_path_describe},
    [CAPABILITY_ENHANCED_REFRESH] = {.name = "Enhanced route refresh",
                                     .apply = enhanced_refresh_apply,
                                     .put = enhanced_refresh_put},
    [CAPABILITY_LONG_LIVED_GRACEFUL_RESTART] = {.name = "Long-lived graceful restart",
                                                .unit_bytes = 7,
                                                .repeats = true,
                                                .describe = long_lived_describe},
    [CAPABILITY_FQDN] = {.name = "Host name", .free_form = true, .describe = fqdn_describe},
    [CAPABILITY_REFRESH_OLD] = {.name = "Route refresh (before RFC 2918)"},
};

enum { CAPABILITY_ROWS = sizeof(capabilities) / sizeof(capabilities[0]) };

static const struct capability_spec *capability_spec(uint8_t code)
{
    return code < CAPABILITY_ROWS && capabilities[code].name ? &capabilities[code] : NULL;
}

static bool length_ok(const struct capability_spec *spec, size_t len_bytes)
{
    if (spec->free_form)
        return true;
    if (len_bytes < spec->head_bytes)
        return false;
    size_t units_bytes = len_bytes - spec->head_bytes;
    return spec->repeats ? units_bytes % spec->unit_bytes == 0 : units_bytes == spec->unit_bytes;
}

bool capability_next(struct reader *r, struct capability_view *ret_cap)
{
    if (reader_left(r) == 0)
        return false;
    uint8_t code = reader_u8(r);
    uint8_t len = reader_u8(r);
    struct span value = reader_take(r, len);
    if (!reader_ok(r))
        return false;
    *ret_cap = (struct capability_view){.code = code, .value = value};
    return true;
}

void capability_apply(const struct capability_view *cap, struct open_caps *caps, uint32_t *as)
{
    const struct capability_spec *spec = capability_spec(cap->code);
    if (!spec || !spec->apply || !length_ok(spec, cap->value.len_bytes))
        return;
    struct reader value = reader_over(cap->value);
    spec->apply(&value, caps, as);
}

void capability_put_all(struct writer *w, uint32_t as, const struct open_caps *caps)
{
    for (unsigned code = 0; code < CAPABILITY_ROWS; code++)
        if (capabilities[code].put)
            capabilities[code].put(w, (uint8_t)code, as, caps);
}

void capability_describe(const struct capability_view *cap, struct strbuf *out)
{
    const struct capability_spec *spec = capability_spec(cap->code);
    if (!spec) {
        strbuf_printf(out, "code %u (%zu bytes)", cap->code, cap->value.len_bytes);
        return;
    }
    strbuf_add(out, spec->name);
    if (!length_ok(spec, cap->value.len_bytes)) {
        strbuf_printf(out, ": malformed (%zu bytes)", cap->value.len_bytes);
    } else if (spec->describe && cap->value.len_bytes > 0) {
        strbuf_add(out, ": ");
        struct reader value = reader_over(cap->value);
        spec->describe(&value, out);
    }
}
