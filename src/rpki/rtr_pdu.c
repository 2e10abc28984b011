/* PDUs of the RPKI to Router protocol (RFC 6810 §5, RFC 8210 §5, draft-ietf-sidrops-8210bis-27 §5).
 *
 * All have a header of 8 octets: version, type, two octets that depend on the type, and the length
 * of the whole PDU. The types are rows of a table: in which versions there are such, how long they
 * are, and the function that reads the rest. Reserved octets are not looked at. */
#include "rpki/rtr_pdu.h"

#include <string.h>

enum {
    FLAG_ANNOUNCE = 1,
    SERIAL_BYTES = 12,
    END_OF_DATA_0_BYTES = 12, /* in version 0 */
    END_OF_DATA_BYTES = 24,
    IPV4_BYTES = 20,
    IPV6_BYTES = 32,
    ROUTER_KEY_MIN_BYTES = 32, /* without the key */
    ERROR_MIN_BYTES = 16,
    ASPA_MIN_BYTES = 12,
};

/* Reads what follows the header; `flags` are the two octets within it. A reader that fails is a
 * length that does not fit. Returns what else is wrong, NULL: nothing. */
typedef const char *read_rest(struct reader *r, uint16_t flags, struct rtr_pdu *pdu,
                              enum rtr_error *ret_code);

static const char *read_nothing(struct reader *r, uint16_t flags, struct rtr_pdu *pdu,
                                enum rtr_error *ret_code)
{
    (void)r;
    (void)ret_code;
    pdu->session_id = flags;
    return NULL;
}

static const char *read_serial(struct reader *r, uint16_t flags, struct rtr_pdu *pdu,
                               enum rtr_error *ret_code)
{
    (void)ret_code;
    pdu->session_id = flags;
    pdu->serial = reader_u32(r);
    return NULL;
}

static const char *read_end_of_data(struct reader *r, uint16_t flags, struct rtr_pdu *pdu,
                                    enum rtr_error *ret_code)
{
    read_serial(r, flags, pdu, ret_code);
    if (pdu->version == 0)
        return NULL;
    pdu->refresh_s = reader_u32(r);
    pdu->retry_s = reader_u32(r);
    pdu->expire_s = reader_u32(r);
    return NULL;
}

static const char *read_prefix(struct reader *r, uint8_t ip_version, struct rtr_pdu *pdu)
{
    pdu->announce = reader_u8(r) & FLAG_ANNOUNCE;
    uint8_t len_bits = reader_u8(r);
    uint8_t max_length = reader_u8(r);
    reader_u8(r);
    struct span address = reader_take(r, ip_len_bytes(ip_version));
    pdu->vrp.as = reader_u32(r);
    if (!reader_ok(r))
        return NULL;
    if (len_bits > prefix_max_bits(ip_version))
        return "the prefix is longer than an address";
    if (max_length < len_bits || max_length > prefix_max_bits(ip_version))
        return "the maximum length is not one of prefixes within the prefix";
    pdu->vrp.prefix = prefix_make(ip_version, len_bits, address.data);
    pdu->vrp.max_length = max_length;
    bool clean = memcmp(pdu->vrp.prefix.bytes, address.data, address.len_bytes) == 0;
    return clean || pdu->version < 2 ? NULL : "the prefix has bits beyond its length";
}

static const char *read_ipv4(struct reader *r, uint16_t flags, struct rtr_pdu *pdu,
                             enum rtr_error *ret_code)
{
    (void)flags;
    (void)ret_code;
    return read_prefix(r, IP_V4, pdu);
}

static const char *read_ipv6(struct reader *r, uint16_t flags, struct rtr_pdu *pdu,
                             enum rtr_error *ret_code)
{
    (void)flags;
    (void)ret_code;
    return read_prefix(r, IP_V6, pdu);
}

/* BGPsec is not spoken. */
static const char *skip(struct reader *r, uint16_t flags, struct rtr_pdu *pdu,
                        enum rtr_error *ret_code)
{
    (void)flags;
    (void)pdu;
    (void)ret_code;
    reader_rest(r);
    return NULL;
}

static const char *read_error(struct reader *r, uint16_t flags, struct rtr_pdu *pdu,
                              enum rtr_error *ret_code)
{
    (void)ret_code;
    pdu->code = flags;
    reader_take(r, reader_u32(r));
    pdu->text = reader_take(r, reader_u32(r));
    return NULL;
}

