/* The router's side of the RPKI to Router protocol (RFC 6810, RFC 8210, 8210bis), as a state
 * machine: bytes and moments in, bytes and decisions out. Pure: it has no socket and no clock.
 *
 * What the cache says goes to a record_set. The session outlives connections: session id and serial
 * number stay, so that after a break only what differs is asked for, and so do the data, until they
 * expire. */
#ifndef BGPD_RPKI_RTR_SESSION_H
#define BGPD_RPKI_RTR_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "rpki/record_set.h"
#include "rpki/rtr_pdu.h"

/* RFC 8210 §6: what there is when the cache says nothing, and between which bounds what it says
 * lies. */
enum {
    RTR_REFRESH_S = 3600,
    RTR_REFRESH_MAX_S = 86400,
    RTR_RETRY_S = 600,
    RTR_RETRY_MAX_S = 7200,
    RTR_EXPIRE_S = 7200,
    RTR_EXPIRE_MIN_S = 600,
    RTR_EXPIRE_MAX_S = 172800,
};

enum rtr_state {
    RTR_DOWN,      /* there is no connection */
    RTR_ASKING,    /* a query was sent */
    RTR_RECEIVING, /* its answer is arriving */
    RTR_APPLYING,  /* the answer is complete, and is put in force */
    RTR_SYNCED,    /* until there is something new, or it is time to ask */
    RTR_NO_ANSWER, /* the cache has no data: it will be asked again */
    RTR_STATES,
};

/* How a connection ended, and so when there is to be another one. */
enum rtr_end {
    RTR_END_NONE,  /* it has not */
    RTR_END_AGAIN, /* at once, with another version */
    RTR_END_LOST,  /* soon */
    RTR_END_ERROR, /* after what the cache or the configuration says of queries that failed */
    RTR_END_LIMIT, /* it sent too much: not for long */
};

struct rtr_timers {
    uint32_t refresh_s;
    uint32_t retry_s;
    uint32_t expire_s;
};

struct rtr_settings {
    uint8_t version;          /* the highest that is spoken */
    struct rtr_timers timers; /* 0: as the cache says */
};

enum { RTR_SESSION_OUT_BYTES = 512, RTR_PROBLEM_MAX = 256 };

struct rtr_session {
    struct rtr_settings settings;
    struct record_set *records; /* borrowed */
    enum rtr_state state;
    enum rtr_end end; /* of this connection: it is to be closed when `out` was written */
    uint8_t version;  /* in which is spoken; between connections, in which the next one begins */
    bool agreed;      /* the cache has answered in this version */
    bool heard;       /* anything of the cache, in this connection */
    int proven;       /* the highest version that has brought data; -1: none has */
    bool full;        /* the query that is under way is for all */
    bool has_news;    /* a notify has come that the query under way may not know of: */
    uint16_t news_session_id;
    uint32_t news_serial;

    bool has_session;    /* the next query is for differences, from: */
    uint16_t session_id; /* (of the answer that is arriving, too) */
    uint32_t serial;
    uint8_t session_version; /* a session is one of a version */

    bool has_data; /* there is something in force */
    uint64_t data_mono_ms;
    struct rtr_timers told;   /* as the cache has said; 0: it has not */
    struct rtr_timers timers; /* that count, once there were data */

    uint64_t ask_ms;       /* when to ask; 0: not now */
    uint64_t deadline_ms;  /* until when there must be more of the answer; 0: none is waited for */
    uint64_t answer_by_ms; /* and the whole */
    uint64_t expire_ms;    /* 0: there is nothing to expire */

    char problem[RTR_PROBLEM_MAX]; /* the last one, for people; "": there was none */
    uint64_t problem_mono_ms;
    uint32_t problems; /* how many there were */

    uint8_t out[RTR_SESSION_OUT_BYTES]; /* to be sent; the owner takes it off */
    size_t out_bytes;
};

void rtr_session_init(struct rtr_session *s, const struct rtr_settings *settings,
                      struct record_set *records);
/* Other settings; those of time are for data that are there already, too. */
void rtr_session_set(struct rtr_session *s, const struct rtr_settings *settings);

/* A connection has come about: asks. */
void rtr_session_up(struct rtr_session *s, uint64_t now_ms);
/* Takes from the input what it can, and returns how many bytes that was. It stops where the answer
 * has to be applied (RTR_APPLYING), and at the end of the connection (`end`). The record set must
 * not be busy. */
size_t rtr_session_input(struct rtr_session *s, struct span in, uint64_t now_ms);
/* The record set is through with what it was to do. */
void rtr_session_settled(struct rtr_session *s, uint64_t now_ms);
/* Looks at the time. To be called when rtr_session_next_ms has come; other times do no harm. */
void rtr_session_tick(struct rtr_session *s, uint64_t now_ms);
/* How long the cache, or the configuration, wants us to wait after a query that failed; 0: nobody
 * has said. */
uint32_t rtr_session_retry_s(const struct rtr_session *s);
/* When something is to be done; 0: never. */
uint64_t rtr_session_next_ms(const struct rtr_session *s);
/* There is no connection any more, or none has come about. `why` is NULL when there is nothing to
 * be said of it; `closed`: the cache has closed it. Returns how it ended. */
enum rtr_end rtr_session_down(struct rtr_session *s, const char *why, bool closed, uint64_t now_ms);
/* The session begins anew with the next connection: with all data, and the highest version. */
void rtr_session_forget(struct rtr_session *s);

/* "in sync": static. */
const char *rtr_state_text(enum rtr_state state);

#endif
