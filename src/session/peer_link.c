/* What the interfaces and addresses of this machine mean to a peer.
 *
 * A peer whose interface does not exist or is down makes no attempts, as none could succeed; it
 * goes on when the interface has come. A connection ends when the link that it runs over goes down
 * (`fast_fallover`), and in any case when the interface of a link-local address is gone: the next
 * one of that name has another index, which the connection will never use. */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "session/peer_private.h"

void peer_note_link(struct peer *p, struct connection *c)
{
    c->link = (struct link_ref){0};
    if (p->config->fast_fallover || p->remote.interface[0] != '\0')
        c->link = links_via(p->env->links, &p->remote);
}

uint32_t peer_link(const struct peer *p)
{
    return links_via(p->env->links, &p->remote).index;
}

bool peer_must_wait(struct peer *p)
{
    struct strbuf why = {0};
    p->waits_for_link = links_block(p->env->links, &p->remote, p->config->fast_fallover, &why);
    if (p->waits_for_link && strcmp(strbuf_text(&why), peer_last_error(p)) != 0) {
        peer_log(p, &p->event_limit, LOG_LEVEL_INFO, "waits: %s", strbuf_text(&why));
        peer_set_last_error(p, strbuf_text(&why));
    }
    strbuf_release(&why);
    return p->waits_for_link;
}

void peer_note_attempt(struct peer *p, int err)
{
    bool waited = p->waits_for_address;
    bool unreachable = err && (errno == ENETUNREACH || errno == EADDRNOTAVAIL);
    p->waits_for_address = err == ERR_NOT_FOUND || unreachable;
    char text[IP_TEXT_MAX];
    if (err == ERR_NOT_FOUND && !waited)
        peer_log(p, &p->event_limit, LOG_LEVEL_WARNING,
                 "local address %s does not exist; it is waited for",
                 ip_format(&p->config->local_address, text));
}

/* Whether what the last attempt wanted is there now. */
static bool has_address(const struct peer *p)
{
    const struct ip_addr *local = &p->config->local_address;
    return local->version != IP_NONE ? links_have_address(p->env->links, local)
                                     : links_reach(p->env->links, &p->remote);
}

static void fail(struct connection *c, const char *why)
{
    connection_event(c,
                     &(struct fsm_input){.event = FSM_TCP_FAILED, .reason = DOWN_LINK, .why = why});
}

static void look_at_connection(struct peer *p, struct connection *c)
{
    if (c->state < FSM_OPEN_SENT)
        return;
    if (c->link.index == 0) /* our address may have been told of later than the connection came */
        peer_note_link(p, c);
    struct strbuf why = {0};
    if (links_lost(p->env->links, &c->link, !p->config->fast_fallover, &why))
        fail(c, strbuf_text(&why));
    strbuf_release(&why);
}

void peer_look_at_links(struct peer *p)
{
    look_at_connection(p, &p->in);
    look_at_connection(p, &p->out);
    if (!p->started || p->blocked || peer_state(p) >= FSM_OPEN_SENT)
        return;
    bool waited = p->waits_for_link;
    if (peer_must_wait(p)) {
        if (p->out.state == FSM_CONNECT)
            fail(&p->out, peer_last_error(p));
        if (p->out.state == FSM_ACTIVE)
            peer_stop_retry(p);
    } else if (waited || (p->waits_for_address && has_address(p))) {
        peer_retry_soon(p);
    }
}
