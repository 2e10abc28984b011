/* Routes from short texts, and the words of conditions, for tests of policies. */
#ifndef BGPD_TESTS_POLICY_ROUTES_H
#define BGPD_TESTS_POLICY_ROUTES_H

#include <stdlib.h>
#include <string.h>

#include "policy/match.h"
#include "wire/aspath.h"
#include "wire/attr_local.h"
#include "wire/community.h"
#include "wire/nlri_text.h"

struct route {
    struct policy_scene scene;
    struct attr_block block;
    uint8_t key[NLRI_ROOM_BYTES];
    struct attr_local local; /* what is noted of it; its marks are the next ones */
    uint8_t marks[256];
};

/* Splits at a character: up to `most` parts of `text`, which is changed. */
static inline size_t route_split(char *text, const char *at, char **parts, size_t most)
{
    size_t count = 0;
    for (char *rest = text, *part; count < most && (part = strsep(&rest, at));)
        parts[count++] = part;
    return count;
}

static inline void route_add_u32(struct route *r, uint8_t type, const char *value)
{
    uint8_t bytes[4];
    struct writer w = writer_over(bytes, sizeof(bytes));
    writer_u32(&w, (uint32_t)strtoul(value, NULL, 10));
    assert_int_equal(attr_block_add(&r->block, type, writer_span(&w)), 0);
}

static inline void route_add_communities(struct route *r, char *value)
{
    char *texts[64];
    size_t count = route_split(value, " ", texts, 64);
    for (unsigned kind = 0; kind <= COMMUNITY_LARGE; kind++) {
        uint8_t bytes[64 * 20];
        struct writer w = writer_over(bytes, sizeof(bytes));
        for (size_t i = 0; i < count; i++) {
            struct community c;
            assert_int_equal(community_parse(texts[i], &c), 0);
            if (c.kind == kind)
                writer_bytes(&w, c.bytes, community_len_bytes(kind));
        }
        if (writer_len(&w) > 0)
            attr_block_add(&r->block, community_attr_type(kind), writer_span(&w));
    }
}

static inline void route_add_next_hop(struct route *r, char *value)
{
    char *texts[2];
    uint8_t bytes[32];
    struct writer w = writer_over(bytes, sizeof(bytes));
    for (size_t i = 0, count = route_split(value, " ", texts, 2); i < count; i++) {
        struct ip_addr addr;
        assert_int_equal(ip_parse(texts[i], &addr), 0);
        writer_bytes(&w, addr.bytes, ip_len_bytes(addr.version));
    }
    attr_block_add(&r->block, ATTR_NEXT_HOP, writer_span(&w));
}

static inline void route_add_marks(struct route *r, char *value)
{
    char *texts[16];
    struct writer w = writer_over(r->marks, sizeof(r->marks));
    for (size_t i = 0, count = route_split(value, " ", texts, 16); i < count; i++) {
        writer_u8(&w, (uint8_t)strlen(texts[i]));
        writer_bytes(&w, texts[i], strlen(texts[i]));
    }
    r->local.marks = writer_span(&w);
}

static inline void route_add_local(struct route *r)
{
    uint8_t bytes[300];
    struct writer w = writer_over(bytes, sizeof(bytes));
    attr_local_put(&w, &r->local);
    if (writer_len(&w) > 0)
        attr_block_add(&r->block, ATTR_LOCAL, writer_span(&w));
}

static inline void route_add_aigp(struct route *r, const char *value)
{
    uint64_t metric = strtoull(value, NULL, 10);
    /* Another TLV in front. */
    uint8_t bytes[16] = {9, 0, 4, 7};
    struct writer w = writer_over(bytes + 4, 11);
    writer_u8(&w, 1);
    writer_u16(&w, 11);
    writer_u32(&w, (uint32_t)(metric >> 32));
    writer_u32(&w, (uint32_t)metric);
    attr_block_add(&r->block, ATTR_AIGP, span_of(bytes, 15));
}

