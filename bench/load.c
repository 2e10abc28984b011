/* Load generator: plays any number of BGP peers against a daemon and measures how long it takes
 * until every receiver holds exactly what it should.
 *
 * One thread, one epoll. Everything that is sent is built before the clock starts. Commands come on
 * standard input, one a line, and each is answered by one line of JSON on standard output:
 *
 *   announce      all senders announce the table (or their share of it)
 *   churn P       P percent of the prefixes are announced again, with other attributes
 *   drop          all senders close their connections
 *   return        they come back, and announce nothing yet
 *   join          the late receivers connect
 *   change N [F]  the daemon is about to have version N of its import policy, which rejects what
 *                 the prefix list F (the one that there was) has; or by other VRPs
 *   wait          nothing is sent: the daemon itself originates the table
 *   idle S        sessions are kept for S seconds
 *   quit
 *
 * Peer n (senders, then receivers, then late ones) connects from 127.1.(n / 250).(n % 250 + 1), or
 * with --lan from 10.254.(n / 250).(n % 250 + 1). */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/ip.h"
#include "base/mem.h"
#include "base/prefix.h"
#include "base/time.h"
#include "exchange.h"
#include "origins.h"
#include "peer.h"

/* No more sessions are opened at a time than fit the listen queue of any daemon. */
enum { EVENTS_MAX = 64, TICK_MS = 20, OPENING_MAX = 8, WRONG_NAMED_MAX = 8 };

/* For so long nothing may come that makes wrong again what was complete, where there are policies:
 * without them nothing could. */
enum { SETTLE_MS = 300 };

/* Private ASNs, like those of senders: a real table has none of them in its paths. */
static const uint32_t RECEIVER_AS = 4200003001U;

struct options {
    const char *target, *table, *rejected, *lists;
    uint32_t senders, receivers, late, hold_time_s, timeout_s, sender_as;
    enum traits traits;
    enum outcome_kind policy;
    unsigned version; /* of what is written */
    uint64_t seed;
    enum sharing sharing;
    uint32_t first_local; /* the address of the first peer */
    bool describe, list;
};

struct load {
    struct options options;
    struct table table;
    struct plan plan;
    struct outcome outcome;
    struct target expect;
    struct session_settings settings;
    struct peer *peers; /* owned: senders, receivers, late */
    uint32_t peer_count;
    uint32_t churn_round;
    uint64_t start_ns, start_cpu_ns;                       /* of the command being carried out */
    uint64_t end_ns, end_cpu_ns;                           /* 0 until it is done */
    bool undone;                                           /* it was done, and then no longer */
    uint64_t bytes_sent, bytes_received, updates_received; /* before it */
};

static uint64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

/* --- the loop --- */

static void tick(struct load *l)
{
    uint64_t now_ns = time_mono_ns();
    uint32_t opening = 0;
    for (uint32_t i = 0; i < l->peer_count; i++)
        opening += l->peers[i].state == PEER_CONNECTING || l->peers[i].state == PEER_OPEN_SENT;
    for (uint32_t i = 0; i < l->peer_count; i++) {
        struct peer *p = &l->peers[i];
        if (p->wanted && !p->lost && p->state == PEER_DOWN && opening < OPENING_MAX) {
            peer_connect(p);
            opening++;
        }
        peer_tick(p, now_ns);
    }
}

/* Runs until `done` says so, a session is lost, or the time is over. */
static bool run_for(struct load *l, bool (*done)(const struct load *), uint64_t timeout_ms)
{
    uint64_t deadline_ns = time_mono_ns() + timeout_ms * 1000000ULL;
    uint64_t next_tick_ns = 0;
    while (!done(l)) {
        uint64_t now_ns = time_mono_ns();
        if (now_ns >= deadline_ns)
            return false;
        if (now_ns >= next_tick_ns) {
            tick(l);
            next_tick_ns = now_ns + TICK_MS * 1000000ULL;
        }
        struct epoll_event events[EVENTS_MAX];
        int n = epoll_wait(l->settings.epoll, events, EVENTS_MAX, TICK_MS);
        for (int i = 0; i < n; i++) {
            struct peer *p = events[i].data.ptr;
            bool opening = p->state != PEER_ESTABLISHED;
            if (p->fd >= 0)
                peer_event(p, events[i].events);
            if (opening && p->state == PEER_ESTABLISHED)
                next_tick_ns = 0; /* there is room for another one */
        }
    }
    return true;
}

