/* What is wrong with a text. Words of it are shown as foreign text: they may be any bytes. */
#include "policy/text_error.h"

#include "base/utf8.h"

void text_error_release(struct text_error *e)
{
    strbuf_release(&e->say);
    *e = (struct text_error){0};
}

void text_error_say(struct text_error *e, size_t column, const char *word, size_t word_bytes,
                    const char *format, ...)
{
    enum { WORD_MAX_BYTES = 64 };
    va_list args;
    e->line = 1;
    e->column = column;
    strbuf_clear(&e->say);
    if (word_bytes > 0) {
        bool cut = word_bytes > WORD_MAX_BYTES;
        strbuf_add_char(&e->say, '\'');
        utf8_add_foreign(&e->say, word, cut ? WORD_MAX_BYTES : word_bytes);
        strbuf_add(&e->say, cut ? "…' " : "' ");
    }
    va_start(args, format);
    strbuf_vprintf(&e->say, format, args);
    va_end(args);
}
