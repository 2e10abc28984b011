/* bgpd pipe: commands of a script, or of standard input, until there are no more.
 *
 * One loop waits for signals, for what is to be read, for a script that is slow to read its
 * answers, and for the next look at the daemon. While a request is under way nothing else is done;
 * the script's pipe holds what comes meanwhile. */
#include "cli/pipe.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/ip.h"
#include "base/mem.h"
#include "base/time.h"
#include "cli/pipe_child.h"
#include "cli/pipe_events.h"
#include "cli/pipe_lines.h"
#include "cli/request.h"
#include "cli/steer.h"

enum {
    READ_BYTES = 64 << 10,
    READ_MAX_BYTES = 1 << 20, /* what is read before it is carried out */
    LOOK_MS = 1000,
    RESTART_MIN_MS = 1000, /* doubled each time, up to the next */
    RESTART_MAX_MS = 60000,
    RAN_WELL_MS = 60000, /* a script that ran so long is started again at once */
    END_NOTICE_MS = 500, /* from "shutdown" to SIGTERM */
    END_PATIENCE_MS = 5000,
};

const struct cli_option pipe_options[] = {
    {"self", 0, CLI_LIST, "ADDRESS", "what \"next-hop self\" is (our own in the sessions)", 0, 0},
    {"ack", 0, CLI_TEXT, "text|json|none", "how commands are answered (text: done, error)", 0, 0},
    {"encoder", 0, CLI_TEXT, "json|text", "how a script is told of sessions (json)", 0, 0},
    {"owner", 0, CLI_TEXT, "NAME", "whose the routes are (show originated --owner NAME)", 0, 0},
    {"ttl", 0, CLI_NUMBER, "SECONDS", "withdrawn so long after nobody renews it, as done here", 3,
     31536000},
    {"withdraw-on-exit", 0, CLI_FLAG, NULL, "withdraw at the end what was announced", 0, 0},
    {"no-respawn", 0, CLI_FLAG, NULL, "end with the script, do not start it again", 0, 0},
    {0},
};

struct pipe {
    struct cli *cli;
    struct steer steer;
    struct pipe_lines lines;
    struct pipe_events events;
    struct pipe_child child;
    char *const *argv; /* of the script; NULL: standard input */
    int signals;       /* signalfd */
    int input;         /* what is read; -1: nothing, or no more */
    bool respawn;
    bool stopping;
    bool is_away;      /* the daemon, and that was told */
    bool child_failed; /* how the last script ended */
    uint64_t look_at_ms;
    uint64_t started_at_ms;
    uint64_t restart_at_ms; /* 0: it runs, or none is to be started */
    int restart_after_ms;
    struct strbuf read;
};

/* Milliseconds until a moment, for poll(2). */
static int until(uint64_t at_ms)
{
    uint64_t now_ms = time_mono_ms();
    return at_ms > now_ms ? (int)(at_ms - now_ms) : 0;
}

static void take_signals(struct pipe *p)
{
    struct signalfd_siginfo info;
    while (read(p->signals, &info, sizeof(info)) == sizeof(info))
        if (info.ssi_signo != SIGCHLD)
            p->stopping = true;
}

/* steer's pause. */
static bool pause_for(void *ctx, int timeout_ms)
{
    struct pipe *p = ctx;
    uint64_t end_ms = time_mono_ms() + (uint64_t)timeout_ms;
    while (!p->stopping && until(end_ms) > 0) {
        struct pollfd fd = {.fd = p->signals, .events = POLLIN};
        poll(&fd, 1, until(end_ms));
        take_signals(p);
    }
    return !p->stopping;
}

/* Reads what there is, up to so much; false at the end of it. */
static bool read_input(struct pipe *p)
{
    char buf[READ_BYTES];
    struct pollfd fd = {.fd = p->input, .events = POLLIN};
    strbuf_clear(&p->read);
    while (p->read.len_bytes < READ_MAX_BYTES && poll(&fd, 1, 0) > 0) {
        ssize_t n = read(p->input, buf, sizeof(buf));
        if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
            return false;
        if (n > 0)
            strbuf_add_bytes(&p->read, buf, (size_t)n);
    }
    return true;
}

/* Hands the answers on. */
static void put_output(struct pipe *p)
{
    struct strbuf *out = &p->lines.output;
    if (out->len_bytes == 0)
        return;
    if (p->argv) {
        if (!pipe_child_tell(&p->child, out->data, out->len_bytes))
            fprintf(stderr, "bgpd: %s does not read its answers: they are left out\n", p->argv[0]);
    } else if (fwrite(out->data, 1, out->len_bytes, stdout) != out->len_bytes ||
               fflush(stdout) != 0) {
        p->stopping = true; /* told at the end, as of all output */
    }
    strbuf_clear(out);
}

