/* Methods about the daemon as a whole. */
#include <string.h>
#include <unistd.h>

#include "api/handlers.h"
#include "api/methods.h"
#include "api/view_config.h"
#include "base/err.h"
#include "base/time.h"
#include "net/local_listening.h"

static void put_text_lines(struct jsonw *w, const char *lines)
{
    while (*lines != '\0') {
        size_t len = strcspn(lines, "\n");
        jsonw_text_bytes(w, NULL, lines, len);
        lines += len + (lines[len] == '\n');
    }
}

static void put_counts(struct jsonw *w, const struct reload_summary *summary)
{
    struct strbuf text = {0};
    unsigned bit = 0;
    const char *key;
    jsonw_uint(w, "peers_added", summary->peers_added);
    jsonw_uint(w, "peers_removed", summary->peers_removed);
    jsonw_uint(w, "peers_changed", summary->peers_changed);
    jsonw_uint(w, "sessions_reset", summary->sessions_reset);
    jsonw_uint(w, "sessions_ended", summary->sessions_ended);
    jsonw_uint(w, "routes_announced", summary->routes_announced);
    jsonw_uint(w, "routes_withdrawn", summary->routes_withdrawn);
    jsonw_uint(w, "sockets_opened", summary->sockets_opened);
    jsonw_uint(w, "sockets_closed", summary->sockets_closed);
    jsonw_array(w, "keys_changed");
    while ((key = config_next_key(summary->keys_changed, &bit)) != NULL)
        jsonw_text(w, NULL, key);
    jsonw_array_end(w);
    reload_summary_text(summary, &text);
    jsonw_text(w, "summary", strbuf_text(&text));
    strbuf_release(&text);
}

/* The ticket of a call that waits until another reload has ended. */
#define WAITS_FOR_OTHERS UINT64_MAX

/* Begins the reload, where that is possible now. */
static uint64_t begin_reload(struct method_call *call)
{
    struct speaker *speaker = call->env->speaker;
    const struct reload_request how = {.text = method_param(call, "config")->text,
                                       .name = view_config_sent_name(call),
                                       .confirm_s = method_param(call, "confirm")->number};
    if (!how.text && how.confirm_s == 0)
        return speaker_reload(speaker);
    uint64_t ticket = speaker_reload_as(speaker, &how);
    return ticket ? ticket : WAITS_FOR_OTHERS;
}

static void put_reload(struct method_call *call, const struct reload_summary *summary,
                       const struct config_report *report)
{
    struct jsonw *w = &call->out;
    jsonw_object(w, NULL);
    put_counts(w, summary);
    view_config_put_in_force(w, call->env, &call->now);
    view_config_put_confirmation(w, call->env, &call->now);
    jsonw_array(w, "failed");
    put_text_lines(w, strbuf_text(&summary->failed));
    jsonw_array_end(w);
    jsonw_array(w, "warnings");
    view_config_put_lines(w, report, true);
    put_text_lines(w, strbuf_text(&summary->warnings));
    jsonw_array_end(w);
    jsonw_object_end(w);
}

/* How what the call has begun has ended, if it has. */
static int answer_reload(struct method_call *call)
{
    const struct reload_summary *summary = NULL;
    const struct config_report *report = NULL;
    const struct param_value *config = method_param_if(call, "config");
    int code = 0;
    switch (speaker_reload_result(call->env->speaker, *call->ticket, &summary, &report)) {
    case RELOAD_RUNNING:
        return METHOD_PENDING;
    case RELOAD_DONE:
        put_reload(call, summary, report);
        break;
    case RELOAD_FAILED:
        code = view_config_fail(
            call, report,
            !config->given ? "the configuration file has errors; nothing was changed"
                           : "the configuration that was sent has errors; nothing was changed");
        break;
    case RELOAD_FORGOTTEN:
        code = method_fail(call, JSONRPC_FAILED,
                           "others came after it so quickly that only the log knows how it ended");
        break;
    }
    return code;
}

int handle_reload(struct method_call *call)
{
    int code = view_config_check_sent(call);
    if (code)
        return code;
    if (*call->ticket == 0 || *call->ticket == WAITS_FOR_OTHERS)
        *call->ticket = begin_reload(call);
    return answer_reload(call);
}

