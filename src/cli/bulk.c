/* Many routes and flows of one command.
 *
 * They are sent by the thousand, so that a file of any length takes little memory, here and there;
 * with --all-or-nothing in one request. What is wrong with one is told with its line. */
#include "cli/bulk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "cli/request.h"
#include "cli/text.h"

enum {
    ITEMS_MAX = 1000,        /* of a request */
    TEXT_MAX_BYTES = 500000, /* that they were read from */
    PROGRESS_ITEMS = 10000,
    LISTED_ERRORS_MAX = 1000, /* in JSON */
    RPC_INVALID_PARAMS = -32602,
};

enum { ROUTES, FLOWS, LISTS };
static const char *const list_names[LISTS] = {"routes", "flows"};

struct bulk {
    struct cli *cli;
    const struct cli_call *call;
    bool withdraws;
    bool is_flow; /* lines of words are */
    bool is_whole;
    const char *file; /* NULL: they are arguments */
    json_t *common;   /* owned */
    struct route_items items;
    unsigned *lines[LISTS]; /* owned: where each item of a list comes from */
    size_t text_bytes;
    uint64_t sent;
    uint64_t done;
    uint64_t failed;
    uint64_t unheard;
    json_t *errors; /* owned: a list */
    struct strbuf why_unheard;
    int status;
};

static json_t *list_of(const struct bulk *b, unsigned list)
{
    return list == FLOWS ? b->items.flows : b->items.routes;
}

/* --- what there is to say --- */

static void put_where(const struct bulk *b, struct strbuf *out, unsigned line)
{
    if (b->file)
        strbuf_printf(out, "%s:%u: ", strcmp(b->file, "-") == 0 ? "standard input" : b->file, line);
}

static void tell(const struct bulk *b, const char *lead, unsigned line, const char *message)
{
    struct strbuf text = {0};
    struct strbuf clean = {0};
    put_where(b, &text, line);
    strbuf_add(&text, message);
    text_add_printable(&clean, strbuf_text(&text));
    fflush(stdout);
    fprintf(stderr, "bgpd: %s%s\n", lead, strbuf_text(&clean));
    strbuf_release(&text);
    strbuf_release(&clean);
}

/* One that failed: `error` is that of the API, or NULL where its line could not be read. */
static void note_failure(struct bulk *b, unsigned line, const char *message, json_t *error)
{
    static const char invalid[] = "Invalid params: ";
    json_int_t code =
        error ? json_integer_value(json_object_get(error, "code")) : (json_int_t)RPC_INVALID_PARAMS;
    b->failed++;
    if (b->status != CLI_FAILED)
        b->status = code == RPC_INVALID_PARAMS ? CLI_USAGE : CLI_FAILED;
    if (strncmp(message, invalid, sizeof(invalid) - 1) == 0)
        message += sizeof(invalid) - 1;
    if (!request_wants_json(b->cli)) {
        tell(b, "", line, message);
        return;
    }
    if (json_array_size(b->errors) == LISTED_ERRORS_MAX)
        return;
    json_t *entry = json_pack("{s:I, s:s}", "code", code, "message", message);
    if (b->file)
        json_object_set_new(entry, "line", json_integer(line));
    json_array_append_new(b->errors, entry);
}

/* Where an item of the request that was just answered comes from. */
static unsigned line_of(const struct bulk *b, unsigned list, uint64_t index)
{
    return index < json_array_size(list_of(b, list)) ? b->lines[list][index] : 0;
}

static void note_errors(struct bulk *b, json_t *errors)
{
    size_t i;
    json_t *error;
    json_array_foreach(errors, i, error)
    {
        const char *list = json_string_value(json_object_get(error, "list"));
        const char *message = json_string_value(json_object_get(error, "message"));
        unsigned n = list && strcmp(list, list_names[FLOWS]) == 0 ? FLOWS : ROUTES;
        json_int_t index = json_integer_value(json_object_get(error, "index"));
        note_failure(b, line_of(b, n, (uint64_t)index), message ? message : "?", error);
    }
}

