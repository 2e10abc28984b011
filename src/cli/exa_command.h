/* Translates lines of ExaBGP's text API into calls of BGPd's. */
#ifndef BGPD_CLI_EXA_COMMAND_H
#define BGPD_CLI_EXA_COMMAND_H

#include "base/strbuf.h"
#include "cli/exa_call.h"

/* Translates one line. Pure: nobody is asked and nothing is remembered. ERR_INVALID, with
 * "column 12: what is wrong" in *error, for what is not understood or what BGPd's API cannot do,
 * and for an empty line, as ExaBGP says it. A comment is done. Initialises *ret_command: release it
 * in any case. */
int exa_translate(const char *line, size_t len_bytes, struct exa_command *ret_command,
                  struct strbuf *error);

/* The command number `n`, from 0 up, as "help" lists it; NULL after the last one. */
const char *exa_nth_command(unsigned n);

#endif