int handle_rollback(struct method_call *call)
{
    bool begins = *call->ticket == 0 || *call->ticket == WAITS_FOR_OTHERS;
    int err = begins ? speaker_rollback(call->env->speaker, call->ticket) : 0;
    if (err == ERR_NOT_FOUND)
        return method_fail(call, JSONRPC_FAILED,
                           "there is nothing to go back to: no reload has changed anything");
    if (err)
        *call->ticket = WAITS_FOR_OTHERS;
    return answer_reload(call);
}

int handle_confirm(struct method_call *call)
{
    if (speaker_confirm(call->env->speaker) != 0)
        return method_fail(call, JSONRPC_FAILED,
                           "there is nothing to confirm: what is in force stays");
    jsonw_object(&call->out, NULL);
    view_config_put_in_force(&call->out, call->env, &call->now);
    jsonw_object_end(&call->out);
    return 0;
}

static void put_identity(struct method_call *call)
{
    char uptime[TIME_TEXT_MAX];
    char router_id[IP_TEXT_MAX];
    struct ip_addr id = ip_from_v4(speaker_config(call->env->speaker)->router_id);
    uint64_t up_s = time_age_s_of(&call->now, call->env->started_mono_ms);
    struct jsonw *w = &call->out;
    jsonw_text(w, "name", "bgpd");
    jsonw_text(w, "version", BGPD_VERSION);
    jsonw_text(w, "uptime", time_format_duration(up_s, uptime));
    jsonw_text(w, "router_id", ip_format(&id, router_id));
    jsonw_int(w, "pid", getpid());
}

int handle_version(struct method_call *call)
{
    jsonw_object(&call->out, NULL);
    put_identity(call);
    jsonw_object_end(&call->out);
    return 0;
}

static void put_listening(struct jsonw *w, const char *key, const struct listening *l,
                          const struct local_listening *local)
{
    const char *path;
    jsonw_array(w, key);
    for (size_t i = 0; i < listening_count(l); i++) {
        char text[IP_ENDPOINT_TEXT_MAX];
        const struct endpoint *where = listener_endpoint(listening_at(l, i));
        jsonw_text(w, NULL, ip_format_endpoint(&where->addr, where->port, text));
    }
    for (size_t i = 0; (path = local_listening_path(local, i)) != NULL; i++) {
        struct strbuf text = {0};
        strbuf_printf(&text, "unix:%s", path);
        jsonw_text(w, NULL, strbuf_text(&text));
        strbuf_release(&text);
    }
    jsonw_array_end(w);
}

static void put_sockets(struct jsonw *w, const struct method_env *env)
{
    struct strbuf lines = {0};
    const struct listening *bgp = speaker_listening(env->speaker);
    put_listening(w, "bgp_sockets", bgp, NULL);
    put_listening(w, "api_sockets", env->listening, env->local_listening);
    speaker_describe(env->speaker, &lines);
    listening_describe(env->listening, &lines);
    local_listening_describe(env->local_listening, &lines);
    jsonw_array(w, "waiting_for");
    put_text_lines(w, strbuf_text(&lines));
    jsonw_array_end(w);
    strbuf_release(&lines);
}

int handle_show_info(struct method_call *call)
{
    const struct turn_watch *turn = speaker_turn(call->env->speaker);
    const struct turn_record *longest = &turn->longest;
    struct jsonw *w = &call->out;
    jsonw_object(w, NULL);
    put_identity(call);
    jsonw_text(w, "configuration", speaker_config(call->env->speaker)->path);
    view_config_put_in_force(w, call->env, &call->now);
    view_config_put_confirmation(w, call->env, &call->now);
    put_sockets(w, call->env);
    jsonw_object(w, "loop");
    jsonw_uint(w, "longest_turn_ms", longest->ns / 1000000);
    jsonw_uint(w, "longest_turn_processor_ms", longest->processor_ns / 1000000);
    if (longest->ended_mono_ms == 0) {
        jsonw_null(w, "longest_turn_cause");
        jsonw_null(w, "longest_turn_at");
    } else {
        jsonw_text(w, "longest_turn_cause", longest->part);
        jsonw_int(w, "longest_turn_at", time_unix_s_of(&call->now, longest->ended_mono_ms));
    }
    jsonw_uint(w, "long_turns", turn->long_turns);
    jsonw_object_end(w);
    jsonw_object_end(w);
    return 0;
}
