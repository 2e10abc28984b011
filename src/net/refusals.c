/* Refusing connections, for whoever comes and as often as they like.
 *
 * A socket that is closed while input waits in it answers with a reset, which may destroy the
 * message on its way (as in net/transport). So the last few stay open for a moment, and
 * what came is read before they are closed. They stand in a ring: the oldest one makes room. So
 * strangers cost a few system calls each, and no more memory or descriptors than the ring has. */
#include "net/refusals.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

enum { OPEN_MAX = 64, OPEN_MS = 1000, DRAIN_BYTES = 16384 };

struct refused {
    int fd;
    uint64_t since_ms;
};

struct refusals {
    uv_timer_t timer; /* active while some are open: for the oldest one */
    struct refused ring[OPEN_MAX];
    unsigned first; /* the oldest one */
    unsigned count;
};

static void close_oldest(struct refusals *r)
{
    uint8_t scratch[DRAIN_BYTES];
    int fd = r->ring[r->first].fd;
    (void)!recv(fd, scratch, sizeof(scratch), MSG_DONTWAIT);
    close(fd);
    r->first = (r->first + 1) % OPEN_MAX;
    r->count--;
}

static void arm(struct refusals *r);

static void on_timer(uv_timer_t *timer)
{
    struct refusals *r = timer->data;
    uint64_t now_ms = uv_now(timer->loop);
    while (r->count > 0 && now_ms >= r->ring[r->first].since_ms + OPEN_MS)
        close_oldest(r);
    arm(r);
}

static void arm(struct refusals *r)
{
    if (r->count == 0)
        return;
    uint64_t due_ms = r->ring[r->first].since_ms + OPEN_MS;
    uint64_t now_ms = uv_now(r->timer.loop);
    uv_timer_start(&r->timer, on_timer, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

struct refusals *refusals_new(uv_loop_t *loop)
{
    struct refusals *r = mem_zalloc(sizeof(*r));
    uv_timer_init(loop, &r->timer);
    r->timer.data = r;
    return r;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void refusals_free(struct refusals *r)
{
    while (r->count > 0)
        close_oldest(r);
    uv_close((uv_handle_t *)&r->timer, on_closed);
}

void refusals_send(struct refusals *r, int fd, struct span last)
{
    (void)!send(fd, last.data, last.len_bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    if (r->count == OPEN_MAX)
        close_oldest(r);
    r->ring[(r->first + r->count++) % OPEN_MAX] =
        (struct refused){.fd = fd, .since_ms = uv_now(r->timer.loop)};
    if (r->count == 1)
        arm(r);
}
