/* Lines of ExaBGP's text API, and lines of JSON, which begin with a brace.
 *
 * What is understood waits until there is enough for a request, or no more to be read. Answers come
 * in the order of the lines. */
#include "cli/pipe_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "cli/exa_command.h"
#include "cli/exa_words.h"
#include "cli/json_cell.h"
#include "cli/text.h"

enum { FLUSH_CALLS = 512, RPC_PARSE_ERROR = -32700, RPC_INVALID = -32600 };

struct pipe_line {
    struct steer_job job;
    uint64_t number;
    enum exa_kind kind;
    json_t *id;         /* of a line of JSON, perhaps null; owned */
    struct strbuf text; /* stands in front of the answer */
};

void pipe_lines_init(struct pipe_lines *p, struct steer *steer, enum pipe_ack ack, const char *name)
{
    *p = (struct pipe_lines){.steer = steer, .ack = ack, .name = name};
}

static void clear_lines(struct pipe_lines *p)
{
    for (size_t i = 0; i < p->count; i++) {
        steer_job_release(&p->lines[i].job);
        json_decref(p->lines[i].id);
        strbuf_release(&p->lines[i].text);
    }
    p->count = 0;
    p->call_count = 0;
}

void pipe_lines_release(struct pipe_lines *p)
{
    clear_lines(p);
    free(p->lines);
    strbuf_release(&p->input);
    strbuf_release(&p->output);
    *p = (struct pipe_lines){0};
}

void pipe_lines_restart(struct pipe_lines *p)
{
    clear_lines(p);
    strbuf_clear(&p->input);
    strbuf_clear(&p->output);
    p->skipping = false;
    p->is_silent = false;
    p->line_number = 0;
}

/* Answers. */

static void tell_failure(const struct pipe_lines *p, const struct pipe_line *line)
{
    struct strbuf clean = {0};
    text_add_printable(&clean, line->job.problem ? line->job.problem : "failed");
    fprintf(stderr, "bgpd: %s%sline %llu: %s\n", p->name ? p->name : "", p->name ? ": " : "",
            (unsigned long long)line->number, strbuf_text(&clean));
    strbuf_release(&clean);
}

static void put_json(struct pipe_lines *p, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    strbuf_printf(&p->output, "%s\n", text ? text : "{}");
    free(text);
    json_decref(value);
}

/* JSON-RPC's answer to a line of JSON, with the id of that. */
static void answer_json(struct pipe_lines *p, const struct pipe_line *line)
{
    json_t *answer = line->job.answer ? json_copy(line->job.answer) : json_object();
    if (!line->job.answer) {
        const char *problem = line->job.problem ? line->job.problem : "no answer";
        json_object_set_new(answer, "jsonrpc", json_string("2.0"));
        json_object_set_new(answer, "error",
                            json_pack("{s:i, s:s}", "code", RPC_INVALID, "message", problem));
    }
    json_object_set(answer, "id", line->id);
    put_json(p, answer);
}

static void answer_command(struct pipe_lines *p, const struct pipe_line *line)
{
    bool failed = line->job.failed;
    if (line->kind == EXA_ACK_ON)
        p->is_silent = false;
    if (line->kind == EXA_ACK_SILENCE)
        p->is_silent = true;
    strbuf_add_bytes(&p->output, strbuf_text(&line->text), line->text.len_bytes);
    if (p->is_silent || p->ack == PIPE_ACK_NONE) {
        return;
    } else if (p->ack == PIPE_ACK_TEXT) {
        strbuf_add(&p->output, failed ? "error\n" : "done\n");
    } else {
        json_t *answer = json_pack("{s:s}", "answer", failed ? "error" : "done");
        if (failed)
            json_object_set_new(answer, "message",
                                json_string(line->job.problem ? line->job.problem : ""));
        put_json(p, answer);
    }
    p->is_silent = line->kind == EXA_ACK_OFF;
}