/* What an announcement may name: one AS at least, in ascending order, and AS 0 ("there is none")
 * only by itself (8210bis §5.12). A withdrawal has none, but some caches say once more which there
 * were. */
static const char *check_providers(const struct rtr_pdu *pdu)
{
    struct reader r = reader_over(pdu->providers);
    uint64_t least = 0;
    if (!pdu->announce)
        return NULL;
    if (reader_left(&r) == 0)
        return "an ASPA without a provider";
    while (reader_left(&r) > 0) {
        uint32_t provider = reader_u32(&r);
        if (provider < least)
            return "providers of an ASPA are not in ascending order";
        if (provider == 0 && reader_left(&r) > 0)
            return "an ASPA with AS 0 beside other providers";
        least = (uint64_t)provider + 1;
    }
    return NULL;
}

static const char *read_aspa(struct reader *r, uint16_t flags, struct rtr_pdu *pdu,
                             enum rtr_error *ret_code)
{
    pdu->announce = flags >> 8 & FLAG_ANNOUNCE;
    pdu->customer = reader_u32(r);
    size_t octets = reader_left(r);
    pdu->providers = reader_take(r, octets - octets % 4); /* what is left over: a bad length */
    *ret_code = RTR_ASPA_PROVIDER_LIST;
    return check_providers(pdu);
}

static const struct pdu_type {
    bool known;
    uint8_t since;      /* the first version that has it */
    uint16_t min_bytes; /* with the header */
    uint16_t max_bytes;
    read_rest *read;
} types[] = {
    [RTR_SERIAL_NOTIFY] = {true, 0, SERIAL_BYTES, SERIAL_BYTES, read_serial},
    [RTR_SERIAL_QUERY] = {true, 0, SERIAL_BYTES, SERIAL_BYTES, read_serial},
    [RTR_RESET_QUERY] = {true, 0, RTR_HEADER_BYTES, RTR_HEADER_BYTES, read_nothing},
    [RTR_CACHE_RESPONSE] = {true, 0, RTR_HEADER_BYTES, RTR_HEADER_BYTES, read_nothing},
    [RTR_IPV4_PREFIX] = {true, 0, IPV4_BYTES, IPV4_BYTES, read_ipv4},
    [RTR_IPV6_PREFIX] = {true, 0, IPV6_BYTES, IPV6_BYTES, read_ipv6},
    [RTR_END_OF_DATA] = {true, 0, END_OF_DATA_0_BYTES, END_OF_DATA_BYTES, read_end_of_data},
    [RTR_CACHE_RESET] = {true, 0, RTR_HEADER_BYTES, RTR_HEADER_BYTES, read_nothing},
    [RTR_ROUTER_KEY] = {true, 1, ROUTER_KEY_MIN_BYTES, RTR_PDU_MAX_BYTES, skip},
    [RTR_ERROR_REPORT] = {true, 0, ERROR_MIN_BYTES, RTR_PDU_MAX_BYTES, read_error},
    [RTR_ASPA] = {true, 2, ASPA_MIN_BYTES, RTR_PDU_MAX_BYTES, read_aspa},
};

/* What can be told from the header; NULL: nothing is wrong. */
static const char *check_header(uint8_t version, uint8_t type, uint32_t len_bytes,
                                enum rtr_error *ret_code)
{
    if (version > RTR_VERSION_MAX) {
        *ret_code = RTR_UNSUPPORTED_VERSION;
        return "a version of the protocol that is not known";
    }
    const struct pdu_type *row = type < sizeof(types) / sizeof(types[0]) ? &types[type] : NULL;
    if (!row || !row->known || version < row->since) {
        *ret_code = RTR_UNSUPPORTED_TYPE;
        return "a type of PDU that is not known in this version";
    }
    *ret_code = RTR_CORRUPT_DATA;
    return len_bytes < row->min_bytes || len_bytes > row->max_bytes
               ? "a length that a PDU of this type cannot have"
               : NULL;
}

