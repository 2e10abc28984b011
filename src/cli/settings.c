/* Settings of the client: options, then BGPD_HOST, BGPD_PORT, BGPD_TOKEN_FILE, BGPD_CA and
 * BGPD_PAGER, then the file of the user ($XDG_CONFIG_HOME/bgpd/client.toml or
 * ~/.config/bgpd/client.toml), then /etc/bgpd/client.toml, then PAGER, then what is built in.
 * BGPD_CLIENT_FILE names another file in place of both; empty: none. Where nothing says where the
 * daemon is, it is at the socket where the service has one, if that can be used.
 *
 * A token is told to nobody but those it is for: the one that a file names goes with the host and
 * port that this file leads to, and no others. */
#include "cli/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"

#define DEFAULT_HOST   "127.0.0.1"
#define SERVICE_SOCKET "/run/bgpd/api.sock"
#define SYSTEM_FILE    "/etc/bgpd/client.toml"

enum { DEFAULT_PORT = 8080, PORT_MAX = 65535 };

/* What one place says; NULL: nothing. */
enum setting {
    SETTING_HOST,
    SETTING_PORT,
    SETTING_TOKEN_FILE,
    SETTING_CA,
    SETTING_PAGER,
    SETTINGS
};

static const char *const keys[SETTINGS] = {
    [SETTING_HOST] = "host", [SETTING_PORT] = "port",   [SETTING_TOKEN_FILE] = "token_file",
    [SETTING_CA] = "ca",     [SETTING_PAGER] = "pager",
};

struct place {
    char *values[SETTINGS]; /* owned */
    bool port_is_of_host;   /* it came with the host */
};

static void place_release(struct place *p)
{
    for (unsigned i = 0; i < SETTINGS; i++)
        free(p->values[i]);
    *p = (struct place){0};
}

/* A host may come with its port, "192.0.2.1:8080", "https://[2001:db8::1]:8443/": it takes the
 * place of one that was said before in the same place. An IPv6 address without brackets has none.
 */
static void take_port_of_host(struct place *p)
{
    char *host = p->values[SETTING_HOST];
    char *address = strstr(host, "://");
    if (strncmp(host, "unix:", 5) == 0)
        return;
    if (address)
        address[3 + strcspn(address + 3, "/")] = '\0';
    address = address ? address + 3 : host;
    const char *bracket = strchr(address, ']');
    char *colon = strrchr(address, ':');
    if (!colon || (bracket ? colon < bracket : strchr(address, ':') != colon))
        return;
    *colon = '\0';
    free(p->values[SETTING_PORT]);
    p->values[SETTING_PORT] = mem_strdup(colon + 1);
    p->port_is_of_host = true;
}

/* Before another host is in its place. */
static void drop_port_of_host(struct place *p)
{
    if (!p->port_is_of_host)
        return;
    free(p->values[SETTING_PORT]);
    p->values[SETTING_PORT] = NULL;
    p->port_is_of_host = false;
}

static void place_set(void *ctx, const char *key, const char *value)
{
    struct place *p = ctx;
    for (unsigned i = 0; i < SETTINGS; i++) {
        if (strcmp(keys[i], key) != 0)
            continue;
        if (i == SETTING_HOST)
            drop_port_of_host(p);
        free(p->values[i]);
        p->values[i] = mem_strdup(value);
        if (i == SETTING_PORT)
            p->port_is_of_host = false;
        if (i == SETTING_HOST)
            take_port_of_host(p);
    }
}

static void set_known(struct place *p, enum setting setting, const char *value)
{
    if (value)
        place_set(p, keys[setting], value);
}

/* The command line, and where it says nothing the environment. */
static void read_words(struct place *p, const struct cli_call *call)
{
    static const char *const variables[SETTINGS] = {
        [SETTING_HOST] = "BGPD_HOST",
        [SETTING_PORT] = "BGPD_PORT",
        [SETTING_TOKEN_FILE] = "BGPD_TOKEN_FILE",
        [SETTING_CA] = "BGPD_CA",
        [SETTING_PAGER] = "BGPD_PAGER",
    };
    for (unsigned i = 0; i < SETTINGS; i++)
        set_known(p, i, getenv(variables[i]));
    set_known(p, SETTING_HOST, cli_call_text(call, "host"));
    set_known(p, SETTING_PORT, cli_call_text(call, "port"));
    set_known(p, SETTING_TOKEN_FILE, cli_call_text(call, "token-file"));
    set_known(p, SETTING_CA, cli_call_text(call, "ca"));
}

/* The name of the user's file; false: there is no place for one. */
static bool user_file(struct strbuf *path)
{
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    if (config && config[0] == '/')
        strbuf_printf(path, "%s/bgpd/client.toml", config);
    else if (home && home[0] == '/')
        strbuf_printf(path, "%s/.config/bgpd/client.toml", home);
    return path->len_bytes > 0;
}

