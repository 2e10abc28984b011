/* Reading files: the configuration itself, and what it names. */
#include "config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *file_kind(mode_t mode)
{
    if (S_ISFIFO(mode))
        return "it is a pipe, not a regular file";
    return S_ISDIR(mode) ? "it is a directory, not a regular file" : "it is not a regular file";
}

/* Appends all that can be read to `text`; NULL, or what went wrong. The text is moved only when it
 * is longer than was expected: it may be secret. */
static const char *read_all(int fd, size_t expected_bytes, struct strbuf *text)
{
    const char *problem = NULL;
    ssize_t got = 1;
    strbuf_reserve(text, expected_bytes < CONFIG_FILE_MAX_BYTES ? expected_bytes + 1 : 0);
    while (!problem && got != 0) {
        strbuf_reserve(text, 1);
        got = read(fd, text->data + text->len_bytes, text->size_bytes - text->len_bytes - 1);
        if (got > 0)
            text->len_bytes += (size_t)got;
        else if (got < 0 && errno != EINTR)
            problem = strerror(errno);
        if (text->len_bytes > CONFIG_FILE_MAX_BYTES)
            problem = "it is larger than 64 MiB";
    }
    text->data[text->len_bytes] = '\0';
    return problem;
}

/* Another kind than a regular file could make the reader wait for as long as its writer likes. */
static const char *read_file(const char *path, mode_t forbidden, struct strbuf *text)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return strerror(errno);
    const char *problem;
    if (fstat(fd, &st) != 0)
        problem = strerror(errno);
    else if (!S_ISREG(st.st_mode))
        problem = file_kind(st.st_mode);
    else if (st.st_mode & forbidden)
        problem = "everybody may read or change it (chmod o-rwx)";
    else
        problem = read_all(fd, (size_t)st.st_size, text);
    close(fd);
    return problem;
}

const char *config_file_read(const char *path, struct strbuf *text)
{
    return read_file(path, 0, text);
}

const char *config_file_read_private(const char *path, struct strbuf *text)
{
    return read_file(path, S_IROTH | S_IWOTH, text);
}

char *config_file_beside(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    struct strbuf full = {0};
    if (name[0] != '/' && slash)
        strbuf_add_bytes(&full, path, (size_t)(slash - path) + 1);
    strbuf_add(&full, name);
    return strbuf_take(&full);
}
