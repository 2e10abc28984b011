/* JSON that is too long to be held as a whole: it is read piece by piece, and told event by event.
 * A thin C interface to RapidJSON's reader. */
#ifndef BGPD_RPKI_JSON_EVENTS_H
#define BGPD_RPKI_JSON_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    JSON_EVENTS_DEPTH_MAX = 32,
    JSON_EVENTS_TOKEN_MAX_BYTES = 1 << 20, /* of a string or number, about */
};

enum json_event_type {
    JSON_EVENT_OBJECT,
    JSON_EVENT_OBJECT_END,
    JSON_EVENT_ARRAY,
    JSON_EVENT_ARRAY_END,
    JSON_EVENT_KEY,
    JSON_EVENT_STRING,
    JSON_EVENT_INTEGER, /* within int64_t */
    JSON_EVENT_OTHER,   /* another number, true, false, null */
};

struct json_event {
    enum json_event_type type;
    const char *text; /* of a key or string: ends with a NUL, and may have others; borrowed */
    size_t len_bytes;
    int64_t integer;
};

/* Lines and columns (of bytes) begin with 1. */
struct json_place {
    uint64_t line;
    uint64_t column;
};

struct json_events; /* a reading */

struct json_events_user {
    /* Writes the next bytes into `buf`, `size` at most, and returns how many; 0: there are none. */
    size_t (*more)(void *ctx, char *buf, size_t size);
    /* Returns false to end the reading. */
    bool (*take)(void *ctx, struct json_events *reading, const struct json_event *event);
    void *ctx;
};

/* Reads one document and what follows. NULL at its end, and when it was ended; else what is not
 * JSON, a static text without what it is about, and where. */
const char *json_events_read(const struct json_events_user *user, struct json_place *ret_place);

/* In `take`: where the event begins. Asked for at most once for each event. */
struct json_place json_events_place(struct json_events *reading);

#ifdef __cplusplus
}
#endif

#endif
