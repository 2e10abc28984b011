/* One TCP socket on the loop.
 *
 * A socket that is closed while input waits in it answers with a reset, and a reset may destroy the
 * last message on its way to the peer's application. Therefore a transport with a last message
 * lingers on its own after transport_close: it writes the message, shuts down its direction, and
 * reads and forgets what comes until the peer closes too (or LINGER_MS have passed).
 *
 * Invariant: `events` is what libuv watches for; 0 means that the poll handle is stopped. */
#include "net/transport.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/tcp.h"

enum { VECTORS_MAX = 256, LINGER_MS = 2000, DRAIN_READS = 16, DRAIN_BYTES = 16384 };

struct transport {
    uv_poll_t poll;
    uv_timer_t linger; /* runs while closing */
    unsigned open_handles;
    int fd; /* owned */
    int events;
    bool connecting;
    bool reading;
    bool blocked;      /* the socket takes no more until the loop says so */
    bool write_failed; /* the socket is broken; reading it tells why */
    bool has_last;     /* the queue ends with the last message */
    bool closing;      /* detached from the owner */
    bool shut_down;    /* our direction, after the last message */
    struct msgq queue;
    const struct transport_handler *handler;
    void *ctx; /* borrowed */
};

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch(struct transport *t)
{
    bool output = t->connecting || (t->blocked && !msgq_empty(&t->queue) && !t->write_failed);
    int events = (t->reading ? UV_READABLE : 0) | (output ? UV_WRITABLE : 0);
    if (events == t->events || uv_is_closing((uv_handle_t *)&t->poll))
        return;
    t->events = events;
    if (events)
        uv_poll_start(&t->poll, events, on_poll);
    else
        uv_poll_stop(&t->poll);
}

struct transport *transport_new(uv_loop_t *loop, int fd, bool connecting,
                                const struct transport_handler *handler, void *ctx)
{
    struct transport *t = mem_zalloc(sizeof(*t));
    t->fd = fd;
    t->connecting = connecting;
    t->reading = !connecting;
    t->handler = handler;
    t->ctx = ctx;
    uv_poll_init(loop, &t->poll, fd);
    uv_timer_init(loop, &t->linger);
    t->poll.data = t->linger.data = t;
    t->open_handles = 2;
    watch(t);
    return t;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct transport *t = handle->data;
    if (--t->open_handles == 0) {
        msgq_release(&t->queue);
        free(t);
    }
}

static void destroy(struct transport *t)
{
    if (uv_is_closing((uv_handle_t *)&t->poll))
        return;
    uv_close((uv_handle_t *)&t->poll, on_handle_closed);
    uv_close((uv_handle_t *)&t->linger, on_handle_closed);
    close(t->fd);
    t->fd = -1;
}

/* Reads and forgets; true at the end of the input or on an error. */
static bool drain(struct transport *t)
{
    uint8_t scratch[DRAIN_BYTES];
    for (int i = 0; i < DRAIN_READS; i++) {
        ssize_t n = transport_read(t, scratch, sizeof(scratch));
        if (n <= 0)
            return n != -EAGAIN;
    }
    return false; /* one who keeps on sending is cut off by the timer */
}

/* One step of closing. */
static void linger(struct transport *t)
{
    uint64_t messages = 0;
    uint64_t updates = 0;
    transport_write(t, &messages, &updates);
    if (msgq_empty(&t->queue) && !t->shut_down) {
        shutdown(t->fd, SHUT_WR);
        t->shut_down = true;
    }
    if (t->write_failed || drain(t))
        destroy(t);
    else
        watch(t);
}

static void on_linger_over(uv_timer_t *timer)
{
    destroy(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct transport *t = poll->data;
    if (status < 0) {
        t->events = 0; /* libuv has stopped the handle; reading the socket tells the error */
        events = UV_READABLE | UV_WRITABLE;
    }
    if (events & UV_WRITABLE)
        t->blocked = false;
    if (t->closing) {
        linger(t);
        return;
    }
    if (t->connecting) {
        t->connecting = false;
        t->reading = true;
        t->handler->connected(t->ctx, tcp_error(t->fd));
    } else {
        if (events & UV_WRITABLE)
            t->handler->writable(t->ctx);
        if ((events & UV_READABLE) && t->reading && !t->closing)
            t->handler->readable(t->ctx);
    }
    watch(t);
}

void transport_set_reading(struct transport *t, bool reading)
{
    t->reading = reading;
    watch(t);
}

ssize_t transport_read(struct transport *t, void *buf, size_t size_bytes)
{
    ssize_t n;
    do {
        n = read(t->fd, buf, size_bytes);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

bool transport_has_input(const struct transport *t)
{
    int waiting = 0;
    return ioctl(t->fd, FIONREAD, &waiting) == 0 && waiting > 0;
}

struct msgq *transport_queue(struct transport *t)
{
    return &t->queue;
}

/* One system call; a negative errno value, or the bytes written. */
static ssize_t write_some(struct transport *t)
{
    struct iovec vectors[VECTORS_MAX];
    struct msghdr message = {.msg_iov = vectors};
    message.msg_iovlen = (size_t)msgq_vectors(&t->queue, vectors, VECTORS_MAX);
    ssize_t n;
    do {
        n = sendmsg(t->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

size_t transport_write(struct transport *t, uint64_t *messages, uint64_t *updates)
{
    size_t written = 0;
    while (!t->connecting && !t->blocked && !t->write_failed && !msgq_empty(&t->queue)) {
        ssize_t n = write_some(t);
        if (n >= 0) {
            msgq_advance(&t->queue, (size_t)n, messages, updates);
            written += (size_t)n;
        } else if (n == -EAGAIN || n == -ENOBUFS) {
            t->blocked = true;
        } else {
            t->write_failed = true;
        }
    }
    watch(t);
    return written;
}

void transport_finish_with(struct transport *t, struct msgbuf *last)
{
    struct msgbuf *rest = NULL;
    struct iovec head;
    if (t->queue.head_sent_bytes > 0 && msgq_vectors(&t->queue, &head, 1) == 1)
        rest = msgbuf_new(head.iov_base, head.iov_len, 0, 0);
    msgq_clear(&t->queue);
    if (rest)
        msgq_push(&t->queue, rest);
    msgbuf_unref(rest);
    msgq_push(&t->queue, last);
    t->has_last = true;
}

void transport_close(struct transport *t)
{
    t->closing = true;
    if (!t->has_last || t->connecting) {
        destroy(t);
        return;
    }
    t->reading = true;
    uv_timer_start(&t->linger, on_linger_over, LINGER_MS, 0);
    linger(t);
}

int transport_fd(const struct transport *t)
{
    return t->fd;
}
