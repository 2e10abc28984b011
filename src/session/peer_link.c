/* What the interfaces and addresses of this machine mean to a peer.
 *
 * A peer whose interface does not exist or is down makes no attempts; it goes on when the interface
 * has come. A connection ends when the link that it runs over goes down (`fast_fallover`), and in
 * any case when the interface of a link-local address is gone: the next one of that name has
 * another index, which the connection will never use. */
#include "session/peer_link.h"

#include "session/attempts.h"

void peer_link_note(struct peer *p, struct connection *c)
{
    c->link = (struct link_ref){0};
    if (p->facts.config->fast_fallover || p->facts.remote.interface[0] != '\0')
        c->link = links_via(p->env->links, &p->facts.remote);
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
        peer_link_note(p, c);
    struct strbuf why = {0};
    if (links_lost(p->env->links, &c->link, !p->facts.config->fast_fallover, &why))
        fail(c, strbuf_text(&why));
    strbuf_release(&why);
}

void peer_link_look(struct peer *p)
{
    look_at_connection(p, &p->in);
    look_at_connection(p, &p->out);
    if (!p->started || p->blocked || peer_best_state(p) >= FSM_OPEN_SENT)
        return;
    bool waited = p->waits_for_link;
    if (attempts_must_wait(p)) {
        if (p->out.state == FSM_CONNECT)
            fail(&p->out, strbuf_text(&p->facts.journal.last_error));
        if (p->out.state == FSM_ACTIVE)
            attempts_stop(p);
    } else if (waited || (p->waits_for_address && attempts_have_address(p))) {
        attempts_soon(p);
    }
}
