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
