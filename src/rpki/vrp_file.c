/* Files of VRPs and ASPAs.
 *
 * A file system may hang: so it is a thread that looks at the file, and reads it where it has to be
 * read. It writes nothing but `reading`; the loop leaves that alone, and changes nothing that the
 * thread looks at, until it is told (`done`). An entry that expires has the file read again, once a
 * minute at most. */
#include "rpki/vrp_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file_version.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/time.h"
#include "base/utf8.h"
#include "rpki/vrp_json.h"

enum { EXPIRY_PAUSE_MS = 60 * 1000 };

/* What a thread has found. */
struct reading {
    struct file_version version; /* of the file, before it was read */
    bool is_read;                /* it had to be */
    uint64_t started_mono_ms;
    struct rpki_entries *entries; /* a reference; NULL: there is a problem */
    size_t vrps_ipv4;
    struct strbuf problem;
    int64_t next_expiry_s;
    uint32_t expired;
};

struct vrp_file {
    char *path; /* owned */
    void (*changed)(void *ctx);
    void *ctx;
    uv_async_t done;
    pthread_t thread;
    bool has_thread;
    bool is_stopped;
    bool is_closed;
    struct reading reading;   /* the thread's, while there is one */
    struct file_version seen; /* when it was looked at last */
    struct file_version read; /* what was read last */
    bool was_read;
    bool has_expired; /* something that was read */
    uint64_t started_mono_ms;
    struct rpki_entries *entries; /* a reference */
    size_t vrps_ipv4;
    uint64_t read_mono_ms;
    int64_t next_expiry_s;
    uint32_t expired;
    struct strbuf problem;
    uint64_t problem_mono_ms;
};

/* --- reading --- */

static int64_t now_unix_s(void)
{
    struct time_now now = time_now_read();
    return now.unix_ns / 1000000000;
}

/* A file while it is read. */
struct input {
    int fd;
    uint64_t total_bytes;
    const char *problem; /* with the file itself; NULL: none */
};

static size_t more(void *ctx, char *buf, size_t size)
{
    struct input *in = ctx;
    ssize_t n;
    do
        n = read(in->fd, buf, size);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        in->problem = strerror(errno);
    in->total_bytes += n > 0 ? (uint64_t)n : 0;
    if (in->total_bytes > VRP_FILE_MAX_BYTES)
        in->problem = "it is larger than 1 GiB";
    return in->problem ? 0 : (size_t)n;
}

/* Opens it; another kind than a regular file could make the reader wait. */
static struct input open_file(const char *path)
{
    struct input in = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    struct stat st;
    if (in.fd < 0 || fstat(in.fd, &st) != 0)
        in.problem = strerror(errno);
    else if (!S_ISREG(st.st_mode))
        in.problem = "it is not a regular file";
    return in;
}

static size_t count_ipv4(const struct rpki_entries *e)
{
    size_t count = 0;
    while (count < e->vrp_count && e->vrps[count].prefix.version == IP_V4)
        count++; /* they are sorted, IPv4 first */
    return count;
}

static struct reading read_file(const char *path)
{
    struct reading r = {0};
    struct vrp_json j = {0};
    struct strbuf said = {0};
    struct input in = open_file(path);
    if (!in.problem)
        j = vrp_json_read(more, &in, now_unix_s());
    if (in.fd >= 0)
        close(in.fd);
    if (in.problem)
        strbuf_printf(&said, "%s: it cannot be read: %s", path, in.problem);
    else if (!j.entries)
        strbuf_printf(&said, "%s:%s", path, strbuf_text(&j.problem));
    utf8_add_foreign(&r.problem, strbuf_text(&said), said.len_bytes);
    strbuf_release(&said);
    if (!in.problem && j.entries) {
        r.entries = rpki_entries_ref(j.entries);
        r.vrps_ipv4 = count_ipv4(r.entries);
    }
    r.next_expiry_s = j.next_expiry_s;
    r.expired = j.expired;
    vrp_json_release(&j);
    return r;
}

struct rpki_entries *vrp_file_read(const char *path, struct strbuf *problem)
{
    struct reading r = read_file(path);
    strbuf_add(problem, strbuf_text(&r.problem));
    strbuf_release(&r.problem);
    return r.entries;
}

static void *run(void *file)
{
    struct vrp_file *f = file;
    struct file_version now = file_version_look(f->path);
    bool has_settled = file_version_equal(&now, &f->seen);
    bool is_other = !file_version_equal(&now, &f->read);
    uint64_t started_mono_ms = time_mono_ms();
    struct reading r = {0};
    if (!f->was_read || (has_settled && (is_other || f->has_expired))) {
        r = read_file(f->path);
        r.is_read = true;
        mem_trim(); /* a thread has a heap of its own */
    }
    r.version = now;
    r.started_mono_ms = started_mono_ms;
    f->reading = r;
    uv_async_send(&f->done);
    return NULL;
}

