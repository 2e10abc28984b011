/* The records of a source, in a hash table of many small ones (shards), so that none ever takes
 * long to grow.
 *
 * The bits of a record:
 *   IN    it is in force
 *   TURN  of a full response: it was announced; of one with differences: it changes sides
 *   TOLD  it was passed on
 *   LISTED  it stands in `changed`
 * Between responses TURN is nowhere. Whoever has none of IN, TURN and TOLD goes; within a response
 * with differences it stays until that is settled, as it is listed.
 *
 * An ASPA has two lists: `in`, which is in force, and `next`, which the response has announced
 * (TURN set, NULL: withdrawn). */
#include "rpki/record_set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"

enum {
    SHARD_BITS_MAX = 12,
    SHARD_RECORDS = 512, /* as many as a shard is to have at most, more or less */
    SHARD_MIN_SLOTS = 4,
    LISTED_A_STEP = 256,
    EMPTY_SHARDS_A_STEP = 64,
    PROVIDERS_A_RECORD = 6, /* so many take as much memory as a record */
};

enum record_flag { IN = 1, TURN = 2, TOLD = 4, LISTED = 8 };

struct providers {
    uint32_t count;
    uint32_t as[];
};

struct record {
    union {
        uint8_t bytes[16]; /* of the prefix of a VRP */
        struct {
            struct providers *in; /* owned */
            struct providers *next;
        } aspa;
    } u;
    uint32_t number; /* of a VRP: its AS; of an ASPA: its customer */
    uint8_t len_bits;
    uint8_t max_length;
    uint8_t kind;  /* enum record_kind + 1; 0: the slot is free */
    uint8_t flags; /* enum record_flag */
};

struct record_shard {
    struct record *slots; /* owned */
    uint32_t size;        /* a power of two, or 0 */
    uint32_t count;
};

_Static_assert(sizeof(struct record) == 24, "there are very many");

/* --- the table --- */

static bool is_aspa(const struct record *r)
{
    return r->kind == RECORD_ASPA + 1;
}

static uint64_t hash(const struct record_set *s, const struct record *r)
{
    if (is_aspa(r))
        return hash_bytes_seeded(&r->number, sizeof(r->number), s->seed);
    return hash_bytes_seeded(r, offsetof(struct record, flags), s->seed);
}

static bool same(const struct record *a, const struct record *b)
{
    if (is_aspa(a) || is_aspa(b))
        return a->kind == b->kind && a->number == b->number;
    return memcmp(a, b, offsetof(struct record, flags)) == 0;
}

static struct record_shard *shard_of(const struct record_set *s, uint64_t hashed)
{
    return &s->shards[s->shard_bits ? hashed >> (64 - s->shard_bits) : 0];
}

/* The slot of a record, or the free one where it would be. The shard has room. */
static struct record *slot_for(const struct record_shard *shard, const struct record *key,
                               uint64_t hashed)
{
    uint32_t at = (uint32_t)hashed & (shard->size - 1);
    while (shard->slots[at].kind != 0 && !same(&shard->slots[at], key))
        at = (at + 1) & (shard->size - 1);
    return &shard->slots[at];
}

/* Gives a shard slots for `count` records, and puts those with a kind into them. */
static void rebuild(const struct record_set *s, struct record_shard *shard, uint32_t count)
{
    struct record_shard fresh = {.count = shard->count};
    for (fresh.size = count > 0 ? SHARD_MIN_SLOTS : 0; fresh.size * 3 / 4 < count;)
        fresh.size *= 2;
    if (fresh.size > 0)
        fresh.slots = mem_zalloc(fresh.size * sizeof(*fresh.slots));
    for (uint32_t i = 0; i < shard->size; i++)
        if (shard->slots[i].kind != 0)
            *slot_for(&fresh, &shard->slots[i], hash(s, &shard->slots[i])) = shard->slots[i];
    free(shard->slots);
    *shard = fresh;
}

