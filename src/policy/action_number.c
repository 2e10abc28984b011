/* Actions on attributes that are a number: a value, or a change from what is there (RFC 4271
 * §5.1.4, 5.1.5; RFC 7311 for AIGP). */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "policy/action_rows.h"
#include "wire/aigp.h"

enum change { CHANGE_TO, CHANGE_UP, CHANGE_DOWN, CHANGE_REMOVE };

struct number_value {
    enum change change;
    uint64_t by;
};

static bool read_digits(const char *text, uint64_t most, uint64_t *ret_number)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *ret_number = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0' && *ret_number <= most;
}

static int read_number(struct policy_words *words, uint64_t most, void **ret_value,
                       unsigned *ret_variables)
{
    const struct policy_word *word = &words->at[0];
    const char *text = word->text;
    struct number_value v = {.change = CHANGE_TO};
    bool is_change = word->type == POLICY_TEXT && (*text == '+' || *text == '-');
    if (is_change)
        v.change = *text++ == '+' ? CHANGE_UP : CHANGE_DOWN;
    if (strcmp(text, "remove") == 0 && !is_change)
        v.change = CHANGE_REMOVE;
    else if (!read_digits(text, most, &v.by))
        return policy_words_fail(words, 0, ERR_INVALID,
                                 "'%.64s' is not what it can be set to (expected a number up to "
                                 "%" PRIu64 ", \"+10\", \"-10\" or \"remove\")",
                                 word->text, most);
    struct number_value *value = mem_alloc(sizeof(*value));
    *value = v;
    *ret_value = value;
    *ret_variables = 0;
    return 0;
}

static int read_u32(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    return read_number(words, UINT32_MAX, ret_value, ret_variables);
}

static int read_u64(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    return read_number(words, UINT64_MAX, ret_value, ret_variables);
}

static int read_med(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    if (strcmp(words->at[0].text, "igp") == 0)
        return policy_words_fail(words, 0, ERR_INVALID,
                                 "\"igp\" is not there yet: there is no IGP metric (expected a "
                                 "number, \"+10\", \"-10\" or \"remove\")");
    return read_u32(words, ret_value, ret_variables);
}

static void digest_number(const void *value, struct policy_digest *d)
{
    const struct number_value *v = value;
    policy_digest_add_number(d, v->change);
    policy_digest_add_number(d, v->by);
}

/* What comes of a number, up to `most`; saturating. */
static uint64_t changed(const struct number_value *v, uint64_t number, uint64_t most)
{
    if (v->change == CHANGE_UP)
        return v->by > most - number ? most : number + v->by;
    if (v->change == CHANGE_DOWN)
        return number < v->by ? 0 : number - v->by;
    return v->by;
}

/* --- attributes of 4 bytes --- */

/* From 0 where there is none. */
static void apply(const struct number_value *v, uint8_t type, struct attr_edit *edit)
{
    struct span have;
    uint32_t number = 0;
    if (v->change == CHANGE_REMOVE) {
        attr_edit_remove(edit, type);
        return;
    }
    if (attr_edit_find(edit, type, &have)) {
        struct reader r = reader_over(have);
        number = reader_u32(&r);
    }
    attr_edit_put_u32(edit, type, (uint32_t)changed(v, number, UINT32_MAX));
}

static int apply_local_pref(const void *value, const struct policy_scene *scene,
                            struct attr_edit *edit)
{
    (void)scene;
    apply(value, ATTR_LOCAL_PREF, edit);
    return 0;
}

/* One that is set on export is sent although it is not the peer's business elsewhere. */
static int apply_med(const void *value, const struct policy_scene *scene, struct attr_edit *edit)
{
    const struct number_value *v = value;
    apply(v, ATTR_MED, edit);
    if (scene->direction == POLICY_EXPORT) {
        struct attr_local local = attr_edit_local(edit);
        local.kept = (uint8_t)(local.kept & ~ATTR_KEEP_MED);
        if (v->change != CHANGE_REMOVE)
            local.kept |= ATTR_KEEP_MED;
        attr_edit_put_local(edit, &local);
    }
    return 0;
}

static int apply_weight(const void *value, const struct policy_scene *scene, struct attr_edit *edit)
{
    const struct number_value *v = value;
    (void)scene;
    struct attr_local local = attr_edit_local(edit);
    local.weight = (uint32_t)changed(v, local.weight, UINT32_MAX);
    if (v->change == CHANGE_REMOVE)
        local.weight = 0;
    attr_edit_put_local(edit, &local);
    return 0;
}

/* --- AIGP --- */

/* Other TLVs stay as they are (RFC 7311 §3.1). */
static int apply_aigp(const void *value, const struct policy_scene *scene, struct attr_edit *edit)
{
    const struct number_value *v = value;
    struct span have = span_of(NULL, 0);
    uint64_t metric = 0;
    (void)scene;
    if (v->change == CHANGE_REMOVE) {
        attr_edit_remove(edit, ATTR_AIGP);
        return 0;
    }
    if (attr_edit_find(edit, ATTR_AIGP, &have))
        aigp_metric(have, &metric);
    size_t mark = attr_edit_put_begin(edit);
    aigp_put(&edit->scratch, have, changed(v, metric, UINT64_MAX));
    attr_edit_put_end(edit, ATTR_AIGP, mark);
    return 0;
}

/* --- the rows --- */

#define NUMBER_ROW                                                                                 \
    .takes = "a number, \"+10\", \"-10\" or \"remove\"", .types = POLICY_NUMBER | POLICY_TEXT,     \
    .digest = digest_number, .release = free

const struct policy_action policy_action_local_pref = {
    .name = "local_pref",
    .help =
        "LOCAL_PREF. Changes begin at 0 where there is none, and end at 0 and 4294967295. It is "
        "sent to internal peers only: on export to others it has no effect.",
    NUMBER_ROW,
    .read = read_u32,
    .apply = apply_local_pref,
};

const struct policy_action policy_action_med = {
    .name = "med",
    .help = "MULTI_EXIT_DISC. Changes begin at 0 where there is none, and end at 0 and 4294967295. "
            "Set on export it is sent, also where that of another AS is not passed on.",
    NUMBER_ROW,
    .read = read_med,
    .apply = apply_med,
};

const struct policy_action policy_action_aigp = {
    .name = "aigp",
    .help =
        "The accumulated IGP metric (RFC 7311). Changes begin at 0 where there is none, and end "
        "at 0 and 18446744073709551615. It does not leave the AS.",
    NUMBER_ROW,
    .read = read_u64,
    .apply = apply_aigp,
};

const struct policy_action policy_action_weight = {
    .name = "weight",
    .help =
        "How much a route is preferred here, before all else that decides between paths; 0 where "
        "there is none, and the highest wins. It is never sent, and has an effect on import "
        "only.",
    NUMBER_ROW,
    .read = read_u32,
    .apply = apply_weight,
};