static bool run_until(struct load *l, bool (*done)(const struct load *), uint32_t timeout_s)
{
    return run_for(l, done, timeout_s * 1000ULL);
}

static bool any_lost(const struct load *l)
{
    for (uint32_t i = 0; i < l->peer_count; i++)
        if (l->peers[i].lost)
            return true;
    return false;
}

static bool all_established(const struct load *l)
{
    for (uint32_t i = 0; i < l->peer_count; i++)
        if (l->peers[i].wanted && l->peers[i].state != PEER_ESTABLISHED)
            return any_lost(l);
    return true;
}

static bool all_complete(const struct load *l)
{
    for (uint32_t i = 0; i < l->peer_count; i++) {
        const struct peer *p = &l->peers[i];
        if (p->wanted &&
            (p->state != PEER_ESTABLISHED || !held_complete(&p->held) || peer_is_sending(p)))
            return any_lost(l);
    }
    return true;
}

static bool never(const struct load *l)
{
    return any_lost(l);
}

/* --- measuring --- */

static void sum_traffic(const struct load *l, uint64_t *ret_sent, uint64_t *ret_received,
                        uint64_t *ret_updates)
{
    *ret_sent = *ret_received = *ret_updates = 0;
    for (uint32_t i = 0; i < l->peer_count; i++) {
        *ret_sent += l->peers[i].bytes_sent;
        *ret_received += l->peers[i].bytes_received;
        *ret_updates += l->peers[i].updates_received;
    }
}

static void start_clock(struct load *l)
{
    sum_traffic(l, &l->bytes_sent, &l->bytes_received, &l->updates_received);
    l->undone = false;
    l->start_cpu_ns = cpu_ns();
    l->start_ns = time_mono_ns();
    for (uint32_t i = 0; i < l->peer_count; i++) {
        l->peers[i].keepalive_gap_ns = 0;
        l->peers[i].last_keepalive_ns = l->start_ns;
    }
}

static void stop_clock(struct load *l)
{
    l->end_ns = time_mono_ns();
    l->end_cpu_ns = cpu_ns();
}

static bool wait_for_all(struct load *l)
{
    bool done = run_until(l, all_complete, l->options.timeout_s);
    stop_clock(l);
    if (!done || l->outcome.kind == OUTCOME_NONE)
        return done;
    run_for(l, any_lost, SETTLE_MS);
    l->undone = !all_complete(l);
    return !l->undone;
}

struct totals {
    uint64_t expected, right, absent, held, foreign, malformed, gap_ns;
    uint32_t lost;
    const struct peer *a_lost_one;
};

static struct totals sum_up(const struct load *l, uint64_t end_ns)
{
    struct totals sum = {0};
    for (uint32_t i = 0; i < l->peer_count; i++) {
        const struct peer *p = &l->peers[i];
        if (p->lost) {
            sum.lost++;
            sum.a_lost_one = p;
        }
        if (!p->wanted)
            continue;
        sum.expected += p->held.expected;
        sum.right += p->held.right;
        sum.absent += p->held.absent;
        sum.held += p->held.held;
        sum.foreign += p->held.foreign;
        sum.malformed += p->held.malformed;
        uint64_t gap_ns = end_ns - p->last_keepalive_ns;
        gap_ns = gap_ns > p->keepalive_gap_ns ? gap_ns : p->keepalive_gap_ns;
        sum.gap_ns = gap_ns > sum.gap_ns ? gap_ns : sum.gap_ns;
    }
    return sum;
}

static const char *prefix_text(const struct table_prefix *p, char *buf)
{
    uint8_t bytes[16] = {0};
    for (int b = 0; b < 8; b++)
        bytes[b] = (uint8_t)(p->high >> (56 - 8 * b));
    struct prefix prefix = prefix_make(p->version, p->len_bits, bytes);
    return prefix_format(&prefix, buf);
}

