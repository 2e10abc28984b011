/* Options of bgpd healthcheck: those of ExaBGP's, by the same names. */
#include "cli/health_options.h"

#include <errno.h>
#include <ifaddrs.h>
#include <math.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/prefix.h"
#include "cli/text.h"

enum { CONFIG_MAX_BYTES = 64 << 10, UP_METRIC = 100, DOWN_METRIC = 1000, DISABLED_METRIC = 500 };

#define AS_ANYWAY "nothing: it is so in any case"

const struct cli_option health_options[] = {
    {"cmd", 'c', CLI_TEXT, "COMMAND", "the check: a shell command that ends with 0 if all is well",
     0, 0},
    {"command", 0, CLI_TEXT, "COMMAND", "the same", 0, 0},
    {"interval", 'i', CLI_TEXT, "SECONDS", "from check to check (5); 0: end when it is known", 0,
     0},
    {"fast-interval", 'f', CLI_TEXT, "SECONDS", "the same, while a change is about to come (1)", 0,
     0},
    {"timeout", 't', CLI_TEXT, "SECONDS", "a check that takes longer has failed (5); 0: none", 0,
     0},
    {"rise", 0, CLI_NUMBER, "N", "checks in a row after which it is up (3)", 0, 1000000},
    {"fall", 0, CLI_NUMBER, "N", "checks in a row after which it is down (3)", 0, 1000000},
    {"disable", 0, CLI_TEXT, "FILE", "it is disabled while there is this file", 0, 0},
    {"ip", 0, CLI_LIST, "PREFIX", "announce this (the addresses of lo)", 0, 0},
    {"label", 0, CLI_TEXT, "LABEL", "only those addresses of lo whose label begins so", 0, 0},
    {"start-ip", 0, CLI_NUMBER, "N", "begin with number N of them, from 0 on", 0, 65535},
    {"next-hop", 'N', CLI_TEXT, "ADDRESS", "next hop (our own address in the sessions)", 0, 0},
    {"neighbor", 0, CLI_LIST, "PEER", "announce to these neighbors only", 0, 0},
    {"owner", 0, CLI_TEXT, "NAME", "whose the routes are (show originated --owner NAME)", 0, 0},
    {"ttl", 0, CLI_NUMBER, "SECONDS", "withdrawn so long after nobody renews it, as done here", 3,
     31536000},
    {"up-metric", 0, CLI_NUMBER, "N", "MED of the first prefix while it is up (100)", 0,
     UINT32_MAX},
    {"down-metric", 0, CLI_NUMBER, "N", "while it is down (1000)", 0, UINT32_MAX},
    {"disabled-metric", 0, CLI_NUMBER, "N", "while it is disabled (500)", 0, UINT32_MAX},
    {"increase", 0, CLI_NUMBER, "N", "how much more each further prefix has (1)", 0, UINT32_MAX},
    {"withdraw-on-down", 0, CLI_FLAG, NULL, "withdraw while it is down or disabled", 0, 0},
    {"local-preference", 0, CLI_NUMBER, "N", "local preference", 0, UINT32_MAX},
    {"community", 0, CLI_LIST, "COMMUNITIES", "\"65000:1 no-export\"", 0, 0},
    {"disabled-community", 0, CLI_LIST, "COMMUNITIES", "instead, while it is down or disabled", 0,
     0},
    {"extended-community", 0, CLI_LIST, "COMMUNITIES", "\"target:65000:1\"", 0, 0},
    {"large-community", 0, CLI_LIST, "COMMUNITIES", "\"65000:1:2\"", 0, 0},
    {"as-path", 0, CLI_LIST, "ASNS", "AS path", 0, 0},
    {"up-as-path", 0, CLI_LIST, "ASNS", "instead, while it is up", 0, 0},
    {"down-as-path", 0, CLI_LIST, "ASNS", "instead, while it is down", 0, 0},
    {"disabled-as-path", 0, CLI_LIST, "ASNS", "instead, while it is disabled", 0, 0},
    {"execute", 0, CLI_LIST, "COMMAND", "run at each change, with STATE in the environment", 0, 0},
    {"up-execute", 0, CLI_LIST, "COMMAND", "run when it comes up", 0, 0},
    {"down-execute", 0, CLI_LIST, "COMMAND", "run when it goes down", 0, 0},
    {"disabled-execute", 0, CLI_LIST, "COMMAND", "run when it is disabled", 0, 0},
    {"config", 'F', CLI_TEXT, "FILE", "options of this file, \"NAME = VALUE\" a line", 0, 0},
    {"name", 'n', CLI_TEXT, "NAME", "what it is called in messages", 0, 0},
    {"silent", 's', CLI_FLAG, NULL, "say nothing on standard error", 0, 0},
    {"debug", 'd', CLI_FLAG, NULL, "say how each check ended", 0, 0},
    {"syslog-facility", 0, CLI_TEXT, "FACILITY", "also to syslog: daemon, user, local0 to local7",
     0, 0},
    {"pid", 'p', CLI_TEXT, "FILE", "write the process ID there", 0, 0},
    {"user", 0, CLI_TEXT, "USER", "become this user", 0, 0},
    {"group", 0, CLI_TEXT, "GROUP", "and this group", 0, 0},
    {"no-ack", 'a', CLI_FLAG, NULL, AS_ANYWAY, 0, 0},
    {"no-ip-setup", 0, CLI_FLAG, NULL, AS_ANYWAY, 0, 0},
    {"no-syslog", 0, CLI_FLAG, NULL, AS_ANYWAY, 0, 0},
    {"debounce", 0, CLI_FLAG, NULL, AS_ANYWAY, 0, 0},
    {0},
};

