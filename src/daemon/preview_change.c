/* From numbers of rules and ids of sets to what they stand for. */
#include "daemon/preview_change.h"

static const struct policy_chain *chain_of(const struct preview_plan *plan,
                                           enum policy_direction direction,
                                           const struct preview_channel *c, enum preview_when when)
{
    return direction == POLICY_IMPORT ? c->import[when] : plan->audiences[c->audience].export[when];
}

struct preview_side preview_side_of(const struct preview_plan *plan,
                                    enum policy_direction direction,
                                    const struct preview_channel *c, enum preview_when when,
                                    uint32_t cause)
{
    const struct policy_chain *chain = chain_of(plan, direction, c, when);
    struct preview_side side = {0};
    if (cause >= PREVIEW_CAUSE_WITHHELD)
        side.why = rib_withheld_text((enum rib_withheld)(cause - PREVIEW_CAUSE_WITHHELD));
    else if (cause < PREVIEW_CAUSE_NO_POLICY && chain)
        side.by = policy_chain_place(chain, (uint16_t)cause);
    return side;
}

struct preview_change preview_change_of(const struct preview_plan *plan, const struct rib *rib,
                                        enum policy_direction direction,
                                        const struct preview_channel *c,
                                        const struct preview_pair *pair, struct nlri_key key)
{
    struct preview_change change = {.direction = direction,
                                    .kind = pair->kind,
                                    .family = c->family,
                                    .peer = c->addr,
                                    .nlri.key = key};
    for (unsigned when = 0; when < PREVIEW_TIMES; when++) {
        const struct preview_outcome *outcome = &pair->of[when];
        struct preview_side *side = &change.of[when];
        *side = preview_side_of(plan, direction, c, (enum preview_when)when, outcome->cause);
        side->accepted = outcome->accepted;
        if (outcome->attrs == 0)
            continue;
        side->attrs = rib_attrs_span(rib_attrs_at(&rib->attrs, outcome->attrs));
        change.nlri.labels = attr_labels(side->attrs);
    }
    return change;
}
