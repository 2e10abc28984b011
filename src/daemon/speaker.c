/* The speaker: its life, and the turns of the loop.
 *
 * Sockets and timers put changes into the RIB during a turn; when the turn's events are dealt with,
 * the check handle has the services spread them, in the order of the table. What is left keeps the
 * loop turning, so that timers and the API get their share between two turns. */
#include "daemon/speaker.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "daemon/accept.h"
#include "daemon/channel.h"
#include "daemon/flows.h"
#include "daemon/originated.h"
#include "daemon/outbound.h"
#include "daemon/schedule.h"
#include "daemon/sessions.h"
#include "daemon/state.h"
#include "daemon/sweep.h"

#define TICK_INTERVAL_MS 1000u

/* In the order of their work within a turn. Those without: sockets that a reload opens are there
 * before they are guarded, and before paths are judged by their addresses. */
static const struct service *const services[] = {
    &memory_service,     &sessions_service, &listening_service, &guards_service,
    &channels_service,   &sweep_service,    &import_service,    &rpki_service,
    &validation_service, &review_service,   &reload_service,    &originated_service,
    &export_service,     &flows_service,    &passes_service,    &sending_service,
    &input_service,      &previews_service,
};

enum { SERVICE_COUNT = sizeof(services) / sizeof(services[0]) };

/* --- the loop turn --- */

static void on_idle(uv_idle_t *idle)
{
    (void)idle; /* its being active is its purpose: poll does not wait */
}

void speaker_wake(struct speaker *s)
{
    if (!s->stopping)
        uv_idle_start(&s->idle, on_idle);
}

void speaker_on_deed(struct speaker *s, void (*on_deed)(void *ctx, const struct speaker_deed *deed),
                     void *ctx)
{
    s->on_deed = on_deed;
    s->deed_ctx = ctx;
}

void speaker_tell_deed(struct speaker *s, const struct speaker_deed *deed)
{
    if (s->on_deed)
        s->on_deed(s->deed_ctx, deed);
}

uint32_t speaker_dirty_count(const struct speaker *s)
{
    uint32_t total = 0;
    for (unsigned f = 0; f < FAMILY_COUNT; f++)
        total += rib_dirty_count(&s->rib.tables[f]);
    return total;
}

static bool has_room(const struct speaker *s)
{
    return speaker_dirty_count(s) < SPEAKER_DIRTY_LIMIT / 4;
}

static void enter(struct speaker *s, const struct service *service)
{
    turn_enter(&s->turn, service->name);
}

static void on_check(uv_check_t *check)
{
    static const struct schedule schedule = {
        .now_ns = time_mono_ns, .has_room = has_room, .enter = enter};
    struct speaker *s = check->data;
    input_next_turn(s);
    if (s->stopping || !uv_is_active((uv_handle_t *)&s->idle))
        return;
    if (!schedule_turn(&schedule, services, SERVICE_COUNT, s))
        uv_idle_stop(&s->idle);
    turn_enter(&s->turn, turn_timers);
}

static void on_tick(uv_timer_t *timer)
{
    struct speaker *s = timer->data;
    log_limits_tell(time_mono_ms());
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        if (services[i]->tick)
            services[i]->tick(s);
}

void speaker_links_changed(struct speaker *s)
{
    for (size_t i = 0; i < SERVICE_COUNT && !s->stopping; i++)
        if (services[i]->links_changed)
            services[i]->links_changed(s);
}

/* --- life cycle --- */

struct speaker *speaker_new(uv_loop_t *loop, struct config *config, struct strbuf *error)
{
    struct speaker *s = mem_zalloc(sizeof(*s));
    bool failed = false;
    s->loop = loop;
    s->config = config;
    turn_watch_init(&s->turn, loop);
    uv_check_init(loop, &s->check);
    uv_idle_init(loop, &s->idle);
    uv_timer_init(loop, &s->tick);
    s->check.data = s->idle.data = s->tick.data = s;
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        failed |= services[i]->init && services[i]->init(s, error) != 0;
    if (!failed)
        return s;
    speaker_stop(s);
    uv_run(loop, UV_RUN_NOWAIT); /* lets go of the handles */
    speaker_free(s);
    return NULL;
}

void speaker_start(struct speaker *s)
{
    uv_check_start(&s->check, on_check);
    uv_timer_start(&s->tick, on_tick, TICK_INTERVAL_MS, TICK_INTERVAL_MS);
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        if (services[i]->start)
            services[i]->start(s);
    turn_watch_start(&s->turn); /* nobody waits for what is done before that */
}

void speaker_reconfigure(struct speaker *s, const struct config *old, struct reload_summary *sum)
{
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        if (services[i]->reconfigure)
            services[i]->reconfigure(s, old, sum);
}

void speaker_describe(const struct speaker *s, struct strbuf *lines)
{
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        if (services[i]->describe)
            services[i]->describe(s, lines);
}

void speaker_stop(struct speaker *s)
{
    if (s->stopping)
        return;
    s->stopping = true;
    for (size_t i = SERVICE_COUNT; i-- > 0;)
        if (services[i]->stop)
            services[i]->stop(s);
    turn_watch_stop(&s->turn);
    uv_close((uv_handle_t *)&s->check, NULL);
    uv_close((uv_handle_t *)&s->idle, NULL);
    uv_close((uv_handle_t *)&s->tick, NULL);
}

void speaker_free(struct speaker *s)
{
    for (size_t i = SERVICE_COUNT; i-- > 0;)
        if (services[i]->release)
            services[i]->release(s);
    config_free(s->config);
    free(s);
}

void speaker_each_neighbor(const struct speaker *s, void (*each)(void *ctx, struct neighbor *n),
                           void *ctx)
{
    for (size_t i = 0; i < s->block_count; i++)
        for (uint32_t k = 0; k < s->blocks[i]->neighbor_count; k++)
            each(ctx, s->blocks[i]->neighbors[k]);
}

struct turn_watch *speaker_turn(struct speaker *s)
{
    return &s->turn;
}

const struct listening *speaker_listening(const struct speaker *s)
{
    return s->listening;
}

const struct config *speaker_config(const struct speaker *s)
{
    return s->config;
}