/* The file. */

/* "NAME = VALUE" or "NAME" as a word of a command line; NULL for what says nothing. Changes the
 * line. */
static char *option_of(char *line)
{
    struct strbuf word = {0};
    line += strspn(line, " \t");
    line[strcspn(line, "\r")] = '\0';
    for (size_t len = strlen(line); len > 0 && strchr(" \t", line[len - 1]);)
        line[--len] = '\0';
    if (*line == '\0' || *line == '#')
        return NULL;
    size_t name = strcspn(line, " \t=");
    const char *value = line + name + strspn(line + name, " \t");
    strbuf_add(&word, "--");
    strbuf_add_bytes(&word, line, name);
    if (*value != '\0') {
        value += *value == '=';
        strbuf_printf(&word, "=%s", value + strspn(value, " \t"));
    }
    return strbuf_take(&word);
}

static void refuse(const char *file, unsigned line, const char *problem)
{
    struct strbuf clean = {0};
    text_add_printable(&clean, problem);
    fprintf(stderr, "bgpd: %s:%u: %s\n", file, line, strbuf_text(&clean));
    strbuf_release(&clean);
}

/* Adds what one line says. The word lives as long as `words`. */
static bool add_option(struct cli_call *all, char *word, const char *file, unsigned line)
{
    char first[] = "healthcheck";
    char *const words[] = {first, word, NULL};
    struct cli_call one;
    struct strbuf error = {0};
    bool ok = cli_parse(&cli_table, 2, words, &one, &error) == 0 && one.setting_count == 1;
    if (ok) {
        all->settings = mem_resize(all->settings, all->setting_count + 1, sizeof(*all->settings));
        all->settings[all->setting_count++] = one.settings[0];
    } else {
        refuse(file, line, error.len_bytes > 0 ? strbuf_text(&error) : "this is no option");
    }
    cli_call_release(&one);
    strbuf_release(&error);
    return ok;
}

/* Reads a file whole; false with errno. */
static bool read_file(const char *file, struct strbuf *text)
{
    char buf[4096];
    size_t got;
    FILE *in = fopen(file, "re");
    if (!in)
        return false;
    while (text->len_bytes <= CONFIG_MAX_BYTES && (got = fread(buf, 1, sizeof(buf), in)) > 0)
        strbuf_add_bytes(text, buf, got);
    bool ok = !ferror(in);
    fclose(in);
    if (ok && text->len_bytes > CONFIG_MAX_BYTES) {
        errno = EFBIG;
        ok = false;
    }
    return ok;
}

