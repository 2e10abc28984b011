/* Taking connections.
 *
 * Accepting is bounded per turn of the loop. When the process is out of descriptors it pauses, as
 * the level-triggered poll would otherwise spin on a connection that cannot be taken. */
#include "net/acceptor.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACCEPTS_PER_TURN = 64, PAUSE_MS = 200 };

static void on_pause_over(uv_timer_t *timer)
{
    acceptor_start(timer->data);
}

/* False when there is nothing more to accept now. */
static bool accept_one(struct acceptor *a)
{
    int fd = accept4(a->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        a->handler->accept(a->ctx, fd);
        return true;
    }
    int error = errno;
    if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
        a->handler->out_of_room(a->ctx, error);
        uv_poll_stop(&a->poll);
        uv_timer_start(&a->pause, on_pause_over, PAUSE_MS, 0);
    }
    /* Other errors belong to a connection that is gone already (accept(2)). */
    return error == EINTR || error == ECONNABORTED;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct acceptor *a = poll->data;
    for (int i = 0; i < ACCEPTS_PER_TURN && !uv_is_closing((uv_handle_t *)poll); i++)
        if (!accept_one(a))
            return;
}

void acceptor_init(struct acceptor *a, uv_loop_t *loop, int fd,
                   const struct acceptor_handler *handler, void *ctx)
{
    *a = (struct acceptor){.fd = fd, .open_handles = 2, .handler = handler, .ctx = ctx};
    uv_poll_init(loop, &a->poll, fd);
    uv_timer_init(loop, &a->pause);
    a->poll.data = a->pause.data = a;
}

void acceptor_start(struct acceptor *a)
{
    uv_poll_start(&a->poll, UV_READABLE, on_poll);
}

static void on_closed(uv_handle_t *handle)
{
    struct acceptor *a = handle->data;
    if (--a->open_handles == 0)
        a->handler->closed(a->ctx);
}

void acceptor_close(struct acceptor *a)
{
    uv_close((uv_handle_t *)&a->poll, on_closed);
    uv_close((uv_handle_t *)&a->pause, on_closed);
    close(a->fd);
}
