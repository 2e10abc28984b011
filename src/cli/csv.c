/* Comma-separated values. What has a comma, a quote or an end of line in it is quoted. Control
 * characters are replaced, as everywhere on a terminal. */
#include "cli/csv.h"

#include <string.h>

#include "base/strbuf.h"
#include "cli/json_cell.h"
#include "cli/text.h"

static void put_field(FILE *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

void csv_heading(FILE *out, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s%s", i ? "," : "", keys[i]);
    fputc('\n', out);
}

void csv_row(FILE *out, json_t *object, const char *const *keys, size_t count)
{
    struct strbuf text = {0};
    struct strbuf clean = {0};
    for (size_t i = 0; i < count; i++) {
        json_t *value = json_object_get(object, keys[i]);
        strbuf_clear(&text);
        strbuf_clear(&clean);
        if (json_is_boolean(value))
            strbuf_add(&text, json_is_true(value) ? "true" : "false");
        else
            json_cell_add(&text, value, " ");
        text_add_printable(&clean, strbuf_text(&text));
        fputs(i ? "," : "", out);
        put_field(out, strbuf_text(&clean));
    }
    fputc('\n', out);
    strbuf_release(&text);
    strbuf_release(&clean);
}
