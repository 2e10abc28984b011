/* When a peer tries to connect.
 *
 * The retry timer runs while the outgoing machine is Active or Connect, or, after an error, while
 * both are Idle. A peer whose interface does not exist or is down has none, as no attempt could
 * succeed. */
#include "session/attempts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "net/retry.h"
#include "session/socket_options.h"

enum {
    FIRST_ATTEMPT_MS = 100,    /* the first attempts of many peers are spread over this time */
    ATTEMPTS_A_TURN = 32,      /* of the loop: each takes up to 0.1 ms */
    AFTER_COLLISION_MS = 1000, /* rarely both connections of a collision are lost: */
    COLLISION_VICTIMS = 2,     /* then a new attempt soon, but not for ever */
};

static void on_retry(uv_timer_t *timer);

void attempts_init(struct peer *p)
{
    uv_timer_init(p->env->commons.loop, &p->retry);
    p->retry.data = p;
}

/* --- the timer --- */

bool attempts_never(const struct peer *p)
{
    return p->dynamic || p->facts.config->passive;
}

static void retry_in(struct peer *p, uint64_t delay_ms)
{
    uv_timer_start(&p->retry, on_retry, delay_ms, 0);
}

static uint64_t next_delay_ms(const struct peer *p)
{
    if (p->collided && p->facts.failures <= COLLISION_VICTIMS)
        return retry_jitter_ms(AFTER_COLLISION_MS, arc4random());
    return retry_delay_ms(p->facts.config->connect_retry_s, p->facts.failures, arc4random());
}

void attempts_plan(struct peer *p)
{
    if (!attempts_never(p) && !p->waits_for_link)
        retry_in(p, next_delay_ms(p));
}

void attempts_stop(struct peer *p)
{
    uv_timer_stop(&p->retry);
}

/* Whether one more can be made in this turn of the loop. Many are due together when the loop was
 * busy for a while, as before its first turn. */
static bool has_turn(struct peer_env *env)
{
    uint64_t now_ms = uv_now(env->commons.loop);
    if (env->attempts_ms != now_ms)
        env->attempts = 0;
    env->attempts_ms = now_ms;
    return env->attempts++ < ATTEMPTS_A_TURN;
}

static void on_retry(uv_timer_t *timer)
{
    struct peer *p = timer->data;
    if (!has_turn(p->env)) {
        retry_in(p, 1);
        return;
    }
    bool waits = attempts_never(p) || attempts_must_wait(p);
    if (p->out.state == FSM_IDLE) {
        enum fsm_event start = waits ? FSM_MANUAL_START_PASSIVE : FSM_MANUAL_START;
        connection_event(&p->out, &(struct fsm_input){.event = start});
    } else if (waits) {
        return; /* it is looked at again when its interface changes */
    } else if (p->in.state >= FSM_OPEN_CONFIRM) {
        attempts_plan(p); /* a session is about to come up: do not provoke a collision */
    } else {
        connection_event(&p->out, &(struct fsm_input){.event = FSM_CONNECT_RETRY_EXPIRED,
                                                      .reason = DOWN_TCP_CLOSED,
                                                      .why = strerror(ETIMEDOUT)});
    }
}

void attempts_soon(struct peer *p)
{
    p->facts.failures = 0;
    if (p->out.state == FSM_ACTIVE && !attempts_never(p))
        retry_in(p, arc4random_uniform(FIRST_ATTEMPT_MS));
}

void attempts_start(struct peer *p)
{
    attempts_stop(p);
    if (p->out.state == FSM_IDLE)
        connection_event(&p->out, &(struct fsm_input){.event = FSM_MANUAL_START_PASSIVE});
    if (!attempts_must_wait(p))
        attempts_soon(p);
}

/* How long it is held back: to the second where that is configured, else with jitter. */
static uint64_t pause_ms(const struct peer *p, uint32_t restart_s)
{
    return restart_s
               ? retry_pause_ms(restart_s, p->setback.times, UINT32_MAX)
               : retry_pause_ms(p->facts.config->connect_retry_s, p->setback.times, arc4random());
}

/* What went wrong once will do so again: damp (RFC 4271 §8.1.1). A peer that broke an established
 * session, or found fault with one twice, is not let in before, either. */
void attempts_hold_back(struct peer *p, bool session, const struct fsm_input *input)
{
    uint64_t delay_ms = next_delay_ms(p);
    uint64_t now_ms = peer_now_ms(p);
    bool sent = input->reason == DOWN_NOTIFICATION_SENT;
    if (session && (sent || setback_counts(input->notification))) {
        setback_note(&p->setback, input->notification, sent);
        delay_ms = pause_ms(p, input->restart_s);
        p->setback.until_ms = now_ms + delay_ms;
        struct strbuf why = {0};
        setback_describe(&p->setback, now_ms, &why);
        journal_log(&p->facts.journal, JOURNAL_EVENT, LOG_LEVEL_INFO, "held back: %s",
                    strbuf_text(&why));
        strbuf_release(&why);
    }
    retry_in(p, delay_ms);
}

/* --- what an attempt needs --- */

bool attempts_must_wait(struct peer *p)
{
    struct journal *j = &p->facts.journal;
    struct strbuf why = {0};
    p->waits_for_link =
        links_block(p->env->links, &p->facts.remote, p->facts.config->fast_fallover, &why);
    if (p->waits_for_link && strcmp(strbuf_text(&why), strbuf_text(&j->last_error)) != 0) {
        journal_log(j, JOURNAL_EVENT, LOG_LEVEL_INFO, "waits: %s", strbuf_text(&why));
        journal_set_last_error(j, strbuf_text(&why));
    }
    strbuf_release(&why);
    return p->waits_for_link;
}

bool attempts_have_address(const struct peer *p)
{
    const struct ip_addr *local = &p->facts.config->local_address;
    return local->version != IP_NONE ? links_have_address(p->env->links, local)
                                     : links_reach(p->env->links, &p->facts.remote);
}

/* An attempt has begun, or ended at once: `err` as of tcp_connect() and errno. */
static void note_attempt(struct peer *p, int err)
{
    bool waited = p->waits_for_address;
    bool unreachable = err && (errno == ENETUNREACH || errno == EADDRNOTAVAIL);
    p->waits_for_address = err == ERR_NOT_FOUND || unreachable;
    char text[IP_TEXT_MAX];
    if (err == ERR_NOT_FOUND && !waited)
        journal_log(&p->facts.journal, JOURNAL_EVENT, LOG_LEVEL_WARNING,
                    "local address %s does not exist; it is waited for",
                    ip_format(&p->facts.config->local_address, text));
}

struct tcp_options attempts_options(const struct peer *p)
{
    return socket_options(p->facts.config, links_attach(p->env->links, &p->facts.remote));
}

int attempts_open_socket(struct peer *p, int *ret_fd)
{
    const struct config_peer *config = p->facts.config;
    struct endpoint remote = {.addr = p->facts.remote, .port = config->dest_port};
    struct tcp_options options = attempts_options(p);
    int err = tcp_connect(&remote, &config->local_address, &options, ret_fd);
    note_attempt(p, err);
    return err;
}
