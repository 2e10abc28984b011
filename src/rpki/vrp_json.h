/* The JSON that validators export: VRPs and ASPAs as a list. Pure: text in pieces goes in.
 *
 *   {"roas":  [{"prefix": "192.0.2.0/24", "maxLength": 26, "asn": 64500 or "AS64500",
 *               "expires": Unix time, "ta": …}, …],
 *    "aspas": [{"customer_asid": 64500, "providers": [64501, …], "expires": …}, …]}
 *
 * or, of an ASPA, {"customer": "AS64500", "providers": ["AS64501", …]}. Members that are not named
 * here are passed over. */
#ifndef BGPD_RPKI_VRP_JSON_H
#define BGPD_RPKI_VRP_JSON_H

#include <stdint.h>

#include "base/json_split.h"
#include "base/strbuf.h"
#include "policy/rpki_entries.h"

enum { VRP_JSON_RECORDS_MAX = 5000000 };

struct vrp_json {
    struct json_split split;
    struct rpki_entries *entries; /* a reference */
    int64_t now_s;
    int64_t next_expiry_s; /* Unix time at which the first entry expires; INT64_MAX: none does */
    uint32_t expired;      /* entries that have expired, and are left out */
    struct strbuf problem; /* "LINE:COLUMN: what is wrong"; "": nothing */
};

void vrp_json_begin(struct vrp_json *j, int64_t now_s);
/* Takes a piece; not 0 when something is wrong with it, and no more is to be fed. */
int vrp_json_feed(struct vrp_json *j, const char *text, size_t len_bytes);
/* After the last piece: the entries, settled, with a reference for the caller; NULL with `problem`
 * set when something is wrong. */
struct rpki_entries *vrp_json_finish(struct vrp_json *j);
void vrp_json_release(struct vrp_json *j);

#endif
