/* AS numbers and variables that stand for one. */
#include "policy/as_value.h"

#include <string.h>

#include "base/err.h"
#include "policy/as_set.h"

int as_value_read(struct policy_words *words, size_t word, const char *else_taken,
                  struct as_value *ret_value)
{
    const char *text = words->at[word].text;
    struct as_value value = {0};
    struct text_error error = {0};
    int err;
    if (policy_variable_is_meant(text)) {
        err = policy_variable_parse(text, text, strlen(text), POLICY_VARIABLES_AS, &value.variable,
                                    &error);
        if (err)
            policy_words_fail(words, word, err, "%s", strbuf_text(&error.say));
    } else {
        uint32_t last;
        err = as_set_parse_entry(text, &value.as, &last, &error);
        if (!err && (value.as != last || value.as == 0))
            err = ERR_INVALID;
        if (err)
            policy_words_fail(words, word, err,
                              "'%.64s' is no AS (expected a number as 174 or 1.10, a variable as "
                              "{peer.as}%s)",
                              text, else_taken);
    }
    text_error_release(&error);
    if (!err)
        *ret_value = value;
    return err;
}

uint32_t as_value_of(const struct as_value *value, const struct policy_values *values)
{
    return value->variable != 0 ? policy_values_as(values, value->variable) : value->as;
}

void as_value_digest(const struct as_value *value, struct policy_digest *d)
{
    policy_digest_add_number(d, value->as);
    policy_digest_add_number(d, value->variable);
}