/* Names some prefixes that are not as they should be, at the first receiver that has any. */
static void print_wrong(const struct load *l)
{
    const struct peer *p = l->peers;
    while (p < l->peers + l->peer_count && (!p->wanted || held_complete(&p->held)))
        p++;
    if (p == l->peers + l->peer_count)
        return;
    printf(", \"wrong_at\": %u, \"wrong\": [", (unsigned)(p - l->peers));
    char text[PREFIX_TEXT_MAX];
    uint32_t named = 0;
    for (uint32_t i = 0; i < l->table.prefix_count && named < WRONG_NAMED_MAX; i++)
        if (held_is_wrong(&p->held, &l->expect, i))
            printf("%s\"%s\"", named++ ? ", " : "", prefix_text(&l->table.prefixes[i], text));
    printf("]");
}

/* Prints the result of a command. */
static void report(struct load *l, const char *command, bool done, uint64_t messages_sent)
{
    if (!l->end_ns)
        stop_clock(l);
    uint64_t end_ns = l->end_ns, cpu = l->end_cpu_ns - l->start_cpu_ns;
    uint64_t sent, received, updates;
    sum_traffic(l, &sent, &received, &updates);
    struct totals sum = sum_up(l, end_ns);
    printf("{\"command\": \"%s\", \"done\": %s, \"seconds\": %.6f, \"start\": %.6f, "
           "\"end\": %.6f, \"cpu\": %.6f, ",
           command, done && !sum.lost ? "true" : "false", (double)(end_ns - l->start_ns) / 1e9,
           (double)l->start_ns / 1e9, (double)end_ns / 1e9, (double)cpu / 1e9);
    printf("\"bytes_sent\": %lu, \"bytes_received\": %lu, \"updates_sent\": %lu, "
           "\"updates_received\": %lu, ",
           sent - l->bytes_sent, received - l->bytes_received, messages_sent,
           updates - l->updates_received);
    printf("\"expected\": %lu, \"right\": %lu, \"absent\": %lu, \"held\": %lu, \"foreign\": %lu, "
           "\"malformed\": %lu, \"keepalive_gap\": %.3f, \"lost\": %u",
           sum.expected, sum.right, sum.absent, sum.held, sum.foreign, sum.malformed,
           (double)sum.gap_ns / 1e9, sum.lost);
    if (l->undone)
        printf(", \"undone\": true");
    if (sum.a_lost_one)
        printf(", \"notification\": \"%u/%u\"", sum.a_lost_one->notification[0],
               sum.a_lost_one->notification[1]);
    if (!done)
        print_wrong(l);
    printf("}\n");
    fflush(stdout);
    l->end_ns = 0;
}

/* --- commands --- */

static void expect(struct load *l, bool nothing)
{
    if (nothing)
        memset(l->expect.choices, 0, l->table.prefix_count * sizeof *l->expect.choices);
    else
        outcome_choices(&l->outcome, &l->plan, l->expect.choices);
    for (uint32_t i = 0; i < l->peer_count; i++)
        held_recount(&l->peers[i].held, &l->expect);
}

/* Announces the sets of `changed`, or all, and waits until everybody has them. */
static void announce(struct load *l, const char *command, const bool *changed)
{
    struct stream *streams = mem_zalloc(l->options.senders * sizeof *streams);
    uint64_t messages = 0;
    for (uint32_t i = 0; i < l->options.senders; i++) {
        stream_add_announcements(&streams[i], &l->plan, i, changed);
        messages += streams[i].messages;
    }
    expect(l, false);
    start_clock(l);
    for (uint32_t i = 0; i < l->options.senders; i++)
        if (streams[i].len_bytes > 0)
            peer_send(&l->peers[i], &streams[i]);
    bool done = wait_for_all(l);
    report(l, command, done, messages);
    if (!done)
        exit(1); /* streams are half sent */
    for (uint32_t i = 0; i < l->options.senders; i++)
        stream_release(&streams[i]);
    free(streams);
}

static void churn(struct load *l, uint32_t percent)
{
    bool *changed = mem_zalloc(l->table.set_count * sizeof *changed);
    plan_churn(&l->plan, percent, l->churn_round++, changed);
    announce(l, "churn", changed);
    free(changed);
}

