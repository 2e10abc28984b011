/* What a set of peers shares: loop, receive buffer, decoder, and the pause that the owner may ask
 * for.
 *
 * After a pause every socket gets one poll of the loop before input that waits in memory is
 * processed (uv_check runs after polling), and the peer that exhausted the owner's patience goes to
 * the end of the list: so no peer can starve another. */
#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "base/writer.h"
#include "session/peer_private.h"
#include "wire/message.h"

enum { LOOK_BUDGET_NS = 2000000, LOOKS_PER_CLOCK = 16 };

static struct msgbuf *make_keepalive(void)
{
    uint8_t bytes[MESSAGE_HEADER_BYTES];
    struct writer w = writer_over(bytes, sizeof(bytes));
    message_encode_keepalive(&w);
    return msgbuf_new(bytes, writer_len(&w), 1, 0);
}

/* --- links --- */

/* The peers look at what has changed; many of them in several turns. */
static void on_look(uv_idle_t *idle)
{
    struct peer_env *env = idle->data;
    uint64_t until_ns = time_mono_ns() + LOOK_BUDGET_NS;
    unsigned looks = 0;
    for (struct peer *p = env->first; p; p = p->next) {
        if (p->links_seen == env->links_version)
            continue;
        if (looks++ % LOOKS_PER_CLOCK == 0 && time_mono_ns() >= until_ns)
            return;
        p->links_seen = env->links_version;
        peer_look_at_links(p);
    }
    uv_idle_stop(idle);
}

static void on_links_change(void *ctx)
{
    struct peer_env *env = ctx;
    env->links_version++;
    uv_idle_start(&env->look, on_look);
    on_look(&env->look);
    env->handler->links_changed(env->ctx);
}

void peers_each_own_address(const struct peer_env *env,
                            void (*each)(void *ctx, const struct ip_addr *addr, const char *link),
                            void *ctx)
{
    links_each_address(env->links, each, ctx);
}

void peers_refuse(struct peer_env *env, int fd, uint8_t cease_subcode)
{
    struct notification cease = notification_cease(cease_subcode, NULL);
    uint8_t bytes[MESSAGE_HEADER_BYTES + 2 + NOTIFICATION_DATA_MAX];
    struct writer w = writer_over(bytes, sizeof(bytes));
    message_encode_notification(&w, &cease);
    refusals_send(env->refusals, fd, writer_span(&w));
}

bool peers_addr_is_held_back(const struct peer_env *env, const struct ip_addr *addr,
                             struct strbuf *why)
{
    const struct setback *setback = setbacks_find(&env->setbacks, addr, uv_now(env->loop));
    if (!setback || !setback_refuses(setback, uv_now(env->loop)))
        return false;
    setback_describe(setback, uv_now(env->loop), why);
    return true;
}

void peers_forgive(struct peer_env *env, const struct prefix *network)
{
    setbacks_forget(&env->setbacks, network);
}

/* --- life --- */

struct peer_env *peer_env_new(uv_loop_t *loop, const struct session_handler *handler, void *ctx)
{
    struct peer_env *env = mem_zalloc(sizeof(*env));
    env->loop = loop;
    env->handler = handler;
    env->ctx = ctx;
    env->keepalive = make_keepalive();
    env->buffer = mem_alloc(RECEIVE_BUFFER_BYTES);
    env->refusals = refusals_new(loop);
    setbacks_init(&env->setbacks, (uint64_t)arc4random() << 32 | arc4random());
    env->links = links_new(loop, on_links_change, env);
    uv_idle_init(loop, &env->look);
    uv_check_init(loop, &env->resume);
    uv_idle_init(loop, &env->keep_awake);
    env->resume.data = env->keep_awake.data = env->look.data = env;
    env->open_handles = 3;
    return env;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct peer_env *env = handle->data;
    if (--env->open_handles == 0)
        free(env);
}

void peer_env_free(struct peer_env *env)
{
    if (!env)
        return;
    assert(!env->first);
    links_free(env->links);
    refusals_free(env->refusals);
    setbacks_release(&env->setbacks);
    msgbuf_unref(env->keepalive);
    free(env->buffer);
    uv_close((uv_handle_t *)&env->look, on_handle_closed);
    uv_close((uv_handle_t *)&env->resume, on_handle_closed);
    uv_close((uv_handle_t *)&env->keep_awake, on_handle_closed);
}

static void resume_connection(struct peer_env *env, struct connection *c)
{
    if (c->input_waits && !env->paused)
        connection_resume(c);
}

static void on_check(uv_check_t *check)
{
    struct peer_env *env = check->data;
    uv_check_stop(&env->resume);
    uv_idle_stop(&env->keep_awake);
    /* A peer that is moved to the end is met at most once more, and has paused the env by then. */
    struct peer *next;
    for (struct peer *p = env->first; p && !env->paused; p = next) {
        next = p->next;
        resume_connection(env, &p->out);
        resume_connection(env, &p->in);
    }
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle; /* being active is all it does */
}

static void read_again(struct connection *c)
{
    if (c->transport && c->state >= FSM_OPEN_SENT && !c->input_waits)
        transport_set_reading(c->transport, true);
}

void peers_resume_reading(struct peer_env *env)
{
    if (!env->paused)
        return;
    env->paused = false;
    for (struct peer *p = env->first; p; p = p->next) {
        read_again(&p->out);
        read_again(&p->in);
    }
    uv_check_start(&env->resume, on_check);
    uv_idle_start(&env->keep_awake, on_idle);
}

void env_add_peer(struct peer_env *env, struct peer *p)
{
    p->prev = env->last;
    p->next = NULL;
    *(env->last ? &env->last->next : &env->first) = p;
    env->last = p;
}

void env_remove_peer(struct peer_env *env, struct peer *p)
{
    *(p->prev ? &p->prev->next : &env->first) = p->next;
    *(p->next ? &p->next->prev : &env->last) = p->prev;
}

void env_peer_to_end(struct peer_env *env, struct peer *p)
{
    env_remove_peer(env, p);
    env_add_peer(env, p);
}
