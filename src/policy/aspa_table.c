/* The table of ASPAs: an open-addressing table of customers, each with its providers, ascending and
 * counted. draft-ietf-sidrops-aspa-verification §3, 5.3. */
#include "policy/aspa_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "policy/as_set.h"

struct provider {
    uint32_t as;
    uint32_t sources; /* that name it */
};

struct aspa_customer {
    uint32_t as;
    uint32_t sources; /* that have an ASPA of it */
    uint32_t count;
    struct provider *providers; /* owned; ascending */
};

/* --- the hash table --- */

static uint32_t slot_of(const struct aspa_table *t, uint32_t as)
{
    return (uint32_t)hash_mix(as) & (t->size - 1);
}

/* Where a customer stands, or is to stand; the table has a free slot. */
static uint32_t place_of(const struct aspa_table *t, uint32_t as)
{
    uint32_t at = slot_of(t, as);
    while (t->slots[at] && t->slots[at]->as != as)
        at = (at + 1) & (t->size - 1);
    return at;
}

static void grow(struct aspa_table *t)
{
    struct aspa_customer **old = t->slots;
    uint32_t old_size = t->size;
    t->size = old_size ? old_size * 2 : 64;
    t->slots = mem_zalloc(t->size * sizeof(struct aspa_customer *));
    for (uint32_t i = 0; i < old_size; i++)
        if (old[i])
            t->slots[place_of(t, old[i]->as)] = old[i];
    free(old);
}

/* Empties a slot: what stands behind it and belongs in front moves up. */
static void empty_slot(struct aspa_table *t, uint32_t at)
{
    const uint32_t mask = t->size - 1;
    free(t->slots[at]->providers);
    free(t->slots[at]);
    t->slots[at] = NULL;
    t->count--;
    for (uint32_t next = (at + 1) & mask; t->slots[next]; next = (next + 1) & mask) {
        uint32_t home = slot_of(t, t->slots[next]->as);
        if (((next - home) & mask) < ((next - at) & mask))
            continue;
        t->slots[at] = t->slots[next];
        t->slots[next] = NULL;
        at = next;
    }
}

static struct aspa_customer *find(const struct aspa_table *t, uint32_t as)
{
    return t->size > 0 ? t->slots[place_of(t, as)] : NULL;
}

void aspa_table_release(struct aspa_table *t)
{
    for (uint32_t i = 0; i < t->size; i++) {
        if (!t->slots[i])
            continue;
        free(t->slots[i]->providers);
        free(t->slots[i]);
    }
    free(t->slots);
    *t = (struct aspa_table){0};
}

/* --- changing --- */

/* Merges in what a source names; true: some were not there. */
static bool add_providers(struct aspa_customer *c, const uint32_t *providers, size_t count)
{
    struct provider *all = mem_resize(NULL, c->count + count + 1, sizeof(*all));
    uint32_t total = 0;
    uint32_t old = 0;
    bool is_new = false;
    for (size_t i = 0; i < count; i++) {
        while (old < c->count && c->providers[old].as < providers[i])
            all[total++] = c->providers[old++];
        bool known = old < c->count && c->providers[old].as == providers[i];
        all[total] = known ? c->providers[old++] : (struct provider){.as = providers[i]};
        all[total++].sources++;
        is_new |= !known;
    }
    while (old < c->count)
        all[total++] = c->providers[old++];
    free(c->providers);
    c->providers = all;
    c->count = total;
    return is_new;
}

bool aspa_table_add(struct aspa_table *t, uint32_t customer, const uint32_t *providers,
                    size_t count)
{
    if ((t->count + 1) * 2 > t->size)
        grow(t);
    uint32_t at = place_of(t, customer);
    if (!t->slots[at]) {
        t->slots[at] = mem_zalloc(sizeof(**t->slots));
        t->slots[at]->as = customer;
        t->count++;
    }
    bool is_new = t->slots[at]->sources++ == 0;
    return add_providers(t->slots[at], providers, count) || is_new;
}

/* Takes out what a source named; true: some are gone. */
static bool remove_providers(struct aspa_customer *c, const uint32_t *providers, size_t count)
{
    uint32_t left = 0;
    size_t named = 0;
    bool is_gone = false;
    for (uint32_t i = 0; i < c->count; i++) {
        struct provider p = c->providers[i];
        if (named < count && providers[named] == p.as) {
            p.sources--;
            named++;
        }
        if (p.sources > 0)
            c->providers[left++] = p;
        else
            is_gone = true;
    }
    assert(named == count);
    c->count = left;
    return is_gone;
}

bool aspa_table_remove(struct aspa_table *t, uint32_t customer, const uint32_t *providers,
                       size_t count)
{
    uint32_t at = place_of(t, customer);
    assert(t->slots[at]);
    bool changed = remove_providers(t->slots[at], providers, count);
    if (--t->slots[at]->sources > 0)
        return changed;
    empty_slot(t, at);
    return true;
}

