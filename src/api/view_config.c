/* Configurations that are read for a client, and reports on them: the same for all methods. */
#include "api/view_config.h"

void view_config_put_lines(struct jsonw *w, const struct config_report *report, bool warnings)
{
    for (size_t i = 0; i < report->line_count; i++)
        if (report->lines[i].warning == warnings)
            jsonw_text(w, NULL, report->lines[i].text);
}

int view_config_fail(struct method_call *call, const struct config_report *report,
                     const char *message)
{
    int code = method_fail(call, JSONRPC_BAD_CONFIG, "%s", message);
    struct jsonw w = jsonw_over(&call->error.data);
    jsonw_object(&w, NULL);
    jsonw_array(&w, "errors");
    view_config_put_lines(&w, report, false);
    jsonw_array_end(&w);
    jsonw_array(&w, "warnings");
    view_config_put_lines(&w, report, true);
    jsonw_array_end(&w);
    jsonw_object_end(&w);
    return code;
}

int view_config_check_sent(struct method_call *call)
{
    if (method_param(call, "name")->given && !method_param(call, "config")->given)
        return method_fail_param(call, "name", "it is for `config`", NULL);
    return 0;
}

const char *view_config_sent_name(const struct method_call *call)
{
    const struct param_value *name = method_param(call, "name");
    return name->given ? name->text : "request";
}

void view_config_put_in_force(struct jsonw *w, const struct method_env *env,
                              const struct time_now *now)
{
    const struct config *config = speaker_config(env->speaker);
    jsonw_object(w, "in_force");
    jsonw_text(w, "from", config->is_sent ? "request" : "file");
    jsonw_text(w, "name", config->name);
    jsonw_int(w, "since", time_unix_s_of(now, speaker_configured_mono_ms(env->speaker)));
    jsonw_bool(w, "rolled_back", speaker_undo(env->speaker).rolled_back);
    jsonw_object_end(w);
}

void view_config_put_confirmation(struct jsonw *w, const struct method_env *env,
                                  const struct time_now *now)
{
    struct speaker_undo undo = speaker_undo(env->speaker);
    uint64_t now_ms = now->mono_ns / 1000000;
    char text[TIME_TEXT_MAX];
    if (undo.confirm_by_mono_ms == 0 || !undo.to) {
        jsonw_null(w, "confirmation");
        return;
    }
    uint64_t left_ms = undo.confirm_by_mono_ms > now_ms ? undo.confirm_by_mono_ms - now_ms : 0;
    uint64_t left_s = (left_ms + 999) / 1000;
    jsonw_object(w, "confirmation");
    jsonw_int(w, "until", time_unix_s_of(now, undo.confirm_by_mono_ms));
    jsonw_text(w, "left", time_format_duration(left_s, text));
    jsonw_object(w, "back_to");
    jsonw_text(w, "from", undo.to->is_sent ? "request" : "file");
    jsonw_text(w, "name", undo.to->name);
    jsonw_int(w, "since", time_unix_s_of(now, undo.to_since_mono_ms));
    jsonw_object_end(w);
    jsonw_object_end(w);
}