/* "routes[7]: TEXT". That some go to no peer is said once, at the end. */
static void note_warning(struct bulk *b, const char *warning)
{
    static const char unheard[] = "it goes to no peer: ";
    unsigned long index = 0;
    bool is_flow = strncmp(warning, "flows", 5) == 0;
    const char *text = strstr(warning, "]: ");
    if (!text || sscanf(warning, is_flow ? "flows[%lu]" : "routes[%lu]", &index) != 1)
        return;
    text += 3;
    if (strncmp(text, unheard, sizeof(unheard) - 1) != 0) {
        tell(b, "warning: ", line_of(b, is_flow ? FLOWS : ROUTES, index), text);
        return;
    }
    strbuf_clear(&b->why_unheard);
    strbuf_add(&b->why_unheard, text + sizeof(unheard) - 1);
}

static void note_result(struct bulk *b, json_t *result)
{
    size_t i;
    json_t *warning;
    const char *done = b->withdraws ? "withdrawn" : "advertised";
    b->done += (uint64_t)json_integer_value(json_object_get(result, done));
    b->unheard += (uint64_t)json_integer_value(json_object_get(result, "to_no_peer"));
    note_errors(b, json_object_get(result, "errors"));
    json_array_foreach(json_object_get(result, "warnings"), i, warning)
        note_warning(b, json_is_string(warning) ? json_string_value(warning) : "");
}

static void show_progress(const struct bulk *b)
{
    if (b->file && b->sent / PROGRESS_ITEMS > 0 && isatty(STDERR_FILENO))
        fprintf(stderr, "\r%llu", (unsigned long long)b->sent);
}

/* --- requests --- */

static void forget_items(struct bulk *b)
{
    json_array_clear(b->items.routes);
    json_array_clear(b->items.flows);
    b->text_bytes = 0;
}

/* Sends what there is. Not 0 where there is no sense in going on. */
static int send_items(struct bulk *b)
{
    size_t count = json_array_size(b->items.routes) + json_array_size(b->items.flows);
    json_t *result = NULL;
    if (count == 0)
        return 0;
    json_t *params = json_copy(b->common);
    for (unsigned list = 0; list < LISTS; list++)
        json_object_set(params, list_names[list], list_of(b, list));
    if (b->is_whole)
        json_object_set_new(params, "all_or_nothing", json_true());
    int rc = client_call(&b->cli->client, b->withdraws ? "withdraw_routes" : "advertise_routes",
                         params, NULL, NULL, &result);
    json_t *errors = json_object_get(json_object_get(b->cli->client.rpc_error, "data"), "errors");
    b->sent += count;
    if (rc == 0) {
        note_result(b, result);
        show_progress(b);
    } else if (json_array_size(errors) > 0) {
        note_errors(b, errors);
        rc = 0;
    } else {
        b->status = request_failed(b->cli);
    }
    json_decref(result);
    forget_items(b);
    return rc;
}

/* --- items --- */

/* What was added since then comes from this line. */
static void note_lines(struct bulk *b, const size_t before[LISTS], unsigned line)
{
    for (unsigned list = 0; list < LISTS; list++) {
        size_t count = json_array_size(list_of(b, list));
        if (count > before[list])
            b->lines[list] = mem_resize(b->lines[list], (count | 1023) + 1, sizeof(unsigned));
        for (size_t i = before[list]; i < count; i++) {
            b->lines[list][i] = line;
            if (b->withdraws)
                route_item_strip(json_array_get(list_of(b, list), i));
        }
    }
}

