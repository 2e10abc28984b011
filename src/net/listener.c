/* Listening sockets of TCP. */
#include "net/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log_limit.h"
#include "base/mem.h"
#include "net/acceptor.h"
#include "net/tcp.h"

enum { BACKLOG = 1024 };

struct listener {
    struct acceptor acceptor;
    struct endpoint where;
    uint32_t interface_index;               /* of a link-local address when it was bound */
    const struct listener_handler *handler; /* borrowed */
    void *ctx;                              /* borrowed */
    struct log_limit log_limit;
};

static void on_accept(void *ctx, int fd)
{
    struct listener *l = ctx;
    struct endpoint remote;
    struct endpoint local;
    if (tcp_remote(fd, &remote) != 0 || tcp_local(fd, &local) != 0)
        close(fd); /* reset before it was accepted */
    else
        l->handler->accept(l->ctx, fd, &remote, &local);
}

static void on_out_of_room(void *ctx, int error)
{
    struct listener *l = ctx;
    char more[LOG_LIMIT_TEXT_MAX];
    uint32_t left_out;
    if (log_limit_allow(&l->log_limit, uv_now(l->acceptor.poll.loop), LOG_LEVEL_ERROR, &left_out,
                        "cannot accept connections"))
        log_error("cannot accept connections: %s%s", strerror(error),
                  log_limit_text(left_out, more));
}

static void on_closed(void *ctx)
{
    struct listener *l = ctx;
    log_limit_release(&l->log_limit);
    free(l);
}

static const struct acceptor_handler acceptor_handler = {
    .accept = on_accept, .out_of_room = on_out_of_room, .closed = on_closed};

static bool set_shared(int fd, int shared)
{
    return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &shared, sizeof(shared)) == 0;
}

static int bind_socket(const struct endpoint *where, bool shared, int *ret_fd)
{
    int fd = tcp_socket(where->addr.version);
    if (fd < 0)
        return fd;
    int yes = 1;
    int only_v6 = !ip_is_unspecified(&where->addr);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
        (where->addr.version == IP_V6 &&
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof(only_v6)) != 0) ||
        tcp_apply_listener(fd, where->addr.version) != 0 || (shared && !set_shared(fd, 1)) ||
        tcp_bind(fd, &where->addr, where->port) != 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return errno == EADDRNOTAVAIL || errno == ENODEV ? ERR_NOT_FOUND : ERR_IO;
    }
    *ret_fd = fd;
    return 0;
}

static void explain(struct strbuf *error, const struct endpoint *where)
{
    char text[IP_ENDPOINT_TEXT_MAX];
    int saved = errno;
    if (error)
        strbuf_printf(error, "cannot listen on %s: %s",
                      ip_format_endpoint(&where->addr, where->port, text), strerror(saved));
    errno = saved;
}

static uint32_t interface_index(const struct ip_addr *addr)
{
    return addr->interface[0] != '\0' ? ip_interface_index(addr->interface) : 0;
}

bool listener_is_stale(const struct listener *l)
{
    return l->interface_index != interface_index(&l->where.addr);
}

static int open_listener(uv_loop_t *loop, const struct endpoint *where,
                         const struct listener_handler *handler, void *ctx, bool shared,
                         struct listener **ret_listener, struct strbuf *error)
{
    int fd;
    int err = bind_socket(where, shared, &fd);
    if (err) {
        explain(error, where);
        return err;
    }
    struct listener *l = mem_zalloc(sizeof(*l));
    *l = (struct listener){.where = *where, .handler = handler, .ctx = ctx};
    tcp_local(fd, &l->where);
    l->interface_index = interface_index(&l->where.addr);
    acceptor_init(&l->acceptor, loop, fd, &acceptor_handler, l);
    if (handler->guard)
        handler->guard(ctx, l);
    if (listen(fd, BACKLOG) != 0) {
        explain(error, where);
        int saved = errno;
        listener_free(l);
        errno = saved;
        return ERR_IO;
    }
    if (shared)
        set_shared(fd, 0);
    acceptor_start(&l->acceptor);
    *ret_listener = l;
    return 0;
}

/* SO_REUSEPORT lets sockets of one user that all have it overlap. It is theirs only as long as this
 * takes: no other process is to share the port. */
int listener_new(uv_loop_t *loop, const struct endpoint *where,
                 const struct listener_handler *handler, void *ctx, struct listener *const *others,
                 size_t other_count, struct listener **ret_listener, struct strbuf *error)
{
    for (size_t i = 0; i < other_count; i++)
        set_shared(others[i]->acceptor.fd, 1);
    int err = open_listener(loop, where, handler, ctx, other_count > 0, ret_listener, error);
    int saved = errno;
    for (size_t i = 0; i < other_count; i++)
        set_shared(others[i]->acceptor.fd, 0);
    errno = saved;
    return err;
}

void listener_free(struct listener *l)
{
    if (!l)
        return;
    acceptor_close(&l->acceptor);
}

const struct endpoint *listener_endpoint(const struct listener *l)
{
    return &l->where;
}

/* Whether connections over this version come in. */
static bool takes(const struct listener *l, uint8_t version)
{
    uint8_t own = l->where.addr.version;
    return version == own || (own == IP_V6 && ip_is_unspecified(&l->where.addr));
}

int listener_set_md5(struct listener *l, const struct prefix *remote, const char *password)
{
    if (!takes(l, remote->version))
        return 0;
    return tcp_set_md5(l->acceptor.fd, l->where.addr.version, remote, password);
}

int listener_set_minimum_ttl(struct listener *l, int ipv4, int ipv6)
{
    int err = takes(l, IP_V4) ? tcp_set_minimum_ttl(l->acceptor.fd, IP_V4, ipv4) : 0;
    if (!err && takes(l, IP_V6))
        err = tcp_set_minimum_ttl(l->acceptor.fd, IP_V6, ipv6);
    return err ? err : tcp_save_syn(l->acceptor.fd);
}