static struct record *find(const struct record_set *s, const struct record *key)
{
    uint64_t hashed = hash(s, key);
    const struct record_shard *shard = shard_of(s, hashed);
    struct record *r = shard->size > 0 ? slot_for(shard, key, hashed) : NULL;
    return r && r->kind != 0 ? r : NULL;
}

/* The record of this key, which is made where there is none. */
static struct record *obtain(struct record_set *s, const struct record *key)
{
    uint64_t hashed = hash(s, key);
    struct record_shard *shard = shard_of(s, hashed);
    if (shard->count + 1 > shard->size * 3 / 4)
        rebuild(s, shard, shard->count + 1);
    struct record *r = slot_for(shard, key, hashed);
    if (r->kind == 0) {
        *r = *key;
        shard->count++;
        s->total++;
    }
    return r;
}

/* Closes the gap that a record leaves: what would not be found behind it moves up. */
static void drop(struct record_set *s, struct record *r)
{
    struct record_shard *shard = shard_of(s, hash(s, r));
    uint32_t mask = shard->size - 1;
    uint32_t gap = (uint32_t)(r - shard->slots);
    for (uint32_t at = (gap + 1) & mask; shard->slots[at].kind != 0; at = (at + 1) & mask) {
        uint32_t home = (uint32_t)hash(s, &shard->slots[at]) & mask;
        if (((at - home) & mask) < ((at - gap) & mask))
            continue;
        shard->slots[gap] = shard->slots[at];
        gap = at;
    }
    shard->slots[gap] = (struct record){0};
    shard->count--;
    s->total--;
}

/* --- life --- */

void record_set_init(struct record_set *s, uint32_t max_records)
{
    *s = (struct record_set){.max_records = max_records};
    while (s->shard_bits < SHARD_BITS_MAX && max_records >> s->shard_bits > SHARD_RECORDS)
        s->shard_bits++;
    s->shard_count = s->passed = 1u << s->shard_bits;
    s->shards = mem_zalloc(s->shard_count * sizeof(*s->shards));
    if (getrandom(&s->seed, sizeof(s->seed), GRND_NONBLOCK) != sizeof(s->seed))
        s->seed = hash_mix((uint64_t)(uintptr_t)s->shards);
}

void record_set_release(struct record_set *s)
{
    for (uint32_t k = 0; s->shards && k < s->shard_count; k++) {
        struct record_shard *shard = &s->shards[k];
        for (uint32_t i = 0; i < shard->size; i++) {
            if (!is_aspa(&shard->slots[i]))
                continue;
            free(shard->slots[i].u.aspa.in);
            free(shard->slots[i].u.aspa.next);
        }
        free(shard->slots);
    }
    free(s->shards);
    free(s->changed);
    *s = (struct record_set){0};
}

/* --- what a response says --- */

static struct providers *providers_new(struct record_set *s, const uint32_t *as, size_t count)
{
    struct providers *p = mem_alloc(sizeof(*p) + count * sizeof(*as));
    p->count = (uint32_t)count;
    memcpy(p->as, as, count * sizeof(*as));
    s->provider_count += count;
    return p;
}

/* NULL is allowed. */
static void providers_free(struct record_set *s, struct providers *p)
{
    if (p)
        s->provider_count -= p->count;
    free(p);
}

void record_set_begin(struct record_set *s, bool full)
{
    assert(s->phase == RECORDS_IDLE);
    s->phase = RECORDS_FILLING;
    s->full = full;
    s->response = 0;
}

/* Whether it will be in force when the response has been taken. */
static bool is_coming(const struct record_set *s, const struct record *r)
{
    if (s->full)
        return r->flags & TURN && (!is_aspa(r) || r->u.aspa.next);
    if (is_aspa(r))
        return r->flags & TURN ? r->u.aspa.next != NULL : (r->flags & IN) != 0;
    return ((r->flags & TURN) != 0) != ((r->flags & IN) != 0);
}

