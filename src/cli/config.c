/* `show config`: the settings in force, as a configuration file with comments that say where each
 * comes from.
 *
 * What is not given in a file itself, defaults and what a peer has of its group, stands behind a
 * "#", so that the text is a configuration again. It is asked for a page at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/ip.h"
#include "base/prefix.h"
#include "cli/commands.h"
#include "cli/csv.h"
#include "cli/detail.h"
#include "cli/json_cell.h"
#include "cli/request.h"
#include "cli/text.h"

enum { PAGE_SETTINGS = 2000, COMMENT_COLUMN = 44 };

/* Settings on their way to stdout. */
struct output {
    struct cli *cli;
    struct strbuf page;  /* texts of settings that were not written yet, each with a '\0' */
    struct strbuf table; /* the header that was written last */
    size_t arrived;
    size_t count;   /* written */
    size_t counted; /* of them: lists that are given, and of which the length alone is told */
    size_t secrets;
};

static const char *text_of(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* --- as a file --- */

/* Texts in the line keep their values: what must not reach a terminal becomes an escape of TOML. */
static void put_line(const char *line, const struct strbuf *comment)
{
    struct strbuf clean = {0};
    text_add_json(&clean, line);
    fputs(strbuf_text(&clean), stdout);
    if (comment->len_bytes > 0) {
        size_t len = clean.len_bytes;
        int gap = len + 2 < COMMENT_COLUMN ? (int)(COMMENT_COLUMN - len) : 2;
        strbuf_clear(&clean);
        text_add_printable(&clean, strbuf_text(comment));
        printf("%*s# %s", gap, "", strbuf_text(&clean));
    }
    fputc('\n', stdout);
    strbuf_release(&clean);
}

static void add_place(struct strbuf *out, json_t *setting)
{
    const char *from = text_of(setting, "from");
    if (strcmp(from, "group") == 0)
        strbuf_printf(out, "group %s, ", text_of(setting, "group"));
    if (json_is_string(json_object_get(setting, "file")))
        strbuf_printf(out, "%s:%" JSON_INTEGER_FORMAT, text_of(setting, "file"),
                      json_integer_value(json_object_get(setting, "line")));
    else
        strbuf_add(out, from);
}

/* "; now 90: waits for the session to restart" */
static void add_meanwhile(struct strbuf *out, json_t *setting)
{
    json_t *meanwhile = json_object_get(setting, "meanwhile");
    json_t *value = json_object_get(meanwhile, "value");
    json_int_t neighbors = json_integer_value(json_object_get(meanwhile, "neighbors"));
    if (!json_is_object(meanwhile))
        return;
    strbuf_add(out, "; now ");
    json_cell_add_setting(out, value, ", ");
    strbuf_printf(out, ": %s", text_of(meanwhile, "why"));
    if (neighbors > 1)
        strbuf_printf(out, " (%" JSON_INTEGER_FORMAT " neighbors)", neighbors);
}

/* ", 12 items" of a list that is counted. */
static void add_count(struct strbuf *out, const char *lead, json_t *setting)
{
    json_t *count = json_object_get(setting, "count");
    if (json_is_integer(count))
        strbuf_printf(out, "%s%" JSON_INTEGER_FORMAT " %s", lead, json_integer_value(count),
                      json_integer_value(count) == 1 ? "item" : "items");
}

static void add_comment(struct strbuf *out, json_t *setting, bool has_line)
{
    const char *note = text_of(setting, "default");
    add_place(out, setting);
    if (has_line && note[0] != '\0')
        strbuf_printf(out, ": %s", note);
    if (has_line)
        add_count(out, ", ", setting);
    add_meanwhile(out, setting);
}

/* A setting that there is no line for. */
static void add_words(struct strbuf *out, json_t *setting)
{
    const char *note = text_of(setting, "default");
    json_t *value = json_object_get(setting, "value");
    bool is_default = strcmp(text_of(setting, "from"), "default") == 0;
    strbuf_printf(out, "# %s: ", text_of(setting, "key"));
    if (value && !json_is_null(value))
        json_cell_add(out, value, " ");
    else if (is_default)
        strbuf_add(out, note[0] != '\0' ? note : "none");
    else if (json_is_true(json_object_get(setting, "secret")))
        strbuf_add(out, "set");
    else
        add_count(out, "", setting);
}

static void put_table(struct output *o, json_t *setting)
{
    bool is_table = json_is_null(json_object_get(setting, "key"));
    const char *table = text_of(setting, "table");
    struct strbuf comment = {0};
    if (!is_table && strcmp(table, strbuf_text(&o->table)) == 0)
        return;
    if (is_table)
        add_comment(&comment, setting, false);
    if (table[0] != '\0') {
        fputc('\n', stdout);
        put_line(table, &comment);
    }
    strbuf_clear(&o->table);
    strbuf_add(&o->table, table);
    strbuf_release(&comment);
}

/* The line of a setting; none: there is none. That of a long list is made here. */
static void add_toml(struct strbuf *out, json_t *setting)
{
    json_t *value = json_object_get(setting, "value");
    bool is_long = json_is_null(json_object_get(setting, "toml")) && json_is_array(value) &&
                   json_is_integer(json_object_get(setting, "count"));
    strbuf_add(out, text_of(setting, "toml"));
    char *list = is_long ? json_dumps(value, 0) : NULL;
    if (list)
        strbuf_printf(out, "%s = %s", text_of(setting, "key"), list);
    free(list);
}

static void put_setting(struct output *o, json_t *setting)
{
    struct strbuf toml = {0};
    bool is_given = strcmp(text_of(setting, "from"), "file") == 0;
    struct strbuf line = {0};
    struct strbuf comment = {0};
    if (json_is_null(json_object_get(setting, "key")))
        return put_table(o, setting);
    put_table(o, setting);
    add_toml(&toml, setting);
    if (is_given && toml.len_bytes == 0) {
        o->counted += json_is_integer(json_object_get(setting, "count"));
        o->secrets += json_is_true(json_object_get(setting, "secret"));
    }
    if (toml.len_bytes > 0)
        strbuf_printf(&line, "%s%s", is_given ? "" : "# ", strbuf_text(&toml));
    else
        add_words(&line, setting);
    add_comment(&comment, setting, toml.len_bytes > 0);
    put_line(strbuf_text(&line), &comment);
    strbuf_release(&toml);
    strbuf_release(&line);
    strbuf_release(&comment);
}

static void put_moment(const char *lead, json_t *moment, const char *end)
{
    struct strbuf text = {0};
    detail_add_time(&text, moment);
    printf("%s%s%s", lead, strbuf_text(&text), end);
    strbuf_release(&text);
}

/* Which configuration it is. */
static void put_beginning(json_t *result)
{
    json_t *in_force = json_object_get(result, "in_force");
    json_t *confirmation = json_object_get(result, "confirmation");
    json_t *file;
    size_t i;
    struct strbuf text = {0};
    text_add_printable(&text, text_of(in_force, "name"));
    printf("# %s%s", strbuf_text(&text),
           strcmp(text_of(in_force, "from"), "request") == 0 ? ", which was sent" : "");
    put_moment(", in force since ", json_object_get(in_force, "since"), "");
    puts(json_is_true(json_object_get(in_force, "rolled_back")) ? ", rolled back to" : "");
    if (json_is_object(confirmation)) {
        put_moment("# until ", json_object_get(confirmation, "until"), "");
        printf(" (%s left), unless `bgpd confirm` lets it stay\n", text_of(confirmation, "left"));
    }
    if (json_is_null(json_object_get(result, "files_changed")))
        puts("# whether files were changed since could not be seen: the file system takes long");
    json_array_foreach(json_object_get(result, "files_changed"), i, file)
    {
        strbuf_clear(&text);
        text_add_printable(&text, json_string_value(file));
        printf("# %s was changed since: bgpd reload --diff\n", strbuf_text(&text));
    }
    strbuf_release(&text);
}

/* Whoever takes it for a file should know what that would lack. */
static void tell_what_is_missing(const struct output *o, bool full)
{
    fflush(stdout);
    if (o->counted + o->secrets == 0)
        return;
    fputs("bgpd: this is not the whole configuration: ", stderr);
    if (o->counted > 0)
        fprintf(stderr, "of %zu list%s only the length is shown%s%s", o->counted,
                o->counted == 1 ? "" : "s", full ? "" : " (--full)", o->secrets > 0 ? ", " : "\n");
    if (o->secrets > 0)
        fprintf(stderr, "%zu secret%s not\n", o->secrets, o->secrets == 1 ? " is" : "s are");
}

/* --- in other formats --- */

static const char *const csv_keys[] = {"path",    "value",  "from",  "group", "file",      "line",
                                       "default", "secret", "count", "table", "meanwhile", "why"};
enum { CSV_KEYS = sizeof(csv_keys) / sizeof(csv_keys[0]) };

/* What is no text and no number stands as JSON. */
static void put_csv(json_t *setting)
{
    json_t *meanwhile = json_incref(json_object_get(setting, "meanwhile"));
    json_object_set(setting, "why", json_object_get(meanwhile, "why"));
    json_object_set(setting, "meanwhile", json_object_get(meanwhile, "value"));
    for (size_t i = 0; i < 2; i++) {
        const char *key = i == 0 ? "value" : "meanwhile";
        json_t *member = json_object_get(setting, key);
        char *text = json_is_array(member) || json_is_object(member) || json_is_boolean(member)
                         ? json_dumps(member, JSON_ENCODE_ANY)
                         : NULL;
        if (text)
            json_object_set_new(setting, key, json_string(text));
        free(text);
    }
    csv_row(stdout, setting, csv_keys, CSV_KEYS);
    json_decref(meanwhile);
}

/* --- the list --- */

static int write_setting(struct output *o, const char *text, size_t len_bytes)
{
    json_t *setting = json_loadb(text, len_bytes, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(setting)) {
        json_decref(setting);
        return ERR_INVALID;
    }
    if (o->cli->format == FORMAT_TABLE) {
        put_setting(o, setting);
    } else if (o->cli->format == FORMAT_CSV) {
        put_csv(setting);
    } else {
        bool in_lines = o->cli->format == FORMAT_NDJSON;
        fputs(!in_lines && o->count > 0 ? ",\n" : "", stdout);
        json_print(stdout, setting, 0);
        fputs(in_lines ? "\n" : "", stdout);
    }
    o->count++;
    json_decref(setting);
    return request_output_failed(o->cli) ? ERR_IO : 0;
}

static int on_setting(void *ctx, const char *text, size_t len_bytes)
{
    struct output *o = ctx;
    if (memchr(text, '\0', len_bytes))
        return ERR_INVALID; /* no JSON has it */
    strbuf_add_bytes(&o->page, text, len_bytes);
    strbuf_add_bytes(&o->page, "", 1);
    o->arrived++;
    return 0;
}

static void begin(const struct output *o, json_t *result)
{
    if (o->cli->format == FORMAT_TABLE)
        put_beginning(result);
    else if (o->cli->format == FORMAT_CSV)
        csv_heading(stdout, csv_keys, CSV_KEYS);
    else if (o->cli->format == FORMAT_JSON)
        fputs("{\"settings\": [\n", stdout);
}

/* Ends the object of which the list is a member. */
static void end(const struct output *o, json_t *result)
{
    const char *key;
    json_t *value;
    if (o->cli->format != FORMAT_JSON)
        return;
    fputc(']', stdout);
    json_object_foreach(result, key, value)
    {
        if (strcmp(key, "settings") == 0)
            continue;
        printf(",\n\"%s\": ", key);
        json_print(stdout, value, JSON_ENCODE_ANY);
    }
    fputs("}\n", stdout);
}

static int write_page(struct output *o, json_t *result)
{
    int rc = 0;
    if (o->count == 0)
        begin(o, result);
    for (size_t at = 0; rc == 0 && at < o->page.len_bytes;) {
        size_t len = strlen(o->page.data + at);
        rc = write_setting(o, o->page.data + at, len);
        at += len + 1;
    }
    strbuf_clear(&o->page);
    return rc == ERR_INVALID ? client_not_json_rpc(&o->cli->client) : rc;
}

/* Page after page; ERR_NOT_FOUND: there is no such setting. */
static int list(struct output *o, json_t *params)
{
    json_object_set_new(params, "limit", json_integer(PAGE_SETTINGS));
    for (;;) {
        json_t *result = NULL;
        size_t before = o->arrived;
        int rc = client_call(&o->cli->client, "show_config", json_incref(params), on_setting, o,
                             &result);
        if (rc == 0 && o->arrived == 0)
            rc = ERR_NOT_FOUND;
        if (rc == 0)
            rc = write_page(o, result);
        json_t *cursor = json_object_get(result, "cursor");
        bool has_more = rc == 0 && json_is_string(cursor) && o->arrived > before;
        if (has_more)
            json_object_set(params, "cursor", cursor);
        else if (rc == 0)
            end(o, result);
        json_decref(result);
        if (!has_more)
            return rc;
    }
}

/* Whether the argument is a peer, and no path. */
static bool is_peer(const char *text)
{
    struct ip_addr addr;
    struct prefix network;
    return ip_parse(text, &addr) == 0 || prefix_parse(text, &network) == 0;
}

int cmd_show_config(struct cli *cli, const struct cli_call *call)
{
    struct output o = {.cli = cli};
    json_t *params = json_object();
    const char *what = call->args[0];
    if (what)
        request_set_text(params, is_peer(what) ? "peer" : "path", what);
    request_set_text(params, "group", cli_call_text(call, "group"));
    request_set_flag(params, "defaults", call, "defaults");
    request_set_flag(params, "full", call, "full");
    int rc = list(&o, params);
    if (rc == ERR_NOT_FOUND)
        client_fail(&cli->client,
                    what && !is_peer(what) ? "there is no setting %s"
                                           : "there is no such setting%s",
                    what && !is_peer(what) ? what : "");
    if (rc == 0 && cli->format == FORMAT_TABLE && !what && !cli_call_text(call, "group"))
        tell_what_is_missing(&o, cli_call_count(call, "full") > 0);
    json_decref(params);
    strbuf_release(&o.page);
    strbuf_release(&o.table);
    return rc == 0 ? CLI_OK : request_failed(cli);
}
