/* What a reload does for a key of the configuration. */
#ifndef BGPD_CONFIG_RELOAD_H
#define BGPD_CONFIG_RELOAD_H

/* What a reload does for a key whose value differs. Each key names one of these, and everything
 * that depends on the key follows from it: what the daemon does, what the reference says, and
 * whether a session goes on with the value that it began with. */
enum config_reload {
    RELOAD_AT_ONCE = 1, /* the value is looked at when it is needed */
    RELOAD_ENABLE,      /* the peer is started or stopped */
    RELOAD_RETRY,       /* when it is connected to, or whether at all */
    RELOAD_LIMITS,      /* what the peer has sent is counted against the new limits */
    RELOAD_SOCKETS,     /* listening sockets open and close, without an end to connections */
    RELOAD_EXPORT,      /* peers change their update groups, mid-session */
    RELOAD_IMPORT,      /* what was received is judged again, mid-session */
    RELOAD_POLICY,      /* stored routes are evaluated again, mid-session */
    RELOAD_ROUTES,      /* static routes are announced and withdrawn, mid-session */
    RELOAD_RESTART,     /* the session begins anew */
    /* A session that is up goes on with the value that it began with: */
    RELOAD_NEXT_SESSION,
    RELOAD_NEXT_CONNECTION,
    RELOAD_MD5,          /* likewise; listening sockets ask for the new key at once */
    RELOAD_NEXT_ATTEMPT, /* with the next connection that is made to the peer */
    RELOAD_NEXT_START,   /* when the daemon is started again */
    /* Nothing by itself: */
    RELOAD_OTHER_PEER,   /* another value is another peer */
    RELOAD_AS_INHERITED, /* as the keys that differ say, and policies that look at the group */
    RELOAD_AS_WITHIN,    /* as each key of the table says */
};

/* When a change takes effect, for people, as docs/configuration.md has it. */
const char *config_reload_text(enum config_reload reload);

#endif