/* What files say: of each setting the first of them. *ret_shared: the token is that of a file for
 * all users. */
static int read_files(struct place *p, const struct cli_program *program, bool *ret_shared,
                      struct strbuf *error)
{
    const char *named = getenv("BGPD_CLIENT_FILE");
    struct strbuf own_file = {0};
    struct place own = {0};
    if (named)
        return named[0] ? program->read_client_file(named, place_set, p, error) : 0;
    int err = program->read_client_file(SYSTEM_FILE, place_set, p, error);
    if (!err && user_file(&own_file))
        err = program->read_client_file(strbuf_text(&own_file), place_set, &own, error);
    bool elsewhere = own.values[SETTING_HOST] || own.values[SETTING_PORT];
    if (elsewhere || own.values[SETTING_TOKEN_FILE]) {
        free(p->values[SETTING_TOKEN_FILE]);
        p->values[SETTING_TOKEN_FILE] = NULL;
    }
    *ret_shared = p->values[SETTING_TOKEN_FILE] != NULL;
    for (unsigned i = 0; i < SETTINGS; i++)
        set_known(p, i, own.values[i]);
    p->port_is_of_host = p->port_is_of_host || own.port_is_of_host;
    place_release(&own);
    strbuf_release(&own_file);
    return err;
}

static int read_port(const char *where, const char *text, uint16_t *ret_port, struct strbuf *error)
{
    char *end;
    errno = 0;
    unsigned long port = strtoul(text, &end, 10);
    if (strspn(text, "0123456789") != strlen(text) || end == text || errno || port == 0 ||
        port > PORT_MAX) {
        strbuf_printf(error, "%s: \"%s\" is not a number from 1 to %d", where, text, PORT_MAX);
        return ERR_INVALID;
    }
    *ret_port = (uint16_t)port;
    return 0;
}

/* A host may be written with what is spoken there. */
static void read_scheme(struct settings *s)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (unsigned tls = 0; tls < 2; tls++) {
        size_t lead = strlen(schemes[tls]);
        if (strncasecmp(s->host, schemes[tls], lead) != 0)
            continue;
        s->tls = tls;
        memmove(s->host, s->host + lead, strlen(s->host + lead) + 1);
        return;
    }
}

/* Takes a value out of the place that has it first; NULL: none has. */
static char *take(struct place *words, struct place *files, enum setting setting)
{
    struct place *p = words->values[setting] ? words : files;
    char *value = p->values[setting];
    p->values[setting] = NULL;
    return value;
}

/* Whether a setting of the files is in force. */
static bool is_of_file(const struct place *words, enum setting setting)
{
    return !words->values[setting];
}

static const char *default_host(void)
{
    return access(SERVICE_SOCKET, W_OK) == 0 ? "unix:" SERVICE_SOCKET : DEFAULT_HOST;
}

int settings_read(const struct cli_call *call, const struct cli_program *program,
                  struct settings *ret_settings, struct strbuf *error)
{
    struct place words = {0};
    struct place files = {0};
    bool shared = false;
    struct settings *s = ret_settings;
    *s = (struct settings){.port = DEFAULT_PORT};
    read_words(&words, call);
    int err = read_files(&files, program, &shared, error);
    bool elsewhere = !is_of_file(&words, SETTING_HOST) || !is_of_file(&words, SETTING_PORT);
    bool has_own_token = !is_of_file(&words, SETTING_TOKEN_FILE);
    if (words.values[SETTING_HOST])
        drop_port_of_host(&files);
    s->host = take(&words, &files, SETTING_HOST);
    bool port_is_of_host = (words.values[SETTING_PORT] ? &words : &files)->port_is_of_host;
    char *port = take(&words, &files, SETTING_PORT);
    if (!s->host)
        s->host = mem_strdup(port ? DEFAULT_HOST : default_host());
    read_scheme(s);
    if (!err && port)
        err = read_port(port_is_of_host ? "host" : "BGPD_PORT", port, &s->port, error);
    free(port);
    s->ca = take(&words, &files, SETTING_CA);
    if (has_own_token || !elsewhere)
        s->token_file = take(&words, &files, SETTING_TOKEN_FILE);
    s->token_is_optional = shared && !has_own_token;
    s->pager = take(&words, &files, SETTING_PAGER);
    if (!s->pager && getenv("PAGER"))
        s->pager = mem_strdup(getenv("PAGER"));
    place_release(&words);
    place_release(&files);
    return err;
}

void settings_release(struct settings *s)
{
    free(s->host);
    free(s->token_file);
    free(s->ca);
    free(s->pager);
    *s = (struct settings){0};
}
