/* bgpd healthcheck: checks a service, and has the daemon announce routes or withdraw them.
 *
 * What is to be announced is written in ExaBGP's words, as ExaBGP's health check does it, and sent
 * when it is not what was sent before; what the daemon did not take is sent again. It is asked
 * every second whether it is still the same one. */
#include "cli/healthcheck.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/time.h"
#include "cli/exa_command.h"
#include "cli/health.h"
#include "cli/health_options.h"
#include "cli/pipe.h"
#include "cli/pipe_child.h"
#include "cli/steer.h"
#include "cli/text.h"

enum { LOOK_MS = 1000, AGAIN_MS = 1000, OUTPUT_MAX_BYTES = 512, EXECUTE_MAX_MS = 60000 };

struct healthcheck {
    const struct cli_call *call; /* with what --config says */
    struct steer steer;
    struct health health;
    json_t *prefixes;
    struct strbuf sent;    /* the commands that were carried out last */
    struct strbuf problem; /* what was told last of those that were not */
    struct strbuf output;  /* of the last check, its beginning */
    const char *check;     /* NULL: it is always well */
    const char *name;
    int64_t interval_ms;
    int64_t fast_ms;
    int64_t timeout_ms; /* 0: none */
    uint64_t look_at_ms;
    int signals;
    bool silent;
    bool debug;
    bool to_syslog;
    bool had_failed; /* the check before */
    bool stopping;
};

__attribute__((format(printf, 3, 4))) static void say(const struct healthcheck *h, int level,
                                                      const char *format, ...)
{
    struct strbuf text = {0};
    struct strbuf clean = {0};
    va_list args;
    va_start(args, format);
    strbuf_vprintf(&text, format, args);
    va_end(args);
    for (char *c = text.data; *c; c++)
        *c = *c == '\n' ? ' ' : *c;
    text_add_printable(&clean, strbuf_text(&text));
    if (!h->silent)
        fprintf(stderr, "bgpd: healthcheck%s%s: %s\n", h->name ? " " : "", h->name ? h->name : "",
                strbuf_text(&clean));
    if (h->to_syslog)
        syslog(level, "%s%s%s", h->name ? h->name : "", h->name ? ": " : "", strbuf_text(&clean));
    strbuf_release(&text);
    strbuf_release(&clean);
}

static int until(uint64_t at_ms)
{
    uint64_t now_ms = time_mono_ms();
    uint64_t left_ms = at_ms > now_ms ? at_ms - now_ms : 0;
    return left_ms > INT32_MAX ? INT32_MAX : (int)left_ms;
}

static void take_signals(struct healthcheck *h)
{
    struct signalfd_siginfo info;
    while (read(h->signals, &info, sizeof(info)) == sizeof(info))
        h->stopping |= info.ssi_signo != SIGCHLD;
}

/* steer's pause, which is never asked for: nobody is waited for here. */
static bool no_pause(void *ctx, int timeout_ms)
{
    (void)ctx;
    (void)timeout_ms;
    return false;
}

