/* The database of routes.
 *
 * WAL with full synchronisation: what is committed survives a power failure. The lock is exclusive,
 * so that two daemons never have one database. A transaction that fails is tried again each second;
 * its changes stay in the queue, in their order. */
#include "daemon/route_store.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/thread.h"

enum { FORMAT = 1, RETRY_MS = 1000 };

/* A change that waits, with its texts and bytes one after the other behind it. */
struct change {
    struct change *next;
    uint64_t number;
    bool goes;
    struct stored_route route; /* borrows from `bytes` */
    char bytes[];
};

struct route_store {
    sqlite3 *db; /* the thread's, once it runs */
    sqlite3_stmt *put;
    sqlite3_stmt *take;
    pthread_t thread;
    bool has_thread;
    uv_async_t progressed;
    void (*progress)(void *ctx);
    void *ctx;
    uint64_t last; /* number of the last change that was put into the queue */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t more;
    struct change *first; /* owned list */
    struct change **end;
    uint64_t stored; /* all up to this number are on disk */
    bool stopping;
    char problem[256];
};

/* --- the database --- */

static const char schema[] = "CREATE TABLE IF NOT EXISTS routes ("
                             "family TEXT NOT NULL, key BLOB NOT NULL, key_len INTEGER NOT NULL, "
                             "aim TEXT NOT NULL, attrs BLOB NOT NULL, owner TEXT NOT NULL, "
                             "label TEXT NOT NULL, tags TEXT NOT NULL, created INTEGER NOT NULL, "
                             "changed INTEGER NOT NULL, expires_ms INTEGER NOT NULL, "
                             "PRIMARY KEY (family, key, key_len, aim)) WITHOUT ROWID";

