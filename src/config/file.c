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

/* Appends all that can be read to `text`; NULL, or what went wrong. */
static const char *read_all(int fd, struct strbuf *text)
{
    char buf[65536];
    ssize_t got;
    const char *problem = NULL;
    while (!problem && (got = read(fd, buf, sizeof(buf))) != 0) {
        if (got > 0)
            strbuf_add_bytes(text, buf, (size_t)got);
        else if (errno != EINTR)
            problem = strerror(errno);
        if (text->len_bytes > CONFIG_FILE_MAX_BYTES)
            problem = "it is larger than 64 MiB";
    }
    explicit_bzero(buf, sizeof(buf));
    return problem;
}

/* Another kind than a regular file could make the reader wait for as long as its writer likes. */
const char *config_file_read(const char *path, struct strbuf *text)
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
    else
        problem = read_all(fd, text);
    close(fd);
    return problem;
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
