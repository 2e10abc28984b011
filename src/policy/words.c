/* Words: what is wrong with them. */
#include "policy/words.h"

#include <stdarg.h>

int policy_words_fail(struct policy_words *words, size_t word, int error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    strbuf_clear(&words->problem.text);
    strbuf_vprintf(&words->problem.text, format, args);
    va_end(args);
    words->problem.word = word;
    return error;
}

int policy_words_fail_text(struct policy_words *words, size_t word, int error,
                           struct text_error *said)
{
    policy_words_fail(words, word, error, "%s", strbuf_text(&said->say));
    text_error_release(said);
    return error;
}