static inline void route_add(struct route *r, const char *name, char *value)
{
    if (strcmp(name, "path") == 0) {
        uint8_t bytes[4096];
        struct writer w = writer_over(bytes, sizeof(bytes));
        assert_int_equal(aspath_parse(value, &w), 0);
        attr_block_add(&r->block, ATTR_AS_PATH, writer_span(&w));
    } else if (strcmp(name, "origin") == 0) {
        uint8_t origin = (uint8_t)(*value - '0');
        attr_block_add(&r->block, ATTR_ORIGIN, span_of(&origin, 1));
    } else if (strcmp(name, "communities") == 0) {
        route_add_communities(r, value);
    } else if (strcmp(name, "next_hop") == 0) {
        route_add_next_hop(r, value);
    } else if (strcmp(name, "med") == 0) {
        route_add_u32(r, ATTR_MED, value);
    } else if (strcmp(name, "local_pref") == 0) {
        route_add_u32(r, ATTR_LOCAL_PREF, value);
    } else if (strcmp(name, "aigp") == 0) {
        route_add_aigp(r, value);
    } else if (strcmp(name, "marks") == 0) {
        route_add_marks(r, value);
    } else if (strcmp(name, "validation") == 0) {
        r->local.validation = (uint8_t)strtoul(value, NULL, 10);
    } else {
        fail_msg("there is no part '%s' of routes", name);
    }
}

static inline void route_problem_shown(void *ctx, int err, const struct route_problem *problem)
{
    (void)ctx;
    (void)err;
    fail_msg("%s", strbuf_text(&problem->text));
}

/* Makes a route of a text: "prefix=10.0.0.0/8|path=65001 65002|communities=1:1 1:1:1". Beside these
 * there are family, rules and rd, next_hop, origin, med, local_pref, aigp, marks and
 * validation (enum attr_validation). What else is in the scene is left as it is. */
static inline void route_make(struct route *r, const char *text)
{
    char copy[1024];
    char *parts[16];
    char *rules = NULL;
    struct nlri_text key = {0};
    struct nlri nlri;
    assert_true(strlen(text) < sizeof(copy));
    strcpy(copy, text);
    attr_block_init(&r->block);
    r->local = (struct attr_local){0};
    r->scene.family = FAMILY_IPV4_UNICAST;
    size_t count = *copy ? route_split(copy, "|", parts, 16) : 0;
    for (size_t i = 0; i < count; i++) {
        char *value = strchr(parts[i], '=');
        assert_non_null(value);
        *value++ = '\0';
        if (strcmp(parts[i], "family") == 0)
            r->scene.family = family_from_name(value);
        else if (strcmp(parts[i], "prefix") == 0)
            key.prefix = value;
        else if (strcmp(parts[i], "rd") == 0)
            key.rd = value;
        else if (strcmp(parts[i], "rules") == 0)
            rules = value;
        else
            route_add(r, parts[i], value);
    }
    static const uint32_t label = 16;
    const struct family_info *f = family_info(r->scene.family);
    const char *const one_rule[] = {rules};
    key.rules = rules ? one_rule : NULL;
    key.rule_count = rules ? 1 : 0;
    key.labels = f->has_labels ? &label : NULL;
    key.label_count = f->has_labels ? 1 : 0;
    if (!key.prefix && !rules)
        key.prefix = f->ip_version == IP_V4 ? "10.0.0.0/8" : "2001:db8::/32";
    assert_int_equal(f->parse(f, &key, r->key, &nlri, route_problem_shown, NULL), 0);
    route_add_local(r);
    attr_block_finish(&r->block);
    r->scene.key = nlri.key;
    r->scene.attrs = attr_block_span(&r->block);
    r->scene.hot = &r->block.hot;
}

/* --- words --- */

struct route_words {
    struct policy_words words;
    struct policy_word at[16];
    char copy[1024];
};

/* Words from a text: those of a list between "|"; "!" stands for "|" within one. */
static inline void route_words_make(struct route_words *w, const char *text,
                                    struct policy_sets *sets)
{
    char *parts[16];
    assert_true(strlen(text) < sizeof(w->copy));
    strcpy(w->copy, text);
    size_t count = route_split(w->copy, "|", parts, 16);
    for (size_t i = 0; i < count; i++) {
        for (char *c = parts[i]; *c; c++)
            *c = *c == '!' ? '|' : *c;
        w->at[i] = (struct policy_word){.text = parts[i], .type = POLICY_TEXT};
    }
    w->words = (struct policy_words){.at = w->at, .count = count, .sets = sets};
}

/* Reads what a match is compared with. */
static inline void *route_read_value(const struct policy_match *match, const char *text,
                                     struct policy_sets *sets, unsigned *ret_variables)
{
    struct route_words w;
    void *value = NULL;
    route_words_make(&w, text, sets);
    if (match->read(&w.words, &value, ret_variables) != 0)
        fail_msg("%s = %s: %s", match->name, text, strbuf_text(&w.words.problem.text));
    return value;
}

#endif
