/* The connections of the API.
 *
 * A client that sends its request byte by byte, or takes its answer so, holds a connection for as
 * long as it likes. So a request has a deadline as a whole, and where room is short the longest
 * wait ends. What is kept free for clients on this machine, and for those who hold the token, is
 * not for strangers.
 *
 * A connection is ended by shutting its socket down: the HTTP library then sees the end and closes
 * it. Until then it is in the list, but not counted. */
#include "api/clients.h"

#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "api/call_log.h"
#include "base/mem.h"

static void uncount(struct api_clients *clients, const struct api_client *client)
{
    clients->count--;
    clients->strangers -= !client->known;
}

static void shut_down(struct api_clients *clients, struct api_client *client)
{
    uncount(clients, client);
    client->closing = true;
    shutdown(client->fd, SHUT_RDWR);
}

struct api_client *clients_add(struct api_clients *clients, int fd,
                               const struct client_place *place, uint64_t now_ms)
{
    struct api_client *client = mem_alloc(sizeof(*client));
    *client = (struct api_client){.previous = clients->last,
                                  .fd = fd,
                                  .place = *place,
                                  .known = place_is_local(place),
                                  .since_ms = now_ms};
    if (clients->last)
        clients->last->next = client;
    else
        clients->first = client;
    clients->last = client;
    clients->count++;
    clients->strangers += !client->known;
    return client;
}

void clients_remove(struct api_clients *clients, struct api_client *client)
{
    if (!client->closing)
        uncount(clients, client);
    if (client->next)
        client->next->previous = client->previous;
    else
        clients->last = client->previous;
    if (client->previous)
        client->previous->next = client->next;
    else
        clients->first = client->next;
    free(client);
}

/* Whether `client` goes before `other` (NULL: none yet) when one has to: those that wait for their
 * request before those that are answered, strangers before others, those
 * that never had an answer before those that had one, then by age. */
static bool goes_first(const struct api_client *client, const struct api_client *other)
{
    if (!other)
        return true;
    if (client->answering != other->answering)
        return !client->answering;
    if (client->known != other->known)
        return !client->known;
    if (client->answered != other->answered)
        return !client->answered;
    return client->since_ms < other->since_ms;
}

/* Whether the other end has gone, which the library sees when it next writes. (That a client ends
 * its side alone, and waits for the answer, is hardly ever seen.) */
static bool is_gone(const struct api_client *client)
{
    struct pollfd look = {.fd = client->fd, .events = POLLRDHUP};
    return poll(&look, 1, 0) == 1 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

/* The limit that leaves no room for another one; 0: there is room. */
static unsigned full_at(const struct api_clients *clients, bool known)
{
    if (clients->count >= CLIENTS_MAX)
        return CLIENTS_MAX;
    return !known && clients->strangers >= CLIENTS_STRANGERS_MAX ? CLIENTS_STRANGERS_MAX : 0;
}

/* Whom the connections are of that a limit counts. */
static const char *whose(unsigned limit)
{
    return limit == CLIENTS_STRANGERS_MAX ? " of clients elsewhere without a token" : "";
}

/* The one that goes for another one; NULL when none does. */
static struct api_client *find_victim(const struct api_clients *clients, bool known,
                                      uint64_t now_ms)
{
    struct api_client *victim = NULL;
    for (struct api_client *c = clients->first; c; c = c->next) {
        bool spared = c->closing || (c->known && !known) ||
                      (c->answering && now_ms - c->since_ms < CLIENTS_ANSWER_MS);
        if (!spared && goes_first(c, victim))
            victim = c;
    }
    return victim;
}

bool clients_make_room(struct api_clients *clients, const struct client_place *place,
                       uint64_t now_ms)
{
    bool known = place_is_local(place);
    if (!full_at(clients, known))
        return true;
    for (struct api_client *c = clients->first; c; c = c->next)
        if (!c->closing && is_gone(c))
            shut_down(clients, c);
    unsigned limit = full_at(clients, known);
    if (!limit)
        return true;
    struct api_client *victim = find_victim(clients, known, now_ms);
    if (!victim) {
        call_log_refusal(clients->log, place, known, "connection",
                         "refused: there are %u%s, and all are being answered", limit,
                         whose(limit));
        return false;
    }
    call_log_refusal(clients->log, &victim->place, victim->known, "connection",
                     "closed for another one: there are %u%s", limit, whose(limit));
    shut_down(clients, victim);
    return true;
}

void clients_expire(struct api_clients *clients, uint64_t now_ms)
{
    for (struct api_client *c = clients->first; c; c = c->next) {
        if (c->closing || c->answering || now_ms - c->since_ms < CLIENTS_REQUEST_MS)
            continue;
        if (c->asking || !c->answered) /* else it is kept for later requests, of which none came */
            call_log_refusal(clients->log, &c->place, c->known, "connection",
                             "closed: no complete request within %u s", CLIENTS_REQUEST_MS / 1000);
        shut_down(clients, c);
    }
}

void client_know(struct api_clients *clients, struct api_client *client)
{
    if (client->known)
        return;
    client->known = true;
    clients->strangers -= !client->closing;
}

void client_asks(struct api_client *client)
{
    client->asking = true;
}

void client_goes_on(struct api_client *client, uint64_t now_ms)
{
    client->since_ms = now_ms;
}

void client_answer_begins(struct api_client *client, uint64_t now_ms)
{
    client->answering = true;
    client->since_ms = now_ms;
}

void client_answer_ends(struct api_client *client, uint64_t now_ms)
{
    client->asking = client->answering = false;
    client->answered = true;
    client->since_ms = now_ms;
}
