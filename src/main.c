/* The program: `run` wires configuration, speaker and API server to one loop and to signals,
 * `check` looks at a configuration file, everything else is the client (cli/).
 *
 * SIGHUP reloads. Signals that would end a process and mean nothing here are ignored, lest one that
 * was meant for somebody else should end all sessions. The first SIGTERM or SIGINT ends all
 * sessions with a Cease and lets the loop run out; a second one, or STOP_TIMEOUT_MS, ends the
 * process at once. The second one needs no loop for that: the signal handler does it, whatever goes
 * on. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "api/methods.h"
#include "api/server.h"
#include "base/log.h"
#include "base/pages.h"
#include "base/time.h"
#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/json_cell.h"
#include "config/client_file.h"
#include "config/load.h"
#include "daemon/speaker.h"
#include "rpki/vrp_file.h"
#include "wire/nlri_text.h"

enum { STOP_TIMEOUT_MS = 10000, LOG_TIMEOUT_MS = 1000 };

struct daemon {
    uv_loop_t loop;
    uv_signal_t on_hup;
    uv_async_t on_stop; /* SIGTERM or SIGINT has come */
    uv_timer_t stop_timer;
    struct speaker *speaker; /* owned */
    struct api_server *api;  /* owned; NULL once stopping */
    bool stopping;
    bool forced;
};

/* What the signal handler knows. */
static struct {
    volatile sig_atomic_t signal; /* that came first; 0: none */
    uv_async_t *tell;
} stop;

/* Tells the service manager, where there is one (sd_notify(3)). */
static void notify(const char *state)
{
#ifdef HAVE_SYSTEMD
    sd_notify(0, state);
#else
    (void)state;
#endif
}

/* Every session and API client needs a descriptor. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_warning("cannot raise the limit of open files: %s", strerror(errno));
}

static void on_reload_signal(uv_signal_t *handle, int signum)
{
    (void)signum;
    struct daemon *d = handle->data;
    turn_after_signal(speaker_turn(d->speaker));
    char state[64];
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%llu",
             (unsigned long long)(time_mono_ns() / 1000));
    notify(state);
    log_info("SIGHUP: reading the configuration again");
    speaker_reload_by_signal(d->speaker);
}

static void on_reloaded(void *ctx, struct reload_summary *summary)
{
    struct daemon *d = ctx;
    api_server_reconfigure(d->api, summary);
    notify("READY=1");
}

static void on_stop_timeout(uv_timer_t *timer)
{
    struct daemon *d = timer->data;
    log_warning("not all connections could be ended in time");
    d->forced = true;
    uv_stop(&d->loop);
}

/* In the signal handler: the first one is for the loop. */
static void note_stop_signal(int signum)
{
    if (stop.signal)
        _exit(CLI_FAILED);
    stop.signal = signum;
    uv_async_send(stop.tell); /* may be called from signal handlers */
}

static void on_stop(uv_async_t *async)
{
    struct daemon *d = async->data;
    if (d->stopping)
        return;
    d->stopping = true;
    log_info("%s: ending all sessions", stop.signal == SIGINT ? "SIGINT" : "SIGTERM");
    notify("STOPPING=1");
    uv_signal_stop(&d->on_hup);
    uv_timer_start(&d->stop_timer, on_stop_timeout, STOP_TIMEOUT_MS, 0);
    /* What ends the loop is that nothing but these is left. */
    uv_unref((uv_handle_t *)&d->stop_timer);
    uv_unref((uv_handle_t *)&d->on_stop);
    api_server_free(d->api);
    d->api = NULL;
    speaker_stop(d->speaker);
}