/* Carries out what was read; *ended: there is no more. */
static int carry_out(struct pipe *p, bool ended)
{
    int rc = pipe_lines_feed(&p->lines, strbuf_text(&p->read), p->read.len_bytes);
    strbuf_clear(&p->read);
    if (rc == 0 && ended)
        rc = pipe_lines_end(&p->lines);
    put_output(p);
    p->stopping |= p->lines.shutdown;
    return rc == ERR_STATE && p->stopping ? 0 : rc;
}

static double unix_time_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Tells the script what has changed of sessions. */
static void tell_events(struct pipe *p, const json_t *peers)
{
    struct strbuf text = {0};
    pipe_events_compare(&p->events, peers, unix_time_s(), &text);
    pipe_child_tell(&p->child, strbuf_text(&text), text.len_bytes);
    strbuf_release(&text);
}

/* Looks whether the daemon is there and the same, and how its sessions are. */
static void look(struct pipe *p)
{
    p->look_at_ms = time_mono_ms() + LOOK_MS;
    int rc = steer_look(&p->steer);
    if (rc != 0 && !p->is_away)
        request_failed(p->cli);
    p->is_away = rc != 0;
    if (!p->child.pid)
        return;
    const json_t *peers = rc == 0 ? steer_peers(&p->steer) : NULL;
    tell_events(p, peers);
}

static int start_script(struct pipe *p)
{
    pipe_lines_restart(&p->lines);
    pipe_events_forget(&p->events);
    int rc = pipe_child_start(&p->child, p->argv);
    p->started_at_ms = time_mono_ms();
    p->restart_at_ms = 0;
    p->input = p->child.out;
    if (rc != 0) {
        fprintf(stderr, "bgpd: cannot start %s: %s\n", p->argv[0], strerror(errno));
        p->restart_at_ms = p->started_at_ms + RESTART_MAX_MS;
        return rc;
    }
    look(p);
    return 0;
}

/* How it ended, for people. */
static void tell_end(const struct pipe *p, int status)
{
    if (WIFSIGNALED(status))
        fprintf(stderr, "bgpd: %s was ended by signal %d", p->argv[0], WTERMSIG(status));
    else
        fprintf(stderr, "bgpd: %s has ended with status %d", p->argv[0], WEXITSTATUS(status));
    if (p->restart_at_ms)
        fprintf(stderr, ", and is started again in %d s", p->restart_after_ms / 1000);
    fprintf(stderr, "\n");
}

/* After the end of the script: it is started again, a while later where it had run for a moment
 * only. */
static void script_ended(struct pipe *p)
{
    int status = 0;
    pipe_child_ask_to_end(&p->child); /* what it may have left behind, too */
    uint64_t end_ms = time_mono_ms() + END_PATIENCE_MS;
    while (!pipe_child_has_ended(&p->child, &status) && until(end_ms) > 0) {
        struct pollfd fd = {.fd = p->signals, .events = POLLIN};
        poll(&fd, 1, until(end_ms));
        take_signals(p);
    }
    p->child_failed = status != 0;
    bool ran_well = time_mono_ms() - p->started_at_ms >= RAN_WELL_MS;
    p->restart_after_ms = ran_well || p->restart_after_ms == 0       ? RESTART_MIN_MS
                          : p->restart_after_ms * 2 > RESTART_MAX_MS ? RESTART_MAX_MS
                                                                     : p->restart_after_ms * 2;
    if (p->respawn && !p->stopping)
        p->restart_at_ms = time_mono_ms() + (uint64_t)p->restart_after_ms;
    if (!p->stopping)
        tell_end(p, status);
    pipe_child_finish(&p->child);
    p->input = -1;
}

/* Waits for whatever comes next, and reads. *ret_ended: the end of the input. */
static void wait_for_input(struct pipe *p, uint64_t at_most_ms, bool *ret_ended)
{
    uint64_t wake_ms =
        p->restart_at_ms && p->restart_at_ms < at_most_ms ? p->restart_at_ms : at_most_ms;
    struct pollfd fds[] = {
        {.fd = p->signals, .events = POLLIN},
        {.fd = p->input, .events = POLLIN},
        {.fd = p->child.waiting.len_bytes > 0 ? p->child.in : -1, .events = POLLOUT},
    };
    poll(fds, 3, until(wake_ms));
    take_signals(p);
    if (fds[2].revents)
        pipe_child_flush(&p->child);
    int status = 0;
    bool child_ended = p->child.pid && pipe_child_has_ended(&p->child, &status);
    *ret_ended = fds[1].revents || child_ended ? !read_input(p) : false;
    /* What it has started may hold its output open. */
    *ret_ended |= child_ended && p->read.len_bytes == 0;
}

static int loop(struct pipe *p)
{
    int rc = 0;
    while (rc == 0 && !p->stopping && (p->input >= 0 || p->restart_at_ms)) {
        bool ended = false;
        wait_for_input(p, p->look_at_ms, &ended);
        rc = carry_out(p, ended);
        if (ended && p->argv)
            script_ended(p);
        else if (ended)
            p->input = -1;
        if (!p->stopping && p->restart_at_ms && until(p->restart_at_ms) == 0)
            start_script(p);
        if (rc == 0 && !p->stopping && until(p->look_at_ms) == 0)
            look(p);
    }
    return rc;
}

