/* What is legal in a flow and not meant. Nobody means rules that no packet can match, or actions of
 * which a router can do one only (RFC 8955 §7.7): that is a problem to who originates the flow, but
 * none of a flow that was received. The rest is hardly meant, and worth a warning: what leaves
 * nothing out, what has no effect, and what drops more than one thinks. */
#include "base/err.h"
#include "wire/community.h"
#include "wire/flowspec.h"
#include "wire/nlri_text.h"

enum { FLOW_ACTION_COUNT = FLOW_ACTION_MARK + 1 };

struct judge {
    const struct nlri_text *text;
    struct span flow;
    uint8_t ip_version;
    void (*each)(void *ctx, const struct route_problem *problem);
    void *ctx;
    /* The first community of each action. */
    struct community first[FLOW_ACTION_COUNT];
    bool has[FLOW_ACTION_COUNT];
    bool contradicted[FLOW_ACTION_COUNT]; /* which was told */
};

static void tell(const struct judge *j, struct route_problem *problem)
{
    j->each(j->ctx, problem);
    strbuf_release(&problem->text);
}

/* The rule with a component of this type, as an index into the text's rules. */
static int rule_with(const struct judge *j, uint8_t type)
{
    uint8_t bytes[FLOW_MAX_BYTES];
    size_t len_bytes;
    struct strbuf error = {0};
    size_t i = 0;
    while (i < j->text->rule_count &&
           !(flow_parse(&j->text->rules[i], 1, j->ip_version, bytes, &len_bytes, &error) == 0 &&
             flow_has(span_of(bytes, len_bytes), j->ip_version, type)))
        i++;
    strbuf_release(&error);
    return i < j->text->rule_count ? (int)i : -1;
}

static void judge_rules(const struct judge *j)
{
    struct route_problem problem = {.field = "matches"};
    uint8_t type = FLOW_PROTOCOL;
    bool never = flow_never_matches(j->flow, j->ip_version, &type, &problem.text);
    if (!never && !flow_excludes_nothing(j->flow, j->ip_version, &type, &problem.text) &&
        !flow_is_of_other_icmp(j->flow, j->ip_version, &problem.text))
        return;
    problem.is_warning = !never;
    problem.index = rule_with(j, type);
    tell(j, &problem);
}

/* Where a community of the route was written. */
static void find_community(const struct judge *j, const struct community *c,
                           struct route_problem *problem)
{
    problem->field = "action";
    problem->index = -1;
    for (size_t i = 0; i < j->text->community_count; i++) {
        struct community written = {0};
        if (community_parse(j->text->communities[i], &written) || written.kind != c->kind ||
            !span_equal(span_of(written.bytes, community_len_bytes(c->kind)),
                        span_of(c->bytes, community_len_bytes(c->kind))))
            continue;
        problem->field = "communities";
        problem->index = (int)i;
        return;
    }
}

enum weight { WARNING, PROBLEM };

/* Tells of a community: its text, what is said of it, and perhaps another one and what of that. */
static void tell_of_community(const struct judge *j, enum weight weight, const struct community *c,
                              const char *text, const struct community *other,
                              const char *other_text)
{
    struct route_problem problem = {.is_warning = weight == WARNING};
    find_community(j, c, &problem);
    strbuf_add_char(&problem.text, '"');
    community_format(c, &problem.text);
    strbuf_printf(&problem.text, "\" %s", text);
    if (other) {
        strbuf_add(&problem.text, " \"");
        community_format(other, &problem.text);
        strbuf_printf(&problem.text, "\"%s", other_text);
    }
    tell(j, &problem);
}

/* Several addresses to redirect to are shared among; of everything else there can be one only. */
static bool go_together(enum flow_action action, const struct community *a,
                        const struct community *b)
{
    if (action == FLOW_ACTION_REDIRECT_IPV4 || action == FLOW_ACTION_REDIRECT_IPV6)
        return true;
    /* A rate begins with an AS number that means nothing to routers (RFC 8955 §7.1). */
    bool is_rate = action == FLOW_ACTION_RATE || action == FLOW_ACTION_RATE_PACKETS;
    size_t skip = is_rate ? 4 : 0;
    size_t len = community_len_bytes(a->kind) - skip;
    return a->kind == b->kind &&
           span_equal(span_of(a->bytes + skip, len), span_of(b->bytes + skip, len));
}

