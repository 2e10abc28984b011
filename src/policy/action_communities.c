/* The action on communities of all kinds: some are taken out, and then others added at the end,
 * each once. What was there already stays where it is. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "policy/action_rows.h"
#include "policy/community_set.h"
#include "policy/sets.h"

/* One to add. */
struct addition {
    struct community_pattern pattern;
    char *text; /* owned: as it was written */
};

struct community_value {
    struct community_set *removed; /* counted */
    unsigned replaced;             /* 1 << enum community_kind: all of these go */
    unsigned kinds;                /* likewise: those in which something may change */
    unsigned variables;
    size_t count;
    struct addition added[];
};

#define KIND(kind) (1u << (kind))

static void release_communities(void *value)
{
    struct community_value *v = value;
    for (size_t i = 0; i < v->count; i++)
        free(v->added[i].text);
    community_set_unref(v->removed);
    free(v);
}

/* --- reading --- */

static int fail(struct policy_words *words, size_t word, int err, struct text_error *error)
{
    policy_words_fail(words, word, err, "%s", strbuf_text(&error->say));
    text_error_release(error);
    return err;
}

/* A community, a pattern or a set. */
static int read_removed(struct policy_words *words, size_t word, struct community_value *v)
{
    static const struct policy_set_place place = {
        .kind = POLICY_COMMUNITY_SET,
        .else_taken = "a community, a pattern or a list of these",
        .nth_word = community_nth_word,
    };
    const char *text = words->at[word].text;
    struct text_error error = {0};
    struct community_pattern pattern;
    int err = community_pattern_parse(text, &pattern, &error);
    if (!err) {
        community_set_add(v->removed, &pattern);
    } else if (policy_set_is_name(text)) {
        struct policy_named_set *named;
        text_error_release(&error);
        err = policy_sets_need(words, word, &place, &named);
        if (!err)
            community_set_add_all(v->removed, named->set.communities);
    } else {
        fail(words, word, err, &error);
    }
    return err;
}

static int read_added(struct policy_words *words, size_t word, bool replaces,
                      struct community_value *v)
{
    struct text_error error = {0};
    struct addition *a = &v->added[v->count];
    int err = community_pattern_parse_exact(words->at[word].text, &a->pattern, &error);
    if (err)
        return fail(words, word, err, &error);
    a->text = mem_strdup(words->at[word].text);
    v->count++;
    v->kinds |= a->pattern.kinds;
    v->variables |= a->pattern.variables;
    v->replaced |= replaces ? a->pattern.kinds : 0;
    return 0;
}

static int read_communities(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    struct community_value *v = mem_zalloc(sizeof(*v) + words->count * sizeof(v->added[0]));
    int err = 0;
    v->removed = community_set_new();
    for (size_t i = 0; err == 0 && i < words->count; i++) {
        const char *part = words->at[i].part;
        err = strcmp(part, "remove") == 0 ? read_removed(words, i, v)
                                          : read_added(words, i, strcmp(part, "replace") == 0, v);
    }
    if (err) {
        release_communities(v);
        return err;
    }
    community_set_settle(v->removed);
    v->kinds |= v->removed->kinds;
    v->variables |= v->removed->variables;
    *ret_value = v;
    *ret_variables = v->variables;
    return 0;
}

/* --- applying --- */

/* Copies those that stay. */
static void put_remaining(struct writer *w, const struct community_value *v,
                          enum community_kind kind, struct span have,
                          const struct policy_values *values)
{
    const size_t len_bytes = community_len_bytes(kind);
    struct reader r = reader_over(have);
    if (v->replaced & KIND(kind))
        return;
    if (!(v->removed->kinds & KIND(kind))) {
        writer_put(w, have);
        return;
    }
    while (reader_left(&r) >= len_bytes) {
        struct community c = {.kind = kind};
        reader_copy(&r, c.bytes, len_bytes);
        if (!community_set_has(v->removed, &c, values))
            writer_bytes(w, c.bytes, len_bytes);
    }
}

static bool is_there(struct span list, const struct community *c)
{
    struct reader r = reader_over(list);
    struct span wanted = span_of(c->bytes, community_len_bytes(c->kind));
    while (reader_left(&r) >= wanted.len_bytes)
        if (span_equal(reader_take(&r, wanted.len_bytes), wanted))
            return true;
    return false;
}

static void put_added(struct writer *w, size_t mark, const struct community_value *v,
                      enum community_kind kind, const struct policy_values *values)
{
    for (size_t i = 0; i < v->count; i++) {
        struct community c;
        if (!(v->added[i].pattern.kinds & KIND(kind)) ||
            !community_pattern_make(&v->added[i].pattern, values, &c) || c.kind != kind)
            continue;
        if (!is_there(span_of(w->start + mark, writer_len(w) - mark), &c))
            writer_bytes(w, c.bytes, community_len_bytes(kind));
    }
}

