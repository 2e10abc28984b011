/* The RIB: made, swept and freed. Paths of sessions that have ended count no more at once, and are
 * removed bit by bit. */
#include "daemon/sweep.h"

#include <stdlib.h>

#include "daemon/state.h"

#define SWEEP_BUDGET 4096u

static int init(struct speaker *s, struct strbuf *error)
{
    (void)error;
    rib_init(&s->rib);
    arc4random_buf(&s->rib.attrs.seed, sizeof(s->rib.attrs.seed));
    struct rib_source api = {.kind = RIB_SOURCE_API};
    s->api_source = rib_source_add(&s->rib.sources, &api);
    return 0;
}

static void release(struct speaker *s)
{
    rib_release(&s->rib);
}

static bool sweep(struct speaker *s, uint64_t deadline_ns)
{
    (void)deadline_ns;
    return rib_has_dead_paths(&s->rib) && rib_sweep(&s->rib, SWEEP_BUDGET);
}

const struct service sweep_service = {
    .name = "sweep",
    .init = init,
    .work = sweep,
    .share_percent = 50,
    .makes_changes = true,
    .release = release,
};