static int run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static int read_number(sqlite3 *db, const char *sql, int *ret_number)
{
    sqlite3_stmt *query;
    int rc = sqlite3_prepare_v2(db, sql, -1, &query, NULL);
    if (rc != SQLITE_OK)
        return rc;
    rc = sqlite3_step(query);
    *ret_number = sqlite3_column_int(query, 0);
    sqlite3_finalize(query);
    return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* Makes the database ready; NULL, or what is wrong with it. */
static const char *prepare(struct route_store *s)
{
    static const char *const settings[] = {
        "PRAGMA locking_mode = EXCLUSIVE", /* first: WAL then needs no shared memory */
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
    };
    int format = 0;
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (run(s->db, settings[i]) != SQLITE_OK)
            return sqlite3_errmsg(s->db);
    if (read_number(s->db, "PRAGMA user_version", &format) != SQLITE_OK)
        return sqlite3_errmsg(s->db);
    if (format > FORMAT)
        return "it was written by a later version of BGPd";
    /* A write takes the lock, which is kept. */
    if (run(s->db, "BEGIN IMMEDIATE") != SQLITE_OK || run(s->db, schema) != SQLITE_OK ||
        run(s->db, "PRAGMA user_version = 1") != SQLITE_OK || run(s->db, "COMMIT") != SQLITE_OK)
        return sqlite3_errcode(s->db) == SQLITE_BUSY ? "another process has it"
                                                     : sqlite3_errmsg(s->db);
    if (sqlite3_prepare_v2(s->db, "INSERT OR REPLACE INTO routes VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                           -1, &s->put, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(
            s->db, "DELETE FROM routes WHERE family = ? AND key = ? AND key_len = ? AND aim = ?",
            -1, &s->take, NULL) != SQLITE_OK)
        return sqlite3_errmsg(s->db);
    return NULL;
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

static void bind_bytes(sqlite3_stmt *statement, int at, struct span bytes)
{
    /* No bytes are a blob of none, not NULL. */
    sqlite3_bind_blob64(statement, at, bytes.len_bytes > 0 ? (const void *)bytes.data : "",
                        bytes.len_bytes, SQLITE_STATIC);
}

static void bind_place(sqlite3_stmt *statement, const struct stored_route *route)
{
    bind_text(statement, 1, route->family);
    bind_bytes(statement, 2, route->key);
    sqlite3_bind_int64(statement, 3, route->key_len);
    bind_text(statement, 4, route->aim);
}

/* Carries out one change within a transaction. */
static int carry_out(struct route_store *s, const struct change *c)
{
    sqlite3_stmt *statement = c->goes ? s->take : s->put;
    const struct stored_route *r = &c->route;
    bind_place(statement, r);
    if (!c->goes) {
        bind_bytes(statement, 5, r->attrs);
        bind_text(statement, 6, r->owner);
        bind_text(statement, 7, r->label);
        bind_text(statement, 8, r->tags);
        sqlite3_bind_int64(statement, 9, r->created_unix_s);
        sqlite3_bind_int64(statement, 10, r->changed_unix_s);
        sqlite3_bind_int64(statement, 11, r->expires_unix_ms);
    }
    int rc = sqlite3_step(statement);
    sqlite3_reset(statement);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* All of a list in one transaction; SQLITE_OK: they are on disk. */
static int write_all(struct route_store *s, const struct change *list)
{
    int rc = run(s->db, "BEGIN IMMEDIATE");
    for (const struct change *c = list; c && rc == SQLITE_OK; c = c->next)
        rc = carry_out(s, c);
    if (rc == SQLITE_OK)
        rc = run(s->db, "COMMIT");
    return rc;
}

/* --- the thread --- */

static void free_list(struct change *list)
{
    while (list) {
        struct change *next = list->next;
        free(list);
        list = next;
    }
}

/* Waits for changes; false when there are none any more. With the lock. */
static bool wait_for_changes(struct route_store *s)
{
    while (!s->first && !s->stopping)
        pthread_cond_wait(&s->more, &s->lock);
    return s->first != NULL;
}

/* Waits a moment before the next attempt, unless the end has come; false then. With the lock. */
static bool wait_to_retry(struct route_store *s)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += RETRY_MS / 1000;
    if (!s->stopping)
        pthread_cond_timedwait(&s->more, &s->lock, &until);
    return !s->stopping;
}

static void note_failure(struct route_store *s, int rc)
{
    char text[sizeof(s->problem)];
    snprintf(text, sizeof(text), "%s", sqlite3_errmsg(s->db));
    if (rc == SQLITE_FULL)
        snprintf(text, sizeof(text), "the disk is full");
    if (!sqlite3_get_autocommit(s->db))
        run(s->db, "ROLLBACK");
    pthread_mutex_lock(&s->lock);
    memcpy(s->problem, text, sizeof(text));
    pthread_mutex_unlock(&s->lock);
}

/* Writes a list until it is on disk; false: the end came first. */
static bool write_list(struct route_store *s, const struct change *list)
{
    int rc;
    while ((rc = write_all(s, list)) != SQLITE_OK) {
        note_failure(s, rc);
        uv_async_send(&s->progressed);
        pthread_mutex_lock(&s->lock);
        bool again = wait_to_retry(s);
        pthread_mutex_unlock(&s->lock);
        if (!again)
            return false;
    }
    return true;
}

static void *work(void *store)
{
    struct route_store *s = store;
    pthread_mutex_lock(&s->lock);
    while (wait_for_changes(s)) {
        struct change *list = s->first;
        uint64_t last = list->number;
        for (const struct change *c = list; c; c = c->next)
            last = c->number;
        s->first = NULL;
        s->end = &s->first;
        pthread_mutex_unlock(&s->lock);
        bool written = write_list(s, list);
        free_list(list);
        pthread_mutex_lock(&s->lock);
        if (!written)
            break;
        s->stored = last;
        s->problem[0] = '\0';
        uv_async_send(&s->progressed);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* --- life --- */

static void on_progressed(uv_async_t *async)
{
    struct route_store *s = async->data;
    if (s->progress)
        s->progress(s->ctx);
}

static void release(struct route_store *s)
{
    sqlite3_finalize(s->put);
    sqlite3_finalize(s->take);
    sqlite3_close(s->db);
    free_list(s->first);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->more);
}

struct route_store *route_store_open(uv_loop_t *loop, const char *path, void (*progress)(void *ctx),
                                     void *ctx, struct strbuf *error)
{
    struct route_store *s = mem_zalloc(sizeof(*s));
    s->progress = progress;
    s->ctx = ctx;
    s->end = &s->first;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->more, NULL);
    int rc = sqlite3_open_v2(
        path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    const char *wrong = rc == SQLITE_OK ? prepare(s) : sqlite3_errmsg(s->db);
    if (wrong) {
        strbuf_printf(error, "state: %s: %s", path,
                      strstr(wrong, "locked") ? "another process has it" : wrong);
        release(s);
        free(s);
        return NULL;
    }
    uv_async_init(loop, &s->progressed, on_progressed);
    s->progressed.data = s;
    uv_unref((uv_handle_t *)&s->progressed);
    return s;
}

static struct span column_bytes(sqlite3_stmt *query, int column)
{
    return span_of(sqlite3_column_blob(query, column), (size_t)sqlite3_column_bytes(query, column));
}

static const char *column_text(sqlite3_stmt *query, int column)
{
    const char *text = (const char *)sqlite3_column_text(query, column);
    return text ? text : "";
}

int route_store_load(struct route_store *s,
                     void (*each)(void *ctx, const struct stored_route *route), void *ctx,
                     struct strbuf *error)
{
    sqlite3_stmt *query = NULL;
    int rc = sqlite3_prepare_v2(s->db,
                                "SELECT family, key, key_len, aim, attrs, owner, label, tags, "
                                "created, changed, expires_ms FROM routes ORDER BY changed",
                                -1, &query, NULL);
    if (rc == SQLITE_OK)
        rc = SQLITE_ROW;
    while (rc == SQLITE_ROW && (rc = sqlite3_step(query)) == SQLITE_ROW) {
        const struct stored_route route = {
            .family = column_text(query, 0),
            .key = column_bytes(query, 1),
            .key_len = (uint32_t)sqlite3_column_int64(query, 2),
            .aim = column_text(query, 3),
            .attrs = column_bytes(query, 4),
            .owner = column_text(query, 5),
            .label = column_text(query, 6),
            .tags = column_text(query, 7),
            .created_unix_s = sqlite3_column_int64(query, 8),
            .changed_unix_s = sqlite3_column_int64(query, 9),
            .expires_unix_ms = sqlite3_column_int64(query, 10),
        };
        each(ctx, &route);
    }
    if (rc != SQLITE_DONE)
        strbuf_printf(error, "state: it cannot be read: %s", sqlite3_errmsg(s->db));
    sqlite3_finalize(query);
    return rc == SQLITE_DONE ? 0 : ERR_IO;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void route_store_close(struct route_store *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_signal(&s->more);
    pthread_mutex_unlock(&s->lock);
    if (s->has_thread)
        pthread_join(s->thread, NULL);
    release(s);
    s->progress = NULL;
    uv_close((uv_handle_t *)&s->progressed, on_closed);
}

/* --- changes --- */

static size_t text_bytes(const char *text)
{
    return strlen(text) + 1;
}

/* Copies to *at, which moves on. */
static const char *copy_text(char **at, const char *text)
{
    char *copy = *at;
    size_t bytes = text_bytes(text);
    memcpy(copy, text, bytes);
    *at += bytes;
    return copy;
}

static struct span copy_bytes(char **at, struct span bytes)
{
    char *copy = *at;
    if (bytes.len_bytes > 0)
        memcpy(copy, bytes.data, bytes.len_bytes);
    *at += bytes.len_bytes;
    return span_of(copy, bytes.len_bytes);
}

static struct change *change_new(const struct stored_route *route, bool goes)
{
    size_t bytes = route->key.len_bytes + route->attrs.len_bytes + text_bytes(route->family) +
                   text_bytes(route->aim) + text_bytes(route->owner) + text_bytes(route->label) +
                   text_bytes(route->tags);
    struct change *c = mem_alloc(sizeof(*c) + bytes);
    char *at = c->bytes;
    *c = (struct change){.goes = goes, .route = *route};
    c->route.family = copy_text(&at, route->family);
    c->route.aim = copy_text(&at, route->aim);
    c->route.owner = copy_text(&at, route->owner);
    c->route.label = copy_text(&at, route->label);
    c->route.tags = copy_text(&at, route->tags);
    c->route.key = copy_bytes(&at, route->key);
    c->route.attrs = copy_bytes(&at, route->attrs);
    return c;
}

static uint64_t add(struct route_store *s, struct change *c)
{
    if (!s->has_thread)
        s->has_thread = thread_start(&s->thread, "bgpd-state", work, s) == 0;
    uint64_t number = c->number = ++s->last;
    pthread_mutex_lock(&s->lock);
    if (!s->has_thread)
        snprintf(s->problem, sizeof(s->problem), "there is no thread to write it");
    *s->end = c;
    s->end = &c->next;
    pthread_cond_signal(&s->more);
    pthread_mutex_unlock(&s->lock); /* from here on the thread may have freed the change */
    return number;
}

uint64_t route_store_put(struct route_store *s, const struct stored_route *route)
{
    return add(s, change_new(route, false));
}

uint64_t route_store_take(struct route_store *s, const struct stored_route *route)
{
    struct stored_route place = *route;
    place.attrs = span_of(NULL, 0);
    place.owner = place.label = place.tags = "";
    return add(s, change_new(&place, true));
}

bool route_store_has(struct route_store *s, uint64_t number)
{
    pthread_mutex_lock(&s->lock);
    bool has = s->stored >= number;
    pthread_mutex_unlock(&s->lock);
    return has;
}

bool route_store_problem(struct route_store *s, struct strbuf *out)
{
    pthread_mutex_lock(&s->lock);
    bool has = s->problem[0] != '\0';
    if (out)
        strbuf_add(out, s->problem);
    pthread_mutex_unlock(&s->lock);
    return has;
}
