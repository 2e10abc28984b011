/* What is legal in a flow and hardly meant: rules and actions that contradict each other (RFC 8955
 * §7.7), and what drops more than one thinks. */
#include "base/err.h"
#include "wire/community.h"
#include "wire/flowspec.h"
#include "wire/nlri_text.h"

enum { FLOW_ACTION_COUNT = FLOW_ACTION_MARK + 1 };

struct warner {
    const struct nlri_text *text;
    struct span flow;
    uint8_t ip_version;
    void (*each)(void *ctx, const struct route_problem *warning);
    void *ctx;
    /* The first community of each action. */
    struct community first[FLOW_ACTION_COUNT];
    bool has[FLOW_ACTION_COUNT];
    bool contradicted[FLOW_ACTION_COUNT]; /* which was told */
};

static void tell(const struct warner *w, struct route_problem *warning)
{
    w->each(w->ctx, warning);
    strbuf_release(&warning->text);
}

/* The rule with a component of this type, as an index into the text's rules. */
static int rule_with(const struct warner *w, uint8_t type)
{
    uint8_t bytes[FLOW_MAX_BYTES];
    size_t len_bytes;
    struct strbuf error = {0};
    size_t i = 0;
    while (i < w->text->rule_count &&
           !(flow_parse(&w->text->rules[i], 1, w->ip_version, bytes, &len_bytes, &error) == 0 &&
             flow_has(span_of(bytes, len_bytes), w->ip_version, type)))
        i++;
    strbuf_release(&error);
    return i < w->text->rule_count ? (int)i : -1;
}

static void warn_of_rules(const struct warner *w)
{
    struct route_problem warning = {.field = "matches"};
    uint8_t type;
    if (!flow_never_matches(w->flow, w->ip_version, &type, &warning.text) &&
        !flow_excludes_nothing(w->flow, w->ip_version, &type, &warning.text))
        return;
    warning.index = rule_with(w, type);
    tell(w, &warning);
}

/* Where a community of the route was written. */
static void find_community(const struct warner *w, const struct community *c,
                           struct route_problem *warning)
{
    warning->field = "action";
    warning->index = -1;
    for (size_t i = 0; i < w->text->community_count; i++) {
        struct community written = {0};
        if (community_parse(w->text->communities[i], &written) || written.kind != c->kind ||
            !span_equal(span_of(written.bytes, community_len_bytes(c->kind)),
                        span_of(c->bytes, community_len_bytes(c->kind))))
            continue;
        warning->field = "communities";
        warning->index = (int)i;
        return;
    }
}

/* Warns of a community: its text, what is said of it, and perhaps another one and what of that. */
static void warn_of_community(const struct warner *w, const struct community *c, const char *text,
                              const struct community *other, const char *other_text)
{
    struct route_problem warning = {0};
    find_community(w, c, &warning);
    strbuf_add_char(&warning.text, '"');
    community_format(c, &warning.text);
    strbuf_printf(&warning.text, "\" %s", text);
    if (other) {
        strbuf_add(&warning.text, " \"");
        community_format(other, &warning.text);
        strbuf_printf(&warning.text, "\"%s", other_text);
    }
    tell(w, &warning);
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
    struct warner *w = ctx;
    enum flow_action action = flow_action_of(c);
    if (action == FLOW_ACTION_NONE)
        return;
    if (!w->has[action]) {
        w->has[action] = true;
        w->first[action] = *c;
        return;
    }
    if (go_together(action, &w->first[action], c) || w->contradicted[action])
        return;
    w->contradicted[action] = true;
    warn_of_community(w, c, "contradicts", &w->first[action], ": a router does one of them");
}

/* The first of the actions that a flow has, of those from `from` to `to`. */
static const struct community *first_of(const struct warner *w, enum flow_action from,
                                        enum flow_action to)
{
    for (unsigned action = from; action <= to; action++)
        if (w->has[action])
            return &w->first[action];
    return NULL;
}

static const struct community *drop_of(const struct warner *w)
{
    for (unsigned action = FLOW_ACTION_RATE; action <= FLOW_ACTION_RATE_PACKETS; action++)
        if (w->has[action] && flow_action_drops(&w->first[action]))
            return &w->first[action];
    return NULL;
}

static bool accepts(const struct warner *w)
{
    struct community none;
    struct strbuf error = {0};
    bool is_accept = flow_parse_action(w->text->action, &none, &error) == 0;
    strbuf_release(&error);
    return is_accept;
}

static void warn_of_actions(const struct warner *w)
{
    const struct community *drop = drop_of(w);
    const struct community *redirect = first_of(w, FLOW_ACTION_REDIRECT, FLOW_ACTION_REDIRECT_IPV6);
    const struct community *limit = first_of(w, FLOW_ACTION_RATE, FLOW_ACTION_RATE_PACKETS);
    const struct community *beside_accept = limit ? limit : redirect;
    for (unsigned action = FLOW_ACTION_RATE; drop && action < FLOW_ACTION_COUNT; action++)
        if (w->has[action] && action != FLOW_ACTION_SAMPLE && !flow_action_drops(&w->first[action]))
            warn_of_community(w, &w->first[action], "has no effect:", drop, " drops the packets");
    if (beside_accept && accepts(w))
        warn_of_community(w, beside_accept, "contradicts the action \"accept\"", NULL, NULL);
}

static void warn_of_family(const struct warner *w)
{
    enum flow_action other =
        w->ip_version == IP_V4 ? FLOW_ACTION_REDIRECT_IPV6 : FLOW_ACTION_REDIRECT_IPV4;
    if (!w->has[other])
        return;
    struct route_problem warning = {0};
    find_community(w, &w->first[other], &warning);
    strbuf_printf(&warning.text, "IPv%c packets are redirected to an IPv%c address",
                  w->ip_version == IP_V4 ? '4' : '6', w->ip_version == IP_V4 ? '6' : '4');
    tell(w, &warning);
}

static void warn_of_drop(const struct warner *w)
{
    if (!drop_of(w) || !flow_is_to_all(w->flow, w->ip_version))
        return;
    struct route_problem warning = {.field = "matches", .index = rule_with(w, FLOW_DESTINATION)};
    strbuf_printf(&warning.text, "%s it drops packets to all addresses",
                  warning.index < 0        ? "without \"destination\""
                  : w->ip_version == IP_V4 ? "with \"destination 0.0.0.0/0\""
                                           : "with \"destination ::/0\"");
    tell(w, &warning);
}

void flow_warn(const struct family_info *f, const struct nlri_text *text, struct nlri_key key,
               struct span attrs, void (*each)(void *ctx, const struct route_problem *warning),
               void *ctx)
{
    struct warner w = {
        .text = text,
        .flow = span_of(key.bytes, key.len),
        .ip_version = f->ip_version,
        .each = each,
        .ctx = ctx,
    };
    warn_of_rules(&w);
    community_each(attrs, look_at, &w);
    warn_of_actions(&w);
    warn_of_family(&w);
    warn_of_drop(&w);
}