/* Where there can be no thread now, there may be one the next time. */
static void begin(struct vrp_file *f)
{
    f->has_thread = thread_start(&f->thread, "bgpd-rpki-file", run, f) == 0;
}

static void take_problem(struct vrp_file *f, struct strbuf *problem)
{
    bool is_new = strcmp(strbuf_text(problem), strbuf_text(&f->problem)) != 0;
    if (is_new && problem->len_bytes > 0)
        log_warning("RPKI file %s; %s", strbuf_text(problem),
                    f->entries ? "what was read before still counts" : "there is nothing from it");
    strbuf_release(&f->problem);
    f->problem = *problem;
    f->problem_mono_ms = f->started_mono_ms;
}

static void take(struct vrp_file *f, const struct reading *r)
{
    rpki_entries_unref(f->entries);
    f->entries = r->entries;
    f->vrps_ipv4 = r->vrps_ipv4;
    f->read_mono_ms = f->started_mono_ms;
    f->next_expiry_s = r->next_expiry_s;
    f->expired = r->expired;
    log_info("RPKI file %s: read: %zu VRPs, %zu ASPAs; %u have expired", f->path,
             f->entries->vrp_count, f->entries->aspa_count, f->expired);
}

static void on_closed(uv_handle_t *done)
{
    ((struct vrp_file *)done->data)->is_closed = true;
}

/* The thread has ended, and was joined. */
static void finish_reading(struct vrp_file *f)
{
    f->has_thread = false;
    struct reading r = f->reading;
    f->reading = (struct reading){0};
    f->seen = r.version;
    if (r.is_read) {
        f->read = r.version;
        f->was_read = true;
        f->started_mono_ms = r.started_mono_ms;
        if (r.entries)
            take(f, &r);
        take_problem(f, &r.problem);
    }
    if (f->is_stopped)
        uv_close((uv_handle_t *)&f->done, on_closed);
    if (r.is_read)
        f->changed(f->ctx);
}

static void on_done(uv_async_t *done)
{
    struct vrp_file *f = done->data;
    if (!f->has_thread)
        return;
    pthread_join(f->thread, NULL);
    finish_reading(f);
}

bool vrp_file_wait(struct vrp_file *f, uint64_t deadline_mono_ms)
{
    const struct timespec deadline = {.tv_sec = (time_t)(deadline_mono_ms / 1000),
                                      .tv_nsec = (long)(deadline_mono_ms % 1000) * 1000000};
    if (!f->has_thread)
        return true;
    if (pthread_clockjoin_np(f->thread, NULL, CLOCK_MONOTONIC, &deadline) != 0)
        return false;
    finish_reading(f);
    return true;
}

void vrp_file_tick(struct vrp_file *f)
{
    if (f->has_thread || f->is_stopped)
        return;
    f->has_expired =
        f->next_expiry_s <= now_unix_s() && time_mono_ms() - f->started_mono_ms >= EXPIRY_PAUSE_MS;
    begin(f);
}

/* --- life --- */

struct vrp_file *vrp_file_new(uv_loop_t *loop, const char *path, void (*changed)(void *ctx),
                              void *ctx)
{
    struct vrp_file *f = mem_zalloc(sizeof(*f));
    f->path = mem_strdup(path);
    f->changed = changed;
    f->ctx = ctx;
    f->next_expiry_s = INT64_MAX;
    uv_async_init(loop, &f->done, on_done);
    f->done.data = f;
    uv_unref((uv_handle_t *)&f->done);
    begin(f);
    return f;
}

void vrp_file_stop(struct vrp_file *f)
{
    if (f->is_stopped)
        return;
    f->is_stopped = true;
    if (!f->has_thread)
        uv_close((uv_handle_t *)&f->done, on_closed);
}

bool vrp_file_is_closed(const struct vrp_file *f)
{
    return f->is_closed;
}

void vrp_file_free(struct vrp_file *f)
{
    rpki_entries_unref(f->entries);
    strbuf_release(&f->problem);
    free(f->path);
    free(f);
}

bool vrp_file_is_reading(const struct vrp_file *f)
{
    return f->has_thread;
}

struct vrp_file_status vrp_file_status(const struct vrp_file *f)
{
    return (struct vrp_file_status){
        .path = f->path,
        .entries = f->entries,
        .vrps_ipv4 = f->vrps_ipv4,
        .read_mono_ms = f->read_mono_ms,
        .expired = f->expired,
        .problem = strbuf_text(&f->problem),
        .problem_mono_ms = f->problem_mono_ms,
    };
}
