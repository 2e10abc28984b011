/* When a reload applies what. */
#include "config/reload.h"

const char *config_reload_text(enum config_reload reload)
{
    static const char *const texts[] = {
        [RELOAD_AT_ONCE] = "at once",
        [RELOAD_ENABLE] = "at once",
        [RELOAD_RETRY] = "at once",
        [RELOAD_LIMITS] = "at once",
        [RELOAD_SOCKETS] = "at once, for new connections",
        [RELOAD_EXPORT] = "at once, within the session",
        [RELOAD_IMPORT] = "at once, within the session",
        [RELOAD_POLICY] = "at once, within the session",
        [RELOAD_ROUTES] = "at once, within the session",
        [RELOAD_RESTART] = "at once; the session restarts",
        [RELOAD_NEXT_SESSION] = "with the next session",
        [RELOAD_NEXT_CONNECTION] = "with the next connection",
        [RELOAD_MD5] = "with the next connection",
        [RELOAD_NEXT_ATTEMPT] = "with the next connection to the peer",
        [RELOAD_NEXT_START] = "with the next start",
        [RELOAD_OTHER_PEER] = "another value is another peer",
        [RELOAD_AS_INHERITED] = "as the keys that differ say",
        [RELOAD_AS_WITHIN] = "as each key says",
    };
    return texts[reload];
}
