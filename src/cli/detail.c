/* Blocks of "name: value": labels on the left, values below each other. */
#include "cli/detail.h"

#include <time.h>

#include "cli/json_cell.h"
#include "cli/table.h"
#include "cli/text.h"

enum { LABEL_WIDTH = 20 };

void detail_heading(FILE *out, bool color, const char *kind, const char *name)
{
    struct strbuf clean = {0};
    text_add_printable(&clean, name);
    table_styled(out, color, STYLE_BOLD, kind);
    table_styled(out, color, STYLE_BOLD, strbuf_text(&clean));
    fputc('\n', out);
    strbuf_release(&clean);
}

void detail_line(FILE *out, const char *label, const char *text, const char *unit)
{
    struct strbuf clean = {0};
    text_add_printable(&clean, text);
    fprintf(out, "  %-*s%s%s\n", LABEL_WIDTH, label, strbuf_text(&clean), unit ? unit : "");
    strbuf_release(&clean);
}

bool detail_add_time(struct strbuf *out, json_t *at)
{
    time_t seconds = (time_t)json_integer_value(at);
    struct tm tm;
    char text[32];
    if (!json_is_integer(at) || !gmtime_r(&seconds, &tm))
        return false;
    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
    strbuf_printf(out, "%s UTC", text);
    return true;
}

bool detail_add_moment(struct strbuf *out, json_t *at, json_t *age)
{
    if (!json_is_string(age) || !detail_add_time(out, at))
        return false;
    strbuf_printf(out, ", %s ago", json_string_value(age));
    return true;
}

void detail_list(FILE *out, const char *label, json_t *list)
{
    struct strbuf text = {0};
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        strbuf_clear(&text);
        json_cell_add(&text, item, " ");
        detail_line(out, i ? "" : label, strbuf_text(&text), NULL);
    }
    strbuf_release(&text);
}
