/* Requests of the commands. */
#include "cli/request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/json_cell.h"
#include "cli/text.h"

void request_set_text(json_t *params, const char *key, const char *value)
{
    if (value)
        json_object_set_new(params, key, json_string(value));
}

void request_set_number(json_t *params, const char *key, const struct cli_call *call,
                        const char *option)
{
    if (cli_call_text(call, option))
        json_object_set_new(params, key,
                            json_integer((json_int_t)cli_call_number(call, option, 0)));
}

int request_failed(struct cli *cli)
{
    struct strbuf clean = {0};
    char *rest = NULL;
    fflush(stdout);
    strbuf_add(&clean, "bgpd: ");
    strbuf_add(&cli->client.error, ""); /* so that there is a text to be cut into lines */
    for (char *line = strtok_r(cli->client.error.data, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        text_add_printable(&clean, line);
        strbuf_add_char(&clean, '\n');
    }
    fputs(strbuf_text(&clean), stderr);
    strbuf_release(&clean);
    return CLI_FAILED;
}

bool request_output_failed(struct cli *cli)
{
    int reason = errno;
    if (!ferror(stdout))
        return false;
    strbuf_clear(&cli->client.error);
    strbuf_printf(&cli->client.error, "cannot write the output: %s", strerror(reason));
    return true;
}

int request_call(struct cli *cli, const char *method, json_t *params, json_t **ret_result)
{
    json_t *result = NULL;
    *ret_result = NULL;
    if (client_call(&cli->client, method, params, NULL, NULL, &result) != 0)
        return request_failed(cli);
    int status = json_array_size(json_object_get(result, "failed")) > 0 ? CLI_FAILED : CLI_OK;
    if (!cli->json) {
        *ret_result = result;
        return status;
    }
    json_print(stdout, result, JSON_INDENT(2) | JSON_ENCODE_ANY);
    fputc('\n', stdout);
    json_decref(result);
    return status;
}

void request_tell(json_t *lines, const char *lead)
{
    size_t i;
    json_t *line;
    fflush(stdout);
    json_array_foreach(lines, i, line)
    {
        struct strbuf text = {0};
        text_add_printable(&text, json_is_string(line) ? json_string_value(line) : "");
        fprintf(stderr, "bgpd: %s%s\n", lead, strbuf_text(&text));
        strbuf_release(&text);
    }
}
