/* What a line of ExaBGP's text API comes to: calls of BGPd's API, or something for who reads the
 * lines to do. */
#ifndef BGPD_CLI_EXA_CALL_H
#define BGPD_CLI_EXA_CALL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum exa_kind {
    EXA_DONE,     /* nothing is to be done for it here: a comment, an End-of-RIB */
    EXA_CALLS,    /* the calls */
    EXA_WATCHDOG, /* announce or withdraw all routes of a watchdog */
    EXA_TEARDOWN, /* end the sessions with the selected peers */
    EXA_REFRESH,  /* ask the selected peers for the routes of `family` */
    EXA_CLEAR,    /* withdraw all that was announced to the selected peers */
    EXA_SUMMARY,  /* show the sessions */
    EXA_RELOAD,   /* have the daemon read its configuration */
    EXA_VERSION,
    EXA_HELP,
    EXA_SHUTDOWN,    /* end */
    EXA_ACK_ON,      /* answer from now on */
    EXA_ACK_OFF,     /* answer this, and then no more */
    EXA_ACK_SILENCE, /* no more answers */
};

struct exa_command {
    enum exa_kind kind;
    bool withdraw;
    /* Who is meant: a list of objects, of which one must hold as a whole: "neighbor" (an address),
     * "local-ip", "router-id" (addresses), "local-as", "peer-as" (numbers). Empty: all. Owned. */
    json_t *selectors;
    json_t *calls;      /* a list of {"method", "params"}; owned */
    bool next_hop_self; /* the calls lack "next_hop": it is our own address in the session */
    char *watchdog;     /* name of the routes, or of what is to be announced; NULL: none; owned */
    bool held;          /* the routes wait for their watchdog */
    char *family;       /* owned; of EXA_REFRESH */
};

void exa_command_init(struct exa_command *c);
void exa_command_release(struct exa_command *c);
/* Adds a call; takes over `params`. */
void exa_add_call(struct exa_command *c, const char *method, json_t *params);

#endif
