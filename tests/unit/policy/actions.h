/* Actions and routes as text, for tests. Include after cmocka.
 *
 * A value is words with spaces between them: "+10"; those of parts with their name, and a key where
 * a part is a table: "add=65000:1 remove=*", "replace[65001]=65002". Digits are a number, true is a
 * flag, and "#-3" is a number with a sign.
 *
 * Attributes are "KEY VALUE; KEY VALUE": as_path, next_hop, origin (a number), med, local_pref,
 * communities, aigp (a number, or hexadecimal digits of the attribute after "0x"), and of what is
 * ours alone weight, marks, kept (a number). ORIGIN and AS_PATH are there in any case. */
#ifndef BGPD_TESTS_ACTIONS_H
#define BGPD_TESTS_ACTIONS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../wire/bytes.h"
#include "base/mem.h"
#include "policy/action.h"
#include "policy/policy.h"
#include "policy/sets.h"
#include "wire/aspath.h"
#include "wire/community.h"

#define TEST_WORDS_MAX 64

/* What names in words mean. */
static struct policy_sets test_sets;

/* The words of a value. */
struct test_words {
    char copy[2048];
    struct policy_word at[TEST_WORDS_MAX];
    struct policy_words words;
};

static inline enum policy_word_type type_of_word(const char *text)
{
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return POLICY_FLAG;
    return text[strspn(text, "0123456789")] == '\0' ? POLICY_NUMBER : POLICY_TEXT;
}

static inline struct policy_word one_word(char *text)
{
    struct policy_word word = {.text = text};
    char *value = strchr(text, '=');
    if (value) {
        *value++ = '\0';
        word.part = text;
        word.text = value;
        char *key = strchr(text, '[');
        if (key) {
            *key++ = '\0';
            key[strcspn(key, "]")] = '\0';
            word.key = key;
        }
    }
    word.type = type_of_word(word.text);
    if (word.text[0] == '#') {
        word.text++;
        word.type = POLICY_NUMBER;
    }
    return word;
}

static inline struct policy_words *words_of(struct test_words *w, const char *text)
{
    char *rest = w->copy;
    snprintf(w->copy, sizeof(w->copy), "%s", text);
    w->words = (struct policy_words){.at = w->at, .sets = &test_sets};
    while (rest && w->words.count < TEST_WORDS_MAX)
        w->at[w->words.count++] = one_word(strsep(&rest, " "));
    return &w->words;
}

/* What an action sets, read from words; the caller's to release. */
static inline struct policy_set set_of(const char *name, const char *text)
{
    struct test_words w;
    struct policy_set set = {.action = policy_action_named(name)};
    assert_non_null(set.action);
    int err = set.action->read(words_of(&w, text), &set.value, &set.variables);
    if (err)
        fail_msg("%s: %s", text, strbuf_text(&w.words.problem.text));
    return set;
}

/* --- attributes --- */

static inline void add_bytes(struct attr_block *b, uint8_t type, struct span value)
{
    assert_int_equal(attr_block_add(b, type, value), 0);
}

static inline void add_u32(struct attr_block *b, uint8_t type, uint32_t value)
{
    uint8_t bytes[4];
    struct writer w = writer_over(bytes, sizeof(bytes));
    writer_u32(&w, value);
    add_bytes(b, type, writer_span(&w));
}

static inline void add_communities(struct attr_block *b, char *text)
{
    static uint8_t bytes[4][65536];
    struct writer w[4];
    for (unsigned kind = 0; kind < 4; kind++)
        w[kind] = writer_over(bytes[kind], sizeof(bytes[kind]));
    for (char *rest = text; rest && *rest;) {
        struct community c;
        assert_int_equal(community_parse(strsep(&rest, " "), &c), 0);
        writer_bytes(&w[c.kind], c.bytes, community_len_bytes(c.kind));
    }
    for (unsigned kind = 0; kind < 4; kind++)
        if (writer_len(&w[kind]) > 0)
            add_bytes(b, community_attr_type((enum community_kind)kind), writer_span(&w[kind]));
}