static void drop(struct load *l)
{
    expect(l, true);
    start_clock(l);
    for (uint32_t i = 0; i < l->options.senders; i++) {
        l->peers[i].wanted = false;
        peer_close(&l->peers[i]);
    }
    report(l, "drop", run_until(l, all_complete, l->options.timeout_s), 0);
}

static void want(struct load *l, uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++) {
        held_clear(&l->peers[i].held, &l->expect);
        l->peers[i].wanted = true;
    }
}

static void come_back(struct load *l)
{
    want(l, 0, l->options.senders);
    start_clock(l);
    report(l, "return", run_until(l, all_established, l->options.timeout_s), 0);
}

static void join(struct load *l)
{
    start_clock(l);
    want(l, l->options.senders + l->options.receivers, l->options.late);
    report(l, "join", run_until(l, all_complete, l->options.timeout_s), 0);
}

static void change(struct load *l, const char *arguments)
{
    char *end;
    unsigned long version = strtoul(arguments, &end, 10);
    static const unsigned versions[OUTCOME_KINDS] = {
        [OUTCOME_IMPORT] = OUTCOME_VERSIONS,
        [OUTCOME_MEMBERS] = EXCHANGE_VERSIONS,
        [OUTCOME_ORIGINS] = ORIGINS_VERSIONS,
    };
    if (end == arguments || version >= versions[l->outcome.kind])
        bench_fail("no version of the policy: %s", arguments);
    l->outcome.version = (unsigned)version;
    const char *path = end + strspn(end, " ");
    if (path[0]) {
        prefix_list_release(&l->outcome.rejected);
        prefix_list_read(&l->outcome.rejected, path);
    }
    expect(l, false);
    puts("{\"expecting\": true}"); /* the caller changes the policy now, and knows when */
    fflush(stdout);
    start_clock(l);
    report(l, "change", wait_for_all(l), 0);
}

static void carry_out(struct load *l, const char *line)
{
    if (strcmp(line, "announce") == 0) {
        announce(l, line, NULL);
    } else if (strncmp(line, "churn ", 6) == 0) {
        churn(l, (uint32_t)strtoul(line + 6, NULL, 10));
    } else if (strncmp(line, "change ", 7) == 0) {
        change(l, line + 7);
    } else if (strcmp(line, "drop") == 0) {
        drop(l);
    } else if (strcmp(line, "return") == 0) {
        come_back(l);
    } else if (strcmp(line, "join") == 0) {
        join(l);
    } else if (strcmp(line, "wait") == 0) {
        expect(l, false);
        report(l, line, run_until(l, all_complete, l->options.timeout_s), 0);
    } else if (strncmp(line, "idle ", 5) == 0) {
        start_clock(l);
        run_until(l, never, (uint32_t)strtoul(line + 5, NULL, 10));
        report(l, "idle", true, 0);
    } else {
        bench_fail("unknown command: %s", line);
    }
}

/* Between commands the sessions go on: input is looked for at every tick. */
static bool input_waits(const struct load *l)
{
    (void)l;
    fd_set set;
    struct timeval none = {0};
    FD_ZERO(&set);
    FD_SET(STDIN_FILENO, &set);
    return select(STDIN_FILENO + 1, &set, NULL, NULL, &none) > 0;
}

static void serve(struct load *l)
{
    start_clock(l);
    bool up = run_until(l, all_established, l->options.timeout_s);
    if (l->options.senders == 0)
        up = true; /* the clock of "wait" starts with the daemon, which the caller times */
    report(l, "ready", up, 0);
    setvbuf(stdin, NULL, _IONBF, 0);
    char line[256];
    while (run_until(l, input_waits, 24 * 3600) && fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "quit") == 0)
            break;
        carry_out(l, line);
    }
}

/* --- setting up --- */

static void parse_target(struct load *l)
{
    struct ip_addr address;
    uint16_t port;
    struct sockaddr_storage sa;
    if (ip_parse_endpoint(l->options.target, 179, &address, &port) < 0 || address.version != IP_V4)
        bench_fail("--target is ADDRESS:PORT, IPv4");
    ip_to_sockaddr(&address, port, &sa);
    memcpy(&l->settings.target, &sa, sizeof l->settings.target);
}

