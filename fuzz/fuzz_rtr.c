/* Fuzz target: what an RTR cache may send.
 *
 * Beside not crashing: what is passed on is what is in force, each record once; what we send can be
 * read; and nothing is left of it all when the data have expired. */
#include "check.h"
#include "rpki/rtr_session.h"

enum { RECORDS_MAX = 64, QUERIES_MAX = 16 };

struct scene {
    struct record_set records;
    struct rtr_session session;
    long told;
    uint64_t now_ms;
};

static void on_vrp(void *ctx, const struct vrp *vrp, bool add)
{
    struct scene *t = ctx;
    CHECK(vrp->max_length >= vrp->prefix.len_bits);
    CHECK(vrp->max_length <= prefix_max_bits(vrp->prefix.version));
    t->told += add ? 1 : -1;
}

static void on_aspa(void *ctx, uint32_t customer, const uint32_t *providers, size_t count, bool add)
{
    struct scene *t = ctx;
    (void)customer;
    CHECK(count > 0);
    for (size_t i = 1; i < count; i++)
        CHECK(providers[i - 1] < providers[i]);
    t->told += add ? 1 : -1;
}

static void settle(struct scene *t)
{
    const struct record_sink sink = {.vrp = on_vrp, .aspa = on_aspa, .ctx = t};
    const uint32_t *counts = t->records.in_force;
    record_set_use(&t->records, t->session.has_data);
    while (record_set_step(&t->records, &sink)) {
    }
    CHECK(t->told == (t->session.has_data ? (long)counts[0] + counts[1] + counts[2] : 0));
    rtr_session_settled(&t->session, t->now_ms);
}

/* What we send is well-formed. */
static void check_output(struct rtr_session *s)
{
    size_t at = 0;
    while (at < s->out_bytes) {
        struct rtr_pdu pdu;
        struct rtr_fault fault;
        size_t len_bytes;
        CHECK(rtr_pdu_read(span_of(s->out + at, s->out_bytes - at), &pdu, &len_bytes, &fault) ==
              RTR_READ_PDU);
        at += len_bytes;
    }
    s->out_bytes = 0;
}

/* Feeds it all in pieces; connects again wherever that ends a connection, which costs a bad PDU. */
static void play(struct scene *t, struct span in, size_t piece)
{
    size_t taken = 0;
    size_t shown = 0;
    unsigned connections = 0;
    rtr_session_up(&t->session, t->now_ms);
    while (shown < in.len_bytes && connections < QUERIES_MAX) {
        shown = shown + piece < in.len_bytes ? shown + piece : in.len_bytes;
        for (bool more = true; more;) {
            size_t n =
                rtr_session_input(&t->session, span_of(in.data + taken, shown - taken), t->now_ms);
            taken += n;
            check_output(&t->session);
            more = n > 0 && t->session.end == RTR_END_NONE;
            if (t->session.end != RTR_END_NONE) {
                CHECK(t->session.state == RTR_DOWN);
                rtr_session_down(&t->session, NULL, false, t->now_ms);
                settle(t);
                rtr_session_up(&t->session, t->now_ms);
                connections++;
                taken = shown;
            }
            if (t->session.state == RTR_APPLYING)
                settle(t);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct scene t = {.now_ms = 1000000};
    const struct rtr_settings settings = {.version = data[0] % (RTR_VERSION_MAX + 1)};
    record_set_init(&t.records, RECORDS_MAX);
    rtr_session_init(&t.session, &settings, &t.records);
    play(&t, span_of(data + 2, size - 2), data[1] ? data[1] : size);
    CHECK(t.records.total <= RECORDS_MAX);
    rtr_session_down(&t.session, "gone", true, t.now_ms);
    settle(&t);
    t.now_ms += (RTR_EXPIRE_MAX_S + 2) * UINT64_C(1000);
    rtr_session_tick(&t.session, t.now_ms);
    settle(&t);
    CHECK(t.told == 0 && record_set_is_empty(&t.records));
    record_set_release(&t.records);
    return 0;
}
