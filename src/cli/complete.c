/* What the last word of a command line may become.
 *
 * The words before it are parsed as those of a command are: so what is offered is what the table of
 * commands takes there. Peers and policies are those of the daemon, which is asked, but not waited
 * for longer than a person waits for a key: where it does not answer there are none. Nothing is
 * ever said on standard error. */
#include "cli/complete.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/json_cell.h"
#include "cli/settings.h"
#include "cli/text.h"

enum { DAEMON_TIMEOUT_S = 2 };

struct completion {
    const struct cli_program *program;
    const struct cli_call *call; /* of the words before */
    const char *word;            /* what the candidates begin with */
    const char *lead;            /* what stands before them in the word: "--format=" */
};

static void offer(const struct completion *c, const char *candidate, const char *explanation)
{
    struct strbuf clean = {0};
    if (strncmp(candidate, c->word, strlen(c->word)) != 0)
        return;
    text_add_printable(&clean, c->lead);
    text_add_printable(&clean, candidate);
    if (explanation && explanation[0]) {
        strbuf_add_char(&clean, '\t');
        text_add_printable(&clean, explanation);
    }
    puts(strbuf_text(&clean));
    strbuf_release(&clean);
}

/* Words with `separator` between them. */
static void offer_words(const struct completion *c, const char *words, char separator)
{
    struct strbuf word = {0};
    for (; *words; words++) {
        const char *end = strchr(words, separator);
        size_t len = end ? (size_t)(end - words) : strlen(words);
        strbuf_clear(&word);
        strbuf_add_bytes(&word, words, len);
        offer(c, strbuf_text(&word), NULL);
        words += len;
        if (!*words)
            break;
    }
    strbuf_release(&word);
}

/* --- what the daemon knows --- */

/* The result of a method; NULL. */
static json_t *ask(const struct completion *c, const char *method)
{
    struct settings settings;
    struct strbuf error = {0};
    json_t *result = NULL;
    if (settings_read(c->call, c->program, &settings, &error) == 0) {
        struct client client = {.host = settings.host,
                                .port = settings.port,
                                .tls = settings.tls,
                                .ca = settings.ca,
                                .timeout_s = DAEMON_TIMEOUT_S};
        if (client_call(&client, method, NULL, NULL, NULL, &result) != 0)
            result = NULL;
        client_release(&client);
    }
    settings_release(&settings);
    strbuf_release(&error);
    return result;
}

static void offer_peers(const struct completion *c)
{
    json_t *peers = ask(c, "show_peers");
    size_t i;
    json_t *peer;
    json_array_foreach(peers, i, peer)
    {
        const char *name = json_string_value(json_object_get(peer, "peer"));
        struct strbuf text = {0};
        strbuf_add(&text, "AS ");
        json_cell_add(&text, json_object_get(peer, "remote_asn"), " ");
        strbuf_add(&text, ", ");
        json_cell_add(&text, json_object_get(peer, "state"), " ");
        if (json_is_string(json_object_get(peer, "description"))) {
            strbuf_add(&text, ", ");
            json_cell_add(&text, json_object_get(peer, "description"), " ");
        }
        if (name)
            offer(c, name, strbuf_text(&text));
        strbuf_release(&text);
    }
    json_decref(peers);
}

static void offer_policies(const struct completion *c)
{
    json_t *policies = ask(c, "show_policies");
    size_t i;
    json_t *policy;
    json_array_foreach(policies, i, policy)
    {
        const char *name = json_string_value(json_object_get(policy, "name"));
        if (name)
            offer(c, name, NULL);
    }
    json_decref(policies);
}

static void offer_files(const struct completion *c)
{
    (void)c;
    puts(":files");
}

static void offer_families(const struct completion *c, bool of_prefixes)
{
    const char *name;
    for (unsigned n = 0; (name = c->program->nth_family(of_prefixes, n)) != NULL; n++) {
        struct strbuf one_word = {0};
        for (const char *p = name; *p; p++)
            strbuf_add_char(&one_word, *p == ' ' ? '-' : *p);
        offer(c, strbuf_text(&one_word), NULL);
        strbuf_release(&one_word);
    }
}

/* --- what the help calls a value --- */

/* Values are called in the help, and so in the table, by what they are: "PEER|NETWORK|all". Words
 * in capital letters stand for others. */
static const struct value_name {
    const char *name;
    void (*offer)(const struct completion *c); /* NULL: */
    const char *words;                         /* these */
} value_names[] = {
    {"PEER", offer_peers, NULL},
    {"SOURCE", offer_peers, NULL},
    {"WHOM", offer_peers, NULL},
    {"POLICY", offer_policies, NULL},
    {"FILE", offer_files, NULL},
    {"STATE", NULL, "valid invalid not-found"},
    {"WHAT", NULL, "origin-as peer next-hop community"},
    {"FORMAT", NULL, "table json ndjson csv"},
    {"ORIGIN", NULL, "IGP EGP Incomplete"},
    {"ROLE", NULL, "read originate full"},
};

