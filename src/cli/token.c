/* `bgpd token new`: makes a token, which its holder keeps, and what the daemon's file says of it,
 * which cannot be turned back into the token. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/prefix.h"
#include "base/token.h"
#include "cli/commands.h"
#include "cli/request.h"

/* A name that needs no quotes, but for its dots. */
static bool is_name(const char *text)
{
    enum { NAME_MAX_BYTES = 64 };
    static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t len = strlen(text);
    return len > 0 && len <= NAME_MAX_BYTES && strspn(text, chars) == len;
}

/* "192.0.2.0/24", with "le 32" and the like behind it, which the daemon judges. */
static bool is_prefix_entry(const char *text)
{
    char first[PREFIX_TEXT_MAX];
    struct prefix prefix;
    size_t len = strcspn(text, " ");
    if (len >= sizeof(first))
        return false;
    memcpy(first, text, len);
    first[len] = '\0';
    return prefix_parse(first, &prefix) == 0;
}

/* The values of an option as a list; NULL when it was not given. */
static json_t *list_of(const struct cli_call *call, const char *option)
{
    json_t *list = json_array();
    const char *value;
    for (size_t i = 0; (value = cli_call_value(call, option, i)) != NULL; i++)
        json_array_append_new(list, json_string(value));
    if (json_array_size(list) > 0)
        return list;
    json_decref(list);
    return NULL;
}

/* What is wrong with the call, but for single values; NULL: nothing. */
static const char *find_fault(const struct cli_call *call, const char *role)
{
    bool has_prefix = cli_call_value(call, "prefix", 0) != NULL;
    bool has_to = cli_call_value(call, "to", 0) != NULL;
    if (!role)
        return "--role is missing: read, originate or full";
    bool originates = strcmp(role, "originate") == 0;
    if (!originates && strcmp(role, "read") != 0 && strcmp(role, "full") != 0)
        return "--role: expected read, originate or full";
    if (originates && !has_prefix)
        return "--prefix is missing: what may be announced, \"0.0.0.0/0 le 32\" for all of IPv4";
    if (!originates && (has_prefix || has_to))
        return "--prefix and --to are for the role originate";
    return NULL;
}

/* CLI_OK, or that of a usage error, which was told. */
static int check_call(struct cli *cli, const struct cli_call *call, const char *role)
{
    const char *fault = find_fault(call, role);
    const char *prefix;
    if (!is_name(call->args[0]))
        return request_misused(cli, call,
                               "\"%s\" is no name: it takes 1 to 64 letters, digits, '-', '_' and "
                               "'.'",
                               call->args[0]);
    if (fault)
        return request_misused(cli, call, "%s", fault);
    for (size_t i = 0; (prefix = cli_call_value(call, "prefix", i)) != NULL; i++)
        if (!is_prefix_entry(prefix))
            return request_misused(cli, call,
                                   "--prefix: \"%s\": expected a prefix, or one with le and ge "
                                   "(\"192.0.2.0/24 le 32\")",
                                   prefix);
    return CLI_OK;
}

/* A value of JSON made of texts is one of TOML. */
static void put_key(struct strbuf *out, const char *key, const json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    if (value)
        strbuf_printf(out, "%s = %s\n", key, text);
    free(text);
}

/* The table of the daemon's file. */
static void put_table(struct strbuf *out, const char *name, const json_t *token)
{
    static const char *const keys[] = {"role", "sha256", "prefixes", "to"};
    const char *quote = strchr(name, '.') ? "\"" : "";
    strbuf_printf(out, "[tokens.%s%s%s]\n", quote, name, quote);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        put_key(out, keys[i], json_object_get(token, keys[i]));
}

/* Writes the token to a file that is new, and nobody else's. */
static bool write_token(struct cli *cli, const char *path, const char *token)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        client_fail(&cli->client, "cannot write %s: %s", path, strerror(errno));
        return false;
    }
    bool written = dprintf(fd, "%s\n", token) > 0;
    if (close(fd) != 0 || !written) {
        client_fail(&cli->client, "cannot write %s: %s", path, strerror(errno));
        return false;
    }
    return true;
}

static void print_token(const struct cli *cli, const char *token, const char *output,
                        const char *name, json_t *described)
{
    struct strbuf table = {0};
    put_table(&table, name, described);
    if (request_wants_json(cli)) {
        json_object_set_new(described, "name", json_string(name));
        json_object_set_new(described, "table", json_string(strbuf_text(&table)));
        if (!output)
            json_object_set_new(described, "token", json_string(token));
        request_print(cli, described);
    } else if (output) {
        printf("%s", strbuf_text(&table));
    } else {
        printf("# The token, for a file of its holder (--token-file). It is told this once.\n"
               "%s\n\n# For the file that api_tokens of the daemon names:\n%s",
               token, strbuf_text(&table));
    }
    strbuf_release(&table);
}

int cmd_token_new(struct cli *cli, const struct cli_call *call)
{
    const char *role = cli_call_text(call, "role");
    const char *output = cli_call_text(call, "output");
    char token[TOKEN_TEXT_MAX];
    char digits[TOKEN_HASH_TEXT_MAX];
    struct token_hash hash;
    int status = check_call(cli, call, role);
    if (status != CLI_OK)
        return status;
    if (token_make(token) != 0 || token_hash_of(token, strlen(token), &hash) != 0)
        client_fail(&cli->client, "cannot make a token: %s", strerror(errno));
    else if (!output || write_token(cli, output, token)) {
        json_t *described =
            json_pack("{s:s, s:s}", "role", role, "sha256", token_hash_format(&hash, digits));
        json_object_set_new(described, "prefixes", list_of(call, "prefix"));
        json_object_set_new(described, "to", list_of(call, "to"));
        print_token(cli, token, output, call->args[0], described);
        json_decref(described);
        explicit_bzero(token, sizeof token);
        return CLI_OK;
    }
    status = request_failed(cli);
    client_release(&cli->client);
    return status;
}