static inline void add_aigp(struct attr_block *b, const char *text)
{
    uint8_t bytes[64];
    struct writer w = writer_over(bytes, sizeof(bytes));
    if (strncmp(text, "0x", 2) == 0) {
        for (text += 2; *text; text += 2) {
            char digits[3] = {text[0], text[1]};
            writer_u8(&w, (uint8_t)strtoul(digits, NULL, 16));
        }
    } else {
        uint64_t metric = strtoull(text, NULL, 10);
        writer_u8(&w, 1);
        writer_u16(&w, 11);
        writer_u32(&w, (uint32_t)(metric >> 32));
        writer_u32(&w, (uint32_t)metric);
    }
    add_bytes(b, ATTR_AIGP, writer_span(&w));
}

static inline void add_local(struct attr_block *b, const struct attr_local *local)
{
    uint8_t bytes[1024];
    struct writer w = writer_over(bytes, sizeof(bytes));
    attr_local_put(&w, local);
    if (writer_len(&w) > 0)
        add_bytes(b, ATTR_LOCAL, writer_span(&w));
}

static inline void add_attribute(struct attr_block *b, const char *key, char *value,
                                 struct attr_local *local, struct writer *marks)
{
    uint32_t number = (uint32_t)strtoul(value, NULL, 10);
    struct ip_addr addr;
    if (strcmp(key, "next_hop") == 0) {
        assert_int_equal(ip_parse(value, &addr), 0);
        add_bytes(b, ATTR_NEXT_HOP, span_of(addr.bytes, ip_len_bytes(addr.version)));
    } else if (strcmp(key, "med") == 0) {
        add_u32(b, ATTR_MED, number);
    } else if (strcmp(key, "local_pref") == 0) {
        add_u32(b, ATTR_LOCAL_PREF, number);
    } else if (strcmp(key, "communities") == 0) {
        add_communities(b, value);
    } else if (strcmp(key, "aigp") == 0) {
        add_aigp(b, value);
    } else if (strcmp(key, "weight") == 0) {
        local->weight = number;
    } else if (strcmp(key, "kept") == 0) {
        local->kept = (uint8_t)number;
    } else if (strcmp(key, "marks") == 0) {
        while (value && *value) {
            const char *name = strsep(&value, " ");
            writer_u8(marks, (uint8_t)strlen(name));
            writer_bytes(marks, name, strlen(name));
        }
        local->marks = writer_span(marks);
    } else {
        fail_msg("no attribute: %s", key);
    }
}

/* Makes a block of a text. */
static inline void attrs_of(struct attr_block *b, const char *text)
{
    static uint8_t path[65536];
    static char copy[65536];
    uint8_t marks[512];
    uint8_t origin = 0;
    struct attr_local local = {0};
    struct writer path_w = writer_over(path, sizeof(path));
    struct writer marks_w = writer_over(marks, sizeof(marks));
    snprintf(copy, sizeof(copy), "%s", text);
    attr_block_init(b);
    for (char *rest = copy; rest && *rest;) {
        char *value = strsep(&rest, ";");
        value += strspn(value, " ");
        const char *key = strsep(&value, " ");
        value = value ? value : copy + strlen(copy);
        if (*key == '\0')
            continue;
        if (strcmp(key, "origin") == 0)
            origin = (uint8_t)atoi(value);
        else if (strcmp(key, "as_path") == 0)
            assert_int_equal(aspath_parse(value, &path_w), 0);
        else
            add_attribute(b, key, value, &local, &marks_w);
    }
    add_bytes(b, ATTR_ORIGIN, span_of(&origin, 1));
    add_bytes(b, ATTR_AS_PATH, writer_span(&path_w));
    add_local(b, &local);
    attr_block_finish(b);
}

#endif
