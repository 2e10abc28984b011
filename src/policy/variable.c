/* Variables: their names, and what they stand for. */
#include "policy/variable.h"

#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/nearest.h"
#include "wire/aspath.h"

static const struct {
    const char *text;
    enum policy_variable variable;
} names[] = {
    {"{peer.as}", POLICY_PEER_AS},     {"{peer.address}", POLICY_PEER_ADDRESS},
    {"{peer.name}", POLICY_PEER_NAME}, {"{local.as}", POLICY_LOCAL_AS},
    {"{origin.as}", POLICY_ORIGIN_AS}, {"{neighbor.as}", POLICY_NEIGHBOR_AS},
};

enum { NAME_COUNT = sizeof(names) / sizeof(names[0]), NAME_MAX_BYTES = 32 };

bool policy_variable_is_meant(const char *text)
{
    return text[0] == '{';
}

/* "{peer.as}, {local.as} or {origin.as}". */
static void list_permitted(unsigned permitted, struct strbuf *out)
{
    const char *between = "";
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (!(permitted & names[i].variable))
            continue;
        permitted &= ~(unsigned)names[i].variable;
        strbuf_printf(out, "%s%s", between, names[i].text);
        bool one_left = permitted != 0 && (permitted & (permitted - 1)) == 0;
        between = one_left ? " or " : ", ";
    }
}

static int fail(const char *text, const char *at, size_t len_bytes, unsigned permitted,
                bool is_known, struct text_error *e)
{
    char word[NAME_MAX_BYTES];
    struct strbuf expected = {0};
    size_t word_bytes = len_bytes < sizeof(word) ? len_bytes : 0;
    memcpy(word, at, word_bytes);
    word[word_bytes] = '\0';
    struct nearest nearest = nearest_to(word);
    for (size_t i = 0; i < NAME_COUNT; i++)
        if (permitted & names[i].variable)
            nearest_offer(&nearest, names[i].text);
    list_permitted(permitted, &expected);
    size_t column = (size_t)(at - text) + 1;
    if (permitted == 0)
        text_error_at(e, ERR_INVALID, column, at, len_bytes,
                      "stands where there can be no variable");
    else if (is_known || !nearest.best)
        text_error_at(e, ERR_INVALID, column, at, len_bytes, "%s (expected %s)",
                      is_known ? "has no place here" : "is no variable", strbuf_text(&expected));
    else
        text_error_at(e, ERR_INVALID, column, at, len_bytes, "is no variable (did you mean '%s'?)",
                      nearest.best);
    strbuf_release(&expected);
    return ERR_INVALID;
}

int policy_variable_parse(const char *text, const char *at, size_t len_bytes, unsigned permitted,
                          unsigned *ret_variable, struct text_error *ret_error)
{
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (strlen(names[i].text) != len_bytes || strncasecmp(at, names[i].text, len_bytes) != 0)
            continue;
        if (!(permitted & names[i].variable))
            return fail(text, at, len_bytes, permitted, true, ret_error);
        *ret_variable = names[i].variable;
        return 0;
    }
    return fail(text, at, len_bytes, permitted, false, ret_error);
}

struct policy_values policy_values_found(const struct policy_scene *scene, unsigned variables)
{
    struct policy_values values = {.local_as = scene->local_as,
                                   .neighbor_as = scene->hot->neighbor_as};
    if (scene->peer) {
        values.peer_as = scene->peer->as;
        values.peer_address = &scene->peer->addr;
        values.peer_name = scene->peer->name;
    }
    if (variables & POLICY_ORIGIN_AS)
        values.origin_as = aspath_origin_as(attr_as_path(scene->attrs, scene->hot));
    return values;
}

uint32_t policy_values_as(const struct policy_values *values, unsigned variable)
{
    switch (variable) {
    case POLICY_PEER_AS:
        return values->peer_as;
    case POLICY_LOCAL_AS:
        return values->local_as;
    case POLICY_ORIGIN_AS:
        return values->origin_as;
    case POLICY_NEIGHBOR_AS:
        return values->neighbor_as;
    default:
        return 0;
    }
}
