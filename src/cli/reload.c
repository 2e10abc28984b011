/* The commands that put another configuration in force, let it stay, and go back. */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/json_cell.h"
#include "cli/request.h"
#include "cli/text.h"

/* Calls the method, which puts something in force; `did` is what that is called. */
static int put_in_force(struct cli *cli, const char *method, json_t *params, const char *did)
{
    json_t *result;
    int status = request_call(cli, method, params, &result);
    if (result) {
        const char *summary = json_string_value(json_object_get(result, "summary"));
        const char *left =
            json_string_value(json_object_get(json_object_get(result, "confirmation"), "left"));
        struct strbuf text = {0};
        text_add_printable(&text, summary ? summary : "");
        printf("%s: %s\n", did, strbuf_text(&text));
        strbuf_release(&text);
        request_tell(json_object_get(result, "failed"), "");
        request_tell(json_object_get(result, "warnings"), "warning: ");
        text_add_printable(&text, left ? left : "");
        if (left)
            printf("goes back in %s: `bgpd confirm` lets it stay\n", strbuf_text(&text));
        strbuf_release(&text);
    }
    json_decref(result);
    return status;
}

int cmd_reload(struct cli *cli, const struct cli_call *call)
{
    const char *from = cli_call_text(call, "from");
    const char *confirm = cli_call_text(call, "confirm");
    bool diff = cli_call_count(call, "diff") > 0;
    if (diff && confirm)
        return request_misused(cli, call, "--diff changes nothing: there is nothing to --confirm");
    json_t *params = from || confirm ? json_object() : NULL;
    if (from && !request_set_config(cli, params, from)) {
        json_decref(params);
        return request_failed(cli);
    }
    if (diff)
        return policy_diff_show(cli, params);
    request_set_text(params, "confirm", confirm);
    return put_in_force(cli, "reload", params, "reloaded");
}

int cmd_rollback(struct cli *cli, const struct cli_call *call)
{
    (void)call;
    return put_in_force(cli, "rollback", NULL, "rolled back");
}

int cmd_confirm(struct cli *cli, const struct cli_call *call)
{
    (void)call;
    json_t *result;
    int status = request_call(cli, "confirm", NULL, &result);
    if (result) {
        struct strbuf text = {0};
        const char *name =
            json_string_value(json_object_get(json_object_get(result, "in_force"), "name"));
        text_add_printable(&text, name ? name : "");
        printf("confirmed: %s stays in force\n", strbuf_text(&text));
        strbuf_release(&text);
    }
    json_decref(result);
    return status;
}