static int take_line(struct bulk *b, const char *text, size_t len_bytes, unsigned line)
{
    struct strbuf problem = {0};
    const size_t before[LISTS] = {json_array_size(b->items.routes),
                                  json_array_size(b->items.flows)};
    if (len_bytes > ROUTE_LINE_MAX_BYTES)
        note_failure(b, line, "the line is longer than 1 MiB", NULL);
    else if (route_items_read(&b->items, b->is_flow, text, len_bytes, &problem) != 0)
        note_failure(b, line, strbuf_text(&problem), NULL);
    strbuf_release(&problem);
    note_lines(b, before, line);
    b->text_bytes += len_bytes;
    bool is_full =
        json_array_size(b->items.routes) + json_array_size(b->items.flows) >= ITEMS_MAX ||
        b->text_bytes >= TEXT_MAX_BYTES;
    return is_full && !b->is_whole ? send_items(b) : 0;
}

/* Not 0 where it was not gone through. */
static int read_file(struct bulk *b)
{
    bool is_stdin = strcmp(b->file, "-") == 0;
    FILE *in = is_stdin ? stdin : fopen(b->file, "re");
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    int rc = 0;
    errno = 0;
    for (unsigned number = 1; in && rc == 0 && (len = getline(&line, &size, in)) >= 0; number++) {
        while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
            len--;
        rc = take_line(b, line, (size_t)len, number);
    }
    if (!in || ferror(in)) {
        client_fail(&b->cli->client, "cannot read %s: %s", b->file, strerror(errno));
        b->status = request_failed(b->cli);
        rc = ERR_IO;
    }
    free(line);
    if (in && !is_stdin)
        fclose(in);
    return rc;
}

/* --- the end --- */

static void show_json(const struct bulk *b)
{
    json_t *result =
        json_pack("{s:I, s:I, s:O}", b->withdraws ? "withdrawn" : "advertised", (json_int_t)b->done,
                  "failed", (json_int_t)b->failed, "errors", b->errors);
    if (!b->withdraws)
        json_object_set_new(result, "to_no_peer", json_integer((json_int_t)b->unheard));
    request_print(b->cli, result);
    json_decref(result);
}

static void show_outcome(const struct bulk *b)
{
    if (b->file && b->sent / PROGRESS_ITEMS > 0 && isatty(STDERR_FILENO))
        fputc('\r', stderr);
    if (request_wants_json(b->cli)) {
        show_json(b);
        return;
    }
    printf("%s%s: %llu\n", cli_call_count(b->call, "dry-run") > 0 ? "would be " : "",
           b->withdraws ? "withdrawn" : "advertised", (unsigned long long)b->done);
    if (b->failed > 0)
        printf("failed: %llu\n", (unsigned long long)b->failed);
    fflush(stdout);
    if (b->unheard > 0)
        fprintf(stderr, "bgpd: warning: %llu of them go to no peer: %s\n",
                (unsigned long long)b->unheard, strbuf_text(&b->why_unheard));
}

static void release(struct bulk *b)
{
    json_decref(b->items.routes);
    json_decref(b->items.flows);
    json_decref(b->common);
    json_decref(b->errors);
    free(b->lines[ROUTES]);
    free(b->lines[FLOWS]);
    strbuf_release(&b->why_unheard);
}

int bulk_run(struct cli *cli, const struct cli_call *call, bool withdraws, bool is_flow,
             struct route_items items, json_t *common)
{
    struct bulk b = {
        .cli = cli,
        .call = call,
        .withdraws = withdraws,
        .is_flow = is_flow,
        .is_whole = cli_call_count(call, "all-or-nothing") > 0,
        .file = cli_call_text(call, "file"),
        .common = common,
        .items = items,
        .errors = json_array(),
        .status = CLI_OK,
    };
    int rc = 0;
    request_set_flag(common, "dry_run", call, "dry-run");
    if (b.file)
        rc = read_file(&b);
    else
        note_lines(&b, (const size_t[LISTS]){0, 0}, 0);
    if (rc == 0 && b.is_whole && b.failed > 0)
        forget_items(&b); /* a line is wrong */
    if (rc == 0)
        rc = send_items(&b);
    if (rc == 0 || b.done + b.failed > 0)
        show_outcome(&b);
    release(&b);
    return b.status;
}
