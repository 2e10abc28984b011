/* The API server: libmicrohttpd without threads, its epoll descriptors watched by the loop.
 *
 * Connections are accepted by our own listener and handed over, so that the address can change
 * without an end to connections. A turn runs libmicrohttpd until it has nothing more to do or the
 * time is up; then BGP has its turn, and an idle handle comes back here. (A timer of 0 ms that is
 * started again in its callback would not let the loop go on, before libuv 1.45.) */
#include "api/server.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/call_log.h"
#include "api/http.h"
#include "api/tls.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "daemon/originated.h"
#include "daemon/preview.h"
#include "net/listening.h"
#include "net/local_listening.h"

enum {
    /* Of the library: ours, and those that are being closed for the ones of one turn. */
    CONNECTION_LIMIT = CLIENTS_MAX + 128,
    EXPIRE_INTERVAL_MS = 1000,
    /* Of one connection: bounds the block that a streamed answer is sent in. */
    CONNECTION_MEMORY_BYTES = 72 * 1024,
    /* Two turns fit between two looks at the BGP sockets: one for input, one for what is left. */
    TURN_NS = 2500000,
};

/* TLS 1.2 (RFC 5246) and 1.3 (RFC 8446). */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* What the watch over the turns calls the time spent here. */
static const char turn_part[] = "api";

/* One that speaks TLS has nothing else to say, so there are two; the second only once it is asked
 * for. */
enum library_kind { LIBRARY_PLAIN, LIBRARY_TLS, LIBRARIES };

struct library {
    struct MHD_Daemon *daemon; /* owned; NULL: it was not started */
    uv_poll_t poll;            /* on the epoll descriptor of the daemon */
};

struct api_server {
    uv_loop_t *loop; /* borrowed */
    struct http_env http;
    struct route_counts_room counts;
    struct library libraries[LIBRARIES];
    struct listening *listening;             /* owned */
    struct local_listening *local_listening; /* owned */
    bool follow_config;
    uv_timer_t timer;  /* for their timeouts */
    uv_timer_t expire; /* looks for requests that take too long; active with clients */
    uv_idle_t again;   /* active when there is more to do at once */
    unsigned open_handles;
};

static void on_timer(uv_timer_t *timer);
static void on_again(uv_idle_t *again);

/* Sees to it that the next turn comes in time. */
static void plan_turn(struct api_server *s, bool timed, uint64_t wait_ms)
{
    if (timed && wait_ms == 0)
        uv_idle_start(&s->again, on_again);
    else
        uv_idle_stop(&s->again);
    if (timed && wait_ms > 0)
        uv_timer_start(&s->timer, on_timer, wait_ms, 0);
    else
        uv_timer_stop(&s->timer);
}

/* Has the libraries do what there is to be done; whether there will be more, and in how long. */
static bool run_libraries(struct api_server *s, uint64_t *ret_wait_ms)
{
    bool timed = false;
    for (unsigned i = 0; i < LIBRARIES; i++) {
        MHD_UNSIGNED_LONG_LONG wait_ms = 0;
        if (!s->libraries[i].daemon)
            continue;
        MHD_run(s->libraries[i].daemon);
        if (MHD_get_timeout(s->libraries[i].daemon, &wait_ms) != MHD_YES)
            continue;
        *ret_wait_ms = timed && *ret_wait_ms < wait_ms ? *ret_wait_ms : wait_ms;
        timed = true;
    }
    return timed;
}

static void run_turn(struct api_server *s)
{
    s->http.turn_end_ns = time_mono_ns() + TURN_NS;
    uint64_t wait_ms = 0;
    bool timed;
    struct turn_watch *turn = speaker_turn(s->http.methods.speaker);
    const char *before = turn_enter(turn, turn_part);
    s->http.pause = false;
    do {
        http_begin_run(&s->http);
        timed = run_libraries(s, &wait_ms);
        if (s->http.behind) { /* of which the library does not know */
            timed = true;
            wait_ms = 0;
        }
    } while (timed && wait_ms == 0 && !s->http.pause && time_mono_ns() < s->http.turn_end_ns);
    plan_turn(s, timed, wait_ms);
    turn_enter(turn, before);
}

static void on_timer(uv_timer_t *timer)
{
    run_turn(timer->data);
}