/* Where it is not another's (a profiler's, or that of whoever started the program). */
static void ignore_signal(int signum)
{
    struct sigaction now;
    if (sigaction(signum, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
        signal(signum, SIG_IGN);
}

static void ignore_signals(void)
{
    static const int signals[] = {SIGPIPE,   SIGUSR1, SIGUSR2, SIGQUIT,   SIGALRM,
                                  SIGVTALRM, SIGPROF, SIGIO,   SIGSTKFLT, SIGPWR};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        ignore_signal(signals[i]);
    for (int signum = SIGRTMIN; signum <= SIGRTMAX; signum++)
        ignore_signal(signum);
}

static void watch_signals(struct daemon *d)
{
    uv_signal_init(&d->loop, &d->on_hup);
    d->on_hup.data = d;
    uv_signal_start(&d->on_hup, on_reload_signal, SIGHUP);
    uv_async_init(&d->loop, &d->on_stop, on_stop);
    d->on_stop.data = d;
    stop.tell = &d->on_stop;
    struct sigaction action = {.sa_handler = note_stop_signal, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

/* Closes what is left, so that the loop can be closed. Not after a forced stop, when handles of
 * connections may still be open: the process ends anyway. */
static void close_loop(struct daemon *d)
{
    signal(SIGTERM, SIG_DFL); /* there is no loop any more to be told of it */
    signal(SIGINT, SIG_DFL);
    uv_close((uv_handle_t *)&d->on_hup, NULL);
    uv_close((uv_handle_t *)&d->on_stop, NULL);
    uv_close((uv_handle_t *)&d->stop_timer, NULL);
    uv_run(&d->loop, UV_RUN_DEFAULT);
    int rc = uv_loop_close(&d->loop);
    if (rc != 0)
        log_debug("closing the loop: %s", uv_strerror(rc));
}

/* Serves until a signal ends it. Takes over `config`; false when a socket cannot be opened. */
static bool serve(struct daemon *d, struct config *config, const struct api_where *api)
{
    struct strbuf error = {0};
    d->speaker = speaker_new(&d->loop, config, &error);
    if (d->speaker)
        d->api = api_server_new(&d->loop, d->speaker, api, &error);
    if (d->api) {
        speaker_on_reload(d->speaker, on_reloaded, d);
        speaker_start(d->speaker);
        notify("READY=1");
        uv_run(&d->loop, UV_RUN_DEFAULT);
    } else {
        log_error("%s", strbuf_text(&error));
        if (d->speaker)
            speaker_stop(d->speaker);
        uv_unref((uv_handle_t *)&d->on_hup);
        uv_unref((uv_handle_t *)&d->on_stop);
        uv_run(&d->loop, UV_RUN_DEFAULT);
    }
    bool served = strbuf_text(&error)[0] == '\0';
    strbuf_release(&error);
    return served;
}

static int run_daemon(struct config *config, const struct api_where *api)
{
    struct daemon d = {0};
    uv_loop_init(&d.loop);
    watch_signals(&d);
    uv_timer_init(&d.loop, &d.stop_timer);
    d.stop_timer.data = &d;
    raise_file_limit();
    if (log_writer_start() != 0)
        log_warning("no thread for the log writer, so the log may have to be waited for: %s",
                    strerror(errno));
    if (page_worker_start() != 0)
        log_warning("no thread for the page worker: %s", strerror(errno));
    bool served = serve(&d, config, api);
    int status = served && !d.forced ? CLI_OK : CLI_FAILED;
    bool loading = d.speaker && speaker_is_loading(d.speaker);
    if (!d.forced && !loading) {
        if (d.speaker)
            speaker_free(d.speaker);
        close_loop(&d);
    }
    page_worker_stop();
    log_info("bgpd has stopped");
    log_writer_stop(LOG_TIMEOUT_MS);
    if (loading)
        _exit(status); /* without waiting for the thread that loads, nor beneath its feet */
    return status;
}

static void print_lines(FILE *out, const struct config_report *report)
{
    for (size_t i = 0; i < report->line_count; i++) {
        const struct config_line *line = &report->lines[i];
        fprintf(out, "%.*s%s%s\n", (int)line->lead_bytes, line->text,
                line->warning ? "warning: " : "", line->text + line->lead_bytes);
    }
}

/* "ADDR:PORT", or "unix:/PATH". */
static bool read_where(const char *text, struct api_where *ret_where)
{
    static const char lead[] = "unix:";
    struct endpoint *e = &ret_where->endpoint;
    if (strncmp(text, lead, sizeof(lead) - 1) != 0)
        return ip_parse_endpoint(text, CONFIG_DEFAULT_API_PORT, &e->addr, &e->port) == 0;
    ret_where->path = text + sizeof(lead) - 1;
    return ret_where->path[0] == '/' && strlen(ret_where->path) <= LOCAL_PATH_MAX_BYTES;
}

static int run(const char *file, const char *api, unsigned verbosity)
{
    struct api_where api_at = {0};
    if (api && !read_where(api, &api_at)) {
        struct strbuf shown = {0};
        utf8_add_foreign(&shown, api, strlen(api));
        fprintf(stderr,
                "bgpd: --api: \"%s\" is not ADDR:PORT, such as 127.0.0.1:8080, or unix:/PATH\n",
                strbuf_text(&shown));
        strbuf_release(&shown);
        return CLI_USAGE;
    }
    ignore_signals();
    unsigned level = LOG_LEVEL_INFO + verbosity;
    log_init(level > LOG_LEVEL_TRACE ? LOG_LEVEL_TRACE : (enum log_level)level);
    struct config_report report = {0};
    struct config *config = config_load(file, &report);
    if (config)
        config_report_log(&report, true, "");
    else
        print_lines(stderr, &report);
    config_report_release(&report);
    if (!config)
        return CLI_FAILED;
    char router_id[IP_TEXT_MAX];
    struct ip_addr id = ip_from_v4(config->router_id);
    log_info("bgpd " BGPD_VERSION " starts: configuration %s, router ID %s, peers: %zu, process %d",
             file, ip_format(&id, router_id), config->peer_count, (int)getpid());
    return run_daemon(config, api ? &api_at : NULL);
}

static json_t *json_lines(const struct config_report *report, bool warnings)
{
    json_t *lines = json_array();
    for (size_t i = 0; i < report->line_count; i++)
        if (report->lines[i].warning == warnings)
            json_array_append_new(lines, json_string(report->lines[i].text));
    return lines;
}

/* {"file": …, "ok": …, "errors": [line, …], "warnings": [line, …]}, and where it is asked for
 * "coverage": {"rules": …, "reached": …, "unreached": [line, …]} */
static void print_check_json(const char *file, bool ok, const struct config_report *report,
                             const struct config_coverage *coverage)
{
    struct strbuf shown = {0};
    json_t *name = json_string(file);
    if (!name) { /* it is not UTF-8 */
        utf8_add_foreign(&shown, file, strlen(file));
        name = json_string(strbuf_text(&shown));
    }
    json_t *answer = json_pack("{s:o, s:b, s:o, s:o}", "file", name, "ok", ok, "errors",
                               json_lines(report, false), "warnings", json_lines(report, true));
    if (coverage)
        json_object_set_new(answer, "coverage",
                            json_pack("{s:I, s:I, s:o}", "rules", (json_int_t)coverage->rule_count,
                                      "reached", (json_int_t)coverage->reached_count, "unreached",
                                      json_lines(&coverage->unreached, true)));
    json_print(stdout, answer, JSON_INDENT(2));
    fputc('\n', stdout);
    json_decref(answer);
    strbuf_release(&shown);
}

/* ", 3 peers", each after a comma but for the first. */
static void add_count(struct strbuf *out, size_t count, const char *what)
{
    strbuf_printf(out, "%s%zu %s%s", out->len_bytes > 0 ? ", " : "", count, what,
                  count == 1 ? "" : "s");
}

static void print_check(const char *file, const struct config *config,
                        const struct config_report *report, const struct config_coverage *coverage)
{
    struct strbuf counts = {0};
    struct strbuf shown = {0};
    utf8_add_foreign(&shown, file, strlen(file));
    if (config)
        add_count(&counts, config->peer_count, "peer");
    else
        add_count(&counts, report->error_count, "problem");
    if (report->warning_count > 0)
        add_count(&counts, report->warning_count, "warning");
    print_lines(stdout, report);
    for (size_t i = 0; coverage && i < coverage->unreached.line_count; i++)
        puts(coverage->unreached.lines[i].text);
    if (config)
        printf("%s: ok, %s\n", strbuf_text(&shown), strbuf_text(&counts));
    if (coverage)
        printf("%s: tests reach %zu of %zu rule%s\n", strbuf_text(&shown), coverage->reached_count,
               coverage->rule_count, coverage->rule_count == 1 ? "" : "s");
    fflush(stdout);
    if (!config)
        fprintf(stderr, "bgpd: %s has %s\n", strbuf_text(&shown), strbuf_text(&counts));
    strbuf_release(&counts);
    strbuf_release(&shown);
}

/* Files of VRPs are read while the daemon runs, and a bad one does not keep it from starting. */
static void check_rpki_files(const struct config *config, struct config_report *report)
{
    for (size_t i = 0; i < config->rpki_file_count; i++) {
        struct strbuf problem = {0};
        rpki_entries_unref(vrp_file_read(config->rpki_files[i], &problem));
        if (problem.len_bytes > 0)
            config_report_warn(report, strbuf_text(&problem));
        strbuf_release(&problem);
    }
}

static int check(const char *file, bool json, bool with_coverage)
{
    struct config_report report = {0};
    struct config_coverage coverage = {0};
    log_init(LOG_LEVEL_WARNING);
    struct config *config = config_load_covered(file, &report, with_coverage ? &coverage : NULL);
    if (config)
        check_rpki_files(config, &report);
    const struct config_coverage *shown = config && with_coverage ? &coverage : NULL;
    if (json)
        print_check_json(file, config != NULL, &report, shown);
    else
        print_check(file, config, &report, shown);
    int status = config ? CLI_OK : CLI_FAILED;
    config_free(config);
    config_report_release(&report);
    config_report_release(&coverage.unreached);
    return status;
}

/* The lines of one kind on a file, of which there are some. */
static void add_lines(struct strbuf *out, const struct config_report *report)
{
    for (size_t i = 0; i < report->line_count; i++)
        if (!report->lines[i].warning)
            strbuf_printf(out, "%s%s", out->len_bytes > 0 ? "\n" : "", report->lines[i].text);
}

static json_t *call_with(const struct config *config, const char *name, const json_t *params,
                         struct strbuf *error)
{
    const struct method_env env = {.config = config};
    uint64_t ticket = 0;
    struct strbuf result = {0};
    struct stream *stream = NULL;
    struct jsonrpc_error problem = {0};
    json_t *answer = NULL;
    const struct caller caller = {.access = ACCESS_FULL};
    const struct method_request request = {
        .method = method_find(name), .caller = &caller, .params = params};
    if (method_run(&env, &request, &ticket, &result, &stream, &problem) == 0)
        answer = json_loads(strbuf_text(&result), JSON_DECODE_ANY, NULL);
    else
        strbuf_add(error, strbuf_text(&problem.message));
    strbuf_release(&result);
    jsonrpc_error_release(&problem);
    return answer;
}

static json_t *call_by_file(const char *file, const char *method, json_t *params,
                            struct strbuf *error)
{
    struct config_report report = {0};
    log_init(LOG_LEVEL_WARNING);
    struct config *config = config_load(file, &report);
    json_t *answer = NULL;
    if (config)
        answer = call_with(config, method, params, error);
    else
        add_lines(error, &report);
    config_free(config);
    config_report_release(&report);
    json_decref(params);
    return answer;
}

static const char *nth_family(bool of_prefixes, unsigned n)
{
    return family_nth_name(of_prefixes ? NLRI_TEXT_PREFIX : 0, n);
}

/* Whoever starts a program may have closed its standard descriptors. The next socket would then be
 * standard error, and have the log written to it. */
static void open_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            _exit(CLI_FAILED);
}

int main(int argc, char **argv)
{
    open_standard_descriptors();
    const struct cli_program program = {.run = run,
                                        .check = check,
                                        .call_by_file = call_by_file,
                                        .nth_family = nth_family,
                                        .read_client_file = client_file_read};
    return cli_main(argc, argv, &program);
}
