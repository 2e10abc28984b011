/* What policies do to routes. Both sides are canonical: attributes ascend by type, so that a walk
 * over both side by side finds what differs. */
#include "api/view_steps.h"

#include <stdlib.h>
#include <string.h>

#include "api/view_route.h"
#include "base/mem.h"
#include "wire/attr.h"
#include "wire/attr_local.h"
#include "wire/community.h"

/* --- lists: what is in one and not in the other --- */

struct items {
    struct community *at; /* owned */
    size_t count;
    size_t size;
};

static void add_item(void *ctx, const struct community *c)
{
    struct items *items = ctx;
    if (items->count == items->size) {
        items->size = items->size ? 2 * items->size : 16;
        items->at = mem_resize(items->at, items->size, sizeof(*items->at));
    }
    items->at[items->count] = (struct community){.kind = c->kind};
    memcpy(items->at[items->count++].bytes, c->bytes, community_len_bytes(c->kind));
}

static int compare_items(const void *a, const void *b)
{
    const struct community *left = a;
    const struct community *right = b;
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    return memcmp(left->bytes, right->bytes, sizeof(left->bytes));
}

static struct items items_of(struct span attrs)
{
    struct items items = {0};
    community_each(attrs, add_item, &items);
    return items;
}

/* Drops what both have in the same order, which of thousands is nearly all: few are left to be
 * sorted. */
static void drop_common(struct items *a, struct items *b)
{
    size_t a_end = a->count;
    size_t b_end = b->count;
    size_t k = 0;
    a->count = b->count = 0;
    while (a_end > 0 && b_end > 0 && compare_items(&a->at[a_end - 1], &b->at[b_end - 1]) == 0) {
        a_end--;
        b_end--;
    }
    for (size_t i = 0; i < a_end; i++) {
        if (k < b_end && compare_items(&a->at[i], &b->at[k]) == 0)
            k++;
        else
            a->at[a->count++] = a->at[i];
    }
    for (; k < b_end; k++)
        b->at[b->count++] = b->at[k];
}

static void sort_items(struct items *items)
{
    if (items->count > 0)
        qsort(items->at, items->count, sizeof(*items->at), compare_items);
}

/* Those that are not among the others. */
static void put_missing(struct jsonw *w, const char *key, const struct items *of,
                        const struct items *others)
{
    struct strbuf text = {0};
    size_t k = 0;
    jsonw_array(w, key);
    for (size_t i = 0; i < of->count; i++) {
        while (k < others->count && compare_items(&others->at[k], &of->at[i]) < 0)
            k++;
        if (k < others->count && compare_items(&others->at[k], &of->at[i]) == 0)
            continue;
        strbuf_clear(&text);
        community_format(&of->at[i], &text);
        jsonw_text(w, NULL, strbuf_text(&text));
    }
    jsonw_array_end(w);
    strbuf_release(&text);
}

static void put_communities(struct jsonw *w, struct span before, struct span after)
{
    struct items old = items_of(before);
    struct items new = items_of(after);
    drop_common(&old, &new);
    sort_items(&old);
    sort_items(&new);
    jsonw_object(w, NULL);
    jsonw_text(w, "attribute", "communities");
    put_missing(w, "removed", &old, &new);
    put_missing(w, "added", &new, &old);
    jsonw_object_end(w);
    free(old.at);
    free(new.at);
}

struct marks {
    struct jsonw *w;
    struct span others;
};

static void put_mark(void *ctx, struct span name)
{
    struct marks *marks = ctx;
    char text[ATTR_MARK_MAX_BYTES + 1] = {0};
    memcpy(text, name.data, name.len_bytes);
    if (!attr_marks_have(marks->others, text))
        jsonw_text(marks->w, NULL, text);
}

static void put_missing_marks(struct jsonw *w, const char *key, struct span of, struct span others)
{
    struct marks marks = {w, others};
    jsonw_array(w, key);
    attr_marks_each(of, put_mark, &marks);
    jsonw_array_end(w);
}

