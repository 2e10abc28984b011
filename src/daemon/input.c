/* Input stops while the list of dirty entries is long, lest it should grow without end, and for the
 * rest of a turn in which it took its time: many messages make nothing dirty. */
#include "daemon/input.h"

#include "base/time.h"
#include "daemon/schedule.h"
#include "daemon/state.h"

/* What is processed between two looks at the clock: bytes, for a message may hold one prefix or
 * thirty thousand, and as much for each message as for this many bytes. */
#define LOOK_BYTES    8192u
#define MESSAGE_BYTES 128u
#define TEST_BYTES    1u /* and for each test of a policy */

void input_next_turn(struct speaker *s)
{
    s->input.until_ns = 0;
    s->input.bytes = 0;
}

static bool has_time(struct input *in, size_t message_bytes)
{
    if (in->until_ns == 0) {
        in->until_ns = time_mono_ns() + TURN_BUDGET_NS;
    } else if (in->bytes >= LOOK_BYTES) {
        if (time_mono_ns() >= in->until_ns)
            return false;
        in->bytes = 0;
    }
    in->bytes += MESSAGE_BYTES + message_bytes;
    return true;
}

bool input_wanted(struct speaker *s, size_t message_bytes)
{
    turn_enter(&s->turn, input_service.name);
    if (speaker_dirty_count(s) < SPEAKER_DIRTY_LIMIT && has_time(&s->input, message_bytes))
        return true;
    s->input.paused = true;
    speaker_wake(s);
    return false;
}

void input_spend(struct speaker *s, uint32_t tests)
{
    s->input.bytes += (size_t)tests * TEST_BYTES;
}

void input_ends(struct speaker *s)
{
    rib_batch_apply(&s->rib, &s->batch);
    turn_enter(&s->turn, turn_timers);
}

static bool resume(struct speaker *s, uint64_t deadline_ns)
{
    (void)deadline_ns;
    if (s->input.paused && speaker_dirty_count(s) < SPEAKER_DIRTY_LIMIT / 2) {
        s->input.paused = false;
        peers_resume_reading(s->env);
    }
    return false;
}

const struct service input_service = {.name = "input", .work = resume};