/* --- asking --- */

static int compare_provider(const void *key, const void *provider)
{
    uint32_t as = *(const uint32_t *)key;
    uint32_t other = ((const struct provider *)provider)->as;
    return as < other ? -1 : as > other;
}

enum aspa_hop aspa_table_hop(const struct aspa_table *t, uint32_t customer, uint32_t provider)
{
    const struct aspa_customer *c = find(t, customer);
    if (!c)
        return ASPA_NO_ATTESTATION;
    bool has = c->count > 0 &&
               bsearch(&provider, c->providers, c->count, sizeof(*c->providers), compare_provider);
    return has ? ASPA_PROVIDER : ASPA_NOT_PROVIDER;
}

bool aspa_table_each_provider(const struct aspa_table *t, uint32_t customer,
                              void (*each)(void *ctx, uint32_t provider), void *ctx)
{
    const struct aspa_customer *c = find(t, customer);
    for (uint32_t i = 0; c && i < c->count; i++)
        each(ctx, c->providers[i].as);
    return c != NULL;
}

/* --- what one source says --- */

static const char expected[] = "(expected a customer and its providers: 64500: 64501 64502)";

/* Reads a word of a text as an AS number. */
static int parse_as(const char *text, size_t at, size_t len, uint32_t *ret_as, struct text_error *e)
{
    char word[32] = "";
    uint32_t low = 0;
    uint32_t high = 0;
    struct text_error why = {0};
    memcpy(word, text + at, len < sizeof(word) ? len : sizeof(word) - 1);
    int err = as_set_parse_entry(word, &low, &high, &why);
    text_error_release(&why);
    if (err || strchr(word, '-'))
        return text_error_at(e, err ? err : ERR_INVALID, at + 1, text + at, len, "%s AS number %s",
                             len > 0 ? "is no" : "there is no", expected);
    *ret_as = low;
    return 0;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Sorts them; each once. */
static void settle(struct aspa *aspa)
{
    size_t kept = 0;
    if (aspa->count > 1)
        qsort(aspa->providers, aspa->count, sizeof(*aspa->providers), compare_numbers);
    for (size_t i = 0; i < aspa->count; i++)
        if (kept == 0 || aspa->providers[kept - 1] != aspa->providers[i])
            aspa->providers[kept++] = aspa->providers[i];
    aspa->count = kept;
}

int aspa_parse(const char *text, struct aspa *ret_aspa, struct text_error *ret_error)
{
    static const char gaps[] = " \t,";
    size_t at = strspn(text, " \t");
    size_t len = strcspn(text + at, " \t:");
    size_t colon = at + len + strspn(text + at + len, " \t");
    struct aspa aspa = {.providers = mem_resize(NULL, strlen(text) + 1, sizeof(uint32_t))};
    int err = parse_as(text, at, len, &aspa.customer, ret_error);
    if (!err && text[colon] != ':')
        err = text_error_at(ret_error, ERR_INVALID, colon + 1, "", 0,
                            "there is no ':' after the customer %s", expected);
    at = colon + 1;
    while (!err && text[at += strspn(text + at, gaps)] != '\0') {
        len = strcspn(text + at, gaps);
        err = parse_as(text, at, len, &aspa.providers[aspa.count++], ret_error);
        at += len;
    }
    if (!err && aspa.count == 0)
        err = text_error_at(ret_error, ERR_INVALID, at + 1, "", 0,
                            "there are no providers %s; 0 says that it has none", expected);
    if (!err && aspa.customer == 0)
        err = text_error_at(ret_error, ERR_RANGE, 1, "0", 1, "cannot be a customer %s", expected);
    if (err) {
        aspa_release(&aspa);
        return err;
    }
    settle(&aspa);
    *ret_aspa = aspa;
    return 0;
}

void aspa_release(struct aspa *aspa)
{
    free(aspa->providers);
    *aspa = (struct aspa){0};
}

void aspa_unite(struct aspa *aspa, struct aspa *other)
{
    aspa->providers =
        mem_resize(aspa->providers, aspa->count + other->count + 1, sizeof(*aspa->providers));
    for (size_t i = 0; i < other->count; i++)
        aspa->providers[aspa->count++] = other->providers[i];
    aspa_release(other);
    settle(aspa);
}

int aspa_compare(const struct aspa *a, const struct aspa *b)
{
    return a->customer < b->customer ? -1 : a->customer > b->customer;
}

bool aspa_equal(const struct aspa *a, const struct aspa *b)
{
    return a->customer == b->customer && a->count == b->count &&
           (a->count == 0 ||
            memcmp(a->providers, b->providers, a->count * sizeof(*a->providers)) == 0);
}
