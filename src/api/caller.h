/* Who calls methods, and what they may do. */
#ifndef BGPD_API_CALLER_H
#define BGPD_API_CALLER_H

#include "api/place.h"
#include "base/strbuf.h"
#include "config/config.h"
#include "config/tokens.h"

struct caller {
    enum access access;
    const char *reason; /* why it may not do more, for people; static; NULL: it may do everything */
    struct client_place place;
    bool stranger;             /* one of whom there may be any number: it has shown no token, and
                                  may not change anything */
    struct tokens *tokens;     /* a reference; NULL: it has shown none of these */
    const struct token *token; /* of them; NULL */
};

/* What a request says of who sends it; all borrowed, and NULL where it does not say it. */
struct caller_signs {
    struct client_place place;
    const char *authorization; /* values of headers */
    const char *origin;
    const char *host;
    bool proxied; /* it came through a proxy */
};

/* Who sends a request. To be released. */
struct caller caller_identify(const struct config *config, const struct caller_signs *signs);
/* One more of the same. */
struct caller caller_copy(const struct caller *caller);
void caller_release(struct caller *caller);

/* Whether it has shown a token that is valid. */
bool caller_has_token(const struct config *config, const char *authorization);

/* Appends who it is: "192.0.2.1", "unix:alice", or "192.0.2.1 (NAME)" with the name of its
 * token. */
void caller_put_name(const struct caller *caller, struct strbuf *out);

#endif
