/* What tells a file from one that was written since. */
#ifndef BGPD_BASE_FILE_VERSION_H
#define BGPD_BASE_FILE_VERSION_H

#include <stdbool.h>
#include <stdint.h>

/* Where it is on its disk, how long it is, when it was written last, and when anything of it was
 * changed last, its owner or the time of writing included. Times in Unix time. All 0: it cannot be
 * looked at. */
struct file_version {
    uint64_t device;
    uint64_t inode;
    int64_t size_bytes;
    int64_t written_ns;
    int64_t changed_ns;
};

/* May have to wait for the file system. */
struct file_version file_version_look(const char *path);
bool file_version_equal(const struct file_version *a, const struct file_version *b);

#endif
