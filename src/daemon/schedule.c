/* Sharing out a turn of the loop.
 *
 * The order is that of the table. Each has its share from the moment when its turn comes, but not
 * beyond the end of what all have together. No one starves: whatever the others took, each does
 * some of its work. */
#include "daemon/schedule.h"

static bool work(const struct schedule *schedule, const struct service *service, struct speaker *s,
                 uint64_t end_ns, bool changes_go_on)
{
    bool gathers = changes_go_on && service->gathering_percent > 0;
    uint64_t percent = gathers ? service->gathering_percent : service->share_percent;
    uint64_t deadline_ns = schedule->now_ns() + TURN_BUDGET_NS * percent / 100;
    if (deadline_ns > end_ns && !service->is_beside)
        deadline_ns = end_ns;
    bool more;
    do
        more = service->work(s, deadline_ns);
    while (more && service->makes_changes && schedule->has_room(s) &&
           schedule->now_ns() < deadline_ns);
    return more;
}

bool schedule_turn(const struct schedule *schedule, const struct service *const *services,
                   size_t count, struct speaker *s)
{
    uint64_t end_ns = schedule->now_ns() + TURN_BUDGET_NS;
    bool more = false;
    bool changes_go_on = false;
    for (size_t i = 0; i < count; i++) {
        if (!services[i]->work)
            continue;
        schedule->enter(s, services[i]);
        bool some_more = work(schedule, services[i], s, end_ns, changes_go_on);
        changes_go_on |= some_more && services[i]->makes_changes;
        more |= some_more;
    }
    return more;
}