static void list(struct record_set *s, struct record *r)
{
    if (s->full || r->flags & LISTED)
        return;
    r->flags |= LISTED;
    if (s->changed_count == s->changed_size) {
        s->changed_size = s->changed_size ? s->changed_size * 2 : 64;
        s->changed = mem_resize(s->changed, s->changed_size, sizeof(*s->changed));
    }
    s->changed[s->changed_count++] = *r;
}

/* A response that goes on and on ends here, whatever it says. */
static bool is_too_much(struct record_set *s, size_t weight)
{
    uint64_t held = s->total + s->provider_count / PROVIDERS_A_RECORD;
    s->response += weight;
    return s->response > s->max_records || held + weight > s->max_records;
}

static struct record key_of(const struct vrp *vrp)
{
    struct record key = {
        .kind = (uint8_t)(vrp->prefix.version == IP_V4 ? RECORD_VRP4 : RECORD_VRP6) + 1,
        .number = vrp->as,
        .len_bits = vrp->prefix.len_bits,
        .max_length = vrp->max_length,
    };
    memcpy(key.u.bytes, vrp->prefix.bytes, sizeof(key.u.bytes));
    return key;
}

int record_set_announce_vrp(struct record_set *s, const struct vrp *vrp)
{
    struct record key = key_of(vrp);
    if (is_too_much(s, 1))
        return ERR_FULL;
    struct record *r = obtain(s, &key);
    if (is_coming(s, r))
        return ERR_EXISTS;
    list(s, r);
    r->flags ^= TURN;
    return 0;
}

/* Finds what is to be withdrawn, and notes that it is looked at. */
static int find_withdrawn(struct record_set *s, const struct record *key, struct record **ret)
{
    struct record *r = find(s, key);
    if (is_too_much(s, 0))
        return ERR_FULL;
    if (!r || !is_coming(s, r))
        return ERR_NOT_FOUND;
    s->response++;
    list(s, r);
    *ret = r;
    return 0;
}

int record_set_withdraw_vrp(struct record_set *s, const struct vrp *vrp)
{
    struct record key = key_of(vrp);
    struct record *r;
    int err = find_withdrawn(s, &key, &r);
    if (!err)
        r->flags ^= TURN;
    return err;
}

static struct record aspa_key(uint32_t customer)
{
    return (struct record){.kind = RECORD_ASPA + 1, .number = customer};
}

int record_set_announce_aspa(struct record_set *s, uint32_t customer, const uint32_t *providers,
                             size_t count)
{
    struct record key = aspa_key(customer);
    if (is_too_much(s, 1 + count / PROVIDERS_A_RECORD))
        return ERR_FULL;
    struct record *r = obtain(s, &key);
    list(s, r);
    providers_free(s, r->u.aspa.next);
    r->u.aspa.next = providers_new(s, providers, count);
    r->flags |= TURN;
    return 0;
}

int record_set_withdraw_aspa(struct record_set *s, uint32_t customer)
{
    struct record key = aspa_key(customer);
    struct record *r;
    int err = find_withdrawn(s, &key, &r);
    if (err)
        return err;
    providers_free(s, r->u.aspa.next);
    r->u.aspa.next = NULL;
    r->flags |= TURN;
    return 0;
}

static void enter(struct record_set *s, enum record_phase phase)
{
    s->phase = phase;
    s->swept = 0;
    s->changed_at = 0;
}

void record_set_commit(struct record_set *s)
{
    assert(s->phase == RECORDS_FILLING);
    enter(s, RECORDS_COMMITTING);
}

void record_set_abort(struct record_set *s)
{
    assert(s->phase == RECORDS_FILLING);
    enter(s, RECORDS_ABORTING);
}

void record_set_clear(struct record_set *s)
{
    enter(s, RECORDS_CLEARING);
}

void record_set_use(struct record_set *s, bool used)
{
    if (s->used == used)
        return;
    s->used = used;
    s->passed = 0;
}

