/* Listening sockets in the file system.
 *
 * Nobody can connect before listen(2), so what the file may be used for is settled between bind(2)
 * and that. Who may change the folder could put another file in the place of the socket meanwhile:
 * so it must not be one that everybody may change, unless their files in it are their own (the
 * sticky bit of /tmp). The umask stays as it is, for other threads make files, too. */
#include "net/local_listener.h"

#include <errno.h>
#include <libgen.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/acceptor.h"

enum { BACKLOG = 128 };

struct local_listener {
    struct acceptor acceptor;
    char *path; /* owned */
    dev_t device;
    ino_t inode; /* of the file */
    local_accept *accept;
    void *ctx; /* borrowed */
};

static void on_accept(void *ctx, int fd)
{
    struct local_listener *l = ctx;
    l->accept(l->ctx, fd);
}

static void on_out_of_room(void *ctx, int error)
{
    (void)ctx;
    log_debug("cannot accept connections: %s", strerror(error));
}

static void on_closed(void *ctx)
{
    struct local_listener *l = ctx;
    free(l->path);
    free(l);
}

static const struct acceptor_handler acceptor_handler = {
    .accept = on_accept, .out_of_room = on_out_of_room, .closed = on_closed};

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    return address;
}

static int new_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* Whether a process listens there. */
static bool is_alive(const char *path)
{
    struct sockaddr_un address = address_of(path);
    int fd = new_socket();
    bool refused = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 &&
                   errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    return !refused;
}

/* Makes room for the file; NULL, or why there is none, with errno. */
static const char *make_room(const char *path)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? NULL : strerror(errno);
    if (!S_ISSOCK(st.st_mode)) {
        errno = EEXIST;
        return "there is a file of this name, which is no socket";
    }
    if (is_alive(path)) {
        errno = EADDRINUSE;
        return "another process listens there";
    }
    return unlink(path) == 0 || errno == ENOENT ? NULL : strerror(errno);
}

/* Whether others cannot replace files of ours in the folder; NULL, or why not, with errno. */
static const char *check_folder(const char *path)
{
    char *copy = mem_strdup(path);
    struct stat st;
    const char *why = NULL;
    if (stat(dirname(copy), &st) != 0) {
        why = strerror(errno);
    } else if ((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX)) {
        errno = EPERM;
        why = "everybody may change its folder";
    }
    int saved = errno;
    free(copy);
    errno = saved;
    return why;
}

/* Has the file be whose and as the place says; LOCAL_KEEP is what chown(2) takes for "as it is". */
static bool settle(const struct local_place *place)
{
    bool given = place->uid != LOCAL_KEEP || place->gid != LOCAL_KEEP;
    return (!given || lchown(place->path, place->uid, place->gid) == 0) &&
           chmod(place->path, place->mode) == 0;
}

/* Binds the socket; NULL, or what went wrong, with errno. */
static const char *bind_socket(int fd, const struct local_place *place, struct stat *ret_st)
{
    struct sockaddr_un address = address_of(place->path);
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        return strerror(errno);
    bool good = settle(place) && listen(fd, BACKLOG) == 0 && lstat(place->path, ret_st) == 0;
    if (good)
        return NULL;
    int saved = errno;
    unlink(place->path);
    errno = saved;
    return strerror(saved);
}

static int open_socket(const struct local_place *place, struct stat *ret_st, int *ret_fd,
                       const char **ret_why)
{
    int fd = new_socket();
    const char *why = fd < 0 ? strerror(errno) : check_folder(place->path);
    why = why ? why : make_room(place->path);
    why = why ? why : bind_socket(fd, place, ret_st);
    *ret_why = why;
    *ret_fd = fd;
    if (!why)
        return 0;
    int saved = errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
    return ERR_IO;
}

int local_listener_new(uv_loop_t *loop, const struct local_place *place, local_accept *accept,
                       void *ctx, struct local_listener **ret_listener, struct strbuf *error)
{
    struct stat st;
    const char *why;
    int fd;
    if (open_socket(place, &st, &fd, &why) != 0) {
        int saved = errno;
        strbuf_printf(error, "cannot listen on unix:%s: %s", place->path, why);
        errno = saved;
        return ERR_IO;
    }
    struct local_listener *l = mem_zalloc(sizeof(*l));
    *l = (struct local_listener){.path = mem_strdup(place->path),
                                 .device = st.st_dev,
                                 .inode = st.st_ino,
                                 .accept = accept,
                                 .ctx = ctx};
    acceptor_init(&l->acceptor, loop, fd, &acceptor_handler, l);
    acceptor_start(&l->acceptor);
    *ret_listener = l;
    return 0;
}

int local_listener_settle(struct local_listener *l, const struct local_place *place,
                          struct strbuf *error)
{
    if (settle(place))
        return 0;
    int saved = errno;
    strbuf_printf(error, "unix:%s cannot be made what is asked for: %s", l->path, strerror(saved));
    errno = saved;
    return ERR_IO;
}

void local_listener_free(struct local_listener *l)
{
    struct stat st;
    if (!l)
        return;
    if (lstat(l->path, &st) == 0 && st.st_dev == l->device && st.st_ino == l->inode)
        unlink(l->path);
    acceptor_close(&l->acceptor);
}

const char *local_listener_path(const struct local_listener *l)
{
    return l->path;
}

/* --- who is there --- */

/* By the file alone: other places where names are kept may have to be waited for. */
static void name_user(uint32_t uid, char ret_user[LOCAL_USER_MAX])
{
    FILE *file = fopen("/etc/passwd", "re");
    const struct passwd *entry = NULL;
    snprintf(ret_user, LOCAL_USER_MAX, "%u", uid);
    while (file && (entry = fgetpwent(file)) != NULL)
        if (entry->pw_uid == uid) {
            snprintf(ret_user, LOCAL_USER_MAX, "%s", entry->pw_name);
            break;
        }
    if (file)
        fclose(file);
}

int local_peer_of(int fd, struct local_peer *ret_peer)
{
    struct ucred credentials;
    socklen_t len = sizeof(credentials);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &len) != 0)
        return ERR_IO;
    ret_peer->uid = credentials.uid;
    name_user(credentials.uid, ret_peer->user);
    return 0;
}
