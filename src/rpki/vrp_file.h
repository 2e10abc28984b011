/* A file of VRPs and ASPAs (vrp_json) that is followed: read by a thread, and again whenever it has
 * changed. What was read last, and was good, stays when it cannot be read any more.
 *
 * Changes are found by looking at it each second, not by inotify, which says nothing of files on
 * network file systems and loses those that are renamed over. A file that has just changed is read
 * when it has stayed the same for a second: whoever writes it may be at it. */
#ifndef BGPD_RPKI_VRP_FILE_H
#define BGPD_RPKI_VRP_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/strbuf.h"
#include "policy/rpki_entries.h"

enum { VRP_FILE_MAX_BYTES = 1 << 30 };

struct vrp_file;

/* Begins to read it. `changed` is called when it has been read, whatever came of it. */
struct vrp_file *vrp_file_new(uv_loop_t *loop, const char *path, void (*changed)(void *ctx),
                              void *ctx);
/* Waits for the thread that reads it, for a loop that does not run yet; false: the time (monotonic)
 * is over. */
bool vrp_file_wait(struct vrp_file *f, uint64_t deadline_mono_ms);
/* Each second. */
void vrp_file_tick(struct vrp_file *f);
/* Closes its handle, unless a thread is at it. */
void vrp_file_stop(struct vrp_file *f);
/* Whether the loop has let go of the handle. */
bool vrp_file_is_closed(const struct vrp_file *f);
/* After vrp_file_stop, when that is so, or the loop does not run any more. */
void vrp_file_free(struct vrp_file *f);
/* True while a thread looks at it or reads it: it needs this object, and nothing waits for it. */
bool vrp_file_is_reading(const struct vrp_file *f);

/* How it stands; what is pointed to is borrowed until the next loop turn. */
struct vrp_file_status {
    const char *path;
    struct rpki_entries *entries; /* of the last time that it was good; NULL: never */
    size_t vrps_ipv4;             /* of its VRPs; the others are of IPv6 */
    uint64_t read_mono_ms;        /* when that was */
    uint32_t expired;             /* entries that had expired then, and are left out */
    const char *problem;          /* of the last time: "FILE:LINE:COLUMN: what"; "": none */
    uint64_t problem_mono_ms;
};
struct vrp_file_status vrp_file_status(const struct vrp_file *f);

/* Reads a file once; a reference, or NULL with the problem, which is printable, appended. For
 * `check`.
 */
struct rpki_entries *vrp_file_read(const char *path, struct strbuf *problem);

#endif
