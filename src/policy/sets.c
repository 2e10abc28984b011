/* Sets by name. */
#include "policy/sets.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "policy/as_set.h"
#include "policy/community_set.h"
#include "policy/prefix_origin_set.h"
#include "policy/prefix_set.h"

void policy_sets_add(struct policy_sets *sets, enum policy_set_kind kind, const char *name,
                     void *set)
{
    size_t count = sets->count[kind]++;
    sets->of_kind[kind] = mem_resize(sets->of_kind[kind], count + 1, sizeof(*sets->of_kind[kind]));
    sets->of_kind[kind][count] =
        (struct policy_named_set){.name = mem_strdup(name), .set.any = set};
}

static struct policy_named_set *find(const struct policy_sets *sets, enum policy_set_kind kind,
                                     const char *name)
{
    for (size_t i = 0; i < sets->count[kind]; i++)
        if (strcmp(sets->of_kind[kind][i].name, name) == 0)
            return &sets->of_kind[kind][i];
    return NULL;
}

struct policy_named_set *policy_sets_find(struct policy_sets *sets, enum policy_set_kind kind,
                                          const char *name)
{
    struct policy_named_set *named = find(sets, kind, name);
    if (named)
        named->used = true;
    return named;
}

void policy_sets_release(struct policy_sets *sets)
{
    for (unsigned kind = 0; kind < POLICY_SET_KINDS; kind++) {
        for (size_t i = 0; i < sets->count[kind]; i++) {
            struct policy_named_set *named = &sets->of_kind[kind][i];
            policy_set_rows[kind].unref(named->set.any);
            free(named->name);
        }
        free(sets->of_kind[kind]);
    }
    *sets = (struct policy_sets){0};
}

/* --- names --- */

bool policy_set_is_name(const char *text)
{
    if (!isalpha((unsigned char)text[0]))
        return false;
    while (isalnum((unsigned char)*text) || *text == '-' || *text == '_')
        text++;
    return *text == '\0';
}

/* Whether the name means something else where sets of a kind stand. */
static bool means_else(enum policy_set_kind kind, const char *name)
{
    struct community c;
    uint32_t low;
    uint32_t high;
    struct text_error ignored = {0};
    bool means = false;
    switch (kind) {
    case POLICY_PREFIX_SET: /* of `next_hop` */
        means = strcasecmp(name, "peer") == 0 || strcasecmp(name, "self") == 0;
        break;
    case POLICY_AS_SET:
        means = as_set_parse_entry(name, &low, &high, &ignored) == 0;
        break;
    case POLICY_COMMUNITY_SET:
        means = community_parse(name, &c) == 0;
        break;
    case POLICY_PREFIX_ORIGIN_SET:
    case POLICY_SET_KINDS:
        break;
    }
    text_error_release(&ignored);
    return means;
}

int policy_set_name_check(enum policy_set_kind kind, const char *name, struct strbuf *error)
{
    if (!policy_set_is_name(name)) {
        strbuf_printf(error,
                      "'%.64s' cannot be the name of a set (expected letters, digits, '-' and '_', "
                      "a letter first)",
                      name);
        return ERR_INVALID;
    }
    if (means_else(kind, name)) {
        strbuf_printf(error, "'%.64s' cannot be the name of a set: it means something else", name);
        return ERR_INVALID;
    }
    return 0;
}

/* "a prefix set", "an AS set". */
static const char *article_of(enum policy_set_kind kind)
{
    return kind == POLICY_AS_SET ? "an" : "a";
}

/* The word that was meant, perhaps. */
static const char *nearest_of(const struct policy_sets *sets, const struct policy_set_place *place,
                              const char *name)
{
    const char *word;
    struct nearest nearest = nearest_to(name);
    for (size_t i = 0; i < sets->count[place->kind]; i++)
        nearest_offer(&nearest, sets->of_kind[place->kind][i].name);
    for (unsigned n = 0; place->nth_word && (word = place->nth_word(n)); n++)
        nearest_offer(&nearest, word);
    return nearest.best;
}

static int fail(struct policy_words *words, size_t word, const struct policy_set_place *place)
{
    const char *name = words->at[word].text;
    const char *kind = policy_set_rows[place->kind].text;
    const struct policy_sets none = {0};
    const struct policy_sets *sets = words->sets ? words->sets : &none;
    for (unsigned other = 0; other < POLICY_SET_KINDS; other++)
        if (find(sets, other, name))
            return policy_words_fail(words, word, ERR_NOT_FOUND,
                                     "'%.64s' is %s %s (expected %s %s, %s)", name,
                                     article_of(other), policy_set_rows[other].text,
                                     article_of(place->kind), kind, place->else_taken);
    const char *nearest = nearest_of(sets, place, name);
    if (nearest)
        return policy_words_fail(words, word, ERR_NOT_FOUND,
                                 "there is no %s '%.64s' (did you mean '%s'?)", kind, name,
                                 nearest);
    return policy_words_fail(words, word, ERR_NOT_FOUND,
                             "there is no %s '%.64s' (expected %s %s, %s)", kind, name,
                             article_of(place->kind), kind, place->else_taken);
}

int policy_sets_need(struct policy_words *words, size_t word, const struct policy_set_place *place,
                     struct policy_named_set **ret_set)
{
    const char *name = words->at[word].text;
    struct policy_named_set *named =
        words->sets ? policy_sets_find(words->sets, place->kind, name) : NULL;
    if (!named)
        return fail(words, word, place);
    *ret_set = named;
    return 0;
}
