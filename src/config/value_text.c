/* Writing values. What numbers and texts look like is the same in TOML 1.0 and JSON. */
#include "config/value_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "config/values.h"

static void add_real(struct strbuf *out, double real, enum value_form form)
{
    size_t start = out->len_bytes;
    if (form == VALUE_JSON && !isfinite(real)) {
        strbuf_add(out, "null");
        return;
    }
    strbuf_printf(out, "%.17g", real);
    if (isfinite(real) && !strpbrk(out->data + start, ".e"))
        strbuf_add(out, ".0"); /* or else it were an integer */
}

static void add_list(struct strbuf *out, const struct toml_list *list, enum value_form form)
{
    strbuf_add_char(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        strbuf_add(out, i > 0 ? ", " : "");
        value_text_add(out, &list->items[i], form);
    }
    strbuf_add_char(out, ']');
}

static void add_table(struct strbuf *out, const struct toml_list *table, enum value_form form)
{
    strbuf_add_char(out, '{');
    for (size_t i = 0; i < table->count; i++) {
        strbuf_add(out, i > 0 ? ", " : form == VALUE_TOML ? " " : "");
        if (form == VALUE_TOML)
            value_text_add_key(out, table->items[i].key);
        else
            value_put_text(out, table->items[i].key);
        strbuf_add(out, form == VALUE_TOML ? " = " : ": ");
        value_text_add(out, &table->items[i], form);
    }
    strbuf_add(out, form == VALUE_TOML && table->count > 0 ? " }" : "}");
}

void value_text_add(struct strbuf *out, const struct toml_node *value, enum value_form form)
{
    switch (value->type) {
    case TOML_STRING:
        value_put_text(out, value->as.string);
        break;
    case TOML_INTEGER:
        strbuf_printf(out, "%" PRId64, value->as.integer);
        break;
    case TOML_FLOAT:
        add_real(out, value->as.real, form);
        break;
    case TOML_BOOLEAN:
        strbuf_add(out, value->as.boolean ? "true" : "false");
        break;
    case TOML_ARRAY:
        add_list(out, &value->as.list, form);
        break;
    case TOML_TABLE:
        add_table(out, &value->as.list, form);
        break;
    case TOML_PACKED:    /* is written by who knows how long it is */
    case TOML_DATE_TIME: /* has no value here, and no key takes one */
    case TOML_BROKEN:
        strbuf_add(out, form == VALUE_JSON ? "null" : "\"\"");
        break;
    }
}

void value_text_add_key(struct strbuf *out, const char *key)
{
    static const char bare[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    size_t len = strlen(key);
    if (len > 0 && strspn(key, bare) == len)
        strbuf_add(out, key);
    else
        value_put_text(out, key);
}