static int apply_communities(const void *value, const struct policy_scene *scene,
                             struct attr_edit *edit)
{
    const struct community_value *v = value;
    struct policy_values values = policy_values_of(scene, v->variables);
    for (unsigned kind = COMMUNITY_STANDARD; kind <= COMMUNITY_LARGE; kind++) {
        struct span have = span_of(NULL, 0);
        uint8_t type = community_attr_type((enum community_kind)kind);
        if (!(v->kinds & KIND(kind)))
            continue;
        attr_edit_find(edit, type, &have);
        size_t mark = attr_edit_put_begin(edit);
        put_remaining(&edit->scratch, v, (enum community_kind)kind, have, &values);
        put_added(&edit->scratch, mark, v, (enum community_kind)kind, &values);
        if (writer_len(&edit->scratch) == mark && writer_ok(&edit->scratch))
            attr_edit_remove(edit, type);
        else
            attr_edit_put_end(edit, type, mark);
    }
    return 0;
}

/* --- what cannot be added --- */

/* Whether it cannot be made of what is known of a neighbour, and is not open. */
static bool lacks_room(const struct community_pattern *p, const struct policy_neighbor *peer)
{
    struct policy_values values = {.peer_as = peer->as, .local_as = peer->local_as};
    struct community unused;
    unsigned known = (peer->as != 0 ? POLICY_PEER_AS : 0) |
                     (peer->local_as != 0 ? POLICY_LOCAL_AS : 0) |
                     (peer->addr.version != IP_NONE ? POLICY_PEER_ADDRESS : 0);
    if (peer->addr.version != IP_NONE)
        values.peer_address = &peer->addr;
    return (p->variables & ~known) == 0 && !community_pattern_make(p, &values, &unused);
}

static bool warn_of_room(const void *value, const struct policy_neighbor *peer, struct strbuf *out)
{
    const struct community_value *v = value;
    for (size_t i = 0; i < v->count; i++) {
        const struct community_pattern *p = &v->added[i].pattern;
        char text[IP_TEXT_MAX];
        if (!lacks_room(p, peer))
            continue;
        strbuf_printf(out, "'%s' has no room for ", v->added[i].text);
        if ((p->variables & POLICY_PEER_ADDRESS) && peer->addr.version != IP_V4)
            strbuf_add(out, ip_format(&peer->addr, text));
        else if ((p->variables & POLICY_PEER_AS) && peer->as > UINT16_MAX)
            strbuf_printf(out, "AS %u", peer->as);
        else
            strbuf_printf(out, "AS %u", peer->local_as);
        strbuf_add(out, ": it is not added");
        return true;
    }
    return false;
}

static void digest_communities(const void *value, struct policy_digest *d)
{
    const struct community_value *v = value;
    struct policy_digest removed = community_set_digest(v->removed);
    policy_digest_add(d, &removed, sizeof(removed));
    policy_digest_add_number(d, v->replaced);
    for (size_t i = 0; i < v->count; i++)
        community_pattern_digest(&v->added[i].pattern, d);
}

#define ADDED_TAKES "a community (\"65000:1\", \"{local.as}:1:{peer.as}\") or a list of these"

static const struct policy_part parts[] = {
    {
        .name = "remove",
        .takes =
            "a community, a pattern (\"65000:*\", \"65000:100-199\"), a community set or a list "
            "of these",
        .help = "Takes communities out. That comes first. \"*\" are all of all kinds, \"*:*\" all "
                "standard ones, \"*:*:*\" all large ones.",
        .types = POLICY_TEXT | POLICY_NUMBER | POLICY_LIST,
    },
    {
        .name = "replace",
        .takes = ADDED_TAKES,
        .help = "Puts these in the place of all communities of their kinds: standard, large, "
                "extended. Those of other kinds stay.",
        .types = POLICY_TEXT | POLICY_NUMBER | POLICY_LIST,
    },
    {
        .name = "add",
        .takes = ADDED_TAKES,
        .help = "Adds communities at the end, each that is not there yet. One with a variable that "
                "has no value, or for which there is no room (an AS above 65535 in a standard "
                "community), is not added.",
        .types = POLICY_TEXT | POLICY_NUMBER | POLICY_LIST,
    },
    {0},
};

const struct policy_action policy_action_communities = {
    .name = "communities",
    .takes = "{ remove, replace, add }",
    .help = "Communities of all kinds: standard, extended, IPv6 extended and large. The actions of "
            "flows are extended communities, too. Variables have the values that they had before "
            "the rule.",
    .types = POLICY_TABLE,
    .parts = parts,
    .read = read_communities,
    .apply = apply_communities,
    .warn = warn_of_room,
    .digest = digest_communities,
    .release = release_communities,
};
