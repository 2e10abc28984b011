/* Values of a flow's matches in ExaBGP's words, as BGPd writes them. */
#ifndef BGPD_CLI_EXA_FLOW_VALUE_H
#define BGPD_CLI_EXA_FLOW_VALUE_H

#include "cli/exa_words.h"

enum exa_flow_kind {
    EXA_FLOW_PREFIX,  /* P/len, or of IPv6 P/len/offset */
    EXA_FLOW_NUMBERS, /* operators and numbers */
    EXA_FLOW_BITS,    /* operators and names of bits */
};

/* Names of values; NULL ends a table. */
struct exa_flow_name {
    const char *name;
    const char *is; /* what BGPd calls it */
};

extern const struct exa_flow_name exa_flow_protocols[];
extern const struct exa_flow_name exa_flow_ports[];
extern const struct exa_flow_name exa_flow_icmp_types[];
extern const struct exa_flow_name exa_flow_icmp_codes[];
extern const struct exa_flow_name exa_flow_tcp_flags[];
extern const struct exa_flow_name exa_flow_fragments[];

/* Takes "VALUE" or "[ VALUE … ]", which are alternatives, and appends them with " | " between, also
 * behind what `out` has. ERR_INVALID with words.error. */
int exa_take_flow_values(struct exa_words *w, enum exa_flow_kind kind,
                         const struct exa_flow_name *names, struct strbuf *out);
/* Takes a prefix and appends it; *ret_version is its IP version. */
int exa_take_flow_prefix(struct exa_words *w, struct strbuf *out, uint8_t *ret_version);

#endif
