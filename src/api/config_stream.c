/* The settings in force, a few at a time: those of an entry at most are rendered at once, and
 * handed on one by one. A long list is not rendered but handed on as it is kept, a part at a time.
 *
 * The stream is of the configuration that was in force when it began, also when another one comes
 * in force meanwhile. Beside what that says stands what is not so now: values that sessions began
 * with, what was told the API or the command line. */
#include "api/config_stream.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/view_config.h"
#include "base/mem.h"
#include "config/diff.h"
#include "config/listing.h"
#include "config/look.h"
#include "net/local_listening.h"

enum {
    KEYS_MAX = 64,
    ITEMS_AT_ONCE = 1000, /* of a long list */
    LOOK_NS = 1000000000, /* how long files are waited for */
    LIST_MARK = '\1', /* stands for one in the text of a setting, as nothing else does in JSON */
};

/* Sessions of an entry that go on with other values than it has. */
struct waiting {
    config_key_set keys;
    uint32_t neighbors[KEYS_MAX];              /* how many, by key */
    const struct config_peer *began[KEYS_MAX]; /* with what the first of them began; borrowed */
};

enum part { PART_BEGINNING, PART_FILES, PART_SETTINGS };

struct config_stream {
    struct stream base;
    const struct method_env *env; /* borrowed */
    const struct config *config;  /* a borrower's */
    uint64_t since_mono_ms;       /* when it came in force: it is told from others by that */
    struct config_listing how;
    struct scoped_prefix within; /* of `how` */
    char *group;                 /* owned, as the next; of `how` */
    char *path;
    enum part part;
    struct config_look *look; /* owned: at the files; NULL: it can't be done */
    uint64_t look_until_ns;   /* it is waited for until then */
    uint64_t spoke_ns;
    struct config_listing_at from;    /* where what is in `settings` begins */
    struct config_listing_at at;      /* where it ends */
    bool has_more;                    /* behind it */
    struct strbuf settings;           /* texts of settings, each with a '\0' */
    size_t setting_at;                /* the next of them in it */
    uint32_t handed_on;               /* how many of them were */
    uint32_t to_skip;                 /* of the next ones: they are in an earlier answer */
    const struct toml_packed **lists; /* owned array; those in `settings`, in their order */
    size_t list_count;
    size_t list_at;    /* the next of them */
    const char *item;  /* of the list that is being handed on; NULL: none is */
    size_t items_left; /* of it */
    uint32_t limit;    /* 0: none */
    uint32_t count;
    struct waiting waiting; /* of the entry whose settings are rendered */
    struct jsonw w;
};

/* --- what is not as the configuration says --- */

static bool is_in_force(const struct config_stream *s)
{
    return s->config == speaker_config(s->env->speaker);
}

static config_key_set bit_of_top(const char *name)
{
    const char *key;
    unsigned bit = 0;
    while ((key = config_next_key(~UINT64_C(0), &bit)) != NULL)
        if (strcmp(key, name) == 0)
            return UINT64_C(1) << (bit - 1);
    return 0;
}

static void note_waiting(struct config_stream *s, const struct config_peer *entry)
{
    struct waiting *w = &s->waiting;
    const struct config_peer *began;
    config_key_set keys;
    uint32_t at = 0;
    *w = (struct waiting){0};
    while ((began = speaker_next_waiting(s->env->speaker, entry, &at, &keys)) != NULL) {
        for (unsigned i = 0; i < KEYS_MAX; i++) {
            if ((keys >> i & 1) == 0)
                continue;
            w->neighbors[i]++;
            w->began[i] = w->began[i] ? w->began[i] : began;
        }
        w->keys |= keys;
    }
}

/* Keys that are shown whatever is said of them: what holds is something else. */
static config_key_set also(void *ctx, const struct config_peer *entry)
{
    struct config_stream *s = ctx;
    if (!is_in_force(s))
        return 0;
    if (!entry)
        return s->env->listens_as_told ? bit_of_top("api_socket") : 0;
    note_waiting(s, entry);
    bool differs = speaker_entry_is_enabled(s->env->speaker, entry) != entry->enabled;
    return s->waiting.keys | (differs ? config_peer_keys(RELOAD_ENABLE) : 0);
}