/* What is noted for ourselves. */
static void put_local(struct jsonw *w, struct span before, struct span after)
{
    struct attr_local old = attr_local_of(before);
    struct attr_local new = attr_local_of(after);
    if (old.weight != new.weight) {
        jsonw_object(w, NULL);
        jsonw_text(w, "attribute", "weight");
        jsonw_uint(w, "before", old.weight);
        jsonw_uint(w, "after", new.weight);
        jsonw_object_end(w);
    }
    if (span_equal(old.marks, new.marks))
        return;
    jsonw_object(w, NULL);
    jsonw_text(w, "attribute", "marks");
    put_missing_marks(w, "removed", old.marks, new.marks);
    put_missing_marks(w, "added", new.marks, old.marks);
    jsonw_object_end(w);
}

/* --- attributes --- */

static void put_value(struct jsonw *w, const char *key, const struct attr_view *attr)
{
    struct strbuf hex = {0};
    if (!attr) {
        jsonw_null(w, key);
    } else if (route_view_attr_key(attr->type)) {
        route_view_put_attr(w, key, attr->type, attr->value);
    } else {
        strbuf_add_hex(&hex, attr->value.data, attr->value.len_bytes, attr->value.len_bytes);
        jsonw_text(w, key, strbuf_text(&hex));
    }
    strbuf_release(&hex);
}

/* NULL: it is not there. */
static void put_change(struct jsonw *w, const struct attr_view *before,
                       const struct attr_view *after)
{
    uint8_t type = before ? before->type : after->type;
    const char *name = route_view_attr_key(type);
    struct strbuf number = {0};
    strbuf_printf(&number, "type %u", type);
    jsonw_object(w, NULL);
    jsonw_text(w, "attribute", name ? name : strbuf_text(&number));
    put_value(w, "before", before);
    put_value(w, "after", after);
    jsonw_object_end(w);
    strbuf_release(&number);
}

/* Of what is shown together. */
static bool is_community(uint8_t type)
{
    return type == ATTR_COMMUNITIES || type == ATTR_EXT_COMMUNITIES ||
           type == ATTR_IPV6_EXT_COMMUNITIES || type == ATTR_LARGE_COMMUNITIES;
}

struct side {
    struct reader r;
    struct attr_view attr;
    bool there;
};

static void step(struct side *s)
{
    s->there = attr_next(&s->r, &s->attr);
}

void view_changes_put(struct jsonw *w, const char *key, struct span before, struct span after)
{
    struct side old = {.r = reader_over(before)};
    struct side new = {.r = reader_over(after)};
    bool communities = false;
    bool local = false;
    step(&old);
    step(&new);
    jsonw_array(w, key);
    while (old.there || new.there) {
        bool has_old = old.there && (!new.there || old.attr.type <= new.attr.type);
        bool has_new = new.there && (!old.there || new.attr.type <= old.attr.type);
        uint8_t type = has_old ? old.attr.type : new.attr.type;
        bool same = has_old && has_new && span_equal(old.attr.value, new.attr.value);
        if (!same && is_community(type))
            communities = true;
        else if (!same && type == ATTR_LOCAL)
            local = true;
        else if (!same)
            put_change(w, has_old ? &old.attr : NULL, has_new ? &new.attr : NULL);
        if (has_old)
            step(&old);
        if (has_new)
            step(&new);
    }
    if (communities)
        put_communities(w, before, after);
    if (local)
        put_local(w, before, after);
    jsonw_array_end(w);
}

void view_step_put(struct jsonw *w, const struct policy_place *place, struct span before,
                   struct span after)
{
    jsonw_object(w, NULL);
    route_view_put_place(w, "by", place);
    view_changes_put(w, "changes", before, after);
    jsonw_object_end(w);
}

void view_verdict_put(struct jsonw *w, bool accepted, bool unknown,
                      const struct policy_place *place)
{
    jsonw_text(w, "result", accepted ? "accept" : "reject");
    route_view_put_place(w, "by", place);
    jsonw_text(w, "problem",
               unknown ? "what the rule asks or sets cannot be had of this route: such routes are "
                         "rejected"
                       : NULL);
}
