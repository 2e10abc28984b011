/* Lists of prefixes with ranges of lengths. No entry may be listed twice. */
#include "prefix_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "base/mem.h"

/* The number after a word; false: the text does not begin with that word and a number. */
static bool take_bits(const char **text, const char *word, uint8_t *ret_bits)
{
    size_t len = strlen(word);
    if (strncmp(*text, word, len) != 0)
        return false;
    char *end;
    unsigned long bits = strtoul(*text + len, &end, 10);
    if (end == *text + len)
        return false;
    *ret_bits = (uint8_t)bits;
    *text = end;
    return true;
}

static void set_lengths(struct prefix_list *l, uint32_t at, const char *range)
{
    const struct table_prefix *p = &l->entries.prefixes[at];
    l->shortest = mem_resize(l->shortest, l->entries.prefix_room, 1);
    l->longest = mem_resize(l->longest, l->entries.prefix_room, 1);
    l->shortest[at] = l->longest[at] = p->len_bits;
    if (take_bits(&range, " ge ", &l->shortest[at]))
        l->longest[at] = p->version == IP_V4 ? 32 : 128;
    take_bits(&range, " le ", &l->longest[at]);
}

static void add_entry(struct prefix_list *l, const char *path, const char *line)
{
    char text[64];
    int used = 0;
    struct table_prefix p;
    if (sscanf(line, "%63s%n", text, &used) != 1 || !table_parse_prefix(text, &p))
        bench_fail("%s: not a prefix: %s", path, line);
    uint32_t before = l->entries.prefix_count;
    uint32_t at = index_add(&l->index, &l->entries, p);
    if (at < before)
        bench_fail("%s: listed twice: %s", path, text);
    set_lengths(l, at, line + used);
}

void prefix_list_read(struct prefix_list *l, const char *path)
{
    *l = (struct prefix_list){0};
    index_build(&l->index, &l->entries);
    FILE *file = fopen(path, "r");
    if (!file)
        bench_fail("cannot open %s", path);
    char line[256];
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] && line[0] != '#')
            add_entry(l, path, line);
    }
    fclose(file);
}

void prefix_list_release(struct prefix_list *l)
{
    index_release(&l->index);
    table_release(&l->entries);
    free(l->shortest);
    free(l->longest);
    *l = (struct prefix_list){0};
}

bool prefix_list_match(const struct prefix_list *l, const struct table_prefix *p)
{
    for (uint32_t len = 0; l->entries.prefix_count > 0 && len <= p->len_bits; len++) {
        uint64_t mask = len ? ~0ULL << (64 - len) : 0;
        struct table_prefix covering = {p->high & mask, p->version, (uint8_t)len};
        uint32_t at = index_search(&l->index, covering);
        if (at != INDEX_NONE && p->len_bits >= l->shortest[at] && p->len_bits <= l->longest[at])
            return true;
    }
    return false;
}
