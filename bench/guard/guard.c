/* Fixed workloads whose instructions callgrind counts (bench/guard/run).
 *
 * A workload is a sequence of phases on one host. A phase prepares its input first; callgrind
 * counts only while the host runs, and each phase ends with a dump under its name.
 * For each one a line "NAME PREFIXES" goes to standard output: what to divide by. The tables come
 * from a fixed seed, and the outcome of each phase is checked, so that work that is not done is not
 * taken for speed.
 *
 * Without valgrind the program runs the workload and checks its outcome. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/callgrind.h>

#include "base/mem.h"
#include "base/writer.h"
#include "host.h"
#include "stream.h"
#include "table.h"
#include "wire/nlri.h"
#include "wire/update.h"

enum { SEED = 1, PHASES_MAX = 5, CHURN_PERCENT = 20 };

static const uint32_t FIRST_AS = 4200000001u;

struct run;

/* `prepare` sets run->input and run->told, and returns how many prefixes are announced or
 * withdrawn to us (one that ten peers announce counts ten times).
 * `start`, where there is one, is the event that is measured beside the input. */
struct phase {
    const char *name;
    uint32_t (*prepare)(struct run *r);
    void (*start)(struct run *r);
};

/* Peers 0 … senders - 1 announce, `receivers` further ones listen. */
struct workload {
    const char *name;
    uint8_t version;
    uint32_t prefixes; /* of the table */
    uint32_t senders;
    uint32_t receivers;
    bool split; /* the senders share the table, instead of each announcing all of it */
    bool route_server;
    size_t read_bytes; /* that arrive from a peer in one turn */
    const struct phase *phases[PHASES_MAX];
};

struct run {
    const struct workload *workload;
    struct host host;
    struct table table;
    struct plan plan;
    struct stream *input; /* owned: of each sender */
    uint32_t told;        /* prefixes that a receiver is told when the phase is over */
};

/* --- phases --- */

/* How many senders announce each prefix. */
static uint32_t announcers(const struct run *r)
{
    return r->workload->split ? 1 : r->workload->senders;
}

static uint32_t prepare_load(struct run *r)
{
    for (uint32_t i = 0; i < r->workload->senders; i++)
        stream_add_announcements(&r->input[i], &r->plan, i, NULL);
    r->told = r->table.prefix_count;
    return r->told * announcers(r);
}

static uint32_t prepare_join(struct run *r)
{
    return r->told;
}

/* The last peer comes; it was left out so far. */
static void start_join(struct run *r)
{
    host_up(&r->host, r->host.peer_count - 1);
}

static uint32_t prepare_churn(struct run *r)
{
    bool *changed = mem_zalloc(r->table.set_count * sizeof *changed);
    uint32_t count = 0;
    plan_churn(&r->plan, CHURN_PERCENT, 1, changed);
    for (uint32_t i = 0; i < r->table.set_count; i++)
        count += changed[i] ? r->table.sets[i].count : 0;
    for (uint32_t i = 0; i < r->workload->senders; i++)
        stream_add_announcements(&r->input[i], &r->plan, i, changed);
    free(changed);
    return count * announcers(r);
}

/* Appends UPDATEs that withdraw prefixes [first, end) of the table. */
static void add_withdrawals(struct stream *s, const struct table *t, uint32_t first, uint32_t end)
{
    size_t room = (end - first) * (size_t)32 + 4096;
    s->data = mem_realloc(s->data, room);
    s->room_bytes = room;
    struct writer w = writer_over(s->data, room);
    enum family family = t->version == IP_V4 ? FAMILY_IPV4_UNICAST : FAMILY_IPV6_UNICAST;
    struct update_writer u;
    bool open = false;
    for (uint32_t i = first; i < end; i++) {
        const struct table_prefix *from = &t->prefixes[t->order[i]];
        struct prefix p = {.version = from->version, .len_bits = from->len_bits};
        for (unsigned k = 0; k < 8 && k < ip_len_bytes(p.version); k++)
            p.bytes[k] = (uint8_t)(from->high >> (56 - 8 * k));
        uint8_t bytes[32];
        struct writer nlri = writer_over(bytes, sizeof bytes);
        nlri_put_bits(&nlri, p.len_bits, p.bytes);
        if (open && update_put(&u, writer_span(&nlri)))
            continue;
        if (open)
            update_end(&u);
        open = update_begin_withdraw(&u, &w, 4096, family) && update_put(&u, writer_span(&nlri));
    }
    if (open)
        update_end(&u);
    s->len_bytes = writer_len(&w);
}

/* Half of what the first sender has. */
static uint32_t prepare_withdraw(struct run *r)
{
    uint32_t count = r->table.order_count / 2;
    add_withdrawals(&r->input[0], &r->table, 0, count);
    r->told -= count;
    return count;
}

/* The first tenth of the senders, or the only one. */
static uint32_t leaving(const struct run *r)
{
    return r->workload->senders < 10 ? 1 : r->workload->senders / 10;
}

static uint32_t prepare_down(struct run *r)
{
    const struct rib *rib = &r->host.speaker.rib;
    uint32_t count = 0;
    for (uint32_t i = 0; i < leaving(r); i++)
        for (unsigned f = 0; f < FAMILY_COUNT; f++)
            count += rib_source_adj_in(&rib->sources, r->host.peers[i].neighbor.source, f)->paths;
    if (announcers(r) == 1)
        r->told -= count;
    return count;
}

