/* Following links and addresses (rtnetlink(7)).
 *
 * The socket joins the groups first and then asks for all there is, links and then addresses, so
 * that nothing falls between: what is not mentioned by the end of that has gone. When messages were
 * lost because we were too slow (ENOBUFS), or an answer changed while it was given, all of it is
 * done again with a new socket. Reading is bounded a turn, and never waits.
 *
 * Without rtnetlink (no permission, no such family) the table stays empty. Then what is asked of
 * the kernel by name is all that is known, and a timer has it asked. */
#include "net/links.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/link_table.h"
#include "net/netlink.h"

enum {
    READ_BYTES = 32768, /* the kernel answers in pieces of at most this size */
    READS_PER_TURN = 16,
    RECEIVE_QUEUE_BYTES = 1 << 20,
    LOOK_INTERVAL_MS = 5000,
    AGAIN_MS = 100, /* after messages were lost */
    TELL_INTERVAL_MS = 100,
};

/* One socket; a new one is opened when it has lost messages. */
struct watch {
    uv_poll_t poll;
    struct mnl_socket *socket; /* owned */
};

enum account { ACCOUNT_LINKS, ACCOUNT_ADDRESSES, ACCOUNT_COMPLETE };

struct links {
    uv_timer_t timer;
    uv_timer_t tell_later;
    unsigned open_handles;
    uint64_t next_tell_ms; /* not before (time of the loop) */
    struct watch *watch;   /* owned; NULL while there is none */
    struct link_table table;
    enum account account;
    uint32_t seq; /* of the last request */
    bool changed; /* since on_change was called */
    bool warned;  /* that there is no rtnetlink */
    void (*on_change)(void *ctx);
    void *ctx; /* borrowed */
    uv_loop_t *loop;
    uint32_t buffer[READ_BYTES / sizeof(uint32_t)];
};

/* --- the socket --- */

static void on_watch_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void close_watch(struct links *l)
{
    struct watch *w = l->watch;
    if (!w)
        return;
    l->watch = NULL;
    w->poll.data = w;
    uv_close((uv_handle_t *)&w->poll, on_watch_closed);
    mnl_socket_close(w->socket);
}

static void note_link(void *ctx, const struct netlink_link *link)
{
    struct links *l = ctx;
    l->changed |= link_table_put_link(&l->table, link);
}

static void note_address(void *ctx, const struct netlink_address *address)
{
    struct links *l = ctx;
    l->changed |= link_table_put_address(&l->table, address);
}

/* What is not known cannot be judged: everything counts as up again. */
static void give_up(struct links *l, int error)
{
    close_watch(l);
    link_table_release(&l->table);
    l->changed = true;
    if (!l->warned)
        log_warning("rtnetlink cannot be used: %s; interfaces and addresses are looked at every "
                    "%d s",
                    strerror(error), LOOK_INTERVAL_MS / 1000);
    l->warned = true;
}

static void on_timer(uv_timer_t *timer);

/* Messages were lost: all again, a little later, lest a flood of them should keep us busy. */
static void start_again(struct links *l)
{
    log_debug("rtnetlink: messages were lost, asking for everything again");
    close_watch(l);
    uv_timer_start(&l->timer, on_timer, AGAIN_MS, LOOK_INTERVAL_MS);
}

static int request(struct links *l, enum account account)
{
    uint32_t buffer[NETLINK_REQUEST_MAX / sizeof(uint32_t)];
    l->account = account;
    l->seq++;
    size_t len_bytes = account == ACCOUNT_LINKS ? netlink_request_links(buffer, l->seq)
                                                : netlink_request_addresses(buffer, l->seq);
    return mnl_socket_sendto(l->watch->socket, buffer, len_bytes) < 0 ? errno : 0;
}

static void account_complete(struct links *l)
{
    l->account = ACCOUNT_COMPLETE;
    l->changed |= link_table_sweep(&l->table);
    if (l->table.overfull)
        log_warning("rtnetlink: there are more than %d links or %d addresses; not all are followed",
                    LINK_TABLE_LINKS_MAX, LINK_TABLE_ADDRESSES_MAX);
    if (l->warned)
        log_info("rtnetlink can be used again");
    l->warned = false;
}