static void set_up_peers(struct load *l)
{
    uint32_t senders = l->options.senders;
    l->peer_count = senders + l->options.receivers + l->options.late;
    l->peers = mem_zalloc(l->peer_count * sizeof *l->peers);
    for (uint32_t i = 0; i < l->peer_count; i++) {
        struct in_addr local = {htonl(l->options.first_local + (i / 250 << 8) + i % 250)};
        bool sends = i < senders;
        peer_init(&l->peers[i], &l->settings, local,
                  sends ? l->plan.sender_as + i : RECEIVER_AS + i - senders,
                  sends ? i : UINT32_MAX);
        l->peers[i].wanted = i < senders + l->options.receivers;
    }
}

static void set_up_outcome(struct load *l)
{
    const struct options *o = &l->options;
    if ((o->policy == OUTCOME_IMPORT || o->policy == OUTCOME_ORIGINS) && o->senders != 1)
        bench_fail("this policy is for one sender");
    if ((o->policy == OUTCOME_MEMBERS) != (o->sharing == SHARING_MEMBERS))
        bench_fail("--members and --policy members go together");
    if (o->policy != OUTCOME_NONE && l->table.attr_len_bytes > 0)
        bench_fail("what a policy makes of captured attributes is not known");
    l->outcome.kind = o->policy;
    if (o->rejected)
        prefix_list_read(&l->outcome.rejected, o->rejected);
    l->expect.outcome = &l->outcome;
}

static void set_up(struct load *l)
{
    if (l->options.senders > PLAN_SENDERS_MAX)
        bench_fail("more than %d senders", PLAN_SENDERS_MAX);
    table_load(&l->table, l->options.table, l->options.seed);
    plan_init(&l->plan, &l->table, l->options.senders, l->options.sharing);
    l->plan.sender_as = l->options.sender_as;
    l->plan.traits = l->options.traits;
    index_build(&l->expect.index, &l->table);
    l->expect.plan = &l->plan;
    l->expect.choices = mem_zalloc(l->table.prefix_count * sizeof *l->expect.choices);
    set_up_outcome(l);
    l->settings.hold_time_s = (uint16_t)l->options.hold_time_s;
    l->settings.expect = &l->expect;
}

static void release(struct load *l)
{
    for (uint32_t i = 0; i < l->peer_count; i++)
        peer_release(&l->peers[i]);
    free(l->peers);
    free(l->expect.choices);
    prefix_list_release(&l->outcome.rejected);
    index_release(&l->expect.index);
    plan_release(&l->plan);
    table_release(&l->table);
}

static void describe(const struct load *l)
{
    printf("{\"prefixes\": %u, \"sets\": %u, \"sender_as\": %u, \"receiver_as\": %u}\n",
           l->table.prefix_count, l->table.set_count, l->plan.sender_as, RECEIVER_AS);
}

static void list(const struct load *l)
{
    for (uint32_t i = 0; i < l->table.order_count; i++) {
        char text[PREFIX_TEXT_MAX];
        puts(prefix_text(&l->table.prefixes[l->table.order[i]], text));
    }
}

static void write_lists(const struct load *l)
{
    if (l->options.policy == OUTCOME_MEMBERS)
        exchange_write(&l->plan, l->options.version, l->options.lists);
    else if (l->options.policy == OUTCOME_ORIGINS)
        origins_write(&l->plan, l->options.version, l->options.lists);
    else
        bench_fail("this policy has no lists");
}

static void usage(FILE *to)
{
    fputs("usage: bgpd-load --target ADDR:PORT --table TABLE [--senders N] [--receivers N]\n"
          "           [--late N] [--split|--members] [--seed N] [--hold S] [--timeout S] "
          "[--sender-as N]\n"
          "           [--traits import|peers|members]\n"
          "           [--policy import|peer-as|classes|members|origins] [--rejected FILE] [--lan]\n"
          "       bgpd-load --table TABLE [--senders N] --describe | --list\n"
          "       bgpd-load --table TABLE --senders N [--members] --policy members|origins\n"
          "           --write-lists DIRECTORY [--version N]\n"
          "TABLE is gen4:COUNT, gen6:COUNT, mrt:FILE, list4:FILE or list6:FILE.\n"
          "--split gives every sender its share of the table instead of all of it.\n"
          "--members has some of what one announces announced by others, too; --write-lists\n"
          "writes the prefix lists of members, and VRPs, as version N of the policy has them.\n"
          "--traits adds to attributes what policies look for; --policy says which one the daemon\n"
          "has, --rejected which prefixes its import policy rejects.\n",
          to);
}

