/* Actions on attributes that are a number: a value, or a change from what is there. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/number.h"
#include "policy/action_rows.h"

enum change { CHANGE_TO, CHANGE_UP, CHANGE_DOWN, CHANGE_REMOVE };

struct number_value {
    enum change change;
    uint32_t by;
};

static int read_number(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    const char *text = words->at[0].text;
    struct number_value v = {.change = CHANGE_TO};
    if (*text == '+' || *text == '-')
        v.change = *text++ == '+' ? CHANGE_UP : CHANGE_DOWN;
    if (strcmp(text, "remove") == 0 && v.change == CHANGE_TO)
        v.change = CHANGE_REMOVE;
    else if (number_parse(text, UINT32_MAX, &v.by) != 0)
        return policy_words_fail(words, 0, ERR_INVALID,
                                 "'%.64s' is not what it can be set to (expected a number up to "
                                 "4294967295, \"+10\", \"-10\" or \"remove\")",
                                 words->at[0].text);
    struct number_value *value = mem_alloc(sizeof(*value));
    *value = v;
    *ret_value = value;
    *ret_variables = 0;
    return 0;
}

static void digest_number(const void *value, struct policy_digest *d)
{
    const struct number_value *v = value;
    policy_digest_add_number(d, v->change);
    policy_digest_add_number(d, v->by);
}

/* What comes of a number; saturating. */
static uint32_t changed(const struct number_value *v, uint32_t number)
{
    if (v->change == CHANGE_UP)
        return number > UINT32_MAX - v->by ? UINT32_MAX : number + v->by;
    if (v->change == CHANGE_DOWN)
        return number < v->by ? 0 : number - v->by;
    return v->by;
}

/* From 0 where there is none. */
static int apply(const struct number_value *v, uint8_t type, struct attr_edit *edit)
{
    struct span have;
    uint32_t number = 0;
    if (v->change == CHANGE_REMOVE) {
        attr_edit_remove(edit, type);
        return 0;
    }
    if (attr_edit_find(edit, type, &have)) {
        struct reader r = reader_over(have);
        number = reader_u32(&r);
    }
    attr_edit_put_u32(edit, type, changed(v, number));
    return 0;
}

static int apply_local_pref(const void *value, const struct policy_scene *scene,
                            struct attr_edit *edit)
{
    (void)scene;
    return apply(value, ATTR_LOCAL_PREF, edit);
}

const struct policy_action policy_action_local_pref = {
    .name = "local_pref",
    .takes = "a number, \"+10\", \"-10\" or \"remove\"",
    .help = "LOCAL_PREF. Changes begin at 0 where there is none, and end at 0 and 4294967295.",
    .types = POLICY_NUMBER | POLICY_TEXT,
    .read = read_number,
    .apply = apply_local_pref,
    .digest = digest_number,
    .release = free,
};