/* Keeps the beginning of what a command writes, and reads the rest. */
static bool drain(struct healthcheck *h, const struct pipe_child *child)
{
    char buf[4096];
    ssize_t n;
    while ((n = read(child->out, buf, sizeof(buf))) > 0) {
        size_t room = OUTPUT_MAX_BYTES - h->output.len_bytes;
        strbuf_add_bytes(&h->output, buf, (size_t)n < room ? (size_t)n : room);
    }
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Runs a shell command until it ends, is late, or it is time to end ourselves. Its exit status;
 * -1, with h->output saying why, when there is none. */
static int run_command(struct healthcheck *h, const char *command, int64_t timeout_ms)
{
    struct strbuf script = {0};
    struct pipe_child child;
    int status = -1;
    strbuf_printf(&script, "exec 2>&1\n%s", command);
    char shell[] = "/bin/sh";
    char option[] = "-c";
    char *const argv[] = {shell, option, script.data, NULL};
    strbuf_clear(&h->output);
    int rc = pipe_child_start(&child, argv);
    strbuf_release(&script);
    if (rc != 0) {
        strbuf_printf(&h->output, "it cannot be started: %s", strerror(errno));
        return -1;
    }
    pipe_child_close_input(&child);
    uint64_t end_ms = timeout_ms > 0 ? time_mono_ms() + (uint64_t)timeout_ms : UINT64_MAX;
    int out = child.out;
    while (!pipe_child_has_ended(&child, &status) && until(end_ms) > 0 && !h->stopping) {
        struct pollfd fds[] = {{.fd = h->signals, .events = POLLIN}, {.fd = out, .events = POLLIN}};
        poll(fds, 2, until(end_ms));
        take_signals(h);
        if (fds[1].revents && !drain(h, &child))
            out = -1;
    }
    drain(h, &child);
    bool ended = pipe_child_has_ended(&child, &status);
    pipe_child_finish(&child);
    if (!ended) {
        strbuf_clear(&h->output);
        strbuf_printf(&h->output, "it took longer than %g s", (double)timeout_ms / 1000);
        return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* How a check ended, for people. */
static void say_check(const struct healthcheck *h, int status)
{
    struct strbuf text = {0};
    strbuf_add(&text, status == 0 ? "the check has succeeded" : "the check has failed");
    if (status > 0)
        strbuf_printf(&text, ": status %d", status);
    if (status != 0 && h->output.len_bytes > 0)
        strbuf_printf(&text, ": %s", strbuf_text(&h->output));
    say(h, status == 0 ? LOG_INFO : LOG_WARNING, "%s", strbuf_text(&text));
    strbuf_release(&text);
}

static bool check_service(struct healthcheck *h)
{
    if (!h->check)
        return true;
    int status = run_command(h, h->check, h->timeout_ms);
    bool failed = status != 0;
    if (!h->stopping && (failed != h->had_failed || h->debug))
        say_check(h, status);
    h->had_failed = failed;
    return !failed;
}

/* Runs the commands of an option. */
static void run_commands(struct healthcheck *h, const char *option)
{
    const char *command;
    for (size_t i = 0; (command = cli_call_value(h->call, option, i)) != NULL; i++)
        if (run_command(h, command, EXECUTE_MAX_MS) < 0)
            say(h, LOG_WARNING, "%s: %s", command, strbuf_text(&h->output));
}

static void run_hooks(struct healthcheck *h, enum health_state state)
{
    setenv("STATE", health_name(state), 1);
    if (state == HEALTH_UP)
        run_commands(h, "up-execute");
    else if (state == HEALTH_DOWN)
        run_commands(h, "down-execute");
    else if (state == HEALTH_DISABLED)
        run_commands(h, "disabled-execute");
    run_commands(h, "execute");
}

/* Carries out commands, one a line. What the daemon does not take is in *problem. 0, or an error as
 * steer_run. */
static int carry_out(struct healthcheck *h, const char *commands, struct strbuf *problem)
{
    struct steer_job job = {.calls = json_array()};
    int rc = 0;
    while (rc == 0 && *commands) {
        struct exa_command c;
        size_t len = strcspn(commands, "\n");
        json_t *calls = NULL;
        rc = exa_translate(commands, len, &c, problem);
        if (rc == 0)
            rc = steer_prepare(&h->steer, &c, &calls, problem);
        if (rc == 0)
            json_array_extend(job.calls, calls);
        json_decref(calls);
        exa_command_release(&c);
        commands += len + (commands[len] == '\n');
    }
    if (rc == 0)
        rc = steer_run(&h->steer, &job, 1);
    if (rc == 0 && job.failed)
        strbuf_add(problem, job.problem ? job.problem : "failed");
    else if (rc == ERR_STATE)
        strbuf_add(problem, "no session is up that would tell our own address as the next hop "
                            "(or name it: --next-hop)");
    else if (rc != 0 && problem->len_bytes == 0)
        strbuf_add(problem, strbuf_text(&h->steer.client->error));
    steer_job_release(&job);
    return rc;
}

/* Has the daemon announce what the state asks for, if that is not what it does. False when that did
 * not work, and is to be tried again. */
static bool tell_daemon(struct healthcheck *h, enum health_state state)
{
    struct strbuf commands = {0};
    struct strbuf problem = {0};
    health_add_commands(h->call, h->prefixes, state, &commands);
    bool done = strcmp(strbuf_text(&commands), strbuf_text(&h->sent)) == 0;
    if (!done) {
        carry_out(h, strbuf_text(&commands), &problem);
        done = problem.len_bytes == 0;
        if (done) {
            strbuf_clear(&h->sent);
            strbuf_add(&h->sent, strbuf_text(&commands));
        } else if (strcmp(strbuf_text(&problem), strbuf_text(&h->problem)) != 0) {
            say(h, LOG_ERR, "%s", strbuf_text(&problem));
        }
        strbuf_clear(&h->problem);
        strbuf_add(&h->problem, strbuf_text(&problem));
    }
    strbuf_release(&commands);
    strbuf_release(&problem);
    return done;
}

/* Lets time pass, with an eye on the daemon: another one is told again. */
static void wait_for_next(struct healthcheck *h, int64_t wait_ms)
{
    uint64_t end_ms = time_mono_ms() + (uint64_t)wait_ms;
    while (!h->stopping && until(end_ms) > 0) {
        struct pollfd fd = {.fd = h->signals, .events = POLLIN};
        poll(&fd, 1, until(end_ms < h->look_at_ms ? end_ms : h->look_at_ms));
        take_signals(h);
        if (h->stopping || until(h->look_at_ms) > 0)
            continue;
        h->look_at_ms = time_mono_ms() + LOOK_MS;
        if (h->steer.pid != 0)
            steer_look(&h->steer);
    }
}

static void check_once(struct healthcheck *h)
{
    const char *file = cli_call_text(h->call, "disable");
    bool disabled = file && access(file, F_OK) == 0;
    bool succeeded = disabled || check_service(h);
    enum health_state before = h->health.state;
    if (h->stopping)
        return;
    enum health_state state = health_next(&h->health, disabled, succeeded);
    if (state == before)
        return;
    if (health_is_settled(state) || h->debug)
        say(h, LOG_NOTICE, "%s", health_name(state));
    run_hooks(h, state);
}

static int run(struct healthcheck *h)
{
    while (!h->stopping) {
        check_once(h);
        if (h->stopping)
            break;
        bool settled = health_is_settled(h->health.state);
        if (settled && h->steer.pid == 0)
            steer_look(&h->steer); /* so that its next one is known as another */
        bool done = !settled || tell_daemon(h, h->health.state);
        if (settled && done && h->interval_ms == 0)
            return CLI_OK;
        wait_for_next(h, !done ? AGAIN_MS : settled ? h->interval_ms : h->fast_ms);
    }
    return tell_daemon(h, HEALTH_EXIT) ? CLI_OK : CLI_FAILED;
}

/* Before anything is done: what no daemon would take. */
static bool options_are_good(struct healthcheck *h)
{
    struct strbuf commands = {0};
    struct strbuf problem = {0};
    int rc = 0;
    health_add_commands(h->call, h->prefixes, HEALTH_UP, &commands);
    health_add_commands(h->call, h->prefixes, HEALTH_DOWN, &commands);
    health_add_commands(h->call, h->prefixes, HEALTH_DISABLED, &commands);
    for (char *rest = commands.data, *line; rc == 0 && rest && (line = strsep(&rest, "\n"));) {
        struct exa_command c;
        if (*line == '\0')
            continue;
        rc = exa_translate(line, strlen(line), &c, &problem);
        exa_command_release(&c);
        if (rc != 0) {
            bool was_silent = h->silent;
            h->silent = false;
            say(h, LOG_ERR, "%s: %s", line, strbuf_text(&problem));
            h->silent = was_silent;
        }
    }
    strbuf_release(&commands);
    strbuf_release(&problem);
    return rc == 0;
}

/* The process. */

static bool open_syslog(struct healthcheck *h, const char *facility)
{
    static const struct {
        const char *name;
        int facility;
    } known[] = {
        {"daemon", LOG_DAEMON}, {"user", LOG_USER},     {"auth", LOG_AUTH},
        {"cron", LOG_CRON},     {"local0", LOG_LOCAL0}, {"local1", LOG_LOCAL1},
        {"local2", LOG_LOCAL2}, {"local3", LOG_LOCAL3}, {"local4", LOG_LOCAL4},
        {"local5", LOG_LOCAL5}, {"local6", LOG_LOCAL6}, {"local7", LOG_LOCAL7},
    };
    for (size_t i = 0; facility && i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcasecmp(known[i].name, facility) != 0)
            continue;
        openlog("bgpd-healthcheck", LOG_PID, known[i].facility);
        h->to_syslog = true;
        return true;
    }
    if (facility)
        fprintf(stderr,
                "bgpd: --syslog-facility: \"%s\" is none of daemon, user, auth, cron, "
                "local0 to local7\n",
                facility);
    return !facility;
}

static bool write_pid(const char *file)
{
    FILE *out = file ? fopen(file, "we") : NULL;
    bool ok = !file || (out && fprintf(out, "%d\n", (int)getpid()) > 0);
    if (out && fclose(out) != 0)
        ok = false;
    if (!ok)
        fprintf(stderr, "bgpd: cannot write %s: %s\n", file, strerror(errno));
    return ok;
}

/* Becomes who is asked for; nobody can go back from there. */
static bool become(const char *user, const char *group)
{
    const struct passwd *pw = user ? getpwnam(user) : NULL;
    if (user && !pw) {
        fprintf(stderr, "bgpd: --user: there is no user %s\n", user);
        return false;
    }
    uid_t uid = pw ? pw->pw_uid : getuid();
    gid_t gid = pw ? pw->pw_gid : getgid();
    const struct group *gr = group ? getgrnam(group) : NULL;
    if (group && !gr) {
        fprintf(stderr, "bgpd: --group: there is no group %s\n", group);
        return false;
    }
    if (gr)
        gid = gr->gr_gid;
    if (!user && !group)
        return true;
    if ((user && initgroups(user, gid) != 0) || setresgid(gid, gid, gid) != 0 ||
        setresuid(uid, uid, uid) != 0) {
        fprintf(stderr, "bgpd: cannot become %s: %s\n", user ? user : group, strerror(errno));
        return false;
    }
    return true;
}

/* Takes what the options say; false after saying what is wrong. */
static bool prepare(struct healthcheck *h)
{
    const struct cli_call *call = h->call;
    h->steer.owner = cli_call_text(call, "owner");
    h->steer.ttl_s = (uint32_t)cli_call_number(call, "ttl", 0);
    h->check = cli_call_text(call, "cmd");
    h->check = h->check ? h->check : cli_call_text(call, "command");
    h->name = cli_call_text(call, "name");
    h->silent = cli_call_count(call, "silent") > 0;
    h->debug = cli_call_count(call, "debug") > 0;
    h->health.rise = (uint32_t)cli_call_number(call, "rise", 3);
    h->health.fall = (uint32_t)cli_call_number(call, "fall", 3);
    h->interval_ms = health_option_ms(call, "interval", 5);
    h->fast_ms = health_option_ms(call, "fast-interval", 1);
    h->timeout_ms = health_option_ms(call, "timeout", 5);
    if (h->interval_ms < 0 || h->fast_ms < 0 || h->timeout_ms < 0)
        return false;
    h->prefixes = health_prefixes(call);
    return h->prefixes && options_are_good(h) &&
           open_syslog(h, cli_call_text(call, "syslog-facility")) &&
           write_pid(cli_call_text(call, "pid")) &&
           become(cli_call_text(call, "user"), cli_call_text(call, "group"));
}

int cmd_healthcheck(struct cli *cli, const struct cli_call *call)
{
    struct cli_call with_file = {.command = call->command, .setting_count = call->setting_count};
    struct healthcheck h = {.call = &with_file, .signals = -1};
    struct strbuf text = {0};
    with_file.settings = mem_resize(NULL, call->setting_count + 1, sizeof(*call->settings));
    if (call->setting_count > 0)
        memcpy(with_file.settings, call->settings, call->setting_count * sizeof(*call->settings));
    steer_init(&h.steer, &cli->client);
    h.steer.pause = no_pause;
    h.steer.impatient = true;
    int status = CLI_USAGE;
    if (health_read_config(&with_file, &text) && prepare(&h)) {
        h.signals = pipe_open_signals();
        status = run(&h);
        close(h.signals);
    }
    json_decref(h.prefixes);
    strbuf_release(&h.sent);
    strbuf_release(&h.problem);
    strbuf_release(&h.output);
    steer_release(&h.steer);
    cli_call_release(&with_file);
    strbuf_release(&text);
    return status;
}
