/* Command lines against a table of commands.
 *
 * Words descend the table as long as they name a child of the command reached so far, or are the
 * beginning of the name of one alone; the first word that does not is an argument, and from then on
 * all are. Options are looked up in the command reached so far, then among the global ones. */
#include "cli/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/nearest.h"

struct parser {
    const struct cli_table *table;
    struct cli_call *call;
    struct strbuf *error;
    char *const *words;
    int count;
    int next;
    const struct cli_option *open_list; /* a list option takes surplus words that follow it */
    bool arguments_only;                /* after "--" */
    bool has_argument;
    bool goes_on;                    /* a word follows that is still being written */
    const struct cli_option *awaits; /* whose value that is */
};

const char *cli_command_word(const struct cli_command *command)
{
    const char *space = strrchr(command->path, ' ');
    return space ? space + 1 : command->path;
}

bool cli_is_child(const struct cli_command *parent, const struct cli_command *child)
{
    if (!parent)
        return !strchr(child->path, ' ');
    size_t len = strlen(parent->path);
    return strncmp(child->path, parent->path, len) == 0 && child->path[len] == ' ' &&
           !strchr(child->path + len + 1, ' ');
}

/* True when `word` is one of the space-separated words of `list`. */
static bool list_has_word(const char *list, const char *word, const char *separators)
{
    size_t len = strlen(word);
    while (list && *list) {
        size_t item = strcspn(list, separators);
        if (item == len && strncmp(list, word, len) == 0)
            return true;
        list += item;
        list += strspn(list, separators);
    }
    return false;
}

/* True when one of the words of `list` begins with `word`. */
static bool list_has_beginning(const char *list, const char *word)
{
    size_t len = strlen(word);
    while (list && *list) {
        if (strncmp(list, word, len) == 0)
            return true;
        list += strcspn(list, " ");
        list += strspn(list, " ");
    }
    return false;
}

/* The children that `word` may be short for: how many, and the first of them. With `names`, all are
 * added to that. */
static size_t find_abbreviated(const struct parser *p, const char *word,
                               const struct cli_command **ret_first, struct strbuf *names)
{
    size_t count = 0;
    for (size_t i = 0; i < p->table->command_count; i++) {
        const struct cli_command *c = &p->table->commands[i];
        if (!cli_is_child(p->call->command, c) || !(list_has_beginning(cli_command_word(c), word) ||
                                                    list_has_beginning(c->aliases, word)))
            continue;
        if (names)
            strbuf_printf(names, "%s%s", count > 0 ? ", " : "", cli_command_word(c));
        if (count++ == 0)
            *ret_first = c;
    }
    return count;
}

static const struct cli_command *find_child(const struct parser *p, const char *word)
{
    const struct cli_command *only = NULL;
    for (size_t i = 0; i < p->table->command_count; i++) {
        const struct cli_command *c = &p->table->commands[i];
        if (cli_is_child(p->call->command, c) &&
            (strcmp(cli_command_word(c), word) == 0 || list_has_word(c->aliases, word, " ")))
            return c;
    }
    return *word && find_abbreviated(p, word, &only, NULL) == 1 ? only : NULL;
}

static bool has_children(const struct parser *p)
{
    for (size_t i = 0; i < p->table->command_count; i++) {
        if (cli_is_child(p->call->command, &p->table->commands[i]))
            return true;
    }
    return false;
}

static int unknown_command(struct parser *p, const char *word)
{
    const struct cli_command *at = p->call->command;
    const struct cli_command *first;
    struct strbuf names = {0};
    if (*word && find_abbreviated(p, word, &first, &names) > 1) {
        strbuf_printf(p->error, "\"%s%s%s\" may be several: %s", at ? at->path : "", at ? " " : "",
                      word, strbuf_text(&names));
        strbuf_release(&names);
        return ERR_INVALID;
    }
    strbuf_release(&names);
    struct nearest nearest = nearest_to(word);
    for (size_t i = 0; i < p->table->command_count; i++) {
        const struct cli_command *c = &p->table->commands[i];
        if (cli_is_child(at, c))
            nearest_offer(&nearest, cli_command_word(c));
    }
    strbuf_printf(p->error, "unknown command \"%s%s%s\"", at ? at->path : "", at ? " " : "", word);
    if (nearest.best)
        strbuf_printf(p->error, "; did you mean \"%s%s%s\"?", at ? at->path : "", at ? " " : "",
                      nearest.best);
    return ERR_INVALID;
}

static void offer_options(struct nearest *nearest, const struct cli_option *options)
{
    for (; options && options->name; options++)
        nearest_offer(nearest, options->name);
}

static int unknown_option(struct parser *p, const char *name)
{
    struct nearest nearest = nearest_to(name);
    if (p->call->command)
        offer_options(&nearest, p->call->command->options);
    offer_options(&nearest, p->table->globals);
    strbuf_printf(p->error, "unknown option --%s", name);
    if (nearest.best)
        strbuf_printf(p->error, "; did you mean --%s?", nearest.best);
    return ERR_INVALID;
}

