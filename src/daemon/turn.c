/* Turns of the loop. libuv says how long it has waited; the rest of the time was work. What of it
 * is nobody's in particular is found by subtraction, as callbacks of timers need not say that they
 * are that. */
#include "daemon/turn.h"

#include <assert.h>
#include <inttypes.h>

#include "base/time.h"

#define NS_PER_MS 1000000u

const char turn_timers[] = "timers";

static void begin(struct turn_watch *w, uint64_t now_ns, uint64_t idle_ns)
{
    w->began_ns = w->part_since_ns = now_ns;
    w->idle_ns = idle_ns;
    w->processor_ns = time_thread_ns();
    w->part_count = 0;
}

void turn_change(struct turn_watch *w, const char *part)
{
    uint64_t now_ns = uv_hrtime();
    unsigned i = 0;
    while (i < w->part_count && w->parts[i].name != w->part)
        i++;
    if (i == w->part_count) {
        assert(i < TURN_PARTS_MAX);
        w->parts[w->part_count++].name = w->part;
        w->parts[i].ns = 0;
    }
    w->parts[i].ns += now_ns - w->part_since_ns;
    w->part_since_ns = now_ns;
    w->part = part;
}

/* The part that took most of the turn of `ns`, of which those that were entered are known. */
static struct turn_record record_of(const struct turn_watch *w, uint64_t ns, uint64_t now_ns)
{
    uint64_t known_ns = 0;
    uint64_t processor_ns = time_thread_ns() - w->processor_ns;
    struct turn_record r = {.ns = ns,
                            .processor_ns = processor_ns < ns ? processor_ns : ns, /* two clocks */
                            .part = turn_timers,
                            .ended_mono_ms = now_ns / NS_PER_MS};
    for (unsigned i = 0; i < w->part_count; i++) {
        if (w->parts[i].name == turn_timers)
            continue;
        known_ns += w->parts[i].ns;
        if (w->parts[i].ns > r.part_ns) {
            r.part = w->parts[i].name;
            r.part_ns = w->parts[i].ns;
        }
    }
    uint64_t rest_ns = ns > known_ns ? ns - known_ns : 0;
    if (rest_ns > r.part_ns) {
        r.part = turn_timers;
        r.part_ns = rest_ns;
    }
    return r;
}

static void warn(struct turn_watch *w, const struct turn_record *r)
{
    char more[LOG_LIMIT_TEXT_MAX];
    uint32_t left_out;
    w->long_turns++;
    if (!log_limit_allow(&w->limit, time_mono_ms(), LOG_LEVEL_WARNING, &left_out,
                         "the loop was busy"))
        return;
    log_warning("the loop was busy for %" PRIu64 " ms in one turn, %" PRIu64
                " ms of it with %s, and had a processor for %" PRIu64
                " ms; nobody else was served%s",
                r->ns / NS_PER_MS, r->part_ns / NS_PER_MS, r->part, r->processor_ns / NS_PER_MS,
                log_limit_text(left_out, more));
}

/* The loop is about to wait. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct turn_watch *w = prepare->data;
    uint64_t now_ns = uv_hrtime();
    uint64_t idle_ns = uv_metrics_idle_time(w->loop);
    uint64_t ns = now_ns - w->began_ns - (idle_ns - w->idle_ns);
    if (ns > w->longest.ns || ns > (uint64_t)TURN_LONG_MS * NS_PER_MS) {
        struct turn_record r = record_of(w, ns, now_ns);
        if (ns > w->longest.ns)
            w->longest = r;
        if (ns > (uint64_t)TURN_LONG_MS * NS_PER_MS)
            warn(w, &r);
    }
    begin(w, now_ns, idle_ns);
}

void turn_after_signal(struct turn_watch *w)
{
    begin(w, uv_hrtime(), uv_metrics_idle_time(w->loop));
}

void turn_watch_init(struct turn_watch *w, uv_loop_t *loop)
{
    *w = (struct turn_watch){.loop = loop, .part = turn_timers};
    uv_loop_configure(loop, UV_METRICS_IDLE_TIME);
    uv_prepare_init(loop, &w->prepare);
    w->prepare.data = w;
}

void turn_watch_start(struct turn_watch *w)
{
    begin(w, uv_hrtime(), uv_metrics_idle_time(w->loop));
    uv_prepare_start(&w->prepare, on_prepare);
    uv_unref((uv_handle_t *)&w->prepare);
}

void turn_watch_stop(struct turn_watch *w)
{
    uv_close((uv_handle_t *)&w->prepare, NULL);
    log_limit_release(&w->limit);
}