static void put_meanwhile(struct jsonw *w, const char *json, const char *why, uint32_t neighbors)
{
    jsonw_object(w, "meanwhile");
    if (json)
        jsonw_raw(w, "value", json, strlen(json));
    else
        jsonw_null(w, "value");
    jsonw_text(w, "why", why);
    if (neighbors > 0)
        jsonw_uint(w, "neighbors", neighbors);
    else
        jsonw_null(w, "neighbors");
    jsonw_object_end(w);
}

static void put_waiting(struct config_stream *s, struct jsonw *w,
                        const struct config_setting *setting)
{
    struct strbuf value = {0};
    unsigned i = 0;
    while ((setting->bit >> i & 1) == 0)
        i++;
    const struct config_peer *began = s->waiting.began[i];
    if (setting->bit & config_peer_keys(RELOAD_MD5))
        strbuf_add(&value, began->md5_password ? "\"another\"" : "");
    else
        config_add_peer_value(began, setting->bit, &value);
    put_meanwhile(w, value.len_bytes > 0 ? strbuf_text(&value) : NULL,
                  config_keys_need_connection(setting->bit) ? "waits for the next connection"
                                                            : "waits for the session to restart",
                  s->waiting.neighbors[i]);
    strbuf_release(&value);
}

static void put_told_socket(const struct config_stream *s, struct jsonw *w)
{
    char text[LOCAL_PATH_MAX_BYTES + sizeof("\"unix:\"")] = "";
    char plain[IP_ENDPOINT_TEXT_MAX];
    const struct listening *l = s->env->listening;
    const char *path = local_listening_path(s->env->local_listening, 0);
    const struct endpoint *where =
        listening_count(l) > 0 ? listener_endpoint(listening_at(l, 0)) : NULL;
    if (where)
        snprintf(text, sizeof(text), "\"%s\"",
                 ip_format_endpoint(&where->addr, where->port, plain));
    else if (path)
        snprintf(text, sizeof(text), "\"unix:%s\"", path);
    put_meanwhile(w, where || path ? text : NULL, "told to `bgpd run --api`", 0);
}

/* A path of the state that is not that of the configuration. */
static bool put_state(const struct config_stream *s, struct jsonw *w)
{
    const char *now = speaker_state_path(s->env->speaker);
    const char *then = s->config->state_path;
    struct strbuf text = {0};
    if (now == then || (now && then && strcmp(now, then) == 0))
        return false;
    if (now) {
        struct jsonw quoted = jsonw_over(&text);
        jsonw_text(&quoted, NULL, now);
    }
    put_meanwhile(w, now ? strbuf_text(&text) : NULL, "waits for the next start", 0);
    strbuf_release(&text);
    return true;
}

static void put_what_holds(struct config_stream *s, struct jsonw *w,
                           const struct config_setting *setting)
{
    const struct config_peer *entry = setting->peer;
    bool now = is_in_force(s);
    bool enabled = now && entry && speaker_entry_is_enabled(s->env->speaker, entry);
    if (now && entry && (setting->bit & s->waiting.keys))
        put_waiting(s, w, setting);
    else if (now && entry && setting->bit == config_peer_keys(RELOAD_ENABLE) &&
             enabled != entry->enabled)
        put_meanwhile(w, enabled ? "true" : "false",
                      enabled ? "by `bgpd neighbor enable`" : "by `bgpd neighbor disable`", 0);
    else if (now && !entry && setting->bit && s->env->listens_as_told &&
             strcmp(setting->path, "api_socket") == 0)
        put_told_socket(s, w);
    else if (!now || strcmp(setting->path, "state.path") != 0 || !put_state(s, w))
        jsonw_null(w, "meanwhile");
}

/* --- one setting --- */

static void put_table(struct jsonw *w, const struct config_setting *setting)
{
    struct strbuf text = {0};
    if (setting->table[0] != '\0')
        strbuf_printf(&text, "%s%s", setting->table_given ? "" : "# ", setting->table);
    jsonw_text(w, "table", strbuf_text(&text));
    strbuf_release(&text);
}

static void put_origin(struct jsonw *w, const struct config_setting *setting)
{
    static const char *const names[] = {[CONFIG_FROM_FILE] = "file",
                                        [CONFIG_FROM_GROUP] = "group",
                                        [CONFIG_FROM_DEFAULT] = "default"};
    jsonw_text(w, "from", names[setting->origin]);
    jsonw_text(w, "group", setting->group);
    jsonw_text(w, "file", setting->file);
    if (setting->file)
        jsonw_uint(w, "line", setting->line);
    else
        jsonw_null(w, "line");
    jsonw_text(w, "default", setting->note);
}