static const struct cli_option *search_options(const struct cli_option *options, const char *name,
                                               size_t name_len, char letter)
{
    for (; options && options->name; options++) {
        if (letter ? options->letter == letter
                   : strlen(options->name) == name_len && !strncmp(options->name, name, name_len))
            return options;
    }
    return NULL;
}

/* By long name, or by letter when that is not 0. */
static const struct cli_option *find_option(const struct parser *p, const char *name,
                                            size_t name_len, char letter)
{
    const struct cli_option *found = NULL;
    if (p->call->command)
        found = search_options(p->call->command->options, name, name_len, letter);
    return found ? found : search_options(p->table->globals, name, name_len, letter);
}

static int check_number(struct parser *p, const struct cli_option *option, const char *text)
{
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (strspn(text, "0123456789") == strlen(text) && *text && errno == 0 && v >= option->min &&
        v <= option->max)
        return 0;
    strbuf_printf(p->error, "--%s: \"%s\" is not a number from %llu to %llu", option->name, text,
                  (unsigned long long)option->min, (unsigned long long)option->max);
    return ERR_INVALID;
}

static void add_setting(struct parser *p, const struct cli_option *option, const char *value)
{
    struct cli_call *call = p->call;
    call->settings = mem_resize(call->settings, call->setting_count + 1, sizeof *call->settings);
    call->settings[call->setting_count++] = (struct cli_setting){option, value};
}

/* Sets an option whose value is `attached`, or when that is NULL the next word. */
static int set_option(struct parser *p, const struct cli_option *option, const char *attached)
{
    p->open_list = NULL;
    if (option->kind == CLI_FLAG) {
        if (attached) {
            strbuf_printf(p->error, "--%s takes no value", option->name);
            return ERR_INVALID;
        }
        if (strcmp(option->name, "help") == 0)
            p->call->wants_help = true;
        add_setting(p, option, "");
        return 0;
    }
    if (!attached) {
        if (p->next == p->count && p->goes_on) {
            p->awaits = option;
            return 0;
        }
        if (p->next == p->count) {
            strbuf_printf(p->error, "--%s needs a value: %s", option->name, option->value);
            return ERR_INVALID;
        }
        attached = p->words[p->next++];
    }
    if (option->kind == CLI_NUMBER && check_number(p, option, attached) != 0)
        return ERR_INVALID;
    if (option->kind == CLI_LIST)
        p->open_list = option;
    add_setting(p, option, attached);
    return 0;
}

static int parse_long(struct parser *p, const char *word)
{
    const char *name = word + 2;
    size_t len = strcspn(name, "=");
    const struct cli_option *option = find_option(p, name, len, 0);
    if (!option) {
        struct strbuf asked = {0};
        strbuf_add_bytes(&asked, name, len);
        int rc = unknown_option(p, strbuf_text(&asked));
        strbuf_release(&asked);
        return rc;
    }
    return set_option(p, option, name[len] == '=' ? name + len + 1 : NULL);
}

/* "-v", "-vv", "-p8080", "-p 8080". */
static int parse_letters(struct parser *p, const char *word)
{
    for (const char *c = word + 1; *c; c++) {
        const struct cli_option *option = find_option(p, NULL, 0, *c);
        if (!option) {
            strbuf_printf(p->error, "unknown option -%c", *c);
            return ERR_INVALID;
        }
        bool takes_value = option->kind != CLI_FLAG;
        int rc = set_option(p, option, takes_value && c[1] ? c + 1 : NULL);
        if (rc != 0 || takes_value)
            return rc;
    }
    return 0;
}

/* The place of an argument: the keyword it is, perhaps in short, or the next free one, or that of
 * which there may be many; -1 when there is none. */
static int argument_slot(const struct parser *p, const char *word)
{
    const struct cli_command *command = p->call->command;
    for (int i = 0; command && command->args[i].name; i++) {
        if (command->args[i].keyword && !p->call->args[i] && *word &&
            list_has_beginning(command->args[i].name, word))
            return i;
    }
    for (int i = 0; command && command->args[i].name; i++) {
        /* What an option with a list may take, is its. */
        bool takes_more = command->args[i].many && !p->open_list;
        if (!command->args[i].keyword && (!p->call->args[i] || takes_more))
            return i;
    }
    return -1;
}

/* A word for which there is no place; perhaps quotes are missing. */
static int unexpected_argument(struct parser *p, const char *word)
{
    const struct cli_command *command = p->call->command;
    strbuf_printf(p->error, "unexpected argument \"%s\"", word);
    if (command && command->program)
        strbuf_printf(p->error, "; %s follows \"--\"", command->program);
    for (int i = 0; command && command->args[i].name; i++)
        if (command->args[i].is_phrase)
            strbuf_printf(p->error, "; one %s of several words is written in quotes: \"%s %s\"",
                          command->args[i].name, p->call->args[i], word);
    return ERR_INVALID;
}