/* --- putting it in force --- */

static void tell_vrp(const struct record *r, const struct record_sink *sink, bool add)
{
    struct vrp vrp = {.max_length = r->max_length, .as = r->number};
    vrp.prefix = prefix_make(r->kind == RECORD_VRP4 + 1 ? IP_V4 : IP_V6, r->len_bits, r->u.bytes);
    sink->vrp(sink->ctx, &vrp, add);
}

static void tell(struct record *r, const struct record_sink *sink, bool add)
{
    if (is_aspa(r))
        sink->aspa(sink->ctx, r->number, r->u.aspa.in->as, r->u.aspa.in->count, add);
    else
        tell_vrp(r, sink, add);
    r->flags = (uint8_t)(add ? r->flags | TOLD : r->flags & ~TOLD);
}

/* Passes it on, or takes it back, as the set is used. */
static void pass(const struct record_set *s, struct record *r, const struct record_sink *sink)
{
    bool wanted = s->used && r->flags & IN;
    if (wanted != ((r->flags & TOLD) != 0))
        tell(r, sink, wanted);
}

static void set_in(struct record_set *s, struct record *r, bool in)
{
    if (in == ((r->flags & IN) != 0))
        return;
    r->flags ^= IN;
    s->in_force[r->kind - 1] += in ? 1 : UINT32_MAX;
}

static bool providers_equal(const struct providers *a, const struct providers *b)
{
    return a && b && a->count == b->count && memcmp(a->as, b->as, a->count * sizeof(a->as[0])) == 0;
}

/* The list that comes in the place of the other is passed on before that is taken back: what both
 * name is never missing. */
static void replace_aspa(struct record_set *s, struct record *r, const struct record_sink *sink)
{
    struct providers *before = r->u.aspa.in;
    bool told = r->flags & TOLD;
    struct providers *next = r->u.aspa.next;
    r->u.aspa.next = NULL;
    if (providers_equal(before, next)) {
        providers_free(s, next);
        return;
    }
    r->u.aspa.in = next;
    r->flags &= (uint8_t)~TOLD;
    set_in(s, r, next != NULL);
    pass(s, r, sink);
    if (told)
        sink->aspa(sink->ctx, r->number, before->as, before->count, false);
    providers_free(s, before);
}

/* What the phase does to a record. */
static void settle(struct record_set *s, struct record *r, const struct record_sink *sink)
{
    bool keeps = s->phase == RECORDS_COMMITTING;
    bool changes = r->flags & TURN || (keeps && s->full) || s->phase == RECORDS_CLEARING;
    bool comes = keeps && is_coming(s, r);
    if (is_aspa(r) && !comes) {
        providers_free(s, r->u.aspa.next);
        r->u.aspa.next = NULL;
    }
    if (s->phase == RECORDS_ABORTING)
        changes = false;
    r->flags &= (uint8_t) ~(TURN | LISTED);
    if (changes && is_aspa(r))
        replace_aspa(s, r, sink);
    else if (changes)
        set_in(s, r, comes);
    pass(s, r, sink);
}

/* Nothing is left of it; an ASPA has no lists then. */
static bool is_over(const struct record *r)
{
    return !(r->flags & (IN | TURN | TOLD | LISTED));
}

/* Whether a VRP is passed on or taken back, by what is in force, or by what the phase makes of
 * that. */
static bool is_told_next(const struct record_set *s, const struct record *r, bool settles)
{
    bool in = r->flags & IN;
    if (settles && s->phase == RECORDS_CLEARING)
        in = false;
    else if (settles && s->phase == RECORDS_COMMITTING)
        in = is_coming(s, r);
    return (s->used && in) != ((r->flags & TOLD) != 0);
}

