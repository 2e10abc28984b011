/* A session of the load generator (RFC 4271 §4, RFC 5492, RFC 6793, RFC 4760). Just as much of BGP
 * as it takes to be a well-behaved peer; whatever is odd ends the session. */
#include "peer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/reader.h"
#include "base/time.h"
#include "base/writer.h"

enum {
    HEADER_BYTES = 19,
    READ_BYTES = 256 * 1024,
    WRITE_BYTES = 512 * 1024,
    TYPE_OPEN = 1,
    TYPE_UPDATE = 2,
    TYPE_NOTIFICATION = 3,
    TYPE_KEEPALIVE = 4,
    AS_TRANS = 23456,
};

/* One for all sessions: what is left of a message goes to the session's carry. */
static uint8_t read_buffer[PEER_MESSAGE_MAX + READ_BYTES];

static void watch(struct peer *p, int operation, bool output)
{
    struct epoll_event e = {.events = EPOLLIN | (output ? (uint32_t)EPOLLOUT : 0), .data.ptr = p};
    epoll_ctl(p->settings->epoll, operation, p->fd, &e);
    p->watching_output = output;
}

void peer_init(struct peer *p, const struct session_settings *settings, struct in_addr local,
               uint32_t as, uint32_t sender)
{
    *p = (struct peer){.settings = settings, .fd = -1, .local = local, .as = as};
    held_init(&p->held, settings->expect, sender);
}

void peer_release(struct peer *p)
{
    peer_close(p);
    held_release(&p->held);
}

void peer_close(struct peer *p)
{
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
    p->state = PEER_DOWN;
    p->out = NULL;
    p->out_len_bytes = p->out_sent_bytes = p->out_boundary_bytes = 0;
    p->control_len_bytes = p->carry_len_bytes = 0;
}

/* The other side ended an established session. */
static void fail(struct peer *p)
{
    p->lost |= p->state == PEER_ESTABLISHED;
    peer_close(p);
}

void peer_connect(struct peer *p)
{
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = p->local};
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->fd < 0 || bind(p->fd, (struct sockaddr *)&from, sizeof from) < 0)
        bench_fail("socket or bind: %s", strerror(errno));
    const struct sockaddr_in *to = &p->settings->target;
    if (connect(p->fd, (const struct sockaddr *)to, sizeof *to) < 0 && errno != EINPROGRESS) {
        peer_close(p);
        return;
    }
    p->state = PEER_CONNECTING;
    watch(p, EPOLL_CTL_ADD, true);
}

/* --- writing --- */

static void put_header(struct writer *w, uint16_t len_bytes, uint8_t type)
{
    for (int i = 0; i < 16; i++)
        writer_u8(w, 255);
    writer_u16(w, len_bytes);
    writer_u8(w, type);
}

static void put_capabilities(struct writer *w, uint32_t as)
{
    for (uint16_t afi = 1; afi <= 2; afi++) {
        writer_u8(w, 1); /* multiprotocol */
        writer_u8(w, 4);
        writer_u16(w, afi);
        writer_u16(w, 1);
    }
    writer_u16(w, 2 << 8); /* route refresh: some ask for it */
    writer_u8(w, 65);      /* 4-octet AS */
    writer_u8(w, 4);
    writer_u32(w, as);
}

static void queue_open(struct peer *p)
{
    uint8_t caps[64];
    struct writer c = writer_over(caps, sizeof caps);
    put_capabilities(&c, p->as);
    uint8_t n = (uint8_t)writer_len(&c);
    struct writer w = writer_over(p->control, sizeof p->control);
    put_header(&w, (uint16_t)(HEADER_BYTES + 12 + n), TYPE_OPEN);
    writer_u8(&w, 4);
    writer_u16(&w, p->as > 65535 ? AS_TRANS : (uint16_t)p->as);
    writer_u16(&w, p->settings->hold_time_s);
    writer_u32(&w, ntohl(p->local.s_addr)); /* the BGP identifier */
    writer_u8(&w, (uint8_t)(n + 2));
    writer_u8(&w, 2); /* capabilities */
    writer_u8(&w, n);
    writer_put(&w, writer_span(&c));
    p->control_len_bytes = writer_len(&w);
}

static void queue_keepalive(struct peer *p)
{
    struct writer w =
        writer_over(p->control + p->control_len_bytes, sizeof p->control - p->control_len_bytes);
    put_header(&w, HEADER_BYTES, TYPE_KEEPALIVE);
    if (writer_ok(&w))
        p->control_len_bytes += writer_len(&w);
}

/* Writes `n` bytes; how many were taken, 0 when the socket is full or broken. */
static size_t write_some(struct peer *p, const uint8_t *data, size_t n)
{
    ssize_t done = send(p->fd, data, n < WRITE_BYTES ? n : WRITE_BYTES, MSG_NOSIGNAL);
    if (done < 0) {
        if (errno != EAGAIN && errno != EINTR)
            fail(p);
        return 0;
    }
    p->bytes_sent += (size_t)done;
    return (size_t)done;
}

/* Moves the boundary to the first message that is not begun yet. */
static void find_boundary(struct peer *p)
{
    while (p->out_boundary_bytes < p->out_sent_bytes) {
        const uint8_t *at = p->out + p->out_boundary_bytes;
        p->out_boundary_bytes += (size_t)at[16] << 8 | at[17];
    }
}

