/* Files that a configuration is read from. Internal to config. */
#ifndef BGPD_CONFIG_FILE_H
#define BGPD_CONFIG_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

enum { CONFIG_FILE_MAX_BYTES = 64 << 20 };

/* Appends a whole file, which must be a regular one of at most CONFIG_FILE_MAX_BYTES. NULL, or what
 * went wrong: that is static, or strerror's. */
const char *config_file_read(const char *path, struct strbuf *text);
/* The same of a file of secrets, which must not be one that everybody may read or change. */
const char *config_file_read_private(const char *path, struct strbuf *text);

/* What tells a file from one that was written since: where it is on its disk, how long it is, and
 * when it was written last. */
struct config_file_state {
    uint64_t device;
    uint64_t inode;
    int64_t size_bytes;
    int64_t written_ns; /* Unix time */
};
/* All 0: it cannot be looked at. */
struct config_file_state config_file_look(const char *path);
bool config_file_state_equal(const struct config_file_state *a, const struct config_file_state *b);

/* A name that stands in the file at `path`: a relative one begins in its folder. Owned. */
char *config_file_beside(const char *path, const char *name);

#endif
