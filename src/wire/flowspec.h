/* Flow specifications: RFC 8955 (IPv4), RFC 8956 (IPv6): NLRI, order, text, actions.
 *
 * A flow is kept as its canonical NLRI bytes without the length in front: components in ascending
 * order of type, each operator list normalised (end bit only on the last, values in the shortest
 * length that their component permits: flow labels have 4 octets, RFC 8956 §3.7). */
#ifndef BGPD_WIRE_FLOWSPEC_H
#define BGPD_WIRE_FLOWSPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/prefix.h"
#include "base/reader.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "base/writer.h"
#include "wire/community.h"
#include "wire/family_row.h"
#include "wire/flow_component.h"

/* Largest flow NLRI (RFC 8955 §4.1: 12-bit length). */
#define FLOW_MAX_BYTES 4095

/* Reads one NLRI (length and components) and writes its canonical components to `ret_bytes`
 * (FLOW_MAX_BYTES; contents undefined on error) and *ret_len_bytes. Returns 1, 0 at the end of the
 * input, or ERR_INVALID with the reader failed: no component, an unknown or misordered one, a bad
 * prefix, a value that is too large for its field (RFC 8955 §4.2, RFC 8956 §3), or a canonical form
 * longer than FLOW_MAX_BYTES. */
int flow_next(struct reader *r, uint8_t ip_version, uint8_t *ret_bytes, size_t *ret_len_bytes);
/* Takes the bytes of one NLRI off the reader by its length, whatever they are. False at the end, or
 * with the reader failed when they are cut. */
bool flow_take(struct reader *r, struct span *ret_nlri);
/* Writes length and components. */
void flow_put(struct writer *w, struct span flow);
/* Size on the wire, with the length in front. */
size_t flow_len_bytes(struct span flow);

/* Order of precedence (RFC 8955 §5.1, RFC 8956 §5): <0 when `a` comes before (is matched first). */
int flow_compare(struct span a, struct span b, uint8_t ip_version);

/* Whether one of the two, as far as the flow has them, stands so to `p`, of the same IP version.
 * A pattern with an offset (RFC 8956 §3.1) covers what its bits match, and equals no prefix. */
bool flow_relates(struct span flow, enum nlri_relation relation, const struct prefix *p);

/* Appends the rules joined by "; ", for example
 * "destination 10.0.0.0/8; protocol =6; destination-port >8000 <=8080; fragment is-fragment". */
void flow_format(struct span flow, uint8_t ip_version, struct strbuf *out);

/* Builds a flow from rules, in any order; a rule may also be several joined by ";", so that what
 * flow_format writes is read back. Rules:
 *   destination, source     a prefix; IPv6 with an offset "ADDRESS/OFFSET-LENGTH" (RFC 8956 §3.1)
 *   protocol (or next-header), port, destination-port, source-port, icmp-type, icmp-code,
 *   packet-length, dscp, flow-label (IPv6)
 *                           numbers after = != < <= > >= (a bare number means "="), ranges "A-B",
 *                           "true" and "false"; protocols and ICMP types also by name
 *   tcp-flags, fragment     bits by name joined by "+", or a number; alone: any of the bits is set,
 *                           after "=": all of them are, "!" in front of either: not so
 * Values joined by spaces or "|" are alternatives (OR), except that an upper bound after a lower
 * bound closes a range (">8000 <=8080"); values joined by "&" must all hold. Beside a negated value
 * ("!ack", "!=80") "&" or "|" must stand: without, people take it for the one or the other.
 * On error returns ERR_INVALID, ERR_RANGE, ERR_EXISTS (a component twice) or ERR_FULL and appends
 * to `error` what is wrong with which rule and what was expected; the outputs are untouched. */
int flow_parse(const char *const *rules, size_t rule_count, uint8_t ip_version, uint8_t *ret_bytes,
               size_t *ret_len_bytes, struct strbuf *error);

/* Whether a flow (canonical) has a component of this type (enum flow_component). */
bool flow_has(struct span flow, uint8_t ip_version, uint8_t type);
/* The prefix of FLOW_DESTINATION or FLOW_SOURCE; false: the flow has no such component. */
bool flow_find_prefix(struct span flow, uint8_t ip_version, uint8_t type,
                      struct flow_prefix *ret_prefix);
/* True when no packet can match the flow (RFC 8955 §4.2.2), as components contradict themselves or
 * each other: then appends which and why to `why`, and *ret_type is the type of the one to blame.
 * Lists of more than 256 values of bits are taken to match something. */
bool flow_never_matches(struct span flow, uint8_t ip_version, uint8_t *ret_type,
                        struct strbuf *why);
/* True when a component has alternatives of which one holds for every packet that the component
 * looks at, as "port !=80 | !=443": `why` and *ret_type as above. */
bool flow_excludes_nothing(struct span flow, uint8_t ip_version, uint8_t *ret_type,
                           struct strbuf *why);
/* True when the only protocol is the ICMP of the other IP version; then appends what it is in this
 * one to `why`. */
bool flow_is_of_other_icmp(struct span flow, uint8_t ip_version, struct strbuf *why);
/* True when packets to all addresses can match: there is no destination, or it is 0.0.0.0/0. */
bool flow_is_to_all(struct span flow, uint8_t ip_version);
/* Tells of flows that match nothing and of actions that contradict each other, and warns of what is
 * hardly meant: `judge` of the rows of the families of flows (wire/family_row.h). */
void flow_judge(const struct family_info *f, const struct nlri_text *text, struct nlri_key key,
                struct span attrs, void (*each)(void *ctx, const struct route_problem *problem),
                void *ctx);

/* Parses an action (RFC 8955 §7) into the community that carries it:
 *   traffic-rate N, rate-limit N   bytes a second (0 drops), or with a unit: "1M", "3MB", "10Mbit"
 *   drop, discard                  as traffic-rate 0
 *   accept                         no community: nothing is done to the packets
 *   traffic-rate-packets N         packets a second, also "10k"
 *   redirect A:B, redirect ADDRESS (or redirect-ip), copy-ip ADDRESS
 *   traffic-action sample|continue|sample-continue
 *   mark DSCP
 * Returns 1; 0 when the action has no community; or ERR_INVALID or ERR_RANGE with `error` extended.
 */
int flow_parse_action(const char *action, struct community *ret_community, struct strbuf *error);

/* What a community tells a router to do with the packets of a flow. */
enum flow_action {
    FLOW_ACTION_NONE, /* nothing: it is another community */
    FLOW_ACTION_RATE,
    FLOW_ACTION_RATE_PACKETS,
    FLOW_ACTION_SAMPLE,
    FLOW_ACTION_REDIRECT,      /* into a VRF */
    FLOW_ACTION_REDIRECT_IPV4, /* to an address */
    FLOW_ACTION_REDIRECT_IPV6,
    FLOW_ACTION_MARK,
};

enum flow_action flow_action_of(const struct community *c);
/* Appends the text of an action: the community's, with a blank after the name, and without the AS
 * number that stands in a rate, which has its unit: "traffic-rate 24000 B/s", "redirect 65000:1".
 * What flow_parse_action reads, where it is an action as it should be. */
void flow_format_action(const struct community *c, struct strbuf *out);
/* True for a rate of 0. */
bool flow_action_drops(const struct community *c);

#endif