static int parse_argument(struct parser *p, const char *word)
{
    int slot = argument_slot(p, word);
    if (slot < 0 && p->open_list) {
        add_setting(p, p->open_list, word);
        return 0;
    }
    bool fits = slot >= 0 && (!p->call->command->args[slot].accepts ||
                              p->call->command->args[slot].accepts(word));
    if (!fits && !p->has_argument && has_children(p))
        return unknown_command(p, word);
    if (slot < 0)
        return unexpected_argument(p, word);
    const struct cli_arg *arg = &p->call->command->args[slot];
    if (arg->choices && !list_has_word(arg->choices, word, "|")) {
        strbuf_printf(p->error, "\"%s\": expected %s", word, arg->choices);
        return ERR_INVALID;
    }
    struct cli_call *call = p->call;
    if (call->args[slot]) {
        call->more = mem_resize(call->more, call->more_count + 1, sizeof *call->more);
        call->more[call->more_count++] = word;
    } else {
        call->args[slot] = word;
    }
    p->has_argument = true;
    return 0;
}

/* All the rest is a program and its arguments. */
static int take_program(struct parser *p)
{
    if (p->next == p->count) {
        strbuf_printf(p->error, "%s is missing after \"--\"", p->call->command->program);
        return ERR_INVALID;
    }
    p->call->program = p->words + p->next;
    p->next = p->count;
    return 0;
}

static int parse_word(struct parser *p, const char *word)
{
    if (!p->arguments_only && strcmp(word, "--") == 0) {
        p->arguments_only = true;
        if (p->call->command && p->call->command->program)
            return take_program(p);
        return 0;
    }
    if (!p->arguments_only && word[0] == '-' && word[1] == '-')
        return parse_long(p, word);
    if (!p->arguments_only && word[0] == '-' && word[1])
        return parse_letters(p, word);
    if (!p->has_argument) {
        if (!p->call->command && strcmp(word, "help") == 0) {
            p->call->wants_help = true;
            return 0;
        }
        const struct cli_command *child = find_child(p, word);
        if (child) {
            p->call->command = child;
            return 0;
        }
    }
    return parse_argument(p, word);
}

static int check_complete(struct parser *p)
{
    const struct cli_command *command = p->call->command;
    if (!command || !command->run) {
        strbuf_printf(p->error, "%s%sa command is missing", command ? command->path : "",
                      command ? ": " : "");
        return ERR_NOT_FOUND;
    }
    for (int i = 0; command->args[i].name; i++) {
        if (!command->args[i].optional && !p->call->args[i]) {
            strbuf_printf(p->error, "%s: %s is missing", command->path, command->args[i].name);
            return ERR_INVALID;
        }
    }
    return 0;
}

int cli_parse(const struct cli_table *table, int count, char *const *words,
              struct cli_call *ret_call, struct strbuf *error)
{
    *ret_call = (struct cli_call){0};
    struct parser p = {
        .table = table, .call = ret_call, .error = error, .words = words, .count = count};
    while (p.next < p.count) {
        int rc = parse_word(&p, p.words[p.next++]);
        if (rc != 0)
            return rc;
    }
    return ret_call->wants_help ? 0 : check_complete(&p);
}

bool cli_parse_before(const struct cli_table *table, int count, char *const *words,
                      struct cli_call *ret_call, const struct cli_option **ret_awaits)
{
    *ret_call = (struct cli_call){0};
    struct strbuf error = {0};
    struct parser p = {.table = table,
                       .call = ret_call,
                       .error = &error,
                       .words = words,
                       .count = count,
                       .goes_on = true};
    int rc = 0;
    while (p.next < p.count && rc == 0)
        rc = parse_word(&p, p.words[p.next++]);
    strbuf_release(&error);
    *ret_awaits = p.awaits;
    return rc == 0 && !ret_call->program;
}

void cli_call_release(struct cli_call *call)
{
    free(call->settings);
    free(call->more);
    *call = (struct cli_call){0};
}

const char *cli_call_value(const struct cli_call *call, const char *name, size_t index)
{
    for (size_t i = 0; i < call->setting_count; i++) {
        if (strcmp(call->settings[i].option->name, name) == 0 && index-- == 0)
            return call->settings[i].value;
    }
    return NULL;
}

size_t cli_call_count(const struct cli_call *call, const char *name)
{
    size_t count = 0;
    while (cli_call_value(call, name, count))
        count++;
    return count;
}

const char *cli_call_text(const struct cli_call *call, const char *name)
{
    size_t count = cli_call_count(call, name);
    return count ? cli_call_value(call, name, count - 1) : NULL;
}

uint64_t cli_call_number(const struct cli_call *call, const char *name, uint64_t fallback)
{
    const char *text = cli_call_text(call, name);
    return text ? strtoull(text, NULL, 10) : fallback;
}

void cli_call_join(const struct cli_call *call, const char *name, const char *separator,
                   struct strbuf *out)
{
    const char *value;
    for (size_t i = 0; (value = cli_call_value(call, name, i)) != NULL; i++) {
        if (i > 0)
            strbuf_add(out, separator);
        strbuf_add(out, value);
    }
}