/* Has the script end: it is told, and what it still writes then is carried out. */
static int end_script(struct pipe *p)
{
    char text[160];
    int len =
        p->events.as_json
            ? snprintf(text, sizeof(text),
                       "{\"exabgp\": \"4.0.1\", \"time\": %.2f, \"pid\": %d, \"ppid\": %d, "
                       "\"type\": \"notification\", \"notification\": \"shutdown\"}\n",
                       unix_time_s(), (int)getpid(), (int)getppid())
            : snprintf(text, sizeof(text), "shutdown %d %d\n\n", (int)getpid(), (int)getppid());
    uint64_t notice_ms = time_mono_ms() + END_NOTICE_MS;
    uint64_t end_ms = time_mono_ms() + END_PATIENCE_MS;
    int rc = 0;
    bool ended = false;
    bool asked = false;
    p->steer.impatient = true;
    p->lines.shutdown = false;
    pipe_child_tell(&p->child, text, (size_t)len);
    pipe_child_close_input(&p->child);
    while (rc == 0 && !ended && until(end_ms) > 0) {
        wait_for_input(p, asked ? end_ms : notice_ms, &ended);
        rc = carry_out(p, ended);
        if (asked || until(notice_ms) > 0)
            continue;
        pipe_child_ask_to_end(&p->child);
        asked = true;
    }
    pipe_child_finish(&p->child);
    return rc;
}

static int run(struct pipe *p, bool withdraw)
{
    int rc = steer_look(&p->steer);
    if (rc == 0 && p->argv && start_script(p) != 0)
        return CLI_FAILED;
    p->input = p->argv ? p->input : STDIN_FILENO;
    p->look_at_ms = time_mono_ms() + LOOK_MS;
    if (rc == 0)
        rc = loop(p);
    if (rc == 0 && p->child.pid)
        rc = end_script(p);
    p->steer.impatient = true;
    if (rc == 0 && withdraw)
        rc = steer_withdraw_all(&p->steer);
    if (rc != 0)
        return request_failed(p->cli);
    /* A script is started again until we are to end; how it ended counts where it is not. */
    bool failed = p->argv ? p->child_failed && !p->respawn : p->lines.any_failed;
    return failed ? CLI_FAILED : CLI_OK;
}

/* One of the words; -1 after saying which there are. */
static int choice(const struct cli_call *call, const char *option, const char *const *words)
{
    const char *text = cli_call_text(call, option);
    for (int i = 0; words[i]; i++)
        if (!text || strcmp(text, words[i]) == 0)
            return i;
    fprintf(stderr, "bgpd: --%s: \"%s\": expected", option, text);
    for (int i = 0; words[i]; i++)
        fprintf(stderr, "%s%s", i > 0 ? ", " : " ", words[i]);
    fprintf(stderr, "\n");
    return -1;
}

bool pipe_set_own_addresses(struct steer *s, const struct cli_call *call, const char *option)
{
    struct ip_addr addr;
    const char *text;
    for (size_t i = 0; (text = cli_call_value(call, option, i)) != NULL; i++) {
        if (strchr(text, '%') || ip_parse(text, &addr) != 0) {
            fprintf(stderr, "bgpd: --%s: \"%s\" is no address\n", option, text);
            return false;
        }
        s->own_address[addr.version == IP_V6] = text;
    }
    return true;
}

int pipe_open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int cmd_pipe(struct cli *cli, const struct cli_call *call)
{
    static const char *const acks[] = {"text", "json", "none", NULL};
    static const char *const encoders[] = {"json", "text", NULL};
    struct pipe p = {.cli = cli, .argv = call->program, .input = -1};
    int ack = choice(call, "ack", acks);
    int encoder = choice(call, "encoder", encoders);
    if (ack < 0 || encoder < 0)
        return CLI_USAGE;
    p.child.in = p.child.out = -1;
    p.respawn = cli_call_count(call, "no-respawn") == 0;
    steer_init(&p.steer, &cli->client);
    p.steer.pause = pause_for;
    p.steer.ctx = &p;
    p.steer.owner = cli_call_text(call, "owner");
    p.steer.ttl_s = (uint32_t)cli_call_number(call, "ttl", 0);
    int status = CLI_USAGE;
    if (pipe_set_own_addresses(&p.steer, call, "self")) {
        p.signals = pipe_open_signals();
        pipe_lines_init(&p.lines, &p.steer, (enum pipe_ack)ack, p.argv ? p.argv[0] : NULL);
        pipe_events_init(&p.events, encoder == 0);
        status = run(&p, cli_call_count(call, "withdraw-on-exit") > 0);
        pipe_child_finish(&p.child);
        pipe_lines_release(&p.lines);
        pipe_events_release(&p.events);
        close(p.signals);
    }
    strbuf_release(&p.read);
    steer_release(&p.steer);
    return status;
}
