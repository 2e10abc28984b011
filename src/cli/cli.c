/* The way of a command line: parse, prepare the client, run the command, look after the output. */
#include "cli/cli.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/complete.h"
#include "cli/help.h"
#include "cli/pager.h"
#include "cli/parse.h"
#include "cli/request.h"
#include "cli/settings.h"
#include "cli/text.h"

static int print_help(FILE *out, const struct cli_command *command,
                      const struct cli_program *program)
{
    struct strbuf text = {0};
    help_text(&cli_table, command, program->nth_family, &text);
    fputs(strbuf_text(&text), out);
    strbuf_release(&text);
    return CLI_OK;
}

static const char *const format_names[] = {
    [FORMAT_TABLE] = "table",
    [FORMAT_JSON] = "json",
    [FORMAT_NDJSON] = "ndjson",
    [FORMAT_CSV] = "csv",
};

/* How results are to be written; false, with why not, where that is no way for this command. */
static bool choose_format(const struct cli_call *call, enum cli_format *ret_format,
                          struct strbuf *error)
{
    const char *text = cli_call_text(call, "format");
    size_t count = sizeof format_names / sizeof format_names[0];
    size_t i = 0;
    *ret_format = cli_call_count(call, "json") > 0 ? FORMAT_JSON : FORMAT_TABLE;
    if (!text)
        return true;
    while (i < count && strcmp(format_names[i], text) != 0)
        i++;
    if (i == count) {
        strbuf_printf(error, "--format: \"%s\": expected table, json, ndjson or csv", text);
        return false;
    }
    if (i == FORMAT_CSV && call->command && !call->command->has_csv) {
        strbuf_printf(error, "%s has no list that could be written as CSV", call->command->path);
        return false;
    }
    *ret_format = (enum cli_format)i;
    return true;
}

/* Whether errors are to be JSON, also where the command line is wrong. */
static bool wants_json(const struct cli_call *call)
{
    enum cli_format format;
    struct strbuf ignored = {0};
    bool is_one = choose_format(call, &format, &ignored);
    strbuf_release(&ignored);
    return is_one && (format == FORMAT_JSON || format == FORMAT_NDJSON);
}

static int usage_error(const struct cli_call *call, int rc, const struct strbuf *error,
                       const struct cli_program *program)
{
    const struct cli_command *at = call->command;
    struct strbuf clean = {0};
    if (wants_json(call)) {
        request_put_error("usage", strbuf_text(error), NULL);
        return CLI_USAGE;
    }
    text_add_printable(&clean, strbuf_text(error));
    fprintf(stderr, "bgpd: %s\n", strbuf_text(&clean));
    strbuf_release(&clean);
    if (rc == ERR_NOT_FOUND)
        print_help(stderr, at, program);
    else
        fprintf(stderr, "\"bgpd help%s%s\" says how it is used.\n", at ? " " : "",
                at ? at->path : "");
    return CLI_USAGE;
}

/* JSON is UTF-8, so what goes into it must be. */
static bool call_is_utf8(const struct cli_call *call)
{
    bool ok = true;
    for (size_t i = 0; i < CLI_ARGS_MAX; i++)
        ok = ok && (!call->args[i] || mbstowcs(NULL, call->args[i], 0) != (size_t)-1);
    for (size_t i = 0; i < call->more_count; i++)
        ok = ok && mbstowcs(NULL, call->more[i], 0) != (size_t)-1;
    for (size_t i = 0; i < call->setting_count; i++)
        ok = ok && mbstowcs(NULL, call->settings[i].value, 0) != (size_t)-1;
    return ok;
}

/* What was written must have arrived; a failure that was told already needs no second line. Of one
 * that came before the last piece it is not known any more what it was. */
static int finish_output(int status)
{
    bool failed_before = ferror(stdout);
    bool fails_now = fflush(stdout) != 0;
    int reason = errno;
    if ((!failed_before && !fails_now) || status != CLI_OK)
        return status;
    fprintf(stderr, "bgpd: cannot write the output%s%s\n", fails_now ? ": " : "",
            fails_now ? strerror(reason) : "");
    return CLI_FAILED;
}

/* Whether standard output is a terminal that knows colours, of a person who wants them
 * (no-color.org). */
static bool wants_color(void)
{
    const char *term = getenv("TERM");
    const char *refusal = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0 &&
           !(refusal && refusal[0] != '\0');
}

/* The token that changes are made with. False, with why in client.error, where there should be one
 * and is not. */
static bool load_token(struct client *client, const struct settings *settings)
{
    if (!settings->token_file || client_load_token(client, settings->token_file) == 0)
        return true;
    if (!settings->token_is_optional || errno != EACCES)
        return false;
    strbuf_clear(&client->error);
    return true;
}

static int ask_daemon(struct cli *cli, const struct cli_call *call)
{
    struct settings settings;
    struct strbuf error = {0};
    int status;
    if (settings_read(call, cli->program, &settings, &error) != 0) {
        client_fail(&cli->client, "%s", strbuf_text(&error));
        cli->client.problem = CLIENT_MISUSED;
        status = request_failed(cli);
    } else {
        cli->client.host = settings.host;
        cli->client.port = settings.port;
        cli->client.tls = settings.tls;
        cli->client.ca = settings.ca;
        if (!load_token(&cli->client, &settings)) {
            status = request_failed(cli);
        } else {
            if (call->command->is_read && cli_call_count(call, "no-pager") == 0)
                pager_start(settings.pager);
            status = call->command->run(cli, call);
        }
    }
    client_release(&cli->client);
    settings_release(&settings);
    strbuf_release(&error);
    return status;
}

static int run_command(const struct cli_call *call, enum cli_format format,
                       const struct cli_program *program)
{
    struct cli cli = {
        .program = program,
        .format = format,
        .color = wants_color(),
        .verbosity = (unsigned)cli_call_count(call, "verbose"),
    };
    if (call->command->local)
        return finish_output(call->command->run(&cli, call));
    if (!call_is_utf8(call)) {
        client_fail(&cli.client, "the command line is not UTF-8");
        cli.client.problem = CLIENT_MISUSED;
        int status = request_failed(&cli);
        client_release(&cli.client);
        return status;
    }
    int status = finish_output(ask_daemon(&cli, call));
    pager_finish();
    return status;
}

int cli_main(int argc, char **argv, const struct cli_program *program)
{
    struct cli_call call;
    struct strbuf error = {0};
    int status;
    signal(SIGPIPE, SIG_DFL);
    setlocale(LC_CTYPE, "C.UTF-8");
    if (argc > 1 && strcmp(argv[1], COMPLETE_WORD) == 0)
        return complete_words(argc - 2, argv + 2, program);
    enum cli_format format = FORMAT_TABLE;
    int rc = cli_parse(&cli_table, argc - 1, argv + 1, &call, &error);
    if (rc == 0 && !call.wants_help && !choose_format(&call, &format, &error))
        rc = ERR_INVALID;
    if (rc == 0 && call.wants_help) {
        status = finish_output(print_help(stdout, call.command, program));
    } else if (cli_call_count(&call, "version") > 0) {
        printf("bgpd %s\n", BGPD_VERSION);
        status = finish_output(CLI_OK);
    } else if (rc != 0) {
        status = usage_error(&call, rc, &error, program);
    } else {
        status = run_command(&call, format, program);
    }
    cli_call_release(&call);
    strbuf_release(&error);
    return status;
}