/* Carries out what waits, and answers it. */
static int flush(struct pipe_lines *p)
{
    struct steer_job *jobs = mem_alloc((p->count + 1) * sizeof(*jobs));
    for (size_t i = 0; i < p->count; i++)
        jobs[i] = p->lines[i].job;
    int rc = p->call_count > 0 ? steer_run(p->steer, jobs, p->count) : 0;
    for (size_t i = 0; i < p->count; i++) {
        struct pipe_line *line = &p->lines[i];
        line->job = jobs[i];
        if (rc != 0)
            continue;
        if (line->job.failed)
            tell_failure(p, line);
        p->any_failed |= line->job.failed;
        if (line->id)
            answer_json(p, line);
        else
            answer_command(p, line);
    }
    free(jobs);
    clear_lines(p);
    return rc;
}

/* Understanding. */

static struct pipe_line *new_line(struct pipe_lines *p)
{
    if ((p->count & (p->count - 1)) == 0)
        p->lines = mem_resize(p->lines, p->count > 0 ? 2 * p->count : 1, sizeof(*p->lines));
    struct pipe_line *line = &p->lines[p->count++];
    *line = (struct pipe_line){.number = p->line_number};
    return line;
}

static void fail_line(struct pipe_line *line, const char *problem)
{
    line->job.failed = true;
    free(line->job.problem);
    line->job.problem = mem_strdup(problem);
}

/* The method that parameters without one are for. */
static const char *method_for(const json_t *params)
{
    if (json_object_get(params, "matches"))
        return "advertise_flow";
    return json_object_get(params, "prefix") ? "advertise_route" : NULL;
}

/* A JSON-RPC call, or the parameters of one that advertises. */
static void understand_json(struct pipe_lines *p, struct pipe_line *line, const char *text,
                            size_t len_bytes)
{
    json_error_t error;
    struct strbuf problem = {0};
    json_t *document = json_loadb(text, len_bytes, JSON_REJECT_DUPLICATES, &error);
    json_t *method = json_object_get(document, "method");
    json_t *id = json_object_get(document, "id");
    bool is_call = json_is_string(method);
    const char *meant = is_call ? json_string_value(method) : method_for(document);
    line->id = is_call && id ? json_incref(id) : json_null();
    if (!document) {
        strbuf_printf(&problem, "column %d: %s", error.column, error.text);
    } else if (!json_is_object(document) || !meant) {
        strbuf_add(&problem,
                   "expected a call, {\"method\": …, \"params\": …}, or the parameters of "
                   "advertise_route or advertise_flow");
    } else {
        json_t *params = is_call ? json_object_get(document, "params") : document;
        json_t *call = json_object();
        json_object_set_new(call, "method", json_string(meant));
        if (params)
            json_object_set(call, "params", params);
        line->job.calls = json_array();
        json_array_append_new(line->job.calls, call);
        line->job.is_json = true;
        ledger_note(&p->steer->ledger, call);
    }
    if (problem.len_bytes > 0)
        fail_line(line, strbuf_text(&problem));
    strbuf_release(&problem);
    json_decref(document);
}

/* "Peer AS up/down …", a line for each session. */
static int put_summary(struct pipe_lines *p, const struct exa_command *c, struct strbuf *out)
{
    const json_t *peers = steer_peers(p->steer);
    size_t i;
    json_t *peer;
    if (!peers)
        return ERR_IO;
    strbuf_printf(out, "%-15s %-7s %9s %-12s %10s %10s\n", "Peer", "AS", "up/down", "state",
                  "|     #sent", "#recvd");
    json_array_foreach(peers, i, peer)
    {
        json_t *summary = json_object_get(peer, "summary");
        json_t *messages = json_object_get(peer, "messages");
        const char *address = json_string_value(json_object_get(summary, "peer"));
        const char *state = json_string_value(json_object_get(summary, "state"));
        const char *asked =
            json_string_value(json_object_get(json_array_get(c->selectors, 0), "neighbor"));
        if (!address || !state || strcmp(state, "Established") != 0 ||
            (asked && strcmp(asked, address) != 0))
            continue;
        const char *uptime = json_string_value(json_object_get(summary, "uptime"));
        strbuf_printf(out, "%-15s %-7lld %9s %-12s %10lld %10lld\n", address,
                      (long long)json_integer_value(json_object_get(summary, "remote_asn")),
                      uptime ? uptime : "", "established",
                      (long long)json_integer_value(json_object_get(messages, "updates_sent")),
                      (long long)json_integer_value(json_object_get(messages, "updates_received")));
    }
    return 0;
}

