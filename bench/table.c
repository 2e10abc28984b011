/* Tables: storage, and the readers of real prefix lists. A list names prefixes and their origin AS
 * only ("1.0.0.0/24\t15169"); runs of one origin become a set, with generated attributes. */
#include "table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/ip.h"
#include "base/mem.h"
#include "base/prefix.h"
#include "index.h"
#include "rng.h"

/* A set of real prefixes is cut here, as one attribute set of a real table seldom has more. */
enum { LIST_SET_MAX = 12 };

void bench_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static void *grown(void *items, uint32_t *room, uint32_t used, size_t item_bytes)
{
    if (used < *room)
        return items;
    *room = *room ? *room * 2 : 1024;
    return mem_resize(items, *room, item_bytes);
}

uint32_t table_add_prefix(struct table *t, struct table_prefix p)
{
    t->prefixes = grown(t->prefixes, &t->prefix_room, t->prefix_count, sizeof *t->prefixes);
    t->prefixes[t->prefix_count] = p;
    return t->prefix_count++;
}

void table_add_order(struct table *t, uint32_t prefix_index)
{
    t->order = grown(t->order, &t->order_room, t->order_count, sizeof *t->order);
    t->order[t->order_count++] = prefix_index;
}

struct table_set *table_add_set(struct table *t)
{
    t->sets = grown(t->sets, &t->set_room, t->set_count, sizeof *t->sets);
    t->sets[t->set_count] = (struct table_set){.id = t->set_count, .first = t->order_count};
    return &t->sets[t->set_count++];
}

uint32_t table_add_attrs(struct table *t, struct span attrs)
{
    if (t->attr_len_bytes + attrs.len_bytes > t->attr_room_bytes) {
        t->attr_room_bytes = 2 * (t->attr_len_bytes + attrs.len_bytes);
        t->attr_bytes = mem_realloc(t->attr_bytes, t->attr_room_bytes);
    }
    uint32_t at = (uint32_t)t->attr_len_bytes;
    memcpy(t->attr_bytes + at, attrs.data, attrs.len_bytes);
    t->attr_len_bytes += attrs.len_bytes;
    return at;
}

void table_share(const struct table *t, uint32_t sender, uint32_t senders, uint32_t *ret_first,
                 uint32_t *ret_end)
{
    *ret_first = (uint32_t)((uint64_t)t->order_count * sender / senders);
    *ret_end = (uint32_t)((uint64_t)t->order_count * (sender + 1) / senders);
}

bool table_parse_prefix(const char *text, struct table_prefix *ret_prefix)
{
    struct prefix p;
    if (prefix_parse(text, &p) < 0 || p.len_bits > 64)
        return false;
    uint64_t high = 0;
    for (int i = 0; i < 8; i++)
        high = high << 8 | p.bytes[i];
    *ret_prefix = (struct table_prefix){high, p.version, p.len_bits};
    return true;
}

/* Takes one line of a list; false for comments, the other family and prefixes beyond 64 bits. */
static bool parse_line(char *line, uint8_t version, struct table_prefix *ret_prefix,
                       uint32_t *ret_as)
{
    char *tab = strchr(line, '\t');
    if (line[0] == ';' || !tab)
        return false;
    *tab = '\0';
    if (!table_parse_prefix(line, ret_prefix) || ret_prefix->version != version)
        return false;
    *ret_as = (uint32_t)strtoul(tab + 1, NULL, 10);
    return true;
}

static void read_list(struct table *t, const char *path, uint8_t version)
{
    gzFile file = gzopen(path, "rb");
    if (!file)
        bench_fail("cannot open %s", path);
    t->version = version;
    struct prefix_index seen;
    index_build(&seen, t);
    char line[256];
    while (gzgets(file, line, sizeof line)) {
        struct table_prefix p;
        uint32_t as;
        if (!parse_line(line, version, &p, &as))
            continue;
        uint32_t before = t->prefix_count;
        uint32_t at = index_add(&seen, t, p);
        if (t->prefix_count == before)
            continue; /* listed twice */
        struct table_set *set = t->set_count ? &t->sets[t->set_count - 1] : NULL;
        if (!set || set->origin_as != as || set->count == LIST_SET_MAX)
            set = table_add_set(t);
        set->origin_as = as;
        set->count++;
        table_add_order(t, at);
    }
    index_release(&seen);
    gzclose(file);
}

void table_load(struct table *t, const char *spec, uint64_t seed)
{
    *t = (struct table){0};
    const char *colon = strchr(spec, ':');
    if (!colon)
        bench_fail("a table is gen4:N, gen6:N, mrt:FILE, list4:FILE or list6:FILE, not %s", spec);
    size_t len = (size_t)(colon - spec);
    const char *rest = colon + 1;
    if (len == 4 && memcmp(spec, "gen", 3) == 0)
        table_generate(t, spec[3] == '6' ? IP_V6 : IP_V4, (uint32_t)strtoul(rest, NULL, 10), seed);
    else if (len == 5 && memcmp(spec, "list", 4) == 0)
        read_list(t, rest, spec[4] == '6' ? IP_V6 : IP_V4);
    else if (len == 3 && memcmp(spec, "mrt", 3) == 0)
        table_read_mrt(t, rest);
    else
        bench_fail("unknown kind of table: %s", spec);
    if (t->prefix_count == 0)
        bench_fail("the table %s is empty", spec);
}

void table_release(struct table *t)
{
    free(t->prefixes);
    free(t->sets);
    free(t->order);
    free(t->attr_bytes);
    *t = (struct table){0};
}
