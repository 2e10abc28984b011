/* What the neighbours of a speaker share: what their connections do, interfaces and addresses of
 * this machine, and refusals. */
#include "session/env.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "base/writer.h"
#include "session/env_private.h"
#include "wire/message.h"
#include "wire/notification.h"

enum { LOOK_BUDGET_NS = 2000000, LOOKS_PER_CLOCK = 16 };

/* --- links --- */

/* The members look at what has changed; many of them in several turns. */
static void on_look(uv_idle_t *idle)
{
    struct peer_env *env = idle->data;
    uint64_t until_ns = time_mono_ns() + LOOK_BUDGET_NS;
    unsigned looks = 0;
    for (struct env_member *m = env->first; m; m = m->next) {
        if (m->links_seen == env->links_version)
            continue;
        if (looks++ % LOOKS_PER_CLOCK == 0 && time_mono_ns() >= until_ns)
            return;
        m->links_seen = env->links_version;
        m->look_at_links(m);
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

void env_add(struct peer_env *env, struct env_member *m)
{
    m->prev = env->last;
    m->next = NULL;
    *(env->last ? &env->last->next : &env->first) = m;
    env->last = m;
}

void env_remove(struct peer_env *env, struct env_member *m)
{
    *(m->prev ? &m->prev->next : &env->first) = m->next;
    *(m->next ? &m->next->prev : &env->last) = m->prev;
}

void peers_each_own_address(const struct peer_env *env,
                            void (*each)(void *ctx, const struct ip_addr *addr, const char *link),
                            void *ctx)
{
    links_each_address(env->links, each, ctx);
}

/* --- who is not let in --- */

void peers_refuse(struct peer_env *env, int fd, uint8_t cease_subcode)
{
    struct notification cease = notification_cease(cease_subcode, NULL);
    uint8_t bytes[MESSAGE_HEADER_BYTES + 2 + NOTIFICATION_DATA_MAX];
    struct writer w = writer_over(bytes, sizeof(bytes));
    message_encode_notification(&w, &cease);
    refusals_send(env->refusals, fd, writer_span(&w));
}

void peers_resume_reading(struct peer_env *env)
{
    intake_resume(env->commons.intake);
}

/* --- life --- */

struct peer_env *peer_env_new(uv_loop_t *loop, const struct session_handler *handler, void *ctx)
{
    struct peer_env *env = mem_zalloc(sizeof(*env));
    env->handler = handler;
    env->ctx = ctx;
    connection_commons_init(&env->commons, loop,
                            intake_new(loop, handler->want_input, handler->input_end, ctx));
    env->refusals = refusals_new(loop);
    env->links = links_new(loop, on_links_change, env);
    uv_idle_init(loop, &env->look);
    env->look.data = env;
    return env;
}

static void on_handle_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void peer_env_free(struct peer_env *env)
{
    if (!env)
        return;
    assert(!env->first);
    links_free(env->links);
    refusals_free(env->refusals);
    connection_commons_release(&env->commons);
    uv_close((uv_handle_t *)&env->look, on_handle_closed);
}
