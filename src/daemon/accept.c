/* The BGP sockets, and who is let in. What is refused is said in the log; anybody may come, as
 * often as they like, so that lines have limits. */
#include "daemon/accept.h"

#include <unistd.h>

#include "base/log.h"
#include "daemon/state.h"

/* Lines have a limit for each address, and one for all that no block names. `b` may be NULL. */
static void log_refusal(struct speaker *s, const struct peer_block *b, const struct ip_addr *addr,
                        const char *why)
{
    struct log_source source = {.addr = *addr, .stranger = !b || peer_block_is_network(b)};
    char name[IP_TEXT_MAX];
    char more[LOG_LIMIT_TEXT_MAX];
    uint32_t left_out;
    if (log_sources_allow(&s->refusals, &source, uv_now(s->loop), LOG_LEVEL_INFO, &left_out))
        log_info("connection from %s refused: %s%s", ip_format(addr, name), why,
                 log_limit_text(left_out, more));
}

/* RFC 4486 §4. */
static void refuse(struct speaker *s, const struct peer_block *b, int fd,
                   const struct ip_addr *addr, const char *why)
{
    peers_refuse(s->env, fd, NOTIFY_CEASE_CONNECTION_REJECTED);
    log_refusal(s, b, addr, why);
}

/* Without a word: it does not come from where the peer is (RFC 5082 §3). */
static void drop(struct speaker *s, const struct peer_block *b, int fd, const struct ip_addr *addr,
                 const char *why)
{
    close(fd);
    log_refusal(s, b, addr, why);
}

/* A connection that a listener has accepted. */
static void let_in(void *ctx, int fd, const struct endpoint *remote, const struct endpoint *local)
{
    struct speaker *s = ctx;
    struct peer_block *b = speaker_match(s, &remote->addr);
    struct neighbor *n = NULL;
    (void)local;
    if (!b || s->stopping) {
        refuse(s, b, fd, &remote->addr, "no such peer is configured");
        return;
    }
    if (peer_block_is_closed(s, b)) {
        char why[ENTRY_CLOSED_TEXT_MAX];
        refuse(s, b, fd, &remote->addr, peer_block_closed_why(s, b, why));
        return;
    }
    const char *objection = peer_block_ttl_objection(b, fd);
    if (objection) {
        drop(s, b, fd, &remote->addr, objection);
        return;
    }
    if (b->enabled) {
        n = peer_block_find(b, &remote->addr);
        if (!n && peer_block_is_network(b))
            n = peer_block_add_neighbor(s, b, &remote->addr);
    }
    if (!n) {
        refuse(s, b, fd, &remote->addr,
               b->enabled ? "the peer is one too many" : "the peer is disabled");
        return;
    }
    peer_accept(n->session, fd);
}

/* --- the sockets --- */

static const struct listener_handler handler = {.guard = speaker_guard_listener, .accept = let_in};

static void on_changed(void *ctx)
{
    speaker_report_guards(ctx);
}

static int init(struct speaker *s, struct strbuf *error)
{
    s->refusals.lead = "connection from ";
    s->refusals.strangers = "connections from others";
    s->listening = listening_new(s->loop, "BGP", &handler, on_changed, s);
    return listening_open(s->listening, s->config->bgp_sockets, s->config->bgp_socket_count, error);
}

static void reconfigure(struct speaker *s, const struct config *old, struct reload_summary *sum)
{
    (void)old;
    struct listening_counts counts =
        listening_change(s->listening, s->config->bgp_sockets, s->config->bgp_socket_count,
                         &sum->failed, &sum->warnings);
    sum->sockets_opened += counts.opened;
    sum->sockets_closed += counts.closed;
}

static void links_changed(struct speaker *s)
{
    listening_retry(s->listening);
}

static void describe(const struct speaker *s, struct strbuf *lines)
{
    listening_describe(s->listening, lines);
}

static void stop(struct speaker *s)
{
    listening_free(s->listening);
    s->listening = NULL;
}

static void release(struct speaker *s)
{
    log_sources_release(&s->refusals);
}

const struct service listening_service = {
    .name = "listening",
    .init = init,
    .reconfigure = reconfigure,
    .links_changed = links_changed,
    .describe = describe,
    .stop = stop,
    .release = release,
};
