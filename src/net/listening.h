/* The listening sockets for one purpose.
 *
 * What cannot be opened is tried again every second until it can; the sockets that it is to take
 * the place of stay open until then. So does everything that such a socket had in force. The log
 * tells what is opened, closed and waited for. */
#ifndef BGPD_NET_LISTENING_H
#define BGPD_NET_LISTENING_H

#include "net/listener.h"

struct listening;

/* `name` is what the log calls it ("BGP"); `changed` is called when a further attempt has changed
 * what is open, NULL: nobody wants to know. Everything is borrowed. */
struct listening *listening_new(uv_loop_t *loop, const char *name,
                                const struct listener_handler *handler, void (*changed)(void *ctx),
                                void *ctx);
/* Closes all of them; the memory goes when the loop has let go of the handles. NULL is allowed. */
void listening_free(struct listening *l);

/* The first sockets. An address that does not exist yet is waited for; ERR_IO, with the reasons
 * appended to *error, when one cannot be had for another reason: then nothing is waited for. */
int listening_open(struct listening *l, const struct endpoint *where, size_t count,
                   struct strbuf *error);

struct listening_counts {
    unsigned opened;
    unsigned closed;
};

/* Goes over to these. What can be opened is; while something cannot, no socket is closed. A line is
 * appended for each one that is not open, which says why and what stays open meanwhile: to *failed,
 * or to *warnings where nothing new was asked for and the address does not exist yet. */
struct listening_counts listening_change(struct listening *l, const struct endpoint *where,
                                         size_t count, struct strbuf *failed,
                                         struct strbuf *warnings);

/* Tries now what could not be opened, and replaces sockets whose interface is another one now. */
void listening_retry(struct listening *l);

/* Appends a line for each one that could not be opened, as above. NULL has none. */
void listening_describe(const struct listening *l, struct strbuf *lines);

/* The sockets that are open, those that stay for others included. NULL has none. */
size_t listening_count(const struct listening *l);
struct listener *listening_at(const struct listening *l, size_t i);

#endif