enum rtr_read rtr_pdu_read(struct span in, struct rtr_pdu *ret_pdu, size_t *ret_len_bytes,
                           struct rtr_fault *ret_fault)
{
    struct reader head = reader_over(in);
    struct rtr_pdu pdu = {.version = reader_u8(&head), .type = reader_u8(&head)};
    uint16_t flags = reader_u16(&head);
    uint32_t len_bytes = reader_u32(&head);
    if (!reader_ok(&head))
        return RTR_READ_MORE;
    enum rtr_error code;
    const char *why = check_header(pdu.version, pdu.type, len_bytes, &code);
    pdu.whole = span_of(in.data, RTR_HEADER_BYTES);
    if (!why && in.len_bytes < len_bytes)
        return RTR_READ_MORE;
    if (!why) {
        struct reader rest = reader_sub(&head, len_bytes - RTR_HEADER_BYTES);
        pdu.whole = span_of(in.data, len_bytes);
        why = types[pdu.type].read(&rest, flags, &pdu, &code);
        if (!reader_ok(&rest) || reader_left(&rest) > 0) {
            code = RTR_CORRUPT_DATA;
            why = "a length that does not fit what is in the PDU";
        }
    }
    if (why) {
        *ret_fault = (struct rtr_fault){.code = code,
                                        .why = why,
                                        .bytes = pdu.whole,
                                        .is_report = pdu.type == RTR_ERROR_REPORT};
        return RTR_READ_BAD;
    }
    *ret_pdu = pdu;
    *ret_len_bytes = len_bytes;
    return RTR_READ_PDU;
}

size_t rtr_pdu_providers(const struct rtr_pdu *pdu, uint32_t *ret_providers)
{
    struct reader r = reader_over(pdu->providers);
    size_t count = 0;
    while (reader_left(&r) > 0)
        ret_providers[count++] = reader_u32(&r);
    return count;
}

static void write_header(struct writer *w, uint8_t version, enum rtr_type type, uint16_t flags,
                         uint32_t len_bytes)
{
    writer_u8(w, version);
    writer_u8(w, (uint8_t)type);
    writer_u16(w, flags);
    writer_u32(w, len_bytes);
}

void rtr_write_reset_query(struct writer *w, uint8_t version)
{
    write_header(w, version, RTR_RESET_QUERY, 0, RTR_HEADER_BYTES);
}

void rtr_write_serial_query(struct writer *w, uint8_t version, uint16_t session_id, uint32_t serial)
{
    write_header(w, version, RTR_SERIAL_QUERY, session_id, SERIAL_BYTES);
    writer_u32(w, serial);
}

void rtr_write_error_report(struct writer *w, uint8_t version, enum rtr_error code, struct span pdu,
                            const char *text)
{
    enum { TEXT_MAX = RTR_REPORT_MAX_BYTES - ERROR_MIN_BYTES - RTR_REPORT_SHOWN_BYTES };
    size_t shown = pdu.len_bytes < RTR_REPORT_SHOWN_BYTES ? pdu.len_bytes : RTR_REPORT_SHOWN_BYTES;
    size_t text_bytes = strnlen(text, TEXT_MAX);
    write_header(w, version, RTR_ERROR_REPORT, (uint16_t)code,
                 (uint32_t)(ERROR_MIN_BYTES + shown + text_bytes));
    writer_u32(w, (uint32_t)shown);
    writer_bytes(w, pdu.data, shown);
    writer_u32(w, (uint32_t)text_bytes);
    writer_bytes(w, text, text_bytes);
}

const char *rtr_error_name(uint16_t code)
{
    static const char *const names[] = {
        [RTR_CORRUPT_DATA] = "Corrupt Data",
        [RTR_INTERNAL_ERROR] = "Internal Error",
        [RTR_NO_DATA] = "No Data Available",
        [RTR_INVALID_REQUEST] = "Invalid Request",
        [RTR_UNSUPPORTED_VERSION] = "Unsupported Protocol Version",
        [RTR_UNSUPPORTED_TYPE] = "Unsupported PDU Type",
        [RTR_WITHDRAWAL_OF_UNKNOWN] = "Withdrawal of Unknown Record",
        [RTR_DUPLICATE_ANNOUNCEMENT] = "Duplicate Announcement Received",
        [RTR_UNEXPECTED_VERSION] = "Unexpected Protocol Version",
        [RTR_ASPA_PROVIDER_LIST] = "ASPA Provider List Error",
        [RTR_TRANSPORT_FAILED] = "Transport Failed",
        [RTR_ORDERING_ERROR] = "Ordering Error",
    };
    return code < sizeof(names) / sizeof(names[0]) ? names[code] : "unknown code";
}
