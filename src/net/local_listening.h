/* The listening sockets in the file system for one purpose. What cannot be opened is tried again
 * every second until it can; what is not wanted any more is closed at once, as nothing takes its
 * place. The log tells what is opened, closed and waited for. */
#ifndef BGPD_NET_LOCAL_LISTENING_H
#define BGPD_NET_LOCAL_LISTENING_H

#include "net/listening.h"
#include "net/local_listener.h"

struct local_listening;

/* `name` is what the log calls it ("API"). Everything is borrowed. */
struct local_listening *local_listening_new(uv_loop_t *loop, const char *name, local_accept *accept,
                                            void *ctx);
/* Closes all of them; the memory goes when the loop has let go of the handles. NULL is allowed. */
void local_listening_free(struct local_listening *l);

/* The first sockets. ERR_IO, with the reasons appended to *error, when one cannot be had: then
 * nothing is waited for. */
int local_listening_open(struct local_listening *l, const struct local_place *places, size_t count,
                         struct strbuf *error);
/* Goes over to these. A line is appended to *failed for each that is not as it should be. */
struct listening_counts local_listening_change(struct local_listening *l,
                                               const struct local_place *places, size_t count,
                                               struct strbuf *failed);

/* Appends a line for each one that could not be opened. NULL has none. */
void local_listening_describe(const struct local_listening *l, struct strbuf *lines);
/* The path of the i-th that is open; NULL after the last. NULL has none. */
const char *local_listening_path(const struct local_listening *l, size_t i);

#endif
