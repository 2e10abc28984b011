/* Versions of files, as stat(2) has them. Whoever writes a file may set the time at which it was
 * written; the time of the last change is the kernel's. */
#include "base/file_version.h"

#include <sys/stat.h>

static int64_t unix_ns(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

struct file_version file_version_look(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return (struct file_version){0};
    return (struct file_version){.device = st.st_dev,
                                 .inode = st.st_ino,
                                 .size_bytes = st.st_size,
                                 .written_ns = unix_ns(st.st_mtim),
                                 .changed_ns = unix_ns(st.st_ctim)};
}

bool file_version_equal(const struct file_version *a, const struct file_version *b)
{
    return a->device == b->device && a->inode == b->inode && a->size_bytes == b->size_bytes &&
           a->written_ns == b->written_ns && a->changed_ns == b->changed_ns;
}
