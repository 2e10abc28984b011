/* Sockets in the file system: how the files come and go, who may use them, who is there. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "net/local_listening.h"
#include "net_fixture.h"

static char folder[] = "/tmp/bgpd-local-XXXXXX";
static struct net net;
static struct local_listening *listening;
static struct strbuf said;
static unsigned accepted;
static struct local_peer peer;

static void take(void *ctx, int fd)
{
    (void)ctx;
    assert_int_equal(local_peer_of(fd, &peer), 0);
    accepted++;
    close(fd);
}

static int set_up(void **state)
{
    (void)state;
    accepted = 0;
    net_init(&net);
    listening = local_listening_new(&net.loop, "API", take, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    local_listening_free(listening);
    strbuf_release(&said);
    net_close(&net);
    return 0;
}

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
    (void)state;
    return chdir("/") == 0 ? rmdir(folder) : -1; /* no file is left */
}

static struct local_place at(const char *path)
{
    return (struct local_place){path, LOCAL_KEEP, LOCAL_KEEP, 0660};
}

static unsigned mode_of(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    return address;
}

/* A socket that is bound there, and listens if it is to. */
static int occupy(const char *path, bool alive)
{
    struct sockaddr_un address = address_of(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(alive ? listen(fd, 1) : 0, 0);
    return fd;
}

static int dial(const char *path)
{
    struct sockaddr_un address = address_of(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static int open_at(const char *path)
{
    const struct local_place place = at(path);
    return local_listening_open(listening, &place, 1, &said);
}

static void comes_and_goes(void **state)
{
    (void)state;
    mode_t before = umask(0077);
    assert_int_equal(open_at("a"), 0);
    umask(before);
    assert_int_equal(mode_of("a"), 0660);
    assert_string_equal(local_listening_path(listening, 0), "a");
    assert_null(local_listening_path(listening, 1));
    int fd = dial("a");
    wait_until(&net, accepted == 1);
    assert_int_equal(peer.uid, getuid());
    assert_true(strlen(peer.user) > 0);
    close(fd);
    local_listening_free(listening);
    listening = NULL;
    assert_int_equal(mode_of("a"), 0);
}

/* What a process that is gone has left is replaced; what is somebody's is not. */
static void what_is_there(void **state)
{
    (void)state;
    close(occupy("stale", false));
    assert_int_equal(open_at("stale"), 0);
    close(dial("stale"));
    local_listening_free(listening);

    listening = local_listening_new(&net.loop, "API", take, NULL);
    int other = occupy("alive", true);
    assert_int_equal(open_at("alive"), ERR_IO);
    assert_string_equal(strbuf_text(&said),
                        "API: cannot listen on unix:alive: another process listens there");
    close(dial("alive"));
    local_listening_free(listening);
    assert_true(mode_of("alive") != 0);
    close(other);
    unlink("alive");

    listening = local_listening_new(&net.loop, "API", take, NULL);
    FILE *f = fopen("file", "w");
    assert_non_null(f);
    fclose(f);
    strbuf_clear(&said);
    assert_int_equal(open_at("file"), ERR_IO);
    assert_string_equal(strbuf_text(&said), "API: cannot listen on unix:file: there is a file of "
                                            "this name, which is no socket");
    local_listening_free(listening);
    assert_int_equal(unlink("file"), 0);

    listening = local_listening_new(&net.loop, "API", take, NULL);
    strbuf_clear(&said);
    assert_int_equal(open_at("nowhere/a"), ERR_IO);
    assert_non_null(strstr(strbuf_text(&said), "No such file or directory"));
    local_listening_free(listening);

    listening = local_listening_new(&net.loop, "API", take, NULL);
    assert_int_equal(mkdir("open", 0777), 0);
    assert_int_equal(chmod("open", 0777), 0);
    strbuf_clear(&said);
    assert_int_equal(open_at("open/a"), ERR_IO);
    assert_non_null(strstr(strbuf_text(&said), "everybody may change its folder"));
    rmdir("open");
}

/* What another one has put in the place of ours stays when we go. */
static void a_file_that_is_no_longer_ours(void **state)
{
    (void)state;
    assert_int_equal(open_at("a"), 0);
    unlink("a");
    int other = occupy("a", true);
    local_listening_free(listening);
    listening = NULL;
    assert_true(mode_of("a") != 0);
    close(other);
    unlink("a");
}

static void changes(void **state)
{
    (void)state;
    struct local_place places[] = {at("a"), at("b")};
    assert_int_equal(local_listening_open(listening, places, 1, &said), 0);
    struct listening_counts counts = local_listening_change(listening, places, 2, &said);
    assert_int_equal(counts.opened, 1);
    assert_int_equal(counts.closed, 0);
    int fd = dial("a"); /* it is the same socket, with another mode */
    places[0].mode = 0600;
    counts = local_listening_change(listening, places, 1, &said);
    assert_int_equal(counts.opened, 0);
    assert_int_equal(counts.closed, 1);
    assert_int_equal(mode_of("a"), 0600);
    assert_int_equal(mode_of("b"), 0);
    wait_until(&net, accepted == 1);
    close(fd);
    if (getuid() == 0) {
        places[0].uid = places[0].gid = 12345;
        counts = local_listening_change(listening, places, 1, &said);
        assert_int_equal(counts.opened, 0);
        struct stat st;
        assert_int_equal(lstat("a", &st), 0);
        assert_int_equal(st.st_uid, 12345);
        assert_int_equal(st.st_gid, 12345);
        places[0].uid = places[0].gid = LOCAL_KEEP;
        counts = local_listening_change(listening, places, 1, &said);
        assert_int_equal(counts.opened, 1);
        assert_int_equal(lstat("a", &st), 0);
        assert_int_equal(st.st_uid, 0);
    }
    assert_int_equal(said.len_bytes, 0);
    local_listening_change(listening, places, 0, &said);
    assert_int_equal(mode_of("a"), 0);
}

/* What cannot be opened is tried again until it can. */
static void is_tried_again(void **state)
{
    (void)state;
    const struct local_place place = at("late");
    int other = occupy("late", true);
    assert_int_equal(local_listening_open(listening, NULL, 0, &said), 0);
    struct listening_counts counts = local_listening_change(listening, &place, 1, &said);
    assert_int_equal(counts.opened, 0);
    assert_string_equal(strbuf_text(&said), "API: cannot listen on unix:late: another process "
                                            "listens there; this is tried again\n");
    assert_null(local_listening_path(listening, 0));
    close(other);
    wait_until(&net, local_listening_path(listening, 0) != NULL);
    strbuf_clear(&said);
    local_listening_describe(listening, &said);
    assert_int_equal(said.len_bytes, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(comes_and_goes), TEST(what_is_there),  TEST(a_file_that_is_no_longer_ours),
        TEST(changes),        TEST(is_tried_again),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
