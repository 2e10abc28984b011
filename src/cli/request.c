/* Requests of the commands. */
#include "cli/request.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/json_cell.h"
#include "cli/text.h"

void request_set_text(json_t *params, const char *key, const char *value)
{
    if (value)
        json_object_set_new(params, key, json_string(value));
}

void request_set_flag(json_t *params, const char *key, const struct cli_call *call,
                      const char *option)
{
    if (cli_call_count(call, option) > 0)
        json_object_set_new(params, key, json_true());
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
        client_fail(&cli->client, "%s cannot be sent: %s", name, problem);
    }
    if (in && !is_stdin)
        fclose(in);
    if (text.data)
        explicit_bzero(text.data, text.len_bytes); /* it may hold passwords */
    strbuf_release(&text);
    return config != NULL;
}

void request_put_error(const char *kind, const char *message, const json_t *rpc_error)
{
    json_t *code = json_object_get(rpc_error, "code");
    json_t *data = json_object_get(rpc_error, "data");
    const char *said = json_string_value(json_object_get(rpc_error, "message"));
    json_t *text = json_string(said ? said : message);
    json_t *error = json_pack("{s:{s:s, s:o, s:o, s:o}}", "error", "kind", kind, "code",
                              code ? json_incref(code) : json_null(), "message",
                              text ? text : json_string("(not UTF-8)"), "data",
                              data ? json_incref(data) : json_null());
    json_print(stderr, error, 0);
    fputc('\n', stderr);
    json_decref(error);
}

/* The lines of a text, with what must not reach a terminal replaced. */
static void put_lines(char *text)
{
    struct strbuf clean = {0};
    char *rest = NULL;
    strbuf_add(&clean, "bgpd: ");
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        text_add_printable(&clean, line);
        strbuf_add_char(&clean, '\n');
    }
    fputs(strbuf_text(&clean), stderr);
    strbuf_release(&clean);
}

int request_failed(struct cli *cli)
{
    static const struct {
        const char *kind;
        int status;
    } problems[] = {
        [CLIENT_LOCAL] = {"failed", CLI_FAILED},
        [CLIENT_MISUSED] = {"usage", CLI_USAGE},
        [CLIENT_UNREACHABLE] = {"no daemon", CLI_UNREACHABLE},
        [CLIENT_BAD_VALUE] = {"bad value", CLI_USAGE},
        [CLIENT_REFUSED] = {"refused", CLI_FAILED},
    };
    struct client *c = &cli->client;
    fflush(stdout);
    strbuf_add(&c->error, ""); /* so that there is a text to be cut into lines */
    if (request_wants_json(cli))
        request_put_error(problems[c->problem].kind, strbuf_text(&c->error), c->rpc_error);
    else
        put_lines(c->error.data);
    return problems[c->problem].status;
}

int request_misused(struct cli *cli, const struct cli_call *call, const char *format, ...)
{
    struct strbuf text = {0};
    va_list args;
    strbuf_printf(&text, "%s: ", call->command->path);
    va_start(args, format);
    strbuf_vprintf(&text, format, args);
    va_end(args);
    if (request_wants_json(cli)) {
        request_put_error("usage", strbuf_text(&text), NULL);
    } else {
        put_lines(text.data);
        fprintf(stderr, "\"bgpd help %s\" says how it is used.\n", call->command->path);
    }
    strbuf_release(&text);
    return CLI_USAGE;
}

bool request_output_failed(struct cli *cli)
{
    int reason = errno;
    if (!ferror(stdout))
        return false;
    client_fail(&cli->client, "cannot write the output: %s", strerror(reason));
    return true;
}

void request_print(const struct cli *cli, const json_t *result)
{
    bool in_lines = cli->format == FORMAT_NDJSON;
    size_t i;
    json_t *item;
    if (!in_lines || !json_is_array(result)) {
        json_print(stdout, result, JSON_ENCODE_ANY | (in_lines ? 0 : JSON_INDENT(2)));
        fputc('\n', stdout);
        return;
    }
    json_array_foreach(result, i, item)
    {
        json_print(stdout, item, JSON_ENCODE_ANY);
        fputc('\n', stdout);
    }
}

int request_call(struct cli *cli, const char *method, json_t *params, json_t **ret_result)
{
    json_t *result = NULL;
    *ret_result = NULL;
    if (client_call(&cli->client, method, params, NULL, NULL, &result) != 0)
        return request_failed(cli);
    int status = json_array_size(json_object_get(result, "failed")) > 0 ? CLI_FAILED : CLI_OK;
    if (!request_wants_json(cli)) {
        *ret_result = result;
        return status;
    }
    request_print(cli, result);
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