bool health_read_config(struct cli_call *call, struct strbuf *text)
{
    const char *file = cli_call_text(call, "config");
    struct strbuf content = {0};
    if (!file)
        return true;
    bool ok = read_file(file, &content);
    if (!ok)
        fprintf(stderr, "bgpd: cannot read %s: %s\n", file, strerror(errno));
    /* No word is longer than its line and "--=", so that none moves when the next one comes. */
    strbuf_reserve(text, 4 * content.len_bytes + 8);
    struct cli_call all = {0};
    unsigned number = 0;
    for (char *rest = content.data, *line; ok && rest && (line = strsep(&rest, "\n"));) {
        char *word = option_of(line);
        number++;
        if (!word)
            continue;
        char *kept = text->data + text->len_bytes;
        strbuf_add_bytes(text, word, strlen(word) + 1);
        free(word);
        ok = add_option(&all, kept, file, number);
    }
    strbuf_release(&content);
    size_t total = all.setting_count + call->setting_count;
    all.settings = mem_resize(all.settings, total + 1, sizeof(*all.settings));
    if (call->setting_count > 0)
        memcpy(all.settings + all.setting_count, call->settings,
               call->setting_count * sizeof(*all.settings));
    free(call->settings);
    call->settings = all.settings;
    call->setting_count = total;
    return ok;
}

int64_t health_option_ms(const struct cli_call *call, const char *option, double fallback_s)
{
    const char *text = cli_call_text(call, option);
    char *end = NULL;
    double seconds = text ? strtod(text, &end) : fallback_s;
    if (text &&
        (end == text || *end != '\0' || !isfinite(seconds) || seconds < 0 || seconds > 1000000)) {
        fprintf(stderr, "bgpd: --%s: expected seconds, as 5 or 0.5\n", option);
        return -1;
    }
    return (int64_t)(seconds * 1000);
}

/* Prefixes. */

/* An address of the loopback interface that may be announced, as a prefix. */
static bool loopback_prefix(const struct ifaddrs *ifa, const char *label, struct prefix *ret_prefix)
{
    struct ip_addr addr;
    struct ip_addr mask;
    uint16_t port;
    const char *own_label = strchr(ifa->ifa_name, ':');
    bool is_lo = strcmp(ifa->ifa_name, "lo") == 0 || strncmp(ifa->ifa_name, "lo:", 3) == 0;
    if (!is_lo || !ifa->ifa_addr || !ifa->ifa_netmask ||
        ip_from_sockaddr(ifa->ifa_addr, &addr, &port) != 0 ||
        ip_from_sockaddr(ifa->ifa_netmask, &mask, &port) != 0)
        return false;
    if (label && (!own_label || strncmp(own_label + 1, label, strlen(label)) != 0))
        return false;
    unsigned bits = 0;
    for (size_t i = 0; i < ip_len_bytes(addr.version); i++)
        bits += (unsigned)__builtin_popcount(mask.bytes[i]);
    *ret_prefix = prefix_make(addr.version, (uint8_t)bits, addr.bytes);
    struct ip_addr network = prefix_address(ret_prefix);
    /* 127.0.0.1/8 and the like are nobody else's; nor is an address within a network a network. */
    return !ip_is_loopback(&addr) && !ip_is_link_local(&addr) && ip_equal(&network, &addr);
}

static void add_prefix(json_t *list, const struct prefix *p)
{
    char text[PREFIX_TEXT_MAX];
    json_array_append_new(list, json_string(prefix_format(p, text)));
}

static void add_loopback(json_t *list, const char *label)
{
    struct ifaddrs *all = NULL;
    struct prefix p;
    if (getifaddrs(&all) != 0)
        return;
    for (const struct ifaddrs *ifa = all; ifa; ifa = ifa->ifa_next)
        if (loopback_prefix(ifa, label, &p))
            add_prefix(list, &p);
    freeifaddrs(all);
}

/* Begins the list with its member `first`. */
static json_t *rotated(json_t *list, size_t first)
{
    json_t *out = json_array();
    size_t count = json_array_size(list);
    for (size_t i = 0; i < count; i++)
        json_array_append(out, json_array_get(list, (i + first) % count));
    json_decref(list);
    return out;
}

