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

/* As much as a request may hold; a little of that is for what stands around it. */
enum { CONFIG_MAX_BYTES = 1 << 20, NAME_MAX_BYTES = 255 };

/* Appends all of a file, unless there is too much; NULL, or what went wrong. */
static const char *read_config(FILE *in, struct strbuf *text)
{
    char buf[65536];
    size_t got;
    while (text->len_bytes <= CONFIG_MAX_BYTES && (got = fread(buf, 1, sizeof(buf), in)) > 0)
        strbuf_add_bytes(text, buf, got);
    explicit_bzero(buf, sizeof(buf));
    if (ferror(in))
        return strerror(errno);
    if (text->len_bytes > CONFIG_MAX_BYTES)
        return "it is larger than 1 MiB, which is all that can be sent (sets may stand in files)";
    return memchr(strbuf_text(text), '\0', text->len_bytes) ? "there is a zero byte in it" : NULL;
}

/* What places in a file are called: its name, or the end of one that is very long. */
static const char *config_name(const char *file)
{
    const char *slash = strrchr(file, '/');
    return strlen(file) > NAME_MAX_BYTES && slash ? slash + 1 : file;
}

bool request_set_config(struct cli *cli, json_t *params, const char *file)
{
    bool is_stdin = strcmp(file, "-") == 0;
    const char *name = is_stdin ? "standard input" : config_name(file);
    struct strbuf text = {0};
    FILE *in = is_stdin ? stdin : fopen(file, "re");
    const char *problem = in ? read_config(in, &text) : strerror(errno);
    json_t *config = problem ? NULL : json_stringn(strbuf_text(&text), text.len_bytes);
    if (!problem && !config)
        problem = "it is not UTF-8";
    if (config) {
        json_object_set_new(params, "config", config);
        request_set_text(params, "name", name);
    } else {
        strbuf_clear(&cli->client.error);
        strbuf_printf(&cli->client.error, "%s cannot be sent: %s", name, problem);
    }
    if (in && !is_stdin)
        fclose(in);
    if (text.data)
        explicit_bzero(text.data, text.len_bytes); /* it may hold passwords */
    strbuf_release(&text);
    return config != NULL;
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
