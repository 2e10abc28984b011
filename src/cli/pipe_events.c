/* Events of sessions, made of what is seen of them from time to time: a session that ended and came
 * back meanwhile has begun at another time. */
#include "cli/pipe_events.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ip.h"

/* Whose JSON it is like: scripts look at this to know what to expect. */
#define EXABGP_VERSION "4.0.1"

void pipe_events_init(struct pipe_events *e, bool as_json)
{
    *e = (struct pipe_events){.as_json = as_json, .up = json_object(), .counters = json_object()};
}

void pipe_events_release(struct pipe_events *e)
{
    json_decref(e->up);
    json_decref(e->counters);
    *e = (struct pipe_events){0};
}

void pipe_events_forget(struct pipe_events *e)
{
    json_object_clear(e->up);
}

static const char *address_of(const json_t *peer)
{
    return json_string_value(json_object_get(json_object_get(peer, "summary"), "peer"));
}

static bool is_up(const json_t *peer)
{
    const char *state =
        json_string_value(json_object_get(json_object_get(peer, "summary"), "state"));
    return state && strcmp(state, "Established") == 0;
}

/* When the session began, and how many there were: another one has another of these. */
static bool is_same_session(const json_t *a, const json_t *b)
{
    return json_equal(json_object_get(a, "times_established"),
                      json_object_get(b, "times_established")) &&
           json_equal(json_object_get(json_object_get(a, "summary"), "connect_time"),
                      json_object_get(json_object_get(b, "summary"), "connect_time"));
}

static json_t *local_address(const json_t *peer)
{
    struct ip_addr addr;
    uint16_t port;
    char shown[IP_TEXT_MAX];
    const char *text =
        json_string_value(json_array_get(json_object_get(peer, "tcp_connection"), 0));
    if (!text || ip_parse_endpoint(text, 0, &addr, &port) != 0)
        return json_null();
    return json_string(ip_format(&addr, shown));
}

/* Unix time with two decimals, as a number. */
static json_t *time_value(double now_s)
{
    return json_real((double)(int64_t)(now_s * 100) / 100);
}

static void put_json(struct pipe_events *e, const json_t *peer, const char *state,
                     const char *reason, double now_s, struct strbuf *out)
{
    const char *address = address_of(peer);
    const json_t *summary = json_object_get(peer, "summary");
    char host[256] = "";
    gethostname(host, sizeof(host) - 1);
    json_int_t counter = json_integer_value(json_object_get(e->counters, address)) + 1;
    json_object_set_new(e->counters, address, json_integer(counter));
    json_t *neighbor =
        json_pack("{s:{s:o, s:s}, s:{s:O, s:O}, s:s}", "address", "local", local_address(peer),
                  "peer", address, "asn", "local", json_object_get(summary, "local_asn"), "peer",
                  json_object_get(summary, "remote_asn"), "state", state);
    if (neighbor && reason)
        json_object_set_new(neighbor, "reason", json_string(reason));
    json_t *host_name = json_string(host);
    json_t *event = json_pack(
        "{s:s, s:o, s:o, s:i, s:i, s:I, s:s, s:o*}", "exabgp", EXABGP_VERSION, "time",
        time_value(now_s), "host", host_name ? host_name : json_string(""), "pid", (int)getpid(),
        "ppid", (int)getppid(), "counter", counter, "type", "state", "neighbor", neighbor);
    char *text = json_dumps(event, JSON_REAL_PRECISION(12));
    strbuf_printf(out, "%s\n", text ? text : "{}");
    free(text);
    json_decref(event);
}

static void put(struct pipe_events *e, const json_t *peer, const char *state, const char *reason,
                double now_s, struct strbuf *out)
{
    if (e->as_json)
        put_json(e, peer, state, reason, now_s, out);
    else
        strbuf_printf(out, "neighbor %s %s%s%s\n\n", address_of(peer), state, reason ? " - " : "",
                      reason ? reason : "");
}

/* Why a session is gone: what the peer says of it now, on one line. */
static void put_down(struct pipe_events *e, const json_t *was, const json_t *now, double now_s,
                     struct strbuf *out)
{
    const char *reason =
        json_string_value(json_object_get(json_object_get(now, "summary"), "last_error"));
    struct strbuf line = {0};
    strbuf_add(&line, reason ? reason : "the session has ended");
    for (char *c = line.data; *c; c++)
        *c = *c == '\n' ? ' ' : *c;
    put(e, was, "down", strbuf_text(&line), now_s, out);
    strbuf_release(&line);
}

static void put_up(struct pipe_events *e, const json_t *peer, double now_s, struct strbuf *out)
{
    put(e, peer, "connected", NULL, now_s, out);
    put(e, peer, "up", NULL, now_s, out);
}

void pipe_events_compare(struct pipe_events *e, const json_t *peers, double now_s,
                         struct strbuf *out)
{
    json_t *up = json_object();
    size_t i;
    json_t *peer;
    const char *address;
    json_array_foreach(peers, i, peer)
    {
        address = address_of(peer);
        const json_t *was = address ? json_object_get(e->up, address) : NULL;
        bool now_up = address && is_up(peer);
        if (was && !(now_up && is_same_session(was, peer)))
            put_down(e, was, peer, now_s, out);
        if (now_up && !(was && is_same_session(was, peer)))
            put_up(e, peer, now_s, out);
        if (now_up)
            json_object_set(up, address, peer);
        if (was)
            json_object_del(e->up, address);
    }
    json_object_foreach(e->up, address, peer)
    {
        put_down(e, peer, NULL, now_s, out); /* it came in through a network, and is forgotten */
    }
    json_decref(e->up);
    e->up = up;
}
