/* Who has a port: /proc, within a time that is given. */
#include "net/holder.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"

enum {
    STATE_LISTEN = 0x0a,
    WELL_KNOWN_PORTS = 1024,
    NAME_MAX_BYTES = 32,
    LINE_MAX_BYTES = 512,
    HEX_WORD = 8
};

/* Words of 32 bits in the order of this machine, as the kernel prints an address. */
static bool parse_address(const char *hex, struct ip_addr *ret_addr)
{
    struct ip_addr addr = {0};
    size_t words = strlen(hex) / HEX_WORD;
    addr.version = words == 1 ? IP_V4 : IP_V6;
    if (strspn(hex, "0123456789ABCDEFabcdef") != strlen(hex))
        return false;
    if (strlen(hex) % HEX_WORD != 0 || (words != 1 && words != 4))
        return false;
    for (size_t i = 0; i < words; i++) {
        char word[HEX_WORD + 1] = {0};
        memcpy(word, hex + i * HEX_WORD, HEX_WORD);
        uint32_t value = (uint32_t)strtoul(word, NULL, 16);
        memcpy(addr.bytes + i * sizeof(value), &value, sizeof(value));
    }
    *ret_addr = addr;
    return true;
}

static uint64_t number(const char *text, int base)
{
    return strtoull(text, NULL, base);
}

bool holder_parse(const char *line, struct holder_socket *ret_socket)
{
    /* sl, local, remote, state, queues, timer, retransmits, user, timeout, inode */
    enum { LOCAL = 1, STATE = 3, USER = 7, INODE = 9, WORDS };
    char copy[LINE_MAX_BYTES];
    char *words[WORDS];
    char *rest = NULL;
    snprintf(copy, sizeof(copy), "%s", line);
    for (size_t i = 0; i < WORDS; i++)
        if (!(words[i] = strtok_r(i == 0 ? copy : NULL, " \n", &rest)))
            return false;
    struct holder_socket found = {.user_id = (uint32_t)number(words[USER], 10),
                                  .inode = number(words[INODE], 10)};
    char *port = strchr(words[LOCAL], ':');
    if (!port || number(words[STATE], 16) != STATE_LISTEN)
        return false;
    *port = '\0';
    found.where.port = (uint16_t)number(port + 1, 16);
    if (!parse_address(words[LOCAL], &found.where.addr))
        return false;
    *ret_socket = found;
    return true;
}

bool holder_is_in_the_way(const struct endpoint *held, const struct endpoint *wanted)
{
    if (held->port != wanted->port)
        return false;
    return ip_takes_in(&held->addr, &wanted->addr) || ip_takes_in(&wanted->addr, &held->addr) ||
           (held->addr.version == wanted->addr.version &&
            memcmp(held->addr.bytes, wanted->addr.bytes, sizeof(held->addr.bytes)) == 0);
}

/* The kernel lists those that listen first. */
static bool find_socket(const char *table, const struct endpoint *where,
                        struct holder_socket *ret_socket)
{
    char line[LINE_MAX_BYTES];
    bool found = false;
    FILE *f = fopen(table, "re");
    if (!f)
        return false;
    if (!fgets(line, sizeof(line), f)) /* the heading */
        line[0] = '\0';
    while (!found && fgets(line, sizeof(line), f) && holder_parse(line, ret_socket))
        found = holder_is_in_the_way(&ret_socket->where, where);
    fclose(f);
    return found;
}

/* Whether a process has the socket open; one of another user cannot be asked. */
static bool has_open(const char *process, uint64_t inode, uint64_t until_ns)
{
    char path[64];
    char link[64];
    char wanted[64];
    bool found = false;
    snprintf(wanted, sizeof(wanted), "socket:[%" PRIu64 "]", inode);
    snprintf(path, sizeof(path), "/proc/%.16s/fd", process);
    DIR *files = opendir(path);
    struct dirent *file;
    while (files && !found && time_mono_ns() < until_ns && (file = readdir(files)) != NULL) {
        ssize_t len = readlinkat(dirfd(files), file->d_name, link, sizeof(link) - 1);
        link[len > 0 ? len : 0] = '\0';
        found = strcmp(link, wanted) == 0;
    }
    if (files)
        closedir(files);
    return found;
}

static uint32_t find_process(uint64_t inode, uint64_t until_ns)
{
    uint32_t found = 0;
    DIR *all = opendir("/proc");
    struct dirent *process;
    while (all && !found && time_mono_ns() < until_ns && (process = readdir(all)) != NULL)
        if (process->d_name[0] >= '1' && process->d_name[0] <= '9' &&
            has_open(process->d_name, inode, until_ns))
            found = (uint32_t)strtoul(process->d_name, NULL, 10);
    if (all)
        closedir(all);
    return found;
}

/* The name of a process, which it may have chosen itself. */
static void add_name(uint32_t process, struct strbuf *out)
{
    char path[64];
    char name[NAME_MAX_BYTES] = "";
    snprintf(path, sizeof(path), "/proc/%" PRIu32 "/comm", process);
    FILE *f = fopen(path, "re");
    if (!f || !fgets(name, sizeof(name), f))
        strbuf_add(out, "a process");
    for (const char *c = name; *c != '\0' && *c != '\n'; c++)
        strbuf_add_char(out, *c >= ' ' && *c <= '~' ? *c : '?');
    if (f)
        fclose(f);
}

static void add_holder(const struct endpoint *where, uint64_t until_ns, struct strbuf *out)
{
    struct holder_socket socket;
    if (!find_socket("/proc/self/net/tcp", where, &socket) &&
        !find_socket("/proc/self/net/tcp6", where, &socket))
        return;
    uint32_t process = find_process(socket.inode, until_ns);
    strbuf_add(out, " (by ");
    if (process == (uint32_t)getpid()) {
        strbuf_add(out, "another socket of this bgpd");
    } else if (process != 0) {
        add_name(process, out);
        strbuf_printf(out, ", process %" PRIu32, process);
    } else if (socket.user_id == 0) {
        strbuf_add(out, "a process of root");
    } else {
        strbuf_printf(out, "a process of the user with ID %" PRIu32, socket.user_id);
    }
    strbuf_add_char(out, ')');
}

static void add_privilege(struct strbuf *out)
{
    char program[256] = "bgpd";
    ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (len > 0)
        program[len] = '\0';
    strbuf_printf(out,
                  " (a port below %d takes the capability CAP_NET_BIND_SERVICE: the systemd unit "
                  "gives it, and so does `setcap cap_net_bind_service=ep %s`; or choose a port "
                  "from %d on)",
                  WELL_KNOWN_PORTS, program, WELL_KNOWN_PORTS);
}

void holder_explain(const struct endpoint *where, int error, unsigned limit_ms, struct strbuf *out)
{
    if (error == EADDRINUSE)
        add_holder(where, time_mono_ns() + limit_ms * UINT64_C(1000000), out);
    else if (error == EACCES && where->port < WELL_KNOWN_PORTS)
        add_privilege(out);
}