static void look_at(void *ctx, const struct community *c)
{
    struct judge *j = ctx;
    enum flow_action action = flow_action_of(c);
    if (action == FLOW_ACTION_NONE)
        return;
    if (!j->has[action]) {
        j->has[action] = true;
        j->first[action] = *c;
        return;
    }
    if (go_together(action, &j->first[action], c) || j->contradicted[action])
        return;
    bool is_bits = action == FLOW_ACTION_SAMPLE; /* which a router may take together */
    j->contradicted[action] = true;
    tell_of_community(j, is_bits ? WARNING : PROBLEM, c, "contradicts", &j->first[action],
                      ": a router does one of them");
}

/* The first of the actions that a flow has, of those from `from` to `to`. */
static const struct community *first_of(const struct judge *j, enum flow_action from,
                                        enum flow_action to)
{
    for (unsigned action = from; action <= to; action++)
        if (j->has[action])
            return &j->first[action];
    return NULL;
}

static const struct community *drop_of(const struct judge *j)
{
    for (unsigned action = FLOW_ACTION_RATE; action <= FLOW_ACTION_RATE_PACKETS; action++)
        if (j->has[action] && flow_action_drops(&j->first[action]))
            return &j->first[action];
    return NULL;
}

static bool accepts(const struct judge *j)
{
    struct community none;
    struct strbuf error = {0};
    bool is_accept = flow_parse_action(j->text->action, &none, &error) == 0;
    strbuf_release(&error);
    return is_accept;
}

/* That packets go somewhere else, and not only a copy of them: its last bit
 * (draft-ietf-idr-flowspec-redirect-ip). */
static bool leads_away(enum flow_action action, const struct community *c)
{
    bool is_to_address = action == FLOW_ACTION_REDIRECT_IPV4 || action == FLOW_ACTION_REDIRECT_IPV6;
    bool is_copy = is_to_address && (c->bytes[community_len_bytes(c->kind) - 1] & 1);
    return (action == FLOW_ACTION_REDIRECT || is_to_address) && !is_copy;
}

static void judge_beside_drop(const struct judge *j, const struct community *drop)
{
    for (unsigned action = FLOW_ACTION_RATE; action < FLOW_ACTION_COUNT; action++) {
        const struct community *c = &j->first[action];
        if (!j->has[action] || action == FLOW_ACTION_SAMPLE || flow_action_drops(c))
            continue;
        if (leads_away((enum flow_action)action, c))
            tell_of_community(j, PROBLEM, c, "contradicts", drop, ", which drops the packets");
        else
            tell_of_community(j, WARNING, c, "has no effect:", drop, " drops the packets");
    }
}

static void judge_actions(const struct judge *j)
{
    const struct community *drop = drop_of(j);
    const struct community *redirect = first_of(j, FLOW_ACTION_REDIRECT, FLOW_ACTION_REDIRECT_IPV6);
    const struct community *limit = first_of(j, FLOW_ACTION_RATE, FLOW_ACTION_RATE_PACKETS);
    const struct community *beside_accept = limit ? limit : redirect;
    if (drop)
        judge_beside_drop(j, drop);
    if (beside_accept && accepts(j))
        tell_of_community(j, WARNING, beside_accept, "contradicts the action \"accept\"", NULL,
                          NULL);
}

static void judge_family(const struct judge *j)
{
    enum flow_action other =
        j->ip_version == IP_V4 ? FLOW_ACTION_REDIRECT_IPV6 : FLOW_ACTION_REDIRECT_IPV4;
    if (!j->has[other])
        return;
    struct route_problem warning = {.is_warning = true};
    find_community(j, &j->first[other], &warning);
    strbuf_printf(&warning.text, "IPv%c packets are redirected to an IPv%c address",
                  j->ip_version == IP_V4 ? '4' : '6', j->ip_version == IP_V4 ? '6' : '4');
    tell(j, &warning);
}

static void judge_drop(const struct judge *j)
{
    if (!drop_of(j) || !flow_is_to_all(j->flow, j->ip_version))
        return;
    struct route_problem warning = {
        .field = "matches", .index = rule_with(j, FLOW_DESTINATION), .is_warning = true};
    strbuf_printf(&warning.text, "%s it drops packets to all addresses",
                  warning.index < 0        ? "without \"destination\""
                  : j->ip_version == IP_V4 ? "with \"destination 0.0.0.0/0\""
                                           : "with \"destination ::/0\"");
    tell(j, &warning);
}

void flow_judge(const struct family_info *f, const struct nlri_text *text, struct nlri_key key,
                struct span attrs, void (*each)(void *ctx, const struct route_problem *problem),
                void *ctx)
{
    struct judge j = {
        .text = text,
        .flow = span_of(key.bytes, key.len),
        .ip_version = f->ip_version,
        .each = each,
        .ctx = ctx,
    };
    judge_rules(&j);
    community_each(attrs, look_at, &j);
    judge_actions(&j);
    judge_family(&j);
    judge_drop(&j);
}
