/* Help texts out of the table of commands: what is in the table is in the help. */
#include "cli/help.h"

#include <string.h>

#include "cli/parse.h"

enum { HELP_COLUMN = 34, LINE_MAX_BYTES = 100 };

static bool has_children(const struct cli_table *table, const struct cli_command *command)
{
    for (size_t i = 0; i < table->command_count; i++) {
        if (cli_is_child(command, &table->commands[i]))
            return true;
    }
    return false;
}

/* "  left        right", on two lines where left is too long. */
static void add_row(struct strbuf *out, const char *left, const char *right)
{
    int len = (int)strlen(left);
    if (len + 2 < HELP_COLUMN)
        strbuf_printf(out, "  %-*s%s\n", HELP_COLUMN - 2, left, right);
    else
        strbuf_printf(out, "  %s\n%*s%s\n", left, HELP_COLUMN, "", right);
}

static void add_argument(struct strbuf *out, const struct cli_arg *arg)
{
    const char *name = arg->choices ? arg->choices : arg->name;
    strbuf_printf(out, arg->optional ? " [%s]" : " %s", name);
    if (arg->many)
        strbuf_add(out, "...");
}

static void add_arguments(struct strbuf *out, const struct cli_command *command)
{
    for (const struct cli_arg *arg = command->args; arg->name; arg++)
        add_argument(out, arg);
}

static void add_options(struct strbuf *out, const char *title, const struct cli_option *options)
{
    if (!options || !options->name)
        return;
    strbuf_printf(out, "\n%s:\n", title);
    struct strbuf left = {0};
    for (; options->name; options++) {
        strbuf_clear(&left);
        if (options->letter)
            strbuf_printf(&left, "-%c, ", options->letter);
        else
            strbuf_add(&left, "    ");
        strbuf_printf(&left, "--%s", options->name);
        if (options->kind != CLI_FLAG)
            strbuf_printf(&left, " %s", options->value);
        if (options->kind == CLI_LIST)
            strbuf_add(&left, "...");
        add_row(out, strbuf_text(&left), options->help);
    }
    strbuf_release(&left);
}

/* What an option takes that names a family, on as many lines as that takes. */
static void add_families(struct strbuf *out, const struct cli_option *options,
                         const char *(*nth_family)(bool of_prefixes, unsigned n))
{
    while (options && options->name && options->kind != CLI_FAMILY &&
           options->kind != CLI_PREFIX_FAMILY)
        options++;
    if (!options || !options->name)
        return;
    const char *name;
    size_t line_bytes = (size_t)LINE_MAX_BYTES;
    strbuf_printf(out, "\n%s:", options->value);
    for (unsigned i = 0; (name = nth_family(options->kind == CLI_PREFIX_FAMILY, i)) != NULL; i++) {
        size_t bytes = strlen(name) + strlen(", \"\"");
        bool fits = line_bytes + bytes < LINE_MAX_BYTES;
        strbuf_printf(out, "%s%s\"%s\"", i > 0 ? "," : "", fits ? " " : "\n  ", name);
        line_bytes = bytes + (fits ? line_bytes : 1);
    }
    strbuf_add(out, "\n");
}

/* One line for each command below `command` that does something. */
static void add_commands(struct strbuf *out, const struct cli_table *table,
                         const struct cli_command *command)
{
    size_t len = command ? strlen(command->path) : 0;
    struct strbuf left = {0};
    strbuf_add(out, "\nCommands:\n");
    for (size_t i = 0; i < table->command_count; i++) {
        const struct cli_command *c = &table->commands[i];
        bool below = !command || (!strncmp(c->path, command->path, len) && c->path[len] == ' ');
        if (!below || (!c->run && has_children(table, c)))
            continue;
        strbuf_clear(&left);
        strbuf_add(&left, c->path);
        add_arguments(&left, c);
        add_row(out, strbuf_text(&left), c->help);
    }
    strbuf_release(&left);
}

/* The words that stand for `command` and each of its parents. */
static void add_aliases(struct strbuf *out, const struct cli_table *table,
                        const struct cli_command *command)
{
    bool first = true;
    for (size_t i = 0; command && i < table->command_count; i++) {
        const struct cli_command *c = &table->commands[i];
        size_t len = strlen(c->path);
        bool on_path = !strncmp(command->path, c->path, len) &&
                       (command->path[len] == '\0' || command->path[len] == ' ');
        if (!on_path || !c->aliases)
            continue;
        strbuf_printf(out, "%s%s = %s", first ? "\nAliases: " : "; ", cli_command_word(c),
                      c->aliases);
        first = false;
    }
    if (!first)
        strbuf_add(out, "\n");
}

static void add_usage(struct strbuf *out, const struct cli_table *table,
                      const struct cli_command *command)
{
    strbuf_add(out, "Usage: bgpd [OPTIONS]");
    if (command)
        strbuf_printf(out, " %s", command->path);
    if (command && command->run) {
        add_arguments(out, command);
        if (command->options)
            strbuf_add(out, " [COMMAND OPTIONS]");
        if (command->program)
            strbuf_printf(out, " [-- %s]", command->program);
    } else if (has_children(table, command)) {
        strbuf_add(out, " COMMAND");
    }
    strbuf_add(out, "\n");
}

void help_text(const struct cli_table *table, const struct cli_command *command,
               const char *(*nth_family)(bool of_prefixes, unsigned n), struct strbuf *out)
{
    strbuf_printf(out, "%s\n\n", command ? command->help : "bgpd: a BGP-4 daemon and its client");
    add_usage(out, table, command);
    if (command && command->details)
        strbuf_printf(out, "\n%s\n", command->details);
    if (command)
        add_options(out, "Command options", command->options);
    if (command)
        add_families(out, command->options, nth_family);
    if (has_children(table, command))
        add_commands(out, table, command);
    add_aliases(out, table, command);
    add_options(out, "Options", table->globals);
    if (!command)
        strbuf_add(out,
                   "\nExit status: 0 done, 1 the daemon refused, 2 the command line or a value in "
                   "it is wrong, 3 no daemon\nanswers. Commands may be shortened as long as it is "
                   "clear which is meant.\n\"bgpd help COMMAND\" says more about a command.\n");
}