static const struct option long_options[] = {
    {"target", required_argument, NULL, 'a'},
    {"table", required_argument, NULL, 't'},
    {"senders", required_argument, NULL, 's'},
    {"receivers", required_argument, NULL, 'r'},
    {"late", required_argument, NULL, 'l'},
    {"split", no_argument, NULL, 'p'},
    {"lan", no_argument, NULL, 'L'},
    {"members", no_argument, NULL, 'm'},
    {"write-lists", required_argument, NULL, 'x'},
    {"seed", required_argument, NULL, 'e'},
    {"hold", required_argument, NULL, 'o'},
    {"timeout", required_argument, NULL, 'w'},
    {"sender-as", required_argument, NULL, 'n'},
    {"traits", required_argument, NULL, 'T'},
    {"policy", required_argument, NULL, 'P'},
    {"version", required_argument, NULL, 'v'},
    {"rejected", required_argument, NULL, 'R'},
    {"describe", no_argument, NULL, 'd'},
    {"list", no_argument, NULL, 'i'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

/* Returns the place of `word` in a list of them. */
static uint32_t choose(const char *option, const char *word, const char *const *words)
{
    for (uint32_t i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    bench_fail("--%s does not know %s", option, word);
}

/* Those that stand alone. */
static bool take_flag(struct options *o, int option)
{
    switch (option) {
    case 'p':
        o->sharing = SHARING_SPLIT;
        break;
    case 'm':
        o->sharing = SHARING_MEMBERS;
        break;
    case 'L':
        o->first_local = 0x0afe0001;
        break;
    case 'd':
        o->describe = true;
        break;
    case 'i':
        o->list = true;
        break;
    default:
        return false;
    }
    return true;
}

static bool take_option(struct options *o, int option)
{
    static const char *const traits[] = {"none", "import", "peers", "members", NULL};
    static const char *const policies[] = {"none",    "import",  "peer-as", "classes",
                                           "members", "origins", NULL};
    const char *text = optarg ? optarg : "";
    uint32_t number = (uint32_t)strtoul(text, NULL, 10);
    switch (option) {
    case 'a':
        o->target = optarg;
        break;
    case 't':
        o->table = optarg;
        break;
    case 's':
        o->senders = number;
        break;
    case 'r':
        o->receivers = number;
        break;
    case 'l':
        o->late = number;
        break;
    case 'x':
        o->lists = optarg;
        break;
    case 'e':
        o->seed = number;
        break;
    case 'o':
        o->hold_time_s = number;
        break;
    case 'w':
        o->timeout_s = number;
        break;
    case 'n':
        o->sender_as = number;
        break;
    case 'T':
        o->traits = choose("traits", text, traits);
        break;
    case 'P':
        o->policy = choose("policy", text, policies);
        break;
    case 'v':
        o->version = number;
        break;
    case 'R':
        o->rejected = optarg;
        break;
    default:
        return take_flag(o, option);
    }
    return true;
}

int main(int argc, char **argv)
{
    struct load l = {.options = {
                         .seed = 1,
                         .hold_time_s = 3600,
                         .timeout_s = 180,
                         .first_local = 0x7f010001,
                         .sender_as = 4200001001U,
                     }};
    int option;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (!take_option(&l.options, option)) {
            usage(option == 'h' ? stdout : stderr);
            return option == 'h' ? 0 : 2;
        }
    }
    bool offline = l.options.describe || l.options.list || l.options.lists;
    if (!l.options.table || (!l.options.target && !offline)) {
        usage(stderr);
        return 2;
    }
    set_up(&l);
    if (l.options.describe) {
        describe(&l);
    } else if (l.options.list) {
        list(&l);
    } else if (l.options.lists) {
        write_lists(&l);
    } else {
        parse_target(&l);
        l.settings.epoll = epoll_create1(EPOLL_CLOEXEC);
        set_up_peers(&l);
        serve(&l);
    }
    release(&l);
    return 0;
}
