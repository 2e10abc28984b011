/* PDUs of the RPKI to Router protocol: versions 0 (RFC 6810), 1 (RFC 8210) and 2
 * (draft-ietf-sidrops-8210bis-27). Pure. */
#ifndef BGPD_RPKI_RTR_PDU_H
#define BGPD_RPKI_RTR_PDU_H

#include <stdbool.h>
#include <stdint.h>

#include "base/reader.h"
#include "base/writer.h"
#include "policy/vrp_table.h"

enum {
    RTR_VERSION_MAX = 2,
    RTR_HEADER_BYTES = 8,
    RTR_PDU_MAX_BYTES = 65535,
    RTR_DEFAULT_PORT = 323,
};

enum rtr_type {
    RTR_SERIAL_NOTIFY = 0,
    RTR_SERIAL_QUERY = 1,
    RTR_RESET_QUERY = 2,
    RTR_CACHE_RESPONSE = 3,
    RTR_IPV4_PREFIX = 4,
    RTR_IPV6_PREFIX = 6,
    RTR_END_OF_DATA = 7,
    RTR_CACHE_RESET = 8,
    RTR_ROUTER_KEY = 9, /* from version 1 on */
    RTR_ERROR_REPORT = 10,
    RTR_ASPA = 11, /* from version 2 on */
};

/* RFC 8210 §12; 9 and up: 8210bis §12. */
enum rtr_error {
    RTR_CORRUPT_DATA = 0,
    RTR_INTERNAL_ERROR = 1,
    RTR_NO_DATA = 2,
    RTR_INVALID_REQUEST = 3,
    RTR_UNSUPPORTED_VERSION = 4,
    RTR_UNSUPPORTED_TYPE = 5,
    RTR_WITHDRAWAL_OF_UNKNOWN = 6,
    RTR_DUPLICATE_ANNOUNCEMENT = 7,
    RTR_UNEXPECTED_VERSION = 8,
    RTR_ASPA_PROVIDER_LIST = 9,
    RTR_TRANSPORT_FAILED = 10,
    RTR_ORDERING_ERROR = 11,
};

/* A PDU as it was read; spans are borrowed from the input. Which members count depends on the type.
 */
struct rtr_pdu {
    uint8_t version;
    uint8_t type;        /* enum rtr_type */
    struct span whole;   /* all its bytes */
    uint16_t session_id; /* notify, query, response, end of data */
    uint32_t serial;     /* notify, serial query, end of data */
    uint32_t refresh_s;  /* end of data, from version 1 on: as they came; 0: there are none */
    uint32_t retry_s;
    uint32_t expire_s;
    bool announce;         /* prefix, ASPA; otherwise it is withdrawn */
    struct vrp vrp;        /* prefix */
    uint32_t customer;     /* ASPA */
    struct span providers; /* ASPA: four octets each, ascending where they are announced */
    uint16_t code;         /* error report: enum rtr_error */
    struct span text;      /* error report: what it says, as it came */
};

/* What is wrong with a PDU. */
struct rtr_fault {
    enum rtr_error code;
    const char *why;   /* static */
    struct span bytes; /* of the PDU, as far as there is need to show them; borrowed */
    bool is_report;    /* it is an error report itself: it is not answered */
};

enum rtr_read {
    RTR_READ_PDU,  /* *ret_pdu is set, and *ret_len_bytes to what it takes of the input */
    RTR_READ_MORE, /* the input is but the beginning of one */
    RTR_READ_BAD,  /* *ret_fault is set */
};

/* Reads the PDU at the front of `in`. All that can be told from the PDU alone is checked: lengths,
 * prefixes (host bits from version 2 on; before, they are cleared), the order of providers. */
enum rtr_read rtr_pdu_read(struct span in, struct rtr_pdu *ret_pdu, size_t *ret_len_bytes,
                           struct rtr_fault *ret_fault);

/* Copies the providers of an ASPA to where there is room for as many; returns their number. */
size_t rtr_pdu_providers(const struct rtr_pdu *pdu, uint32_t *ret_providers);
/* The most that a PDU has. */
#define RTR_PROVIDERS_MAX ((RTR_PDU_MAX_BYTES - 12) / 4)

void rtr_write_reset_query(struct writer *w, uint8_t version);
void rtr_write_serial_query(struct writer *w, uint8_t version, uint16_t session_id,
                            uint32_t serial);
/* The PDU is shown cut to RTR_REPORT_SHOWN_BYTES, so that a report is never long. */
enum { RTR_REPORT_SHOWN_BYTES = 64, RTR_REPORT_MAX_BYTES = 16 + RTR_REPORT_SHOWN_BYTES + 200 };
void rtr_write_error_report(struct writer *w, uint8_t version, enum rtr_error code, struct span pdu,
                            const char *text);

/* "Corrupt Data": as the standards call it; static. */
const char *rtr_error_name(uint16_t code);

#endif