/* A long list, for which a mark stands. */
static void put_list(struct config_stream *s, struct jsonw *w, const struct toml_packed *list)
{
    static const char mark = LIST_MARK;
    s->lists = mem_resize(s->lists, s->list_count + 1, sizeof(struct toml_packed *));
    s->lists[s->list_count++] = list;
    jsonw_raw(w, "value", &mark, 1);
}

static void add_setting(void *ctx, const struct config_setting *setting)
{
    struct config_stream *s = ctx;
    struct jsonw w = jsonw_over(&s->settings);
    if (s->to_skip > 0) {
        s->to_skip--;
        s->handed_on++;
        return;
    }
    jsonw_object(&w, NULL);
    jsonw_text(&w, "path", setting->path);
    jsonw_text(&w, "key", setting->key);
    if (setting->packed)
        put_list(s, &w, setting->packed);
    else if (setting->json)
        jsonw_raw(&w, "value", setting->json, strlen(setting->json));
    else
        jsonw_null(&w, "value");
    put_origin(&w, setting);
    put_what_holds(s, &w, setting);
    jsonw_bool(&w, "secret", setting->is_secret);
    if (setting->is_counted)
        jsonw_uint(&w, "count", setting->count);
    else
        jsonw_null(&w, "count");
    put_table(&w, setting);
    jsonw_text(&w, "toml", setting->toml);
    jsonw_object_end(&w);
    strbuf_add_bytes(&s->settings, "", 1);
}

/* Renders further settings until there is one that was not handed on: STREAM_MORE; STREAM_END:
 * there is none. */
static enum stream_step find_setting(struct config_stream *s, uint64_t deadline_ns)
{
    while (s->setting_at == s->settings.len_bytes) {
        if (!s->has_more)
            return STREAM_END;
        if (time_mono_ns() >= deadline_ns)
            return STREAM_WAIT;
        strbuf_clear(&s->settings);
        s->setting_at = 0;
        s->handed_on = 0;
        s->list_count = s->list_at = 0;
        s->from = s->at;
        s->has_more = config_listing_next(s->config, &s->how, &s->at, add_setting, s);
        s->to_skip = 0;
    }
    return STREAM_MORE;
}

/* --- the answer --- */

static void put_beginning(struct config_stream *s, const struct time_now *now)
{
    jsonw_object(&s->w, NULL);
    view_config_put_in_force(&s->w, s->env, now);
    view_config_put_confirmation(&s->w, s->env, now);
    s->part = PART_FILES;
}

/* The files that were written since. */
static enum stream_step put_files(struct config_stream *s)
{
    const char *changed;
    size_t at = 0;
    bool is_done = s->look && config_look_is_done(s->look);
    if (s->look && !is_done && time_mono_ns() < s->look_until_ns)
        return stream_wait(&s->spoke_ns, s->w.out);
    if (is_done) {
        jsonw_array(&s->w, "files_changed");
        while ((changed = config_look_next(s->look, &at)) != NULL)
            jsonw_text(&s->w, NULL, changed);
        jsonw_array_end(&s->w);
    } else {
        jsonw_null(&s->w, "files_changed");
    }
    jsonw_array(&s->w, "settings");
    s->part = PART_SETTINGS;
    return STREAM_MORE;
}

static void put_end(struct config_stream *s, bool is_cut)
{
    char cursor[100];
    snprintf(cursor, sizeof(cursor), "%" PRIu64 ".%" PRIu32 ".%" PRIu32 ".%" PRIu32 ".%" PRIu32,
             s->since_mono_ms, s->from.part, s->from.item, s->from.step, s->handed_on);
    jsonw_array_end(&s->w);
    jsonw_text(&s->w, "cursor", is_cut ? cursor : NULL);
    jsonw_object_end(&s->w);
}

/* Hands on a part of a long list, and after the last what follows it. */
static void put_items(struct config_stream *s)
{
    struct strbuf *out = s->w.out;
    for (unsigned n = 0; n < ITEMS_AT_ONCE && s->items_left > 0; n++) {
        size_t len = strlen(s->item);
        strbuf_add_bytes(out, s->item, len);
        s->item += len + 1;
        strbuf_add(out, --s->items_left > 0 ? "," : "");
    }
    if (s->items_left > 0)
        return;
    const char *rest = s->settings.data + s->setting_at;
    strbuf_add_char(out, ']');
    strbuf_add(out, rest);
    s->setting_at += strlen(rest) + 1;
    s->item = NULL;
}