/* Sends control messages, when the stream is between two messages or can be brought there. */
static bool flush_control(struct peer *p)
{
    find_boundary(p);
    size_t rest = p->out_boundary_bytes - p->out_sent_bytes;
    if (rest > 0) {
        p->out_sent_bytes += write_some(p, p->out + p->out_sent_bytes, rest);
        if (p->fd < 0 || p->out_sent_bytes < p->out_boundary_bytes)
            return false;
    }
    size_t n = write_some(p, p->control, p->control_len_bytes);
    if (p->fd < 0)
        return false;
    memmove(p->control, p->control + n, p->control_len_bytes - n);
    p->control_len_bytes -= n;
    return p->control_len_bytes == 0;
}

static void flush(struct peer *p)
{
    bool clear = p->control_len_bytes == 0 || flush_control(p);
    if (clear && p->fd >= 0 && peer_is_sending(p))
        p->out_sent_bytes +=
            write_some(p, p->out + p->out_sent_bytes, p->out_len_bytes - p->out_sent_bytes);
    bool more = p->control_len_bytes > 0 || peer_is_sending(p);
    if (p->fd >= 0 && more != p->watching_output)
        watch(p, EPOLL_CTL_MOD, more);
}

bool peer_is_sending(const struct peer *p)
{
    return p->out_sent_bytes < p->out_len_bytes;
}

void peer_send(struct peer *p, const struct stream *stream)
{
    p->out = stream->data;
    p->out_len_bytes = stream->len_bytes;
    p->out_sent_bytes = p->out_boundary_bytes = 0;
    flush(p);
}

/* --- reading --- */

static void on_keepalive(struct peer *p)
{
    uint64_t now_ns = time_mono_ns();
    if (p->state == PEER_OPEN_SENT) {
        p->state = PEER_ESTABLISHED;
        p->keepalive_gap_ns = 0;
    } else if (now_ns - p->last_keepalive_ns > p->keepalive_gap_ns) {
        p->keepalive_gap_ns = now_ns - p->last_keepalive_ns;
    }
    p->last_keepalive_ns = now_ns;
}

static void on_message(struct peer *p, uint8_t type, struct span body)
{
    switch (type) {
    case TYPE_OPEN:
        queue_keepalive(p);
        p->next_keepalive_ns = time_mono_ns();
        flush(p);
        break;
    case TYPE_UPDATE:
        p->updates_received++;
        held_update(&p->held, p->settings->expect, body);
        break;
    case TYPE_NOTIFICATION:
        memcpy(p->notification, body.data, body.len_bytes < 2 ? body.len_bytes : 2);
        fail(p);
        break;
    case TYPE_KEEPALIVE:
        on_keepalive(p);
        break;
    default:
        break;
    }
}

/* Handles the whole messages in `n` bytes and keeps the rest. */
static void take_bytes(struct peer *p, const uint8_t *data, size_t n)
{
    struct reader r = reader_over(span_of(data, n));
    while (reader_left(&r) >= HEADER_BYTES) {
        struct reader header = r;
        reader_take(&header, 16);
        uint16_t len_bytes = reader_u16(&header);
        uint8_t type = reader_u8(&header);
        if (len_bytes < HEADER_BYTES || len_bytes > PEER_MESSAGE_MAX) {
            fail(p);
            return;
        }
        if (reader_left(&r) < len_bytes)
            break;
        struct span message = reader_take(&r, len_bytes);
        on_message(p, type, span_of(message.data + HEADER_BYTES, len_bytes - (size_t)HEADER_BYTES));
        if (p->fd < 0)
            return;
    }
    struct span rest = reader_rest(&r);
    if (rest.len_bytes > 0)
        memcpy(p->carry, rest.data, rest.len_bytes);
    p->carry_len_bytes = rest.len_bytes;
}

static void receive(struct peer *p)
{
    memcpy(read_buffer, p->carry, p->carry_len_bytes);
    ssize_t n = recv(p->fd, read_buffer + p->carry_len_bytes, READ_BYTES, 0);
    if (n <= 0) {
        if (n == 0 || (errno != EAGAIN && errno != EINTR))
            fail(p);
        return;
    }
    p->bytes_received += (size_t)n;
    take_bytes(p, read_buffer, p->carry_len_bytes + (size_t)n);
}

static void on_connected(struct peer *p)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        peer_close(p);
        return;
    }
    p->state = PEER_OPEN_SENT;
    queue_open(p);
}

void peer_event(struct peer *p, uint32_t events)
{
    if (p->state == PEER_CONNECTING)
        on_connected(p);
    if (p->fd >= 0 && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        receive(p);
    if (p->fd >= 0 && (events & EPOLLOUT))
        flush(p);
}

void peer_tick(struct peer *p, uint64_t now_ns)
{
    if (p->state != PEER_ESTABLISHED || now_ns < p->next_keepalive_ns)
        return;
    p->next_keepalive_ns = now_ns + p->settings->hold_time_s * 1000000000ULL / 3;
    queue_keepalive(p);
    flush(p);
}