/* Tells which VRPs some slots have. */
static void fetch(const struct record_set *s, const struct record *slots, uint32_t count,
                  bool settles, const struct record_sink *sink)
{
    for (unsigned kind = RECORD_VRP4; kind <= RECORD_VRP6; kind++) {
        const uint8_t *address_bytes[RECORDS_AT_ONCE];
        uint8_t len_bits[RECORDS_AT_ONCE];
        unsigned found = 0;
        for (uint32_t i = 0; i < count; i++) {
            if (slots[i].kind != kind + 1 || !is_told_next(s, &slots[i], settles))
                continue;
            address_bytes[found] = slots[i].u.bytes;
            len_bits[found++] = slots[i].len_bits;
        }
        if (found > 0)
            sink->fetch(sink->ctx, kind == RECORD_VRP4 ? IP_V4 : IP_V6, address_bytes, len_bits,
                        found);
    }
}

/* Goes through a shard; what is over goes. */
static void sweep(struct record_set *s, uint32_t index, const struct record_sink *sink,
                  void (*each)(struct record_set *s, struct record *r,
                               const struct record_sink *sink))
{
    struct record_shard *shard = &s->shards[index];
    uint32_t gone = 0;
    for (uint32_t i = 0; i < shard->size; i++) {
        struct record *r = &shard->slots[i];
        if (sink->fetch && i % RECORDS_AT_ONCE == 0)
            fetch(s, r, shard->size - i < RECORDS_AT_ONCE ? shard->size - i : RECORDS_AT_ONCE,
                  each == settle, sink);
        if (r->kind == 0)
            continue;
        each(s, r, sink);
        if (!is_over(r))
            continue;
        *r = (struct record){0};
        gone++;
    }
    shard->count -= gone;
    s->total -= gone;
    if (gone > 0)
        rebuild(s, shard, shard->count);
}

/* A shard that has something, and those before it that have nothing. */
static void sweep_some(struct record_set *s, uint32_t *at, const struct record_sink *sink,
                       void (*each)(struct record_set *s, struct record *r,
                                    const struct record_sink *sink))
{
    uint32_t end =
        *at + EMPTY_SHARDS_A_STEP < s->shard_count ? *at + EMPTY_SHARDS_A_STEP : s->shard_count;
    while (*at < end && s->shards[*at].count == 0)
        (*at)++;
    if (*at < end)
        sweep(s, (*at)++, sink, each);
}

static void pass_each(struct record_set *s, struct record *r, const struct record_sink *sink)
{
    pass(s, r, sink);
}

static void settle_listed(struct record_set *s, const struct record_sink *sink)
{
    for (unsigned i = 0; i < LISTED_A_STEP && s->changed_at < s->changed_count; i++) {
        struct record *r = find(s, &s->changed[s->changed_at++]);
        settle(s, r, sink);
        if (is_over(r))
            drop(s, r);
    }
}

static void end_phase(struct record_set *s)
{
    free(s->changed);
    s->changed = NULL;
    s->changed_count = s->changed_size = s->changed_at = 0;
    s->phase = RECORDS_IDLE;
}

bool record_set_step(struct record_set *s, const struct record_sink *sink)
{
    if (s->passed < s->shard_count) {
        sweep_some(s, &s->passed, sink, pass_each);
        return true;
    }
    if (!record_set_is_busy(s))
        return false;
    bool by_list = s->phase == RECORDS_COMMITTING && !s->full;
    if (by_list)
        settle_listed(s, sink);
    else
        sweep_some(s, &s->swept, sink, settle);
    if (by_list ? s->changed_at == s->changed_count : s->swept == s->shard_count)
        end_phase(s);
    return true;
}

bool record_set_is_busy(const struct record_set *s)
{
    return s->phase != RECORDS_IDLE && s->phase != RECORDS_FILLING;
}

bool record_set_has_work(const struct record_set *s)
{
    return s->passed < s->shard_count || record_set_is_busy(s);
}

bool record_set_is_empty(const struct record_set *s)
{
    return s->total == 0 && !record_set_has_work(s);
}
