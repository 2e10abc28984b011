/* Where VRPs and ASPAs come from. */
#include "api/handlers.h"
#include "api/methods.h"
#include "base/time.h"

static void put_moment(struct jsonw *w, const struct method_call *call, const char *at,
                       const char *age, bool there, uint64_t mono_ms)
{
    char text[TIME_TEXT_MAX];
    if (!there) {
        jsonw_null(w, at);
        jsonw_null(w, age);
        return;
    }
    jsonw_int(w, at, time_unix_s_of(&call->now, mono_ms));
    jsonw_text(w, age, time_format_duration(time_age_s_of(&call->now, mono_ms), text));
}

/* Whole seconds until a moment; null: there is none. */
static void put_until(struct jsonw *w, const struct method_call *call, const char *key,
                      uint64_t mono_ms)
{
    uint64_t now_ms = call->now.mono_ns / 1000000;
    if (mono_ms == 0)
        jsonw_null(w, key);
    else
        jsonw_uint(w, key, mono_ms > now_ms ? (mono_ms - now_ms + 999) / 1000 : 0);
}

static void put_counts(struct jsonw *w, uint64_t vrps_ipv4, uint64_t vrps_ipv6, uint64_t aspas)
{
    jsonw_uint(w, "vrps_ipv4", vrps_ipv4);
    jsonw_uint(w, "vrps_ipv6", vrps_ipv6);
    jsonw_uint(w, "aspas", aspas);
}

static void put_session(struct jsonw *w, const struct rtr_session *s)
{
    if (s->has_data || s->agreed)
        jsonw_uint(w, "version", s->has_data ? s->session_version : s->version);
    else
        jsonw_null(w, "version");
    if (s->has_data) {
        jsonw_uint(w, "session_id", s->session_id);
        jsonw_uint(w, "serial", s->serial);
    } else {
        jsonw_null(w, "session_id");
        jsonw_null(w, "serial");
    }
}

static void put_cache(struct jsonw *w, const struct method_call *call,
                      const struct rtr_client_status *c)
{
    char text[IP_TEXT_MAX];
    const struct rtr_session *s = c->session;
    const uint32_t *counts = c->records->in_force;
    bool has_problem = s->problem[0] != '\0';
    jsonw_object(w, NULL);
    jsonw_text(w, "address", ip_format(&c->remote.addr, text));
    jsonw_uint(w, "port", c->remote.port);
    jsonw_text(w, "description", c->description);
    jsonw_text(w, "state", c->state);
    jsonw_bool(w, "in_use", c->records->used);
    jsonw_uint(w, "preference", c->preference);
    put_session(w, s);
    put_counts(w, counts[RECORD_VRP4], counts[RECORD_VRP6], counts[RECORD_ASPA]);
    put_moment(w, call, "data_at", "data_age", s->has_data, s->data_mono_ms);
    put_until(w, call, "refresh_in_s", s->ask_ms);
    put_until(w, call, "expire_in_s", s->expire_ms);
    put_until(w, call, "connect_in_s", c->next_attempt_ms);
    jsonw_text(w, "last_error", has_problem ? s->problem : NULL);
    put_moment(w, call, "last_error_at", "last_error_age", has_problem, s->problem_mono_ms);
    jsonw_uint(w, "errors", s->problems);
    jsonw_object_end(w);
}

static void put_file(struct jsonw *w, const struct method_call *call,
                     const struct vrp_file_status *f)
{
    const struct rpki_entries *entries = f->entries;
    bool has_problem = f->problem[0] != '\0';
    jsonw_object(w, NULL);
    jsonw_text(w, "path", f->path);
    put_counts(w, f->vrps_ipv4, entries ? entries->vrp_count - f->vrps_ipv4 : 0,
               entries ? entries->aspa_count : 0);
    jsonw_uint(w, "expired", f->expired);
    put_moment(w, call, "read_at", "read_age", entries != NULL, f->read_mono_ms);
    jsonw_text(w, "error", has_problem ? f->problem : NULL);
    put_moment(w, call, "error_at", "error_age", has_problem, f->problem_mono_ms);
    jsonw_object_end(w);
}

int handle_show_rpki(struct method_call *call)
{
    const struct speaker *speaker = call->env->speaker;
    struct speaker_rpki_totals totals = speaker_rpki_totals(speaker);
    struct rtr_client_status cache;
    struct vrp_file_status file;
    struct jsonw *w = &call->out;
    jsonw_object(w, NULL);
    jsonw_array(w, "caches");
    for (size_t i = 0; speaker_rpki_cache(speaker, i, &cache); i++)
        put_cache(w, call, &cache);
    jsonw_array_end(w);
    jsonw_array(w, "files");
    for (size_t i = 0; speaker_rpki_file(speaker, i, &file); i++)
        put_file(w, call, &file);
    jsonw_array_end(w);
    jsonw_object(w, "totals");
    put_counts(w, totals.vrps_ipv4, totals.vrps_ipv6, totals.aspas);
    jsonw_object_end(w);
    jsonw_object_end(w);
    return 0;
}