static void start_down(struct run *r)
{
    for (uint32_t i = 0; i < leaving(r); i++)
        host_down(&r->host, i);
}

static const struct phase load = {"load", prepare_load, NULL};
static const struct phase join = {"join", prepare_join, start_join};
static const struct phase churn = {"churn", prepare_churn, NULL};
static const struct phase withdraw = {"withdraw", prepare_withdraw, NULL};
static const struct phase down = {"down", prepare_down, start_down};

/* Named after the scenarios of bench/README.md that they are like. */
static const struct workload workloads[] = {
    {.name = "S1",
     .version = IP_V4,
     .prefixes = 100000,
     .senders = 1,
     .receivers = 2,
     .read_bytes = 65536,
     .phases = {&load, &join, &churn, &withdraw, &down}},
    {.name = "S2",
     .version = IP_V4,
     .prefixes = 10000,
     .senders = 10,
     .receivers = 1,
     .read_bytes = 16384,
     .phases = {&load, &churn, &down}},
    {.name = "S4",
     .version = IP_V4,
     .prefixes = 20000,
     .senders = 100,
     .receivers = 1,
     .split = true,
     .route_server = true,
     .read_bytes = 2048,
     .phases = {&load, &churn, &down}},
    {.name = "S6",
     .version = IP_V6,
     .prefixes = 20000,
     .senders = 1,
     .receivers = 1,
     .read_bytes = 65536,
     .phases = {&load, &down}},
};

/* --- running --- */

static bool has_phase(const struct workload *w, const struct phase *phase)
{
    for (unsigned i = 0; i < PHASES_MAX; i++)
        if (w->phases[i] == phase)
            return true;
    return false;
}

static void run_init(struct run *r, const struct workload *w)
{
    *r = (struct run){.workload = w};
    table_generate(&r->table, w->version, w->prefixes, SEED);
    plan_init(&r->plan, &r->table, w->senders, w->split ? SHARING_SPLIT : SHARING_NONE);
    r->plan.sender_as = FIRST_AS;
    r->input = mem_zalloc(w->senders * sizeof *r->input);
    uint32_t peers = w->senders + w->receivers;
    host_init(&r->host, peers, FIRST_AS, w->route_server);
    r->host.read_bytes = w->read_bytes;
    for (uint32_t i = 0; i < peers - has_phase(w, &join); i++)
        host_up(&r->host, i);
    host_run(&r->host);
}

static void run_release(struct run *r)
{
    host_release(&r->host);
    plan_release(&r->plan);
    table_release(&r->table);
    free(r->input);
}

/* The receivers are told what they are to be told, and messages were sent for it. */
static void check_outcome(const struct run *r, const struct phase *phase, uint64_t updates_before)
{
    const struct peer *first = &r->host.peers[r->workload->senders];
    enum family family = r->workload->version == IP_V4 ? FAMILY_IPV4_UNICAST : FAMILY_IPV6_UNICAST;
    for (uint32_t i = r->workload->senders; i < r->host.peer_count; i++) {
        if (!r->host.peers[i].neighbor.up)
            continue;
        uint32_t told = host_advertised(&r->host, i, family);
        if (told != r->told)
            bench_fail("%s %s: a receiver is told %u prefixes, not %u", r->workload->name,
                       phase->name, told, r->told);
    }
    if (phase != &join && first->updates_sent == updates_before)
        bench_fail("%s %s: nothing was sent", r->workload->name, phase->name);
}

static void run_phase(struct run *r, const struct phase *phase)
{
    char name[64];
    snprintf(name, sizeof name, "%s.%s", r->workload->name, phase->name);
    uint32_t prefixes = phase->prepare(r);
    for (uint32_t i = 0; i < r->workload->senders; i++)
        r->host.peers[i].input = span_of(r->input[i].data, r->input[i].len_bytes);
    uint64_t updates = r->host.peers[r->workload->senders].updates_sent;
    CALLGRIND_TOGGLE_COLLECT;
    if (phase->start)
        phase->start(r);
    host_run(&r->host);
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS_AT(name);
    for (uint32_t i = 0; i < r->workload->senders; i++)
        stream_release(&r->input[i]);
    check_outcome(r, phase, updates);
    printf("%s %u\n", name, prefixes);
}

static int list_workloads(void)
{
    for (size_t i = 0; i < sizeof workloads / sizeof workloads[0]; i++)
        printf("%s\n", workloads[i].name);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 1)
        return list_workloads();
    if (argc == 2 && strcmp(argv[1], "--compiler") == 0) {
#ifdef __clang__
        printf("clang %d\n", __clang_major__);
#else
        printf("gcc %d\n", __GNUC__);
#endif
        return 0;
    }
    for (size_t i = 0; i < sizeof workloads / sizeof workloads[0]; i++) {
        if (strcmp(argv[1], workloads[i].name) != 0)
            continue;
        struct run run;
        run_init(&run, &workloads[i]);
        for (unsigned k = 0; k < PHASES_MAX && workloads[i].phases[k]; k++)
            run_phase(&run, workloads[i].phases[k]);
        run_release(&run);
        return 0;
    }
    fprintf(stderr, "usage: bgpd-guard [WORKLOAD | --compiler]\n");
    return 2;
}
