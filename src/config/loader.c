/* Collecting problems. Their text quotes what the user wrote, but never the value of a key that
 * holds a secret: the setters of those keys see to it. */
#include "config/loader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

const char *loader_file(const struct loader *l, struct toml_place place)
{
    return place.file < l->file_count ? l->files[place.file] : l->path;
}

const char *loader_name(const struct loader *l, struct toml_place place)
{
    return place.file > 0 && place.file < l->file_count ? l->files[place.file] : l->name;
}

const char *loader_line_text(const struct loader *l, struct toml_place place,
                             struct toml_place beside, struct loader_line *text)
{
    if (place.file == beside.file)
        snprintf(text->text, sizeof(text->text), "line %" PRIu32, place.line);
    else
        snprintf(text->text, sizeof(text->text), "%.256s:%" PRIu32, loader_name(l, place),
                 place.line);
    return text->text;
}

int loader_place_compare(struct toml_place a, struct toml_place b)
{
    if (a.file != b.file)
        return a.file < b.file ? -1 : 1;
    if (a.line != b.line)
        return a.line < b.line ? -1 : 1;
    return (a.column > b.column) - (a.column < b.column);
}

/* What a group gives to many peers leads to the same warning for each of them, and what is wrong
 * with a policy is so whatever its parameters. */
static bool was_said(const struct loader *l, struct toml_place place, bool warning,
                     const char *text)
{
    for (size_t i = 0; i < l->problem_count; i++)
        if (l->problems[i].warning == warning &&
            loader_place_compare(l->problems[i].place, place) == 0 &&
            strcmp(l->problems[i].text, text) == 0)
            return true;
    return false;
}

bool loader_stands_in(const struct loader *l, struct toml_place place)
{
    for (size_t i = 0; l->stand_ins && i < l->stand_ins->count; i++)
        if (loader_place_compare(l->stand_ins->at[i].place, place) == 0)
            return true;
    return false;
}

/* What is wrong with the value of a parameter is to be changed elsewhere. */
static void add_stand_ins(const struct loader *l, struct toml_place place, struct strbuf *text)
{
    size_t count = l->stand_ins && text->len_bytes > 0 ? l->stand_ins->count : 0;
    for (size_t i = 0; i < count; i++) {
        const struct stand_in *s = &l->stand_ins->at[i];
        bool is_told = loader_place_compare(s->place, place) != 0;
        for (size_t k = 0; k < i && !is_told; k++)
            is_told = l->stand_ins->at[k].value == s->value;
        if (!is_told)
            strbuf_printf(text, " ($%s has its value from %s:%" PRIu32 ":%" PRIu32 ")", s->name,
                          loader_name(l, s->value->place), s->value->place.line,
                          s->value->place.column);
    }
}

/* Adds a problem; NULL where it is not to be told of. */
static struct problem *add(struct loader *l, struct toml_place place, bool warning,
                           const char *format, va_list args) __attribute__((format(printf, 4, 0)));
static struct problem *add(struct loader *l, struct toml_place place, bool warning,
                           const char *format, va_list args)
{
    l->stumbled = l->stumbled || !warning;
    if (l->muted)
        return NULL;
    size_t *count = warning ? &l->warning_count : &l->error_count;
    struct strbuf text = {0};
    if (*count < CONFIG_ERRORS_MAX || warning)
        strbuf_vprintf(&text, format, args);
    add_stand_ins(l, place, &text);
    bool is_known = (warning || l->again) && was_said(l, place, warning, strbuf_text(&text));
    if (is_known || ++*count > CONFIG_ERRORS_MAX) {
        strbuf_release(&text);
        return NULL;
    }
    if (l->problem_count == l->problem_size) {
        l->problem_size = l->problem_size ? 2 * l->problem_size : 16;
        l->problems = mem_resize(l->problems, l->problem_size, sizeof(*l->problems));
    }
    l->problems[l->problem_count] =
        (struct problem){.place = place, .warning = warning, .text = strbuf_take(&text)};
    return &l->problems[l->problem_count++];
}

bool loader_is_full(const struct loader *l)
{
    return l->error_count >= CONFIG_ERRORS_MAX;
}

void loader_problem(struct loader *l, struct toml_place place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(l, place, false, format, args);
    va_end(args);
}

void loader_problem_in(struct loader *l, struct toml_place place, const char *file,
                       struct toml_place file_place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct problem *problem = add(l, place, false, format, args);
    va_end(args);
    if (problem) {
        problem->file = mem_strdup(file);
        problem->file_place = file_place;
    }
}

