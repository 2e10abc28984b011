/* The connections of the API: whose they are, how long they take, and which of them goes where room
 * is short. */
#ifndef BGPD_API_CLIENTS_H
#define BGPD_API_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "api/place.h"
#include "base/log_limit.h"

enum {
    CLIENTS_MAX = 128,
    /* Of them those that are neither on this machine nor have shown the token. */
    CLIENTS_STRANGERS_MAX = 96,
    /* A whole request has so much time, from the beginning of the connection or the end of the
     * answer before it. */
    CLIENTS_REQUEST_MS = 30000,
    /* An answer is let go on for so long, even where room is short. */
    CLIENTS_ANSWER_MS = 10000,
};

/* One connection. */
struct api_client {
    struct api_client *next;
    struct api_client *previous;
    int fd; /* borrowed */
    struct client_place place;
    bool known;        /* on this machine, or has shown the token */
    bool asking;       /* the beginning of a request is there */
    bool answering;    /* all of it is, the answer under way */
    bool answered;     /* at least once, so it is not one that never ends its request */
    bool closing;      /* was shut down */
    uint64_t since_ms; /* when it began to wait for a request, or to be answered */
};

/* Zero-initialised but for `log` is empty. */
struct api_clients {
    struct api_client *first; /* in the order in which they came; owned */
    struct api_client *last;
    unsigned count;          /* those that are closing not included */
    unsigned strangers;      /* of them not known */
    struct log_sources *log; /* borrowed: where it is said what was not let in, or ended */
};

/* A connection that begins; owned by the list until clients_remove. `fd` is borrowed until then. */
struct api_client *clients_add(struct api_clients *clients, int fd,
                               const struct client_place *place, uint64_t now_ms);
void clients_remove(struct api_clients *clients, struct api_client *client);

/* Whether another connection may begin. When there are too many, one is shut down for it: the one
 * that has waited longest for its first request to be complete, else for a later one, else the one
 * whose answer has taken longest. Strangers only take the place of strangers. */
bool clients_make_room(struct api_clients *clients, const struct client_place *place,
                       uint64_t now_ms);
/* Shuts down those whose request is not complete in time. */
void clients_expire(struct api_clients *clients, uint64_t now_ms);

/* The client has shown the token. */
void client_know(struct api_clients *clients, struct api_client *client);
/* The headers of its request are there; all of it is; its answer is complete. */
void client_asks(struct api_client *client);
/* Of its request more was carried out, before all of it is there. */
void client_goes_on(struct api_client *client, uint64_t now_ms);
void client_answer_begins(struct api_client *client, uint64_t now_ms);
void client_answer_ends(struct api_client *client, uint64_t now_ms);

#endif
