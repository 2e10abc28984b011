/* The limit that a BGP daemon can come near to: takes sessions, and passes the bytes of every
 * UPDATE to all other peers, without a table or a decision. What it needs for a scenario is what
 * the kernel's loopback and the load generator need.
 *
 * All UPDATEs received stand in one log, in runs of one source; every peer has a place in it and
 * writes from there on, skipping its own runs. The log only grows: one run of the relay serves one
 * measurement. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/ip.h"
#include "base/mem.h"
#include "base/reader.h"
#include "base/writer.h"

enum {
    HEADER_BYTES = 19,
    MESSAGE_MAX = 4096,
    READ_BYTES = 256 * 1024,
    VECTORS = 64,
    EVENTS = 64,
    PEERS_MAX = 2048,
    TYPE_OPEN = 1,
    TYPE_UPDATE = 2,
    AS_TRANS = 23456,
};

static const uint32_t LOCAL_AS = 4200000999U;

static const size_t LOG_BYTES = (size_t)4 << 30; /* of address space; pages come when written */

struct run {
    size_t first, len_bytes; /* in the log */
    int source;              /* socket */
};

struct peer {
    int fd;
    bool open, watching_output;
    size_t run, run_sent_bytes; /* the place in the log */
    uint8_t carry[MESSAGE_MAX];
    size_t carry_len_bytes;
};

static struct {
    int epoll, listener;
    uint8_t *log;
    size_t log_len_bytes;
    struct run *runs;
    size_t run_count, run_room;
    struct peer *peers[PEERS_MAX]; /* by socket */
} relay;

static void log_add(int source, struct span message)
{
    if (relay.log_len_bytes + message.len_bytes > LOG_BYTES) {
        fputs("relay: the log is full\n", stderr);
        exit(1);
    }
    struct run *last = relay.run_count ? &relay.runs[relay.run_count - 1] : NULL;
    if (!last || last->source != source) {
        if (relay.run_count == relay.run_room) {
            relay.run_room = relay.run_room ? 2 * relay.run_room : 1024;
            relay.runs = mem_resize(relay.runs, relay.run_room, sizeof *relay.runs);
        }
        last = &relay.runs[relay.run_count++];
        *last = (struct run){.first = relay.log_len_bytes, .source = source};
    }
    memcpy(relay.log + relay.log_len_bytes, message.data, message.len_bytes);
    relay.log_len_bytes += message.len_bytes;
    last->len_bytes += message.len_bytes;
}

static void watch(struct peer *p, int operation, bool output)
{
    struct epoll_event e = {.events = EPOLLIN | (output ? (uint32_t)EPOLLOUT : 0),
                            .data.fd = p->fd};
    epoll_ctl(relay.epoll, operation, p->fd, &e);
    p->watching_output = output;
}

static void end_peer(struct peer *p)
{
    relay.peers[p->fd] = NULL;
    close(p->fd);
    free(p);
}

/* Moves the place over the peer's own runs; false when there is nothing to send. */
static bool find_unsent(struct peer *p)
{
    while (p->run < relay.run_count) {
        const struct run *run = &relay.runs[p->run];
        if (run->source != p->fd && p->run_sent_bytes < run->len_bytes)
            return true;
        if (p->run + 1 == relay.run_count) /* it may still grow */
            return false;
        p->run++;
        p->run_sent_bytes = 0;
    }
    return false;
}

static size_t gather(const struct peer *p, struct iovec *vectors)
{
    size_t n = 0;
    for (size_t i = p->run; i < relay.run_count && n < VECTORS; i++) {
        const struct run *run = &relay.runs[i];
        size_t skip = i == p->run ? p->run_sent_bytes : 0;
        if (run->source != p->fd && skip < run->len_bytes)
            vectors[n++] = (struct iovec){relay.log + run->first + skip, run->len_bytes - skip};
    }
    return n;
}

static void advance(struct peer *p, size_t sent)
{
    while (sent > 0 && find_unsent(p)) {
        size_t left = relay.runs[p->run].len_bytes - p->run_sent_bytes;
        size_t step = sent < left ? sent : left;
        p->run_sent_bytes += step;
        sent -= step;
    }
}

static void flush(struct peer *p)
{
    bool more = p->open && find_unsent(p);
    if (more) {
        struct iovec vectors[VECTORS];
        ssize_t n = writev(p->fd, vectors, (int)gather(p, vectors));
        if (n > 0)
            advance(p, (size_t)n);
        more = find_unsent(p);
    }
    if (more != p->watching_output)
        watch(p, EPOLL_CTL_MOD, more);
}

