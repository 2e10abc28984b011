/* Matches on one of several words: ORIGIN, marks, and where a route comes from. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/prefix.h"
#include "base/text_sort.h"
#include "policy/match_rows.h"
#include "policy/variable.h"
#include "wire/attr_local.h"

/* --- origin --- */

static int read_origin(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    static const char *const names[] = {
        [ORIGIN_IGP] = "igp", [ORIGIN_EGP] = "egp", [ORIGIN_INCOMPLETE] = "incomplete"};
    unsigned origins = 0;
    for (size_t i = 0; i < words->count; i++) {
        unsigned origin = ORIGIN_IGP;
        while (origin <= ORIGIN_INCOMPLETE && strcasecmp(words->at[i].text, names[origin]) != 0)
            origin++;
        if (origin > ORIGIN_INCOMPLETE)
            return policy_words_fail(
                words, i, ERR_INVALID,
                "'%.64s' is no origin (expected \"igp\", \"egp\" or \"incomplete\")",
                words->at[i].text);
        origins |= 1u << origin;
    }
    unsigned *value = mem_alloc(sizeof(*value));
    *value = origins;
    *ret_value = value;
    *ret_variables = 0;
    return 0;
}

static enum policy_answer test_origin(const void *value, const struct policy_scene *scene)
{
    return *(const unsigned *)value >> scene->hot->origin & 1 ? POLICY_YES : POLICY_NO;
}

static void digest_origin(const void *value, struct policy_digest *d)
{
    policy_digest_add_number(d, *(const unsigned *)value);
}

const struct policy_match policy_match_origin = {
    .name = "origin",
    .takes = "\"igp\", \"egp\", \"incomplete\", or a list of these",
    .help = "ORIGIN.",
    .types = POLICY_TEXT | POLICY_LIST,
    .read = read_origin,
    .test = test_origin,
    .digest = digest_origin,
    .release = free,
};

/* --- words of one's own --- */

/* What one of these says of where a route comes from. */
enum {
    SOURCE_API = 1 << 0,
    SOURCE_CONFIG = 1 << 1,
    SOURCE_INTERNAL = 1 << 2,
    SOURCE_EXTERNAL = 1 << 3,
};

/* Names, and of a source also what is no name. */
struct words_value {
    unsigned sources;
    unsigned variables;
    struct scoped_prefix *networks; /* owned */
    size_t network_count;
    char **names; /* owned array of owned texts, sorted */
    size_t name_count;
};

static void release_words(void *value)
{
    struct words_value *v = value;
    for (size_t i = 0; i < v->name_count; i++)
        free(v->names[i]);
    free(v->names);
    free(v->networks);
    free(v);
}

static struct words_value *words_value_new(size_t count)
{
    struct words_value *v = mem_zalloc(sizeof(*v));
    v->names = mem_resize(NULL, count + 1, sizeof(*v->names));
    v->networks = mem_resize(NULL, count + 1, sizeof(*v->networks));
    return v;
}

static void sort_names(struct words_value *v)
{
    text_sort((const char **)v->names, v->name_count);
}

static void digest_words(const void *value, struct policy_digest *d)
{
    const struct words_value *v = value;
    policy_digest_add_number(d, v->sources);
    policy_digest_add_number(d, v->variables);
    policy_digest_add_number(d, v->network_count);
    for (size_t i = 0; i < v->network_count; i++) {
        policy_digest_add_number(d, v->networks[i].prefix.len_bits);
        policy_digest_add(d, v->networks[i].prefix.bytes, sizeof(v->networks[i].prefix.bytes));
        policy_digest_add_text(d, v->networks[i].interface);
    }
    for (size_t i = 0; i < v->name_count; i++)
        policy_digest_add_text(d, v->names[i]);
}

/* --- mark --- */

static int read_mark(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    for (size_t i = 0; i < words->count; i++)
        if (!attr_mark_is_name(words->at[i].text))
            return policy_words_fail(words, i, ERR_INVALID,
                                     "'%.64s' is no name of a mark (expected up to %d letters, "
                                     "digits and \"" ATTR_MARK_SIGNS "\")",
                                     words->at[i].text, ATTR_MARK_MAX_BYTES);
    struct words_value *v = words_value_new(words->count);
    for (size_t i = 0; i < words->count; i++)
        v->names[v->name_count++] = mem_strdup(words->at[i].text);
    sort_names(v);
    *ret_value = v;
    *ret_variables = 0;
    return 0;
}

static enum policy_answer test_mark(const void *value, const struct policy_scene *scene)
{
    const struct words_value *v = value;
    if (!(scene->hot->flags & ATTR_HAS_LOCAL))
        return POLICY_NO;
    struct span marks = attr_local_of(scene->attrs).marks;
    for (size_t i = 0; i < v->name_count; i++)
        if (attr_marks_have(marks, v->names[i]))
            return POLICY_YES;
    return POLICY_NO;
}

const struct policy_match policy_match_mark = {
    .name = "mark",
    .takes = "the name of a mark, or a list of these",
    .help = "Any of the marks that policies have put on the route.",
    .types = POLICY_TEXT | POLICY_LIST,
    .read = read_mark,
    .test = test_mark,
    .digest = digest_words,
    .release = release_words,
};