static void offer_value(const struct completion *c, const char *names)
{
    struct strbuf name = {0};
    if (names && strcmp(names, "SOURCE") == 0)
        offer_words(c, "API Config", ' ');
    while (names && *names) {
        size_t len = strcspn(names, "|");
        bool is_word = false;
        strbuf_clear(&name);
        strbuf_add_bytes(&name, names, len);
        for (const char *p = strbuf_text(&name); *p; p++)
            is_word = is_word || (*p >= 'a' && *p <= 'z');
        if (is_word || strcmp(strbuf_text(&name), "API") == 0)
            offer(c, strbuf_text(&name), NULL);
        for (size_t i = 0; i < sizeof value_names / sizeof value_names[0]; i++) {
            const struct value_name *v = &value_names[i];
            if (strcmp(v->name, strbuf_text(&name)) != 0)
                continue;
            if (v->offer)
                v->offer(c);
            else
                offer_words(c, v->words, ' ');
        }
        names += len;
        names += *names == '|';
    }
    strbuf_release(&name);
}

static void offer_option_value(const struct completion *c, const struct cli_option *option)
{
    if (option->kind == CLI_FAMILY || option->kind == CLI_PREFIX_FAMILY)
        offer_families(c, option->kind == CLI_PREFIX_FAMILY);
    else
        offer_value(c, option->value);
}

/* --- commands, options, arguments --- */

static void offer_option_names(const struct completion *c, const struct cli_option *options)
{
    for (; options && options->name; options++) {
        struct strbuf name = {0};
        strbuf_printf(&name, "--%s", options->name);
        offer(c, strbuf_text(&name), options->help);
        strbuf_release(&name);
    }
}

static const struct cli_option *find_option(const struct cli_option *options, const char *name,
                                            size_t len)
{
    for (; options && options->name; options++)
        if (strlen(options->name) == len && strncmp(options->name, name, len) == 0)
            return options;
    return NULL;
}

static void offer_options(struct completion *c)
{
    const struct cli_command *command = c->call->command;
    const struct cli_option *own = command ? command->options : NULL;
    size_t len = strcspn(c->word, "=");
    if (c->word[len] == '\0') {
        offer_option_names(c, own);
        offer_option_names(c, cli_table.globals);
        return;
    }
    const struct cli_option *option = find_option(own, c->word + 2, len - 2);
    if (!option)
        option = find_option(cli_table.globals, c->word + 2, len - 2);
    struct strbuf lead = {0};
    strbuf_add_bytes(&lead, c->word, len + 1);
    c->lead = strbuf_text(&lead);
    c->word += len + 1;
    if (option)
        offer_option_value(c, option);
    strbuf_release(&lead);
}

/* The commands that may follow, while no argument has come. */
static void offer_commands(const struct completion *c)
{
    for (size_t i = 0; i < cli_table.command_count; i++) {
        const struct cli_command *command = &cli_table.commands[i];
        if (cli_is_child(c->call->command, command))
            offer(c, cli_command_word(command), command->help);
    }
}

/* The next argument, and keywords that are still free. */
static void offer_arguments(const struct completion *c)
{
    const struct cli_command *command = c->call->command;
    bool is_next = true;
    for (unsigned i = 0; command && command->args[i].name; i++) {
        const struct cli_arg *arg = &command->args[i];
        bool is_free = !c->call->args[i] || arg->many;
        if (arg->keyword && is_free)
            offer(c, arg->name, NULL);
        if (arg->keyword || !is_free || !is_next)
            continue;
        is_next = false;
        offer_value(c, arg->choices ? arg->choices : arg->name);
    }
}

int complete_words(int count, char *const *words, const struct cli_program *program)
{
    struct cli_call call;
    const struct cli_option *awaits = NULL;
    if (count == 0)
        return CLI_USAGE;
    bool good = cli_parse_before(&cli_table, count - 1, words, &call, &awaits);
    struct completion c = {.program = program, .call = &call, .word = words[count - 1], .lead = ""};
    if (good && awaits) {
        offer_option_value(&c, awaits);
    } else if (good && c.word[0] == '-') {
        offer_options(&c);
    } else if (good) {
        if (!call.args[0])
            offer_commands(&c);
        if (!call.wants_help)
            offer_arguments(&c);
    }
    cli_call_release(&call);
    return CLI_OK;
}
