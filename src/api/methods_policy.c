/* Methods about policies: what they make of a route, how often their rules held, what decided over
 * the routes that there are, and what others would make of these. */
#include <string.h>

#include "api/handlers.h"
#include "api/methods.h"
#include "api/policy_trial.h"
#include "api/preview_stream.h"
#include "api/view_config.h"
#include "api/view_policy.h"
#include "api/view_steps.h"

/* A route on its way through policies. */
struct steps {
    struct jsonw *w;
    const struct policy_chain *chain;
};

static void put_step(void *ctx, const struct policy_step *step)
{
    const struct steps *steps = ctx;
    struct policy_place place = policy_chain_place(steps->chain, step->rule);
    view_step_put(steps->w, &place, step->before, step->after);
}

static void put_neighbor(struct jsonw *w, const char *key, const struct policy_neighbor *n)
{
    char text[IP_TEXT_MAX];
    bool has_addr = n && n->addr.version != IP_NONE;
    if (!n) {
        jsonw_null(w, key);
        return;
    }
    jsonw_object(w, key);
    jsonw_text(w, "address", has_addr ? ip_format(&n->addr, text) : NULL);
    jsonw_text(w, "name", has_addr ? n->name : NULL);
    jsonw_uint(w, "as", n->as);
    jsonw_uint(w, "local_as", n->local_as);
    jsonw_object_end(w);
}

static void put_outcome(struct jsonw *w, const struct policy_trial *t,
                        const struct policy_outcome *outcome)
{
    struct policy_place place = policy_chain_place(t->chain, outcome->rule);
    view_verdict_put(w, outcome->accepted, outcome->unknown, &place);
    view_changes_put(w, "changes", t->scene.attrs,
                     outcome->accepted ? outcome->attrs : t->scene.attrs);
}

static void put_trial(struct jsonw *w, const struct policy_trial *t)
{
    struct policy_scratch *scratch = policy_scratch_new();
    struct policy_run *run = policy_run_new(scratch);
    struct steps steps = {w, t->chain};
    bool has_actions = family_info(t->scene.family)->has_actions;
    jsonw_object(w, NULL);
    put_neighbor(w, "peer", t->peer);
    put_neighbor(w, "from", t->scene.direction == POLICY_EXPORT ? t->source : NULL);
    jsonw_object(w, "route");
    jsonw_text(w, "family", family_info(t->scene.family)->name);
    route_view_put_attrs(w, t->scene.attrs, has_actions);
    jsonw_object_end(w);
    jsonw_array(w, "steps");
    const struct policy_outcome *outcome =
        policy_run_explain(run, t->chain, &t->scene, put_step, &steps);
    jsonw_array_end(w);
    put_outcome(w, t, outcome);
    jsonw_object_end(w);
    policy_run_free(run);
    policy_scratch_free(scratch);
}

int handle_policy_test(struct method_call *call)
{
    struct policy_trial trial;
    const struct config *config =
        call->env->config ? call->env->config : speaker_config(call->env->speaker);
    int code = policy_trial_init(&trial, call, config);
    if (!code)
        put_trial(&call->out, &trial);
    policy_trial_release(&trial);
    return code;
}

int handle_show_policies(struct method_call *call)
{
    const char *name = method_param(call, "policy")->text;
    struct speaker *speaker = call->env->speaker;
    if (!name) {
        call->stream = policy_stream_new(speaker);
        return 0;
    }
    const struct policy *policy = config_find_policy(speaker_config(speaker), name);
    if (!policy)
        return method_fail(call, JSONRPC_NOT_FOUND, "there is no policy %.64s", name);
    speaker_count_hits(speaker);
    jsonw_array(&call->out, NULL);
    policy_view_put(&call->out, NULL, speaker_config(speaker), policy);
    jsonw_array_end(&call->out);
    return 0;
}

int handle_explain(struct method_call *call)
{
    const struct param_value *place = method_param(call, "prefix");
    const struct param_value *peer = method_param(call, "peer");
    const struct param_value *family = method_param(call, "family");
    const struct param_value *rd = method_param(call, "rd");
    if (peer->given && !speaker_knows_peer(call->env->speaker, &peer->peer))
        return method_fail_peer(call, &peer->peer);
    struct explain_question question = {
        .prefix = place->prefix,
        .match = place->flag ? MATCH_LONGEST : MATCH_EXACT,
        .families = family->given ? FAMILY_BIT(family->family) : 0,
        .has_rd = rd->given,
        .has_peer = peer->given,
        .peer = peer->peer,
        .peers = peer->given || method_param(call, "out")->flag,
    };
    memcpy(question.rd, rd->rd, sizeof(question.rd));
    call->stream = explain_stream_new(call->env->speaker, &question, call->env->renderer);
    return 0;
}

/* --- another configuration --- */

/* Where a file stands is for who runs the daemon to say, not for the daemon. */
static int check_diff(struct method_call *call)
{
    const struct param_value *peer = method_param(call, "peer");
    const struct param_value *path = method_param(call, "path");
    int code = view_config_check_sent(call);
    if (code)
        return code;
    if (path->given && method_param(call, "config")->given)
        return method_fail_param(call, "path", "it cannot stand beside `config`",
                                 "the absolute path of a file, or instead `config`, or neither");
    if (path->given && path->text[0] != '/')
        return method_fail_param(call, "path", "it does not begin with /", "an absolute path");
    if (peer->given && !speaker_knows_peer(call->env->speaker, &peer->peer))
        return method_fail_peer(call, &peer->peer);
    return 0;
}

static void answer_diff(struct method_call *call, struct preview *preview,
                        struct config_report *report)
{
    const struct preview_question question = {
        .lists = method_param(call, "routes")->flag,
        .limit = method_param(call, "limit")->number,
        .one_peer = method_param(call, "peer")->given,
    };
    call->stream =
        preview_stream_new(call->env->speaker, preview, report, call->env->renderer, &question);
}

static uint64_t begin_diff(struct method_call *call)
{
    struct speaker *speaker = call->env->speaker;
    const struct param_value *config = method_param(call, "config");
    const struct param_value *path = method_param(call, "path");
    const char *own = speaker_config(speaker)->path;
    return preview_load(
        speaker, config->given ? config_source_sent(own, view_config_sent_name(call), config->text)
                               : config_source_file(path->given ? path->text : own));
}

int handle_policy_diff(struct method_call *call)
{
    struct speaker *speaker = call->env->speaker;
    const struct param_value *peer = method_param(call, "peer");
    struct preview *preview;
    struct config_report report;
    int code = check_diff(call);
    if (code)
        return code;
    if (*call->ticket == 0)
        *call->ticket = begin_diff(call);
    if (*call->ticket == 0)
        return method_fail(call, JSONRPC_FAILED,
                           "too many comparisons at a time: try again when others have ended");
    switch (preview_loaded(speaker, *call->ticket, peer->given ? &peer->peer : NULL,
                           method_param(call, "routes")->flag, &preview, &report)) {
    case PREVIEW_LOADING:
        return METHOD_PENDING;
    case PREVIEW_LOADED:
        answer_diff(call, preview, &report);
        break;
    case PREVIEW_FAILED:
        code = view_config_fail(call, &report,
                                method_param(call, "config")->given
                                    ? "the configuration that was sent has errors"
                                    : "the configuration file has errors");
        break;
    }
    config_report_release(&report);
    return code;
}