/* --- source --- */

static const struct {
    const char *word;
    unsigned source;
} sources[] = {
    {"api", SOURCE_API},
    {"config", SOURCE_CONFIG},
    {"internal", SOURCE_INTERNAL},
    {"external", SOURCE_EXTERNAL},
};

static unsigned source_named(const char *word)
{
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
        if (strcasecmp(word, sources[i].word) == 0)
            return sources[i].source;
    return 0;
}

/* An address, that of a link-local one perhaps with its interface, or a network. */
static bool parse_network(const char *text, struct scoped_prefix *ret_network)
{
    struct ip_addr addr;
    struct prefix prefix;
    if (ip_parse(text, &addr) == 0) {
        *ret_network = scoped_prefix_from_ip(&addr);
        return true;
    }
    if (!strchr(text, '/') || prefix_parse(text, &prefix) != 0)
        return false;
    *ret_network = (struct scoped_prefix){.prefix = prefix};
    return true;
}

static int read_source_word(struct policy_words *words, size_t word, struct words_value *v)
{
    const char *text = words->at[word].text;
    struct text_error error = {0};
    unsigned variable;
    unsigned source = source_named(text);
    if (source != 0) {
        v->sources |= source;
    } else if (policy_variable_is_meant(text)) {
        int err = policy_variable_parse(text, text, strlen(text),
                                        POLICY_PEER_ADDRESS | POLICY_PEER_NAME, &variable, &error);
        if (err)
            return policy_words_fail_text(words, word, err, &error);
        v->variables |= variable;
    } else if (parse_network(text, &v->networks[v->network_count])) {
        v->network_count++;
    } else if (strpbrk(text, "/:%") || *text == '\0') {
        return policy_words_fail(words, word, ERR_INVALID,
                                 "'%.64s' is no source (expected an address, a network, the name "
                                 "of a peer or group, \"api\", \"config\", \"internal\" or "
                                 "\"external\")",
                                 text);
    } else {
        v->names[v->name_count++] = mem_strdup(text);
    }
    return 0;
}

static int read_source(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    int err = 0;
    struct words_value *v = words_value_new(words->count);
    for (size_t i = 0; err == 0 && i < words->count; i++)
        err = read_source_word(words, i, v);
    if (err) {
        release_words(v);
        return err;
    }
    sort_names(v);
    *ret_value = v;
    *ret_variables = v->variables;
    return 0;
}

static bool is_peer(const struct words_value *v, const struct policy_neighbor *source,
                    const struct policy_neighbor *peer)
{
    if ((v->variables & POLICY_PEER_ADDRESS) && ip_equal(&source->addr, &peer->addr))
        return true;
    return (v->variables & POLICY_PEER_NAME) && strcmp(source->name, peer->name) == 0;
}

static bool is_from_neighbor(const struct words_value *v, const struct policy_scene *scene)
{
    const struct policy_neighbor *source = scene->source;
    unsigned kind = source->kind == SESSION_INTERNAL ? SOURCE_INTERNAL : SOURCE_EXTERNAL;
    if ((v->sources & kind) || (scene->peer && is_peer(v, source, scene->peer)))
        return true;
    for (size_t i = 0; i < v->network_count; i++)
        if (scoped_prefix_contains_ip(&v->networks[i], &source->addr))
            return true;
    for (size_t i = 0; i < v->name_count; i++)
        if (strcmp(v->names[i], source->name) == 0 || strcmp(v->names[i], source->group) == 0)
            return true;
    return false;
}

static enum policy_answer test_source(const void *value, const struct policy_scene *scene)
{
    const struct words_value *v = value;
    bool matches = false;
    switch (scene->origin) {
    case POLICY_FROM_PEER:
        matches = is_from_neighbor(v, scene);
        break;
    case POLICY_FROM_API:
        matches = v->sources & SOURCE_API;
        break;
    case POLICY_FROM_CONFIG:
        matches = v->sources & SOURCE_CONFIG;
        break;
    }
    return matches ? POLICY_YES : POLICY_NO;
}

/* Who has the address of the source has its AS. Names may be those of several neighbours. */
static bool source_candidates(const void *value, const struct policy_scene *scene,
                              const struct policy_candidates *to)
{
    const struct words_value *v = value;
    if (scene->origin != POLICY_FROM_PEER)
        return true;
    if (v->variables & POLICY_PEER_NAME)
        return false;
    to->add_as(to->ctx, scene->source->as);
    return true;
}

const struct policy_match policy_match_source = {
    .name = "source",
    .takes = "the address of a peer or a network of such, the name of a peer or group, \"api\", "
             "\"config\", \"internal\", \"external\", or a list of these",
    .help = "Where the route comes from: a peer, or peers of our own AS or of others, the API, or "
            "static routes of the configuration. `{peer.address}` is the peer whose policy it is.",
    .types = POLICY_TEXT | POLICY_LIST,
    .read = read_source,
    .test = test_source,
    .candidates = source_candidates,
    .digest = digest_words,
    .release = release_words,
};