static void put_help(struct strbuf *out)
{
    const char *words;
    strbuf_add(out,
               "[neighbor ADDRESS [local-ip|local-as|peer-as|router-id VALUE …], …] COMMAND\n");
    for (unsigned n = 0; (words = exa_nth_command(n)) != NULL; n++)
        strbuf_printf(out, "%s\n", words);
}

/* What a command has to say before it is answered. */
static int put_text(struct pipe_lines *p, const struct exa_command *c, struct strbuf *out)
{
    switch (c->kind) {
    case EXA_SUMMARY:
        return put_summary(p, c, out);
    case EXA_HELP:
        put_help(out);
        return 0;
    case EXA_VERSION:
        strbuf_add(out, "bgpd " BGPD_VERSION "\n");
        return 0;
    case EXA_RELOAD:
        strbuf_add(out, "reload in progress\n");
        return 0;
    case EXA_SHUTDOWN:
        strbuf_add(out, "shutdown in progress\n");
        p->shutdown = true;
        return 0;
    default:
        return 0;
    }
}

static int understand_command(struct pipe_lines *p, const char *text, size_t len_bytes)
{
    struct exa_command c;
    struct strbuf problem = {0};
    struct strbuf said = {0};
    json_t *calls = NULL;
    int rc = exa_translate(text, len_bytes, &c, &problem);
    if (rc == 0)
        rc = put_text(p, &c, &said);
    if (rc == 0)
        rc = steer_prepare(p->steer, &c, &calls, &problem);
    if (rc != 0 && rc != ERR_INVALID)
        goto out;
    struct pipe_line *line = new_line(p);
    line->kind = c.kind;
    line->text = said;
    said = (struct strbuf){0};
    line->job.calls = calls;
    if (rc != 0)
        fail_line(line, strbuf_text(&problem));
    p->call_count += json_array_size(calls);
    rc = 0;
out:
    strbuf_release(&problem);
    strbuf_release(&said);
    exa_command_release(&c);
    return rc;
}

static int take_line(struct pipe_lines *p, const char *text, size_t len_bytes)
{
    size_t blanks = 0;
    int rc = 0;
    p->line_number++;
    while (blanks < len_bytes && (text[blanks] == ' ' || text[blanks] == '\t'))
        blanks++;
    if (blanks < len_bytes && (text[blanks] == '{' || text[blanks] == '[')) {
        struct pipe_line *line = new_line(p);
        understand_json(p, line, text, len_bytes);
        p->call_count += json_array_size(line->job.calls);
    } else {
        rc = understand_command(p, text, len_bytes);
    }
    return rc == 0 && p->call_count >= FLUSH_CALLS ? flush(p) : rc;
}

static void refuse_long_line(struct pipe_lines *p)
{
    p->line_number++;
    fail_line(new_line(p), "the line is longer than 1 MiB");
    p->skipping = true;
    strbuf_clear(&p->input);
}

int pipe_lines_feed(struct pipe_lines *p, const char *data, size_t len_bytes)
{
    int rc = 0;
    strbuf_add_bytes(&p->input, data, len_bytes);
    size_t start = 0;
    while (rc == 0 && !p->shutdown) {
        const char *from = p->input.data + start;
        const char *end = memchr(from, '\n', p->input.len_bytes - start);
        if (!end)
            break;
        start += (size_t)(end - from) + 1;
        if (!p->skipping)
            rc = take_line(p, from, (size_t)(end - from));
        p->skipping = false;
    }
    p->input.len_bytes -= start;
    memmove(p->input.data, p->input.data + start, p->input.len_bytes + 1);
    if (p->skipping)
        strbuf_clear(&p->input);
    else if (p->input.len_bytes > EXA_LINE_MAX_BYTES)
        refuse_long_line(p);
    return rc == 0 && p->count > 0 ? flush(p) : rc;
}

int pipe_lines_end(struct pipe_lines *p)
{
    int rc = 0;
    if (p->input.len_bytes > 0 && !p->skipping && !p->shutdown)
        rc = take_line(p, p->input.data, p->input.len_bytes);
    strbuf_clear(&p->input);
    return rc == 0 && p->count > 0 ? flush(p) : rc;
}
