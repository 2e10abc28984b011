/* The connection to a cache.
 *
 * It waits, connects, or is connected; one timer stands for the next moment that means anything,
 * here or in the session. Input is read in pieces of READ_BYTES, one for each time that the loop
 * comes round, and not at all while the records have work to do: the cache's TCP window closes. */
#include "rpki/rtr_client.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/log_limit.h"
#include "base/mem.h"
#include "base/time.h"
#include "net/retry.h"
#include "net/tcp.h"
#include "net/transport.h"

enum {
    READ_BYTES = 32768,
    INPUT_BYTES = RTR_PDU_MAX_BYTES + 1 + READ_BYTES, /* there is always room for one piece */
    CONNECT_MS = 15 * 1000,
    BACKOFF_S = 5, /* after a failure, at first */
    GIVEN_UP_MS = 3600 * 1000,
};

enum phase { WAITING, CONNECTING, CONNECTED };

struct rtr_client {
    uv_loop_t *loop;
    uv_timer_t timer;
    void (*changed)(void *ctx);
    void *ctx;
    struct endpoint remote;
    struct ip_addr local;
    char *description; /* owned; NULL */
    uint32_t preference;
    enum phase phase;
    bool leaving;
    uint64_t next_ms; /* WAITING: the next attempt; CONNECTING: until when */
    unsigned failures;
    struct transport *transport; /* while there is a socket */
    uint8_t *input;              /* owned; while connected */
    size_t input_bytes;
    struct rtr_session session;
    struct record_set records;
    uint32_t problems_told; /* of the session's */
    char told[RTR_PROBLEM_MAX];
    bool told_synced; /* since the last problem */
    struct log_limit limit;
};

/* --- telling --- */

