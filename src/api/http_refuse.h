/* Answers to requests that are refused as such: their bodies are JSON-RPC, so that clients can show
 * them as usual, whoever refuses them. */
#ifndef BGPD_API_HTTP_REFUSE_H
#define BGPD_API_HTTP_REFUSE_H

#include "base/strbuf.h"

/* Appends a JSON-RPC error (-32600) that says why. */
void http_put_refusal(struct strbuf *out, const char *why);

#endif