static void on_again(uv_idle_t *again)
{
    run_turn(again->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run_turn(poll->data);
}

static void on_expire(uv_timer_t *timer)
{
    struct api_server *s = timer->data;
    clients_expire(&s->http.clients, time_mono_ms());
    if (!s->http.clients.first)
        uv_timer_stop(timer);
}

/* Hands a connection over to the library, where there is room for it. */
static void take_connection(struct api_server *s, enum library_kind kind, int fd,
                            const struct client_place *place, const struct sockaddr *address,
                            socklen_t address_bytes)
{
    struct MHD_Daemon *daemon = s->libraries[kind].daemon;
    if (!daemon || !clients_make_room(&s->http.clients, place, time_mono_ms())) {
        close(fd);
        return;
    }
    /* Closes the socket itself when it cannot take it. */
    MHD_add_connection(daemon, fd, address, address_bytes);
    uv_idle_start(&s->again, on_again);
    if (!uv_is_active((uv_handle_t *)&s->expire))
        uv_timer_start(&s->expire, on_expire, EXPIRE_INTERVAL_MS, EXPIRE_INTERVAL_MS);
}

static void on_accept(void *ctx, int fd, const struct endpoint *remote,
                      const struct endpoint *local)
{
    struct sockaddr_storage sa;
    socklen_t len = ip_to_sockaddr(&remote->addr, remote->port, &sa);
    struct client_place place = place_of_address(&remote->addr);
    struct api_server *s = ctx;
    bool tls = speaker_config(s->http.methods.speaker)->api_tls != NULL;
    (void)local;
    take_connection(s, tls ? LIBRARY_TLS : LIBRARY_PLAIN, fd, &place, (const struct sockaddr *)&sa,
                    len);
}

static void on_accept_local(void *ctx, int fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct client_place place = place_of_local(fd);
    take_connection(ctx, LIBRARY_PLAIN, fd, &place, (const struct sockaddr *)&address,
                    sizeof(address));
}

/* A configuration that some wait for has been read, or changes have come to disk. */
static void on_progress(void *ctx)
{
    struct api_server *s = ctx;
    http_resume(&s->http);
    uv_idle_start(&s->again, on_again);
}

static const struct listener_handler listener_handler = {.accept = on_accept};

static void log_from_library(void *ctx, const char *format, va_list args)
{
    (void)ctx;
    char text[300];
    vsnprintf(text, sizeof(text), format, args);
    log_debug("API: %s", text);
}

static struct MHD_Daemon *start_daemon(struct http_env *env, enum library_kind kind)
{
    const struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, (void *)(intptr_t)tls_retrieve},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (char *)(uintptr_t)TLS_PRIORITIES},
        {MHD_OPTION_END, 0, NULL},
    };
    const struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG |
                     MHD_ALLOW_SUSPEND_RESUME | (kind == LIBRARY_TLS ? MHD_USE_TLS : 0);
    return MHD_start_daemon(
        flags, 0, NULL, NULL, http_handle, env, MHD_OPTION_EXTERNAL_LOGGER, log_from_library, NULL,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTION_LIMIT, MHD_OPTION_NOTIFY_CONNECTION,
        http_connection, env, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_SILENCE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES,
        MHD_OPTION_NOTIFY_COMPLETED, http_completed, env, MHD_OPTION_ARRAY,
        kind == LIBRARY_TLS ? tls : none, MHD_OPTION_END);
}