json_t *health_prefixes(const struct cli_call *call)
{
    json_t *list = json_array();
    const char *text;
    for (size_t i = 0; (text = cli_call_value(call, "ip", i)) != NULL; i++) {
        struct prefix p;
        bool had_host_bits = false;
        if (prefix_parse_strict(text, &p, &had_host_bits) != 0 || had_host_bits) {
            fprintf(stderr,
                    "bgpd: --ip: \"%s\" is no prefix (expected one as 192.0.2.1 or "
                    "192.0.2.0/24)\n",
                    text);
            json_decref(list);
            return NULL;
        }
        add_prefix(list, &p);
    }
    if (json_array_size(list) == 0)
        add_loopback(list, cli_call_text(call, "label"));
    if (json_array_size(list) == 0) {
        fprintf(stderr, "bgpd: healthcheck: nothing to announce: no --ip, and no such address on "
                        "lo\n");
        json_decref(list);
        return NULL;
    }
    return rotated(list, (size_t)cli_call_number(call, "start-ip", 0));
}

/* Commands. */

/* "WORD [ VALUES ]" of an option that is given. */
static void add_list(struct strbuf *out, const char *word, const struct cli_call *call,
                     const char *option)
{
    if (cli_call_count(call, option) == 0)
        return;
    strbuf_printf(out, " %s [ ", word);
    cli_call_join(call, option, " ", out);
    strbuf_add(out, " ]");
}

static const struct {
    const char *metric;
    uint32_t default_metric;
    const char *as_path;
    bool is_well;
} by_state[] = {
    [HEALTH_UP] = {"up-metric", UP_METRIC, "up-as-path", true},
    [HEALTH_DOWN] = {"down-metric", DOWN_METRIC, "down-as-path", false},
    [HEALTH_DISABLED] = {"disabled-metric", DISABLED_METRIC, "disabled-as-path", false},
};

static void add_attributes(struct strbuf *out, const struct cli_call *call, enum health_state state,
                           uint64_t number)
{
    const char *next_hop = cli_call_text(call, "next-hop");
    uint64_t metric =
        cli_call_number(call, by_state[state].metric, by_state[state].default_metric) +
        number * cli_call_number(call, "increase", 1);
    bool is_other = !by_state[state].is_well && cli_call_count(call, "disabled-community") > 0;
    bool has_own_path = cli_call_count(call, by_state[state].as_path) > 0;
    strbuf_printf(out, " next-hop %s med %llu", next_hop ? next_hop : "self",
                  (unsigned long long)(metric > UINT32_MAX ? UINT32_MAX : metric));
    if (cli_call_text(call, "local-preference"))
        strbuf_printf(out, " local-preference %llu",
                      (unsigned long long)cli_call_number(call, "local-preference", 0));
    add_list(out, "community", call, is_other ? "disabled-community" : "community");
    add_list(out, "extended-community", call, "extended-community");
    add_list(out, "large-community", call, "large-community");
    add_list(out, "as-path", call, has_own_path ? by_state[state].as_path : "as-path");
}

static void add_neighbors(struct strbuf *out, const struct cli_call *call)
{
    const char *neighbor;
    for (size_t i = 0; (neighbor = cli_call_value(call, "neighbor", i)) != NULL; i++)
        strbuf_printf(out, "%sneighbor %s", i > 0 ? ", " : "", neighbor);
    strbuf_add(out, cli_call_count(call, "neighbor") > 0 ? " " : "");
}

void health_add_commands(const struct cli_call *call, const json_t *prefixes,
                         enum health_state state, struct strbuf *out)
{
    bool announce = state == HEALTH_UP ||
                    (state != HEALTH_EXIT && cli_call_count(call, "withdraw-on-down") == 0);
    size_t i;
    json_t *prefix;
    json_array_foreach(prefixes, i, prefix)
    {
        add_neighbors(out, call);
        strbuf_printf(out, "%s route %s", announce ? "announce" : "withdraw",
                      json_string_value(prefix));
        if (announce)
            add_attributes(out, call, state, i);
        strbuf_add_char(out, '\n');
    }
}
