/* JSON values as table cells, and as JSON. */
#include "cli/json_cell.h"

#include <stdlib.h>

#include "cli/text.h"

void json_cell_add(struct strbuf *out, json_t *value, const char *separator)
{
    size_t i;
    json_t *item;
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_STRING:
        strbuf_add(out, json_string_value(value));
        break;
    case JSON_INTEGER:
        strbuf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL:
        strbuf_printf(out, "%g", json_real_value(value));
        break;
    case JSON_TRUE:
        strbuf_add(out, "yes");
        break;
    case JSON_FALSE:
        strbuf_add(out, "no");
        break;
    case JSON_ARRAY:
        json_array_foreach(value, i, item)
        {
            strbuf_add(out, i ? separator : "");
            json_cell_add(out, item, separator);
        }
        break;
    case JSON_OBJECT: {
        char *text = json_dumps(value, JSON_COMPACT);
        strbuf_add(out, text ? text : "");
        free(text);
        break;
    }
    case JSON_NULL:
        break;
    }
}

void json_cell_add_setting(struct strbuf *out, json_t *value, const char *separator)
{
    if (json_is_boolean(value))
        strbuf_add(out, json_is_true(value) ? "true" : "false");
    else if (!value || json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0))
        strbuf_add(out, "none");
    else
        json_cell_add(out, value, separator);
}

const char *json_cell(struct strbuf *buf, json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    strbuf_clear(buf);
    if (!value || json_is_null(value))
        return NULL;
    json_cell_add(buf, value, " ");
    return strbuf_text(buf);
}

void json_print(FILE *out, const json_t *value, size_t flags)
{
    struct strbuf safe = {0};
    char *text = json_dumps(value, flags);
    text_add_json(&safe, text ? text : "null");
    fputs(strbuf_text(&safe), out);
    free(text);
    strbuf_release(&safe);
}