static void put_header(struct writer *w, uint16_t len_bytes, uint8_t type)
{
    for (int i = 0; i < 16; i++)
        writer_u8(w, 255);
    writer_u16(w, len_bytes);
    writer_u8(w, type);
}

/* OPEN and KEEPALIVE; the socket is new, so that they fit. */
static void greet(const struct peer *p)
{
    /* One parameter: multiprotocol IPv4 and IPv6 unicast, 4-octet AS (the number follows). */
    static const uint8_t caps[] = {2, 18, 1, 4, 0, 1, 0, 1, 1, 4, 0, 2, 0, 1, 65, 4};
    uint8_t buf[128];
    struct writer w = writer_over(buf, sizeof buf);
    put_header(&w, HEADER_BYTES + 10 + sizeof caps + 4, TYPE_OPEN);
    writer_u8(&w, 4);
    writer_u16(&w, AS_TRANS);
    writer_u16(&w, 3600);
    writer_u32(&w, 0x0a000001);
    writer_u8(&w, sizeof caps + 4);
    writer_bytes(&w, caps, sizeof caps);
    writer_u32(&w, LOCAL_AS);
    put_header(&w, HEADER_BYTES, 4);
    if (send(p->fd, buf, writer_len(&w), MSG_NOSIGNAL) < 0)
        perror("relay: send");
}

static void take_bytes(struct peer *p, const uint8_t *data, size_t n)
{
    struct reader r = reader_over(span_of(data, n));
    while (reader_left(&r) >= HEADER_BYTES) {
        struct reader header = r;
        reader_take(&header, 16);
        uint16_t len_bytes = reader_u16(&header);
        uint8_t type = reader_u8(&header);
        if (reader_left(&r) < len_bytes || len_bytes < HEADER_BYTES)
            break;
        struct span message = reader_take(&r, len_bytes);
        if (type == TYPE_OPEN)
            p->open = true;
        else if (type == TYPE_UPDATE)
            log_add(p->fd, message);
    }
    struct span rest = reader_rest(&r);
    p->carry_len_bytes = rest.len_bytes < MESSAGE_MAX ? rest.len_bytes : 0;
    if (p->carry_len_bytes > 0)
        memcpy(p->carry, rest.data, p->carry_len_bytes);
}

/* False when the connection is over. */
static bool receive(struct peer *p)
{
    static uint8_t buf[MESSAGE_MAX + READ_BYTES];
    memcpy(buf, p->carry, p->carry_len_bytes);
    ssize_t n = recv(p->fd, buf + p->carry_len_bytes, READ_BYTES, 0);
    if (n <= 0)
        return n < 0 && errno == EAGAIN;
    take_bytes(p, buf, p->carry_len_bytes + (size_t)n);
    return true;
}

static void welcome(void)
{
    int fd = accept4(relay.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 || fd >= PEERS_MAX)
        return;
    struct peer *p = mem_zalloc(sizeof *p);
    p->fd = fd;
    relay.peers[fd] = p;
    watch(p, EPOLL_CTL_ADD, false);
    greet(p);
}

static void handle(const struct epoll_event *event)
{
    if (event->data.fd == relay.listener) {
        welcome();
        return;
    }
    struct peer *p = relay.peers[event->data.fd];
    if (p && !receive(p))
        end_peer(p);
}

static void listen_on(const char *endpoint)
{
    struct ip_addr address;
    uint16_t port;
    struct sockaddr_storage sa;
    int on = 1;
    if (ip_parse_endpoint(endpoint, 179, &address, &port) < 0) {
        fputs("usage: bgpd-relay ADDR:PORT\n", stderr);
        exit(2);
    }
    socklen_t size = ip_to_sockaddr(&address, port, &sa);
    relay.listener = socket(address.version == IP_V4 ? AF_INET : AF_INET6,
                            SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(relay.listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(relay.listener, (struct sockaddr *)&sa, size) < 0 ||
        listen(relay.listener, 4096) < 0) {
        perror("relay: bind");
        exit(1);
    }
}

int main(int argc, char **argv)
{
    listen_on(argc == 2 ? argv[1] : "");
    relay.log = mmap(NULL, LOG_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    relay.epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event e = {.events = EPOLLIN, .data.fd = relay.listener};
    epoll_ctl(relay.epoll, EPOLL_CTL_ADD, relay.listener, &e);
    for (;;) {
        struct epoll_event events[EVENTS];
        int n = epoll_wait(relay.epoll, events, EVENTS, -1);
        for (int i = 0; i < n; i++)
            handle(&events[i]);
        for (int fd = 0; fd < PEERS_MAX; fd++)
            if (relay.peers[fd])
                flush(relay.peers[fd]);
    }
}
