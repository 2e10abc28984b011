/* Listening sockets in the file system, for programs on this machine (unix(7)). */
#ifndef BGPD_NET_LOCAL_LISTENER_H
#define BGPD_NET_LOCAL_LISTENER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/strbuf.h"

enum { LOCAL_PATH_MAX_BYTES = 107 }; /* struct sockaddr_un, with the end */
#define LOCAL_KEEP UINT32_MAX

struct local_place {
    const char *path; /* borrowed */
    uint32_t uid;     /* whose the file becomes; LOCAL_KEEP: the process's */
    uint32_t gid;     /* likewise */
    uint32_t mode;    /* who may connect: whoever may write to it */
};

struct local_listener;

/* An accepted connection: the handler owns `fd` (non-blocking, close-on-exec). */
typedef void local_accept(void *ctx, int fd);

/* Makes the file and listens. One that a process which is gone has left is replaced; one that
 * somebody listens on, or that is no socket, is not. ERR_IO with errno, and why in *error. */
int local_listener_new(uv_loop_t *loop, const struct local_place *place, local_accept *accept,
                       void *ctx, struct local_listener **ret_listener, struct strbuf *error);
/* Has the file be whose and as the place says from now on. ERR_IO with errno, and why in *error. */
int local_listener_settle(struct local_listener *l, const struct local_place *place,
                          struct strbuf *error);
/* Stops listening, and removes the file if it is still ours; the memory goes when the loop has let
 * go of the handles. NULL is allowed. */
void local_listener_free(struct local_listener *l);
const char *local_listener_path(const struct local_listener *l);

/* Who is at the other end: the user's name where /etc/passwd has it, else the number. */
enum { LOCAL_USER_MAX = 40 };
struct local_peer {
    uint32_t uid;
    char user[LOCAL_USER_MAX];
};
/* ERR_IO: it cannot be told. */
int local_peer_of(int fd, struct local_peer *ret_peer);

#endif