static void next_account(struct links *l)
{
    if (l->account == ACCOUNT_ADDRESSES) {
        account_complete(l);
        return;
    }
    int error = request(l, ACCOUNT_ADDRESSES);
    if (error)
        give_up(l, error);
}

/* Reads once; false when there is nothing more to read now. */
static bool read_once(struct links *l)
{
    static const struct netlink_handler handler = {.link = note_link, .address = note_address};
    ssize_t len_bytes = mnl_socket_recvfrom(l->watch->socket, l->buffer, sizeof(l->buffer));
    if (len_bytes < 0 && errno == EINTR)
        return true;
    if (len_bytes < 0) {
        if (errno == ENOBUFS || errno == ENOSPC) /* lost, or cut off */
            start_again(l);
        else if (errno != EAGAIN)
            give_up(l, errno);
        return false;
    }
    int error = 0;
    switch (netlink_decode(l->buffer, (size_t)len_bytes, l->seq, &handler, l, &error)) {
    case NETLINK_MORE:
        break;
    case NETLINK_DONE:
        next_account(l);
        break;
    case NETLINK_REPEAT:
        start_again(l);
        break;
    case NETLINK_REFUSED:
        give_up(l, error);
        break;
    }
    return l->watch != NULL;
}

static void tell(struct links *l);

static void on_tell_later(uv_timer_t *timer)
{
    tell(timer->data);
}

/* At once, but not again and again while there is news all the time: whoever hears of it may have
 * much to look at. */
static void tell(struct links *l)
{
    uint64_t now_ms = uv_now(l->loop);
    if (!l->changed)
        return;
    if (now_ms < l->next_tell_ms) {
        uv_timer_start(&l->tell_later, on_tell_later, l->next_tell_ms - now_ms, 0);
        return;
    }
    l->changed = false;
    l->next_tell_ms = now_ms + TELL_INTERVAL_MS;
    l->on_change(l->ctx);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)events;
    struct links *l = poll->data;
    for (int i = 0; i < READS_PER_TURN && read_once(l); i++)
        ;
    if (status < 0 && l->watch) /* libuv has stopped to watch a socket with an error */
        start_again(l);
    tell(l);
}

static struct mnl_socket *open_socket(void)
{
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (!socket)
        return NULL;
    int queue_bytes = RECEIVE_QUEUE_BYTES;
    setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUF, &queue_bytes, sizeof(queue_bytes));
    unsigned groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
    if (mnl_socket_bind(socket, groups, MNL_SOCKET_AUTOPID) == 0)
        return socket;
    int saved = errno;
    mnl_socket_close(socket);
    errno = saved;
    return NULL;
}

static void open_watch(struct links *l)
{
    struct mnl_socket *socket = open_socket();
    if (!socket) {
        give_up(l, errno);
        return;
    }
    l->watch = mem_zalloc(sizeof(*l->watch));
    l->watch->socket = socket;
    uv_poll_init(l->loop, &l->watch->poll, mnl_socket_get_fd(socket));
    l->watch->poll.data = l;
    uv_poll_start(&l->watch->poll, UV_READABLE, on_readable);
    uv_unref((uv_handle_t *)&l->watch->poll); /* nobody waits for news when all else has ended */
    link_table_begin(&l->table);
    int error = request(l, ACCOUNT_LINKS);
    if (error)
        give_up(l, error);
}

static void on_timer(uv_timer_t *timer)
{
    struct links *l = timer->data;
    if (l->watch)
        return;
    open_watch(l);
    l->changed = true;
    tell(l);
}

