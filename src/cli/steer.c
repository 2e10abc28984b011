/* Sending in batches.
 *
 * A request holds up to BATCH_CALLS calls, which the daemon carries out in one go and in their
 * order. What may change nothing stands alone in its request, since the daemon answers such calls
 * after all others of a batch. A request whose answer did not come is sent again: announcing and
 * withdrawing twice is the same as once. */
#include "cli/steer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/time.h"
#include "cli/targets.h"
#include "cli/text.h"

enum {
    BATCH_CALLS = 512,
    BATCH_BYTES = 512 << 10, /* a request may have 1 MiB */
    AWAY_PAUSE_MS = 1000,
    PEERS_MAX_AGE_MS = 1000,
    RENEWALS = 3, /* of a lease, in its time */
    SELF_PAUSE_MS = 250,
    SELF_PATIENCE_MS = 30000,
    RPC_NOT_FOUND = -32001,
};

/* Calls of jobs on their way. */
struct batch {
    struct strbuf body;
    size_t count;
    struct {
        struct steer_job *job;
        json_t *call; /* borrowed of the job */
    } items[BATCH_CALLS];
};

void steer_job_release(struct steer_job *job)
{
    json_decref(job->calls);
    json_decref(job->answer);
    free(job->problem);
    *job = (struct steer_job){0};
}

void steer_init(struct steer *s, struct client *client)
{
    *s = (struct steer){.client = client, .own_hops = json_object()};
    ledger_init(&s->ledger);
}

void steer_release(struct steer *s)
{
    ledger_release(&s->ledger);
    json_decref(s->peers);
    json_decref(s->own_hops);
    free(s->sessions);
    free(s->router_id);
    *s = (struct steer){0};
}

/* Says on standard error what happens meanwhile. */
static void tell(const char *text)
{
    struct strbuf clean = {0};
    text_add_printable(&clean, text);
    fprintf(stderr, "bgpd: %s\n", strbuf_text(&clean));
    strbuf_release(&clean);
}

/* Who the daemon is. *ret_is_other: it is not the one of before. */
static int ask_who(struct steer *s, bool *ret_is_other)
{
    json_t *version = NULL;
    int rc = client_call(s->client, "version", NULL, NULL, NULL, &version);
    if (rc != 0)
        return rc;
    json_int_t pid = json_integer_value(json_object_get(version, "pid"));
    const char *router_id = json_string_value(json_object_get(version, "router_id"));
    *ret_is_other = s->pid != 0 && pid != s->pid;
    s->pid = pid;
    free(s->router_id);
    s->router_id = router_id ? mem_strdup(router_id) : NULL;
    json_decref(version);
    return 0;
}

static int run_once(struct steer *s, struct steer_job *job);

/* Announces to a daemon that was started anew what the one before had been told. */
static int announce_again(struct steer *s)
{
    struct steer_job job = {.calls = ledger_announcements(&s->ledger)};
    struct strbuf text = {0};
    size_t count = json_array_size(job.calls);
    int rc = run_once(s, &job);
    if (rc == 0 && count > 0) {
        strbuf_printf(&text, "the daemon was started anew: %zu routes announced again%s%s", count,
                      job.problem ? ", not all: " : "", job.problem ? job.problem : "");
        tell(strbuf_text(&text));
    }
    strbuf_release(&text);
    steer_job_release(&job);
    return rc;
}

/* Sends a document; waits for a daemon that was there before and is not now. */
static int exchange(struct steer *s, const char *document, json_t **ret_answer)
{
    bool told = false;
    for (;;) {
        int rc = client_exchange(s->client, document, ret_answer);
        if (rc != ERR_IO || s->pid == 0 || s->impatient)
            return rc;
        if (!told)
            tell(strbuf_text(&s->client->error));
        told = true;
        bool is_other = false;
        do {
            if (!s->pause(s->ctx, AWAY_PAUSE_MS))
                return ERR_STATE;
            rc = ask_who(s, &is_other);
        } while (rc == ERR_IO);
        if (rc == 0 && is_other)
            rc = announce_again(s);
        if (rc != 0 && rc != ERR_IO)
            return rc;
    }
}