/* Starts one of them, unless that was done. ERR_IO, with why in *error. */
static int start_library(struct api_server *s, enum library_kind kind, struct strbuf *error)
{
    struct library *library = &s->libraries[kind];
    if (library->daemon)
        return 0;
    library->daemon = start_daemon(&s->http, kind);
    if (!library->daemon) {
        strbuf_add(error, kind == LIBRARY_TLS ? "API: cannot start TLS"
                                              : "API: cannot start the HTTP server");
        return ERR_IO;
    }
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(library->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    uv_poll_init(s->loop, &library->poll, info->epoll_fd);
    library->poll.data = s;
    s->open_handles++;
    uv_poll_start(&library->poll, UV_READABLE, on_poll);
    return 0;
}

/* What the configuration says of TLS: for connections that begin from now on. */
static int follow_tls(struct api_server *s, struct strbuf *error)
{
    struct tls_pair *pair = speaker_config(s->http.methods.speaker)->api_tls;
    tls_put_in_force(pair);
    return pair ? start_library(s, LIBRARY_TLS, error) : 0;
}

static void start_handles(struct api_server *s)
{
    uv_timer_init(s->loop, &s->timer);
    uv_idle_init(s->loop, &s->again);
    uv_timer_init(s->loop, &s->expire);
    s->timer.data = s->again.data = s->expire.data = s;
    s->open_handles = 3;
}

static void on_closed(uv_handle_t *handle)
{
    struct api_server *s = handle->data;
    if (--s->open_handles == 0)
        free(s);
}

/* Closes everything; the memory goes when the loop has let go of the handles. */
static void close_server(struct api_server *s)
{
    listening_free(s->listening);
    local_listening_free(s->local_listening);
    for (unsigned i = 0; i < LIBRARIES; i++)
        if (s->libraries[i].daemon) /* before its descriptor is closed */
            uv_poll_stop(&s->libraries[i].poll);
    http_resume(&s->http); /* none may be suspended */
    for (unsigned i = 0; i < LIBRARIES; i++) {
        if (!s->libraries[i].daemon)
            continue;
        MHD_stop_daemon(s->libraries[i].daemon);
        uv_close((uv_handle_t *)&s->libraries[i].poll, on_closed);
    }
    tls_put_in_force(NULL);
    route_renderer_free(s->http.methods.renderer);
    log_sources_release(&s->http.methods.log);
    audit_release(&s->http.methods.audit);
    uv_close((uv_handle_t *)&s->timer, on_closed);
    uv_close((uv_handle_t *)&s->again, on_closed);
    uv_close((uv_handle_t *)&s->expire, on_closed);
}

/* --- where it listens --- */

struct local_places {
    struct local_place at[CONFIG_API_SOCKETS_MAX];
    size_t count;
};

/* The sockets in the file system that a configuration asks for; `paths` of them. */
static struct local_places places_of(const struct config *config, char *const *paths, size_t count)
{
    struct local_places places = {.count = count};
    for (size_t i = 0; i < count; i++)
        places.at[i] = (struct local_place){
            .path = paths[i],
            .uid = config->api_socket_uid == CONFIG_ID_KEEP ? LOCAL_KEEP : config->api_socket_uid,
            .gid = config->api_socket_gid == CONFIG_ID_KEEP ? LOCAL_KEEP : config->api_socket_gid,
            .mode = config->api_socket_mode,
        };
    return places;
}

static int open_sockets(struct api_server *s, const struct api_where *where, struct strbuf *error)
{
    const struct config *config = speaker_config(s->http.methods.speaker);
    char *given = where ? (char *)(uintptr_t)where->path : NULL;
    struct local_places places = where
                                     ? places_of(config, &given, given != NULL)
                                     : places_of(config, config->api_paths, config->api_path_count);
    const struct endpoint *endpoints = where ? &where->endpoint : config->api_sockets;
    size_t count = where ? given == NULL : config->api_socket_count;
    int err = listening_open(s->listening, endpoints, count, error);
    int err_local = local_listening_open(s->local_listening, places.at, places.count, error);
    return err ? err : err_local;
}

static void on_deed(void *ctx, const struct speaker_deed *deed)
{
    struct method_env *env = &((struct api_server *)ctx)->http.methods;
    audit_add_deed(&env->audit, speaker_config(env->speaker)->api_audit, deed);
}

struct api_server *api_server_new(uv_loop_t *loop, struct speaker *speaker,
                                  const struct api_where *where, struct strbuf *error)
{
    struct api_server *s = mem_zalloc(sizeof(*s));
    s->loop = loop;
    s->follow_config = where == NULL;
    s->listening = listening_new(loop, "API", &listener_handler, NULL, s);
    s->local_listening = local_listening_new(loop, "API", on_accept_local, s);
    s->http = (struct http_env){
        .methods = {.speaker = speaker,
                    .renderer = route_renderer_new(),
                    .counts = &s->counts,
                    .listening = s->listening,
                    .listens_as_told = where != NULL,
                    .local_listening = s->local_listening,
                    .started_mono_ms = time_mono_ms(),
                    .log = call_log_sources()},
        .turn_ns = TURN_NS,
    };
    s->http.clients.log = &s->http.methods.log;
    start_handles(s);
    if (start_library(s, LIBRARY_PLAIN, error) || follow_tls(s, error) ||
        open_sockets(s, where, error)) {
        close_server(s);
        return NULL;
    }
    preview_on_loaded(speaker, on_progress, s);
    originated_on_progress(speaker, on_progress, s);
    speaker_on_deed(speaker, on_deed, s);
    return s;
}

void api_server_free(struct api_server *s)
{
    if (!s)
        return;
    preview_on_loaded(s->http.methods.speaker, NULL, NULL);
    originated_on_progress(s->http.methods.speaker, NULL, NULL);
    speaker_on_deed(s->http.methods.speaker, NULL, NULL);
    close_server(s);
}

void api_server_reconfigure(struct api_server *s, struct reload_summary *summary)
{
    http_resume(&s->http);
    uv_idle_start(&s->again, on_again);
    if (!summary)
        return;
    if (follow_tls(s, &summary->failed))
        strbuf_add_char(&summary->failed, '\n');
    if (!s->follow_config)
        return;
    const struct config *config = speaker_config(s->http.methods.speaker);
    struct local_places places = places_of(config, config->api_paths, config->api_path_count);
    struct listening_counts local =
        local_listening_change(s->local_listening, places.at, places.count, &summary->failed);
    struct listening_counts counts =
        listening_change(s->listening, config->api_sockets, config->api_socket_count,
                         &summary->failed, &summary->warnings);
    summary->sockets_opened += counts.opened + local.opened;
    summary->sockets_closed += counts.closed + local.closed;
}

const struct endpoint *api_server_endpoint(const struct api_server *s)
{
    return listening_count(s->listening) ? listener_endpoint(listening_at(s->listening, 0)) : NULL;
}