void loader_missing(struct loader *l, struct toml_place place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (l->incomplete)
        l->stumbled = true;
    else
        add(l, place, false, format, args);
    va_end(args);
}

void loader_warning(struct loader *l, struct toml_place place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(l, place, true, format, args);
    va_end(args);
}

/* It is looked at first: what is written while it is read has changed since. */
void loader_note_file(struct loader *l, const char *path)
{
    if (l->files_read_count == l->files_read_size) {
        l->files_read_size = l->files_read_size ? 2 * l->files_read_size : 4;
        l->files_read = mem_resize(l->files_read, l->files_read_size, sizeof(*l->files_read));
    }
    l->files_read[l->files_read_count++] =
        (struct file_read){mem_strdup(path), file_version_look(path)};
}

static int compare_problems(const void *a, const void *b)
{
    const struct problem *x = a;
    const struct problem *y = b;
    int order = loader_place_compare(x->place, y->place);
    return order != 0 ? order : strcmp(x->text, y->text);
}

static void add_printable(struct strbuf *out, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        uint32_t c;
        size_t len = utf8_read(text, left, &c);
        if (len == 0 || (len == 1 && utf8_is_harmful(c)))
            strbuf_printf(out, "\\x%02x", (unsigned char)*text);
        else if (utf8_is_harmful(c))
            strbuf_printf(out, "\\u%04" PRIx32, c);
        else
            strbuf_add_bytes(out, text, len);
        len += len == 0;
        text += len;
        left -= len;
    }
}

/* Adds a line of which *text is what stands in front. */
static void add_line(struct config_report *report, struct strbuf *text, const char *what,
                     bool warning)
{
    size_t lead_bytes = text->len_bytes;
    add_printable(text, what);
    size_t count = report->line_count + 1;
    report->lines = mem_resize(report->lines, count, sizeof(*report->lines));
    report->lines[report->line_count++] = (struct config_line){
        .text = strbuf_take(text), .lead_bytes = lead_bytes, .warning = warning};
}

static void add_rest(const struct loader *l, struct config_report *report, size_t count,
                     bool warnings)
{
    struct strbuf text = {0};
    char what[32];
    if (count <= CONFIG_ERRORS_MAX)
        return;
    add_printable(&text, l->name);
    strbuf_add(&text, ": ");
    snprintf(what, sizeof(what), "%zu more", count - CONFIG_ERRORS_MAX);
    add_line(report, &text, what, warnings);
}

void loader_report(struct loader *l, struct config_report *report)
{
    if (l->problem_count > 0)
        qsort(l->problems, l->problem_count, sizeof(*l->problems), compare_problems);
    for (size_t i = 0; i < l->problem_count; i++) {
        const struct problem *problem = &l->problems[i];
        struct toml_place place = problem->file ? problem->file_place : problem->place;
        struct strbuf text = {0};
        add_printable(&text, problem->file ? problem->file : loader_name(l, place));
        if (place.line > 0)
            strbuf_printf(&text, ":%u", place.line);
        if (place.column > 0)
            strbuf_printf(&text, ":%u", place.column);
        strbuf_add(&text, ": ");
        add_line(report, &text, problem->text, problem->warning);
    }
    add_rest(l, report, l->warning_count, true);
    add_rest(l, report, l->error_count, false);
    report->error_count += l->error_count;
    report->warning_count += l->warning_count;
}

void loader_release(struct loader *l)
{
    for (size_t i = 0; i < l->problem_count; i++) {
        free(l->problems[i].text);
        free(l->problems[i].file);
    }
    free(l->problems);
    l->problems = NULL;
    l->problem_count = l->problem_size = l->error_count = l->warning_count = 0;
    for (size_t i = 0; i < l->files_read_count; i++)
        free(l->files_read[i].path);
    free(l->files_read);
    l->files_read = NULL;
    l->files_read_count = l->files_read_size = 0;
}

const struct toml_node *loader_find(const struct toml_node *table, const char *key)
{
    for (size_t i = 0; i < table->as.list.count; i++) {
        const char *name = table->as.list.items[i].key;
        /* Most begin otherwise, and parameters are looked for a million times. */
        if (name[0] == key[0] && strcmp(name, key) == 0)
            return &table->as.list.items[i];
    }
    return NULL;
}