const json_t *steer_peers(struct steer *s)
{
    static const char request[] = "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"show_peer_detail\"}";
    json_t *answer = NULL;
    if (s->peers && time_mono_ms() - s->peers_at_ms < PEERS_MAX_AGE_MS)
        return s->peers;
    if (exchange(s, request, &answer) != 0)
        return NULL;
    json_decref(s->peers);
    s->peers = json_incref(json_object_get(answer, "result"));
    s->peers_at_ms = time_mono_ms();
    if (!s->peers && !client_add_error(&s->client->error, json_object_get(answer, "error")))
        strbuf_add(&s->client->error, "the daemon does not tell its neighbors");
    json_decref(answer);
    return s->peers;
}

static void fail_job(struct steer_job *job, json_t *error)
{
    struct strbuf text = {0};
    if (!client_add_error(&text, error))
        strbuf_add(&text, "the daemon gave no answer to it");
    job->failed = true;
    if (!job->problem)
        job->problem = strbuf_take(&text);
    strbuf_release(&text);
}

/* Whether an error only says that there was nothing to withdraw. */
static bool is_withdrawn_already(const json_t *call, const json_t *error)
{
    static const char says[] = "the API does not advertise";
    const char *method = json_string_value(json_object_get(call, "method"));
    const char *message = json_string_value(json_object_get(error, "message"));
    return method && strncmp(method, "withdraw_", strlen("withdraw_")) == 0 && message &&
           json_integer_value(json_object_get(error, "code")) == RPC_NOT_FOUND &&
           strncmp(message, says, sizeof(says) - 1) == 0;
}

/* What one answer says of its call. */
static void note_answer(struct steer *s, struct steer_job *job, json_t *call, json_t *answer)
{
    json_t *error = json_object_get(answer, "error");
    bool was_gone = error && is_withdrawn_already(call, error);
    if (!error)
        ledger_done(&s->ledger, call, json_object_get(answer, "result"));
    else if (!was_gone)
        ledger_failed(&s->ledger, call);
    if (error && !(was_gone && !job->is_json))
        fail_job(job, error);
    if (job->is_json) {
        json_decref(job->answer);
        job->answer = json_incref(answer);
    }
}

/* What the answer to a batch says of its calls: a list of answers with ids, or one for all. */
static void note_answers(struct steer *s, struct batch *b, json_t *document)
{
    bool answered[BATCH_CALLS] = {false};
    size_t i;
    json_t *answer;
    json_array_foreach(document, i, answer)
    {
        json_int_t id = json_integer_value(json_object_get(answer, "id"));
        if (id < 0 || id >= (json_int_t)b->count || answered[id])
            continue;
        answered[id] = true;
        note_answer(s, b->items[id].job, b->items[id].call, answer);
    }
    for (i = 0; i < b->count; i++) {
        if (answered[i])
            continue;
        fail_job(b->items[i].job, json_object_get(document, "error"));
        if (b->items[i].job->is_json && !json_is_array(document))
            b->items[i].job->answer = json_incref(document);
    }
}

static int send_batch(struct steer *s, struct batch *b)
{
    json_t *document = NULL;
    if (b->count == 0)
        return 0;
    strbuf_add_char(&b->body, ']');
    int rc = exchange(s, strbuf_text(&b->body), &document);
    if (rc == 0)
        note_answers(s, b, document);
    json_decref(document);
    strbuf_clear(&b->body);
    b->count = 0;
    return rc;
}

/* Whether the call is one of those that a batch may have many of. */
static bool may_go_along(const json_t *call)
{
    const char *method = json_string_value(json_object_get(call, "method"));
    return method && (strncmp(method, "advertise_", strlen("advertise_")) == 0 ||
                      strncmp(method, "withdraw_", strlen("withdraw_")) == 0);
}