struct links *links_new(uv_loop_t *loop, void (*on_change)(void *ctx), void *ctx)
{
    struct links *l = mem_zalloc(sizeof(*l));
    l->loop = loop;
    l->on_change = on_change;
    l->ctx = ctx;
    uv_timer_init(loop, &l->timer);
    uv_timer_init(loop, &l->tell_later);
    l->timer.data = l->tell_later.data = l;
    l->open_handles = 2;
    uv_timer_start(&l->timer, on_timer, LOOK_INTERVAL_MS, LOOK_INTERVAL_MS);
    uv_unref((uv_handle_t *)&l->timer);
    uv_unref((uv_handle_t *)&l->tell_later);
    open_watch(l);
    /* The answers are there as soon as they are asked for: the kernel makes them as they are read.
     */
    while (l->watch && l->account != ACCOUNT_COMPLETE && read_once(l))
        ;
    l->changed = false;
    return l;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct links *l = handle->data;
    if (--l->open_handles == 0)
        free(l);
}

void links_free(struct links *l)
{
    if (!l)
        return;
    close_watch(l);
    link_table_release(&l->table);
    uv_close((uv_handle_t *)&l->timer, on_timer_closed);
    uv_close((uv_handle_t *)&l->tell_later, on_timer_closed);
}

/* --- questions --- */

static struct link_ref ref_of(const struct link *link)
{
    struct link_ref ref = {.index = link->index, .life = link->life};
    memcpy(ref.name, link->name, sizeof(ref.name));
    return ref;
}

struct link_ref links_via(const struct links *l, const struct ip_addr *remote)
{
    bool named = remote->interface[0] != '\0';
    uint32_t index = named ? ip_interface_index(remote->interface) : 0;
    const struct link *link =
        named ? link_table_find(&l->table, index) : link_table_via(&l->table, remote);
    if (link)
        return link->loopback ? (struct link_ref){0} : ref_of(link);
    struct link_ref ref = {.index = index};
    memcpy(ref.name, remote->interface, sizeof(ref.name));
    return ref;
}

bool links_lost(const struct links *l, const struct link_ref *ref, bool only_gone,
                struct strbuf *why)
{
    if (ref->index == 0)
        return false;
    const struct link *link = link_table_find(&l->table, ref->index);
    bool known = l->watch && !l->table.overfull;
    uint32_t index =
        link && strcmp(link->name, ref->name) == 0 ? ref->index : ip_interface_index(ref->name);
    bool gone = only_gone && known ? !link : index != ref->index;
    if (gone)
        strbuf_printf(why, index == 0 ? "interface %s does not exist" : "interface %s was replaced",
                      ref->name);
    else if (!only_gone && link && !link->up)
        strbuf_printf(why, "interface %s is down", ref->name);
    else if (!only_gone && link && link->life != ref->life && ref->life != 0)
        strbuf_printf(why, "interface %s was down", ref->name);
    else
        return false;
    return true;
}

bool links_block(const struct links *l, const struct ip_addr *remote, bool with_network,
                 struct strbuf *why)
{
    const struct link *link;
    if (remote->interface[0] != '\0') {
        uint32_t index = ip_interface_index(remote->interface);
        if (index == 0) {
            strbuf_printf(why, "interface %s does not exist", remote->interface);
            return true;
        }
        link = link_table_find(&l->table, index);
    } else {
        link = with_network ? link_table_via(&l->table, remote) : NULL;
    }
    if (!link || link->up || link->loopback)
        return false;
    strbuf_printf(why, "interface %s is down", link->name);
    return true;
}

bool links_attach(const struct links *l, const struct ip_addr *addr)
{
    return ip_is_loopback(addr) || ip_is_link_local(addr) || link_table_via(&l->table, addr) ||
           link_table_has_address(&l->table, addr, 0);
}

static uint32_t index_of(const struct ip_addr *addr)
{
    return addr->interface[0] != '\0' ? ip_interface_index(addr->interface) : 0;
}

bool links_have_address(const struct links *l, const struct ip_addr *addr)
{
    return link_table_has_address(&l->table, addr, index_of(addr));
}

void links_each_address(const struct links *l,
                        void (*each)(void *ctx, const struct ip_addr *addr, const char *link),
                        void *ctx)
{
    link_table_each_address(&l->table, each, ctx);
}

bool links_reach(const struct links *l, const struct ip_addr *remote)
{
    return link_table_reaches(&l->table, remote, index_of(remote));
}
