/* The JSON that validators export: VRPs and ASPAs as a list.
 *
 *   {"roas":  [{"prefix": "192.0.2.0/24", "maxLength": 26, "asn": 64500 or "AS64500",
 *               "expires": Unix time, "ta": …}, …],
 *    "aspas": [{"customer_asid": 64500, "providers": [64501, …], "expires": …}, …]}
 *
 * or, of an ASPA, {"customer": "AS64500", "providers": ["AS64501", …]}. Members that are not named
 * here are passed over. */
#ifndef BGPD_RPKI_VRP_JSON_H
#define BGPD_RPKI_VRP_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "policy/rpki_entries.h"

enum { VRP_JSON_RECORDS_MAX = 5000000 };

struct vrp_json {
    struct rpki_entries *entries; /* a reference, settled; NULL: there is a problem */
    int64_t next_expiry_s; /* Unix time at which the first entry expires; INT64_MAX: none does */
    uint32_t expired;      /* entries that have expired, and are left out */
    struct strbuf problem; /* "LINE:COLUMN: what is wrong"; "": nothing */
};

/* Reads all. `more` writes the next bytes into `buf`, `size` at most, and returns how many; 0 at
 * the end. `now_s` is Unix time. To be released, whatever came of it. */
struct vrp_json vrp_json_read(size_t (*more)(void *ctx, char *buf, size_t size), void *ctx,
                              int64_t now_s);
void vrp_json_release(struct vrp_json *j);

#endif