/* Whether the call announces something that has our lease. */
static bool is_leased(const struct steer *s, const json_t *call)
{
    const char *method = json_string_value(json_object_get(call, "method"));
    const json_t *params = json_object_get(call, "params");
    return s->ttl_s > 0 && method && strncmp(method, "advertise_", strlen("advertise_")) == 0 &&
           json_is_object(params) && !json_object_get(params, "ttl");
}

/* The text of the parameters, as they are sent: to be freed; NULL: there are none. */
static char *params_text(const struct steer *s, const json_t *call)
{
    json_t *given = json_object_get(call, "params");
    json_t *sent = is_leased(s, call) ? json_copy(given) : json_incref(given);
    if (sent != given)
        json_object_set_new(sent, "ttl", json_integer(s->ttl_s));
    char *text = sent ? json_dumps(sent, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    json_decref(sent);
    return text;
}

static int add_to_batch(struct steer *s, struct batch *b, struct steer_job *job, json_t *call)
{
    bool alone = !may_go_along(call);
    char *method = json_dumps(json_object_get(call, "method"), JSON_ENCODE_ANY);
    char *params = params_text(s, call);
    size_t bytes = strlen(method) + (params ? strlen(params) : 0);
    int rc = 0;
    if (b->count == BATCH_CALLS || alone || b->body.len_bytes + bytes > BATCH_BYTES)
        rc = send_batch(s, b);
    if (rc == 0) {
        strbuf_printf(&b->body, "%s{\"jsonrpc\":\"2.0\",\"id\":%zu,\"method\":%s",
                      b->count > 0 ? "," : "[", b->count, method);
        strbuf_add(&b->body, params ? ",\"params\":" : "");
        strbuf_add(&b->body, params ? params : "");
        strbuf_add_char(&b->body, '}');
        b->items[b->count].job = job;
        b->items[b->count++].call = call;
        rc = alone ? send_batch(s, b) : 0;
    }
    free(method);
    free(params);
    return rc;
}

int steer_run(struct steer *s, struct steer_job *jobs, size_t count)
{
    struct batch b = {.count = 0};
    int rc = 0;
    for (size_t j = 0; rc == 0 && j < count; j++) {
        size_t i;
        json_t *call;
        json_array_foreach(jobs[j].calls, i, call)
        {
            rc = add_to_batch(s, &b, &jobs[j], call);
            if (rc != 0)
                break;
        }
    }
    if (rc == 0)
        rc = send_batch(s, &b);
    strbuf_release(&b.body);
    return rc;
}

/* Without waiting for a daemon that goes away meanwhile. */
static int run_once(struct steer *s, struct steer_job *job)
{
    bool was_impatient = s->impatient;
    s->impatient = true;
    int rc = steer_run(s, job, 1);
    s->impatient = was_impatient;
    return rc;
}

/* Preparing. */

/* The neighbors that a command is for; a new list, or NULL with client.error. */
static json_t *selected_peers(struct steer *s, const struct exa_command *c)
{
    const json_t *peers = steer_peers(s);
    return peers ? targets_select(c->selectors, peers, s->router_id) : NULL;
}

/* Calls a method for each of the neighbors, of those that have a session. */
static int call_each_peer(struct steer *s, const struct exa_command *c, const char *method,
                          json_t *calls, struct strbuf *problem)
{
    json_t *peers = selected_peers(s, c);
    size_t i;
    json_t *peer;
    if (!peers)
        return ERR_IO;
    json_array_foreach(peers, i, peer)
    {
        json_t *summary = json_object_get(peer, "summary");
        const char *state = json_string_value(json_object_get(summary, "state"));
        if (!state || strcmp(state, "Established") != 0)
            continue;
        json_t *params = json_object();
        json_object_set(params, "peer", json_object_get(summary, "peer"));
        if (c->family)
            json_object_set_new(params, "family", json_string(c->family));
        json_t *call = json_object();
        json_object_set_new(call, "method", json_string(method));
        json_object_set_new(call, "params", params);
        json_array_append_new(calls, call);
    }
    if (json_array_size(peers) == 0)
        strbuf_add(problem, "no neighbor is meant by it");
    json_decref(peers);
    return problem->len_bytes > 0 ? ERR_INVALID : 0;
}

/* Finds our own addresses in the sessions, for routes to prefixes of one IP version: as
 * targets_by_own_address, or the one that is given, with null. Waits for a session. */
static int find_own_addresses(struct steer *s, const struct exa_command *c, const char *prefix,
                              json_t **ret_groups, struct strbuf *problem)
{
    bool wants_v6 = strchr(prefix, ':') != NULL;
    const char *given = s->own_address[wants_v6];
    bool has_other = false;
    json_t *groups = json_object();
    int waited_ms = 0;
    if (given)
        json_object_set_new(groups, given, json_null());
    while (json_object_size(groups) == 0 && !has_other && waited_ms <= SELF_PATIENCE_MS) {
        if (waited_ms > 0 && (s->impatient || !s->pause(s->ctx, SELF_PAUSE_MS)))
            break;
        waited_ms += SELF_PAUSE_MS;
        json_t *peers = selected_peers(s, c);
        json_decref(groups);
        if (!peers)
            return ERR_IO;
        groups = targets_by_own_address(peers, prefix, &has_other);
        json_decref(peers);
        free(s->sessions);
        s->sessions = targets_sessions(s->peers);
        if (json_object_size(groups) == 0)
            s->peers_at_ms = 0;
    }
    if (json_object_size(groups) > 0) {
        *ret_groups = groups;
        return 0;
    }
    json_decref(groups);
    if (has_other)
        strbuf_printf(problem,
                      "next-hop self: no session has an own IPv%d address: name it, by "
                      "--self or in the route",
                      wants_v6 ? 6 : 4);
    else if (waited_ms > SELF_PATIENCE_MS)
        strbuf_add(problem, "next-hop self: no session is up that would tell our own address; name "
                            "it, by --self or in the route");
    return problem->len_bytes > 0 ? ERR_INVALID : ERR_STATE;
}

/* The call for each of our own addresses, for those who have a session with it. */
static void add_with_own_addresses(const json_t *call, json_t *groups, json_t *out)
{
    const char *own;
    json_t *members;
    bool is_one = json_object_size(groups) == 1;
    json_object_foreach(groups, own, members)
    {
        json_t *copy = json_deep_copy(call);
        json_t *params = json_object_get(copy, "params");
        json_object_set_new(params, "next_hop", json_string(own));
        if (!is_one)
            json_object_set(params, "to", members);
        json_array_append_new(out, copy);
    }
}

/* Calls with the next hop that they lack, in place of *calls. */
static int set_own_addresses(struct steer *s, const struct exa_command *c, json_t **calls,
                             struct strbuf *problem)
{
    json_t *groups[2] = {NULL, NULL};
    json_t *out = json_array();
    size_t i;
    json_t *call;
    int rc = 0;
    json_array_foreach(*calls, i, call)
    {
        const char *prefix =
            json_string_value(json_object_get(json_object_get(call, "params"), "prefix"));
        json_t **own = &groups[prefix && strchr(prefix, ':')];
        if (prefix && !*own)
            rc = find_own_addresses(s, c, prefix, own, problem);
        if (rc != 0)
            break;
        if (prefix)
            add_with_own_addresses(call, *own, out);
    }
    json_decref(groups[0]);
    json_decref(groups[1]);
    json_decref(*calls);
    *calls = out;
    return rc;
}

/* Says to whom the routes go; *ret_to is the list, or NULL for all. */
static int find_targets(struct steer *s, const struct exa_command *c, json_t **ret_to,
                        struct strbuf *problem)
{
    *ret_to = NULL;
    if (json_array_size(c->selectors) == 0)
        return 0;
    json_t *peers = selected_peers(s, c);
    if (!peers)
        return ERR_IO;
    json_t *to = targets_addresses(peers);
    json_decref(peers);
    if (json_array_size(to) > 0) {
        *ret_to = to;
        return 0;
    }
    json_decref(to);
    strbuf_add(problem, "no neighbor is meant by it");
    return ERR_INVALID;
}

/* The calls of the command as they are sent, in place of *calls. */
static int finish_calls(struct steer *s, const struct exa_command *c, json_t **calls,
                        struct strbuf *problem)
{
    json_t *to = NULL;
    json_t *peers = NULL;
    size_t i;
    json_t *call;
    int rc = find_targets(s, c, &to, problem);
    json_array_foreach(*calls, i, call)
    {
        json_t *params = json_object_get(call, "params");
        if (rc == 0 && targets_has_as_path(params)) {
            peers = peers ? peers : selected_peers(s, c);
            rc = peers ? 0 : ERR_IO;
        }
        if (rc != 0)
            break;
        if (peers)
            targets_fit_as_path(params, peers);
        if (to)
            json_object_set(params, "to", to);
        if (s->owner && !c->withdraw)
            json_object_set_new(params, "owner", json_string(s->owner));
    }
    if (rc == 0 && c->next_hop_self && !c->withdraw)
        rc = set_own_addresses(s, c, calls, problem);
    json_decref(to);
    json_decref(peers);
    return rc;
}

/* Remembers what has our own address as the next hop, as it was asked for, and forgets what has it
 * no more. */
static void note_own_hops(struct steer *s, const struct exa_command *c, const json_t *calls)
{
    bool is_own = c->kind == EXA_CALLS && c->next_hop_self && !c->withdraw;
    size_t i;
    json_t *call;
    json_array_foreach(calls, i, call)
    {
        char *name = ledger_name(call);
        const char *prefix =
            json_string_value(json_object_get(json_object_get(call, "params"), "prefix"));
        bool remember = is_own && prefix && !s->own_address[strchr(prefix, ':') != NULL];
        json_t *bare = remember ? json_deep_copy(call) : NULL;
        json_object_del(json_object_get(bare, "params"), "next_hop");
        json_object_del(json_object_get(bare, "params"), "to");
        if (name && remember)
            json_object_set_new(s->own_hops, name,
                                json_pack("{s:O, s:O}", "selectors", c->selectors, "call", bare));
        else if (name)
            json_object_del(s->own_hops, name);
        json_decref(bare);
        free(name);
    }
}

/* Appends to `out` what the calls come to, by what went to whom before. */
static int expand(struct steer *s, const json_t *calls, json_t *out)
{
    size_t i;
    json_t *call;
    json_array_foreach(calls, i, call)
    {
        json_t *others = NULL;
        if (ledger_needs_others(&s->ledger, call)) {
            const json_t *peers = steer_peers(s);
            if (!peers)
                return ERR_IO;
            others = targets_others(peers, json_object_get(json_object_get(call, "params"), "to"));
        }
        json_t *expanded = ledger_expand(&s->ledger, call, others);
        json_array_extend(out, expanded);
        json_decref(expanded);
        json_decref(others);
    }
    return 0;
}

int steer_withdraw_all(struct steer *s)
{
    json_t *calls = ledger_withdrawals(&s->ledger, NULL);
    struct steer_job job = {.calls = json_array()};
    int rc = expand(s, calls, job.calls);
    if (rc == 0)
        rc = steer_run(s, &job, 1);
    if (rc == 0 && job.problem)
        tell(job.problem);
    json_decref(calls);
    steer_job_release(&job);
    return rc;
}

/* The calls of a command that announces or withdraws: those that it names itself, those of a
 * watchdog, or all there are. */
static int plain_calls(struct steer *s, const struct exa_command *c, json_t **ret_calls,
                       struct strbuf *problem)
{
    json_t *to = NULL;
    int rc = 0;
    if (c->kind == EXA_WATCHDOG) {
        *ret_calls = ledger_watchdog(&s->ledger, c->watchdog, c->withdraw);
    } else if (c->kind == EXA_CLEAR) {
        rc = find_targets(s, c, &to, problem);
        *ret_calls = ledger_withdrawals(&s->ledger, to);
        json_decref(to);
    } else {
        *ret_calls = json_incref(c->calls);
        rc = finish_calls(s, c, ret_calls, problem);
    }
    if (rc == 0 && c->kind == EXA_CALLS && c->watchdog && !c->withdraw &&
        !ledger_watch(&s->ledger, c->watchdog, *ret_calls)) {
        strbuf_add(problem, "the watchdog has too many routes");
        rc = ERR_INVALID;
    }
    return rc;
}

int steer_prepare(struct steer *s, const struct exa_command *c, json_t **ret_calls,
                  struct strbuf *problem)
{
    json_t *calls = json_array();
    json_t *plain = NULL;
    int rc = 0;
    switch (c->kind) {
    case EXA_CALLS:
    case EXA_WATCHDOG:
    case EXA_CLEAR:
        rc = plain_calls(s, c, &plain, problem);
        if (rc == 0)
            note_own_hops(s, c, plain);
        if (rc == 0 && (c->withdraw || !c->held))
            rc = expand(s, plain, calls);
        json_decref(plain);
        break;
    case EXA_TEARDOWN:
        rc = call_each_peer(s, c, "reset_peer", calls, problem);
        break;
    case EXA_REFRESH:
        rc = call_each_peer(s, c, "refresh_peer", calls, problem);
        break;
    case EXA_RELOAD:
        json_array_append_new(calls, json_pack("{s:s}", "method", "reload"));
        break;
    default:
        break;
    }
    if (rc == 0)
        *ret_calls = calls;
    else
        json_decref(calls);
    return rc;
}

/* Announces what has our own address as the next hop again, by the sessions that there are now. */
static int announce_own_hops(struct steer *s)
{
    struct steer_job job = {.calls = json_array()};
    json_t *all = json_copy(s->own_hops);
    bool was_impatient = s->impatient;
    int rc = 0;
    const char *name;
    json_t *entry;
    s->impatient = true;
    json_object_foreach(all, name, entry)
    {
        struct exa_command c;
        struct strbuf problem = {0};
        json_t *calls = NULL;
        exa_command_init(&c);
        c.kind = EXA_CALLS;
        c.next_hop_self = true;
        json_array_extend(c.selectors, json_object_get(entry, "selectors"));
        json_array_append_new(c.calls, json_deep_copy(json_object_get(entry, "call")));
        if (rc == 0 && steer_prepare(s, &c, &calls, &problem) == 0)
            json_array_extend(job.calls, calls);
        json_decref(calls);
        strbuf_release(&problem);
        exa_command_release(&c);
    }
    s->impatient = was_impatient;
    rc = run_once(s, &job);
    if (rc == 0 && job.problem)
        tell(job.problem);
    json_decref(all);
    steer_job_release(&job);
    return rc;
}

/* Whether sessions have come or gone since our own addresses were looked up. */
static bool sessions_changed(struct steer *s)
{
    const json_t *peers = steer_peers(s);
    char *now = peers ? targets_sessions(peers) : NULL;
    bool changed = now && (!s->sessions || strcmp(now, s->sessions) != 0);
    if (changed) {
        free(s->sessions);
        s->sessions = now;
    } else {
        free(now);
    }
    return changed;
}

/* Renews the leases of what is announced. */
static int renew(struct steer *s)
{
    struct steer_job job = {.calls = json_array()};
    json_t *all = ledger_announcements(&s->ledger);
    size_t i;
    json_t *call;
    json_array_foreach(all, i, call)
    {
        if (is_leased(s, call))
            json_array_append(job.calls, call);
    }
    s->renew_at_ms = time_mono_ms() + s->ttl_s * UINT64_C(1000) / RENEWALS;
    int rc = run_once(s, &job);
    if (rc == 0 && job.problem)
        tell(job.problem);
    json_decref(all);
    steer_job_release(&job);
    return rc;
}

int steer_look(struct steer *s)
{
    bool is_other = false;
    int rc = ask_who(s, &is_other);
    if (rc == 0 && is_other)
        rc = announce_again(s);
    else if (rc == 0 && s->ttl_s > 0 && time_mono_ms() >= s->renew_at_ms)
        rc = renew(s);
    if (rc == 0 && json_object_size(s->own_hops) > 0 && sessions_changed(s))
        rc = announce_own_hops(s);
    return rc;
}
