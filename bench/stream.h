/* What the senders announce as UPDATEs, as bytes that are ready to be written to a socket. */
#ifndef BGPD_BENCH_STREAM_H
#define BGPD_BENCH_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan.h"

struct stream {
    uint8_t *data; /* owned */
    size_t len_bytes;
    size_t room_bytes;
    uint32_t messages;
};

/* Appends what `sender` announces; of sets with changed[set] only unless `changed` is NULL. */
void stream_add_announcements(struct stream *s, const struct plan *p, uint32_t sender,
                              const bool *changed);
void stream_release(struct stream *s);

#endif