/* Hands on a setting, up to the long list that it may have. */
static void put_setting(struct config_stream *s)
{
    static const char marks[] = {LIST_MARK, '\0'};
    const char *text = s->settings.data + s->setting_at;
    size_t len = strcspn(text, marks);
    bool has_list = text[len] != '\0';
    jsonw_raw(&s->w, NULL, text, len);
    s->setting_at += len + 1;
    s->handed_on++;
    s->count++;
    if (!has_list)
        return;
    strbuf_add_char(s->w.out, '[');
    s->items_left = s->lists[s->list_at]->count;
    s->item = s->lists[s->list_at++]->items;
}

static enum stream_step next_setting(struct config_stream *s, uint64_t deadline_ns)
{
    if (s->item) {
        put_items(s);
        return STREAM_MORE;
    }

    enum stream_step step = find_setting(s, deadline_ns);
    bool is_cut = step == STREAM_MORE && s->limit > 0 && s->count == s->limit;
    if (step == STREAM_WAIT)
        return step;
    if (step == STREAM_END || is_cut) {
        put_end(s, is_cut);
        return STREAM_END;
    }
    put_setting(s);
    return STREAM_MORE;
}

static enum stream_step config_stream_next(struct stream *base, struct strbuf *out,
                                           const struct time_now *now, uint64_t deadline_ns)
{
    struct config_stream *s = (struct config_stream *)base;
    s->w.out = out;
    if (s->part == PART_SETTINGS)
        return next_setting(s, deadline_ns);
    if (s->part == PART_FILES)
        return put_files(s);
    put_beginning(s, now);
    return STREAM_MORE;
}

static void config_stream_free(struct stream *base)
{
    struct config_stream *s = (struct config_stream *)base;
    config_free((struct config *)s->config);
    config_look_release(s->look);
    strbuf_release(&s->settings);
    free(s->lists);
    free(s->group);
    free(s->path);
    free(s);
}

/* Takes digits off the front of a text, and a dot before them where it is not the first number;
 * false: there are none. */
static bool take_number(const char **text, bool is_first, uint64_t *ret_number)
{
    const char *from = *text + (!is_first && **text == '.');
    char *end;
    errno = 0;
    *ret_number = strtoull(from, &end, 10);
    bool is_good = *from >= '0' && *from <= '9' && errno == 0 && (is_first || from > *text);
    *text = end;
    return is_good;
}

/* Where an earlier answer ended; false: the text is no cursor of this configuration. */
static bool read_cursor(struct config_stream *s, const char *text)
{
    uint64_t numbers[5] = {0}; /* as put_end writes them */
    if (!text)
        return true;
    for (unsigned i = 0; i < 5; i++)
        if (!take_number(&text, i == 0, &numbers[i]) || (i > 0 && numbers[i] > UINT32_MAX))
            return false;
    s->at = (struct config_listing_at){(uint32_t)numbers[1], (uint32_t)numbers[2],
                                       (uint32_t)numbers[3]};
    s->to_skip = (uint32_t)numbers[4];
    return *text == '\0' && numbers[0] == s->since_mono_ms;
}

struct stream *config_stream_new(const struct method_env *env,
                                 const struct config_question *question)
{
    struct config_stream *s = mem_zalloc(sizeof(*s));
    s->base = (struct stream){.next = config_stream_next, .free = config_stream_free};
    s->env = env;
    s->config = config_borrow(speaker_config(env->speaker));
    s->since_mono_ms = speaker_configured_mono_ms(env->speaker);
    s->group = question->group ? mem_strdup(question->group) : NULL;
    s->path = question->path ? mem_strdup(question->path) : NULL;
    s->how = (struct config_listing){.group = s->group,
                                     .path = s->path,
                                     .defaults = question->defaults,
                                     .full = question->full,
                                     .also = also};
    if (question->within) {
        s->within = *question->within;
        s->how.within = &s->within;
    }
    s->look = config_look_start(s->config);
    s->spoke_ns = time_mono_ns();
    s->look_until_ns = s->spoke_ns + LOOK_NS;
    s->has_more = true;
    s->limit = question->limit;
    s->how.at_start = speaker_state_path(env->speaker) != NULL && !s->config->state_path;
    if (read_cursor(s, question->cursor))
        return &s->base;
    config_stream_free(&s->base);
    return NULL;
}