static void tell(struct rtr_client *c, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void tell(struct rtr_client *c, enum log_level level, const char *format, ...)
{
    char name[IP_ENDPOINT_TEXT_MAX];
    char more[LOG_LIMIT_TEXT_MAX];
    uint32_t left_out;
    ip_format_endpoint(&c->remote.addr, c->remote.port, name);
    if (!log_limit_allow(&c->limit, time_mono_ms(), level, &left_out, "RPKI cache %s", name))
        return;
    struct strbuf text = {0};
    va_list args;
    va_start(args, format);
    strbuf_vprintf(&text, format, args);
    va_end(args);
    log_line(level, "RPKI cache %s: %s%s", name, strbuf_text(&text),
             log_limit_text(left_out, more));
    strbuf_release(&text);
}

/* One that comes again and again, as from a cache that is not there, is told of once. */
static void tell_problems(struct rtr_client *c)
{
    if (c->problems_told == c->session.problems)
        return;
    bool again = !c->told_synced && strcmp(c->told, c->session.problem) == 0;
    c->problems_told = c->session.problems;
    c->told_synced = false;
    memcpy(c->told, c->session.problem, sizeof(c->told));
    tell(c, again ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING, "%s", c->session.problem);
}

static void tell_synced(struct rtr_client *c)
{
    const struct rtr_session *s = &c->session;
    if (s->state != RTR_SYNCED)
        return;
    tell(c, c->told_synced ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
         "in sync: %u VRPs for IPv4, %u for IPv6, %u ASPAs (version %u, session %u, serial "
         "%" PRIu32 ")",
         c->records.in_force[RECORD_VRP4], c->records.in_force[RECORD_VRP6],
         c->records.in_force[RECORD_ASPA], s->version, s->session_id, s->serial);
    c->told_synced = true;
}

/* --- the connection --- */

static void on_timer(uv_timer_t *timer);
static void wait_for(struct rtr_client *c, uint64_t delay_ms);

/* The timer stands for the next moment of all. */
static void plan(struct rtr_client *c)
{
    uint64_t next_ms = rtr_session_next_ms(&c->session);
    uint64_t now_ms = time_mono_ms();
    if (c->next_ms != 0 && (next_ms == 0 || c->next_ms < next_ms))
        next_ms = c->next_ms;
    if (next_ms == 0)
        uv_timer_stop(&c->timer);
    else
        uv_timer_start(&c->timer, on_timer, next_ms > now_ms ? next_ms - now_ms : 0, 0);
}

static void flush(struct rtr_client *c)
{
    uint64_t messages = 0;
    uint64_t updates = 0;
    struct rtr_session *s = &c->session;
    if (s->out_bytes > 0) {
        struct msgbuf *buf = msgbuf_new(s->out, s->out_bytes, 1, 0);
        s->out_bytes = 0;
        if (s->end != RTR_END_NONE)
            transport_finish_with(c->transport, buf);
        else
            msgq_push(transport_queue(c->transport), buf);
        msgbuf_unref(buf);
    }
    transport_write(c->transport, &messages, &updates);
}

static void drop_socket(struct rtr_client *c)
{
    if (c->transport)
        transport_close(c->transport);
    c->transport = NULL;
    free(c->input);
    c->input = NULL;
    c->input_bytes = 0;
}

/* How long until the next attempt. */
static uint64_t delay_ms(struct rtr_client *c, enum rtr_end end)
{
    uint32_t retry_s = rtr_session_retry_s(&c->session);
    if (end == RTR_END_AGAIN)
        return 0;
    if (end == RTR_END_LIMIT)
        return GIVEN_UP_MS;
    c->failures++;
    if (end == RTR_END_ERROR && retry_s != 0)
        return retry_s * UINT64_C(1000);
    uint32_t base_s = retry_s != 0 && retry_s < BACKOFF_S ? retry_s : BACKOFF_S;
    return retry_delay_ms(base_s, c->failures, arc4random());
}

/* The connection is over, or has not come about. `why` as for rtr_session_down. */
static void end_connection(struct rtr_client *c, const char *why, bool closed)
{
    enum rtr_end end = rtr_session_down(&c->session, why, closed, time_mono_ms());
    tell_problems(c);
    drop_socket(c);
    wait_for(c, delay_ms(c, end));
    c->changed(c->ctx);
}

/* After whatever has happened to the session. */
static void follow(struct rtr_client *c)
{
    if (c->phase == CONNECTED) {
        flush(c);
        if (c->session.end != RTR_END_NONE) {
            end_connection(c, NULL, false);
            return;
        }
        transport_set_reading(c->transport, !record_set_is_busy(&c->records));
    }
    tell_problems(c);
    if (c->session.state == RTR_APPLYING)
        c->failures = 0;
    plan(c);
    c->changed(c->ctx);
}

/* Has the session take what has arrived. */
static void process(struct rtr_client *c)
{
    if (record_set_is_busy(&c->records))
        return;
    size_t taken =
        rtr_session_input(&c->session, span_of(c->input, c->input_bytes), time_mono_ms());
    c->input_bytes -= taken;
    memmove(c->input, c->input + taken, c->input_bytes);
}

static void on_connected(void *ctx, int error)
{
    struct rtr_client *c = ctx;
    if (error) {
        end_connection(c, strerror(error), false);
        return;
    }
    c->phase = CONNECTED;
    c->next_ms = 0;
    c->input = mem_alloc(INPUT_BYTES);
    rtr_session_up(&c->session, time_mono_ms());
    follow(c);
}

static void on_readable(void *ctx)
{
    struct rtr_client *c = ctx;
    if (record_set_is_busy(&c->records)) {
        transport_set_reading(c->transport, false);
        return;
    }
    ssize_t n = transport_read(c->transport, c->input + c->input_bytes, READ_BYTES);
    if (n == -EAGAIN)
        return;
    if (n <= 0) {
        end_connection(c, n == 0 ? "the cache has closed the connection" : strerror((int)-n), true);
        return;
    }
    c->input_bytes += (size_t)n;
    process(c);
    follow(c);
}

static void on_writable(void *ctx)
{
    flush(ctx);
}

static const struct transport_handler handler = {
    .connected = on_connected,
    .readable = on_readable,
    .writable = on_writable,
};

static void wait_for(struct rtr_client *c, uint64_t delay)
{
    c->phase = WAITING;
    c->next_ms = c->leaving ? 0 : time_mono_ms() + delay;
    plan(c);
}

static void connect_now(struct rtr_client *c)
{
    static const struct tcp_options options = {.ttl = CONFIG_ROUTED_TTL};
    int fd;
    int err = tcp_connect(&c->remote, &c->local, &options, &fd);
    if (err) {
        char text[TCP_ERROR_TEXT_MAX];
        end_connection(c, tcp_error_text(err, text), false);
        return;
    }
    c->phase = CONNECTING;
    c->next_ms = time_mono_ms() + CONNECT_MS;
    c->transport = transport_new(c->loop, fd, true, &handler, c);
    plan(c);
}

static void on_timer(uv_timer_t *timer)
{
    struct rtr_client *c = timer->data;
    uint64_t now_ms = time_mono_ms();
    bool due = c->next_ms != 0 && now_ms >= c->next_ms;
    rtr_session_tick(&c->session, now_ms);
    if (due && c->phase == WAITING)
        connect_now(c);
    else if (due && c->phase == CONNECTING)
        end_connection(c, strerror(ETIMEDOUT), false);
    else
        follow(c);
}

/* --- life --- */

static void take(struct rtr_client *c, const struct config_rpki_cache *config)
{
    free(c->description);
    c->description = config->description ? mem_strdup(config->description) : NULL;
    c->preference = config->preference;
}

static struct rtr_settings settings_of(const struct config_rpki_cache *config)
{
    return (struct rtr_settings){
        .version = (uint8_t)config->version,
        .timers = {config->refresh_s, config->retry_s, config->expire_s},
    };
}

struct rtr_client *rtr_client_new(uv_loop_t *loop, const struct config_rpki_cache *config,
                                  void (*changed)(void *ctx), void *ctx)
{
    struct rtr_client *c = mem_zalloc(sizeof(*c));
    struct rtr_settings settings = settings_of(config);
    *c = (struct rtr_client){.loop = loop,
                             .changed = changed,
                             .ctx = ctx,
                             .remote = config->remote,
                             .local = config->local_address};
    record_set_init(&c->records, config->max_records);
    rtr_session_init(&c->session, &settings, &c->records);
    take(c, config);
    uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    wait_for(c, 0);
    return c;
}

void rtr_client_set(struct rtr_client *c, const struct config_rpki_cache *config)
{
    struct rtr_settings settings = settings_of(config);
    bool other_version = settings.version != c->session.settings.version;
    take(c, config);
    c->leaving = false;
    rtr_session_set(&c->session, &settings);
    if (other_version)
        rtr_session_forget(&c->session);
    if (other_version && c->phase == CONNECTED) {
        end_connection(c, NULL, false);
        c->next_ms = time_mono_ms();
    } else if (c->phase == WAITING) {
        c->next_ms = time_mono_ms();
    }
    plan(c);
}

bool rtr_client_is(const struct rtr_client *c, const struct config_rpki_cache *config)
{
    return ip_equal(&c->remote.addr, &config->remote.addr) &&
           c->remote.port == config->remote.port && ip_equal(&c->local, &config->local_address) &&
           c->records.max_records == config->max_records;
}

void rtr_client_leave(struct rtr_client *c)
{
    if (c->leaving)
        return;
    c->leaving = true;
    rtr_session_down(&c->session, NULL, false, time_mono_ms());
    drop_socket(c);
    wait_for(c, 0);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct rtr_client *c = handle->data;
    free(c->description);
    free(c);
}

void rtr_client_free(struct rtr_client *c)
{
    drop_socket(c);
    record_set_release(&c->records);
    log_limit_release(&c->limit);
    uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}

bool rtr_client_step(struct rtr_client *c, const struct record_sink *sink)
{
    bool was_busy = record_set_is_busy(&c->records);
    if (!record_set_step(&c->records, sink))
        return false;
    if (!was_busy || record_set_is_busy(&c->records))
        return true;
    rtr_session_settled(&c->session, time_mono_ms());
    tell_synced(c);
    if (c->phase == CONNECTED) {
        process(c);
        follow(c);
    }
    return true;
}

void rtr_client_use(struct rtr_client *c, bool used)
{
    record_set_use(&c->records, used);
}

struct rtr_client_status rtr_client_status(const struct rtr_client *c)
{
    return (struct rtr_client_status){
        .remote = c->remote,
        .description = c->description,
        .state = c->phase == WAITING      ? "waiting"
                 : c->phase == CONNECTING ? "connecting"
                                          : rtr_state_text(c->session.state),
        .preference = c->preference,
        .leaving = c->leaving,
        .connected = c->phase == CONNECTED,
        .session = &c->session,
        .records = &c->records,
        .next_attempt_ms = c->phase == WAITING ? c->next_ms : 0,
    };
}
