/* What limits on the API's routes permit. Blackholes are routes with a community of their own (RFC
 * 7999 §5), which have other lengths than what leads packets somewhere. */
#include "config/originate_limits.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "policy/digest.h"
#include "policy/prefix_set.h"
#include "wire/attr.h"

#define COMMUNITY_BLACKHOLE 0xffff029au /* RFC 7999 §6 */

const char *const originate_kind_names[ORIGINATE_KINDS] = {
    [ORIGINATE_ROUTE] = "routes",
    [ORIGINATE_BLACKHOLE] = "blackholes",
    [ORIGINATE_FLOW] = "flows",
};

const struct originate_limit *originate_limit_of(const struct originate_limit *limits, size_t count,
                                                 const char *owner)
{
    const struct originate_limit *for_others = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!limits[i].owner)
            for_others = &limits[i];
        else if (strcmp(limits[i].owner, owner) == 0)
            return &limits[i];
    }
    return for_others;
}

enum originate_kind originate_kind_of(enum family family, struct span attrs)
{
    struct span value;
    if (family_info(family)->has_actions)
        return ORIGINATE_FLOW;
    if (!attr_find(attrs, ATTR_COMMUNITIES, &value))
        return ORIGINATE_ROUTE;
    struct reader r = reader_over(value);
    while (reader_left(&r) >= 4)
        if (reader_u32(&r) == COMMUNITY_BLACKHOLE)
            return ORIGINATE_BLACKHOLE;
    return ORIGINATE_ROUTE;
}

enum originate_kind originate_kind_for(const struct originate_limit *limit,
                                       enum originate_kind kind)
{
    bool is_route = kind == ORIGINATE_BLACKHOLE && !limit->of[ORIGINATE_BLACKHOLE].given;
    return is_route ? ORIGINATE_ROUTE : kind;
}

bool originate_prefix(enum family family, struct nlri_key key, struct prefix *ret_prefix)
{
    const struct family_info *info = family_info(family);
    uint32_t rd_bits = 8u * info->rd_bytes;
    if (info->key_bytes == 0)
        return info->destination && info->destination(info, key, ret_prefix);
    if (key.len < rd_bits)
        return false;
    *ret_prefix =
        prefix_make(info->ip_version, (uint8_t)(key.len - rd_bits), key.bytes + info->rd_bytes);
    return true;
}

bool originate_is_within(struct prefix_set *const *sets, size_t count, const struct prefix *p)
{
    for (size_t i = 0; i < count; i++)
        if (prefix_set_covers(sets[i], p->version, p->bytes, p->len_bits))
            return true;
    return false;
}

/* "24 to 32", "32". */
static void say_lengths(uint8_t from_bits, uint8_t to_bits, struct strbuf *why)
{
    if (from_bits == to_bits)
        strbuf_printf(why, "%u", from_bits);
    else
        strbuf_printf(why, "%u to %u", from_bits, to_bits);
}

static bool permits_prefix(const struct originate_limit *limit, enum originate_kind kind,
                           const struct prefix *p, struct strbuf *why)
{
    const struct originate_rule *rule = &limit->of[kind];
    bool is_v6 = p->version == IP_V6;
    char text[PREFIX_TEXT_MAX];
    if (limit->within_count > 0 && !originate_is_within(limit->within, limit->within_count, p)) {
        strbuf_printf(why, "%s is not within %s", prefix_format(p, text), limit->within_text);
        return false;
    }
    if (rule->given &&
        (p->len_bits < rule->from_bits[is_v6] || p->len_bits > rule->to_bits[is_v6])) {
        strbuf_printf(why, "%s has a length of %u, and IPv%c %s must have one of ",
                      prefix_format(p, text), p->len_bits, is_v6 ? '6' : '4',
                      originate_kind_names[kind]);
        say_lengths(rule->from_bits[is_v6], rule->to_bits[is_v6], why);
        return false;
    }
    return true;
}

/* Whether a rule leaves out lengths of an IP version. */
static bool has_lengths(const struct originate_rule *rule, uint8_t ip_version)
{
    bool is_v6 = ip_version == IP_V6;
    return rule->given &&
           (rule->from_bits[is_v6] > 0 || rule->to_bits[is_v6] < prefix_max_bits(ip_version));
}

bool originate_limit_permits(const struct originate_limit *limit, enum originate_kind kind,
                             enum family family, struct nlri_key key, struct strbuf *why)
{
    struct prefix p;
    kind = originate_kind_for(limit, kind);
    if (originate_prefix(family, key, &p)) {
        if (limit->of[kind].needs_destination && p.len_bits == 0) {
            strbuf_add(why, "flows need a destination, other than all addresses");
            return false;
        }
        return permits_prefix(limit, kind, &p, why);
    }
    /* A flow to everybody is neither within something nor long enough. */
    if (!limit->of[kind].needs_destination && limit->within_count == 0 &&
        !has_lengths(&limit->of[kind], family_info(family)->ip_version))
        return true;
    strbuf_add(why, "flows need a destination, as a prefix");
    return false;
}

bool originate_limit_permits_count(const struct originate_limit *limit, enum originate_kind kind,
                                   uint32_t count, struct strbuf *why)
{
    const struct originate_rule *rule = &limit->of[kind];
    if (!rule->has_max || count <= rule->max)
        return true;
    if (rule->max == 0)
        strbuf_printf(why, "no %s are permitted", originate_kind_names[kind]);
    else
        strbuf_printf(why, "no more than %" PRIu32 " %s are permitted", rule->max,
                      originate_kind_names[kind]);
    return false;
}

void originate_limit_name(const struct originate_limit *limit, struct strbuf *out)
{
    if (limit->owner)
        strbuf_printf(out, "originate_limits of '%s', %s", limit->owner, limit->place);
    else
        strbuf_printf(out, "originate_limits, %s", limit->place);
}

static bool same_rule(const struct originate_rule *a, const struct originate_rule *b)
{
    return a->given == b->given && a->has_max == b->has_max && a->max == b->max &&
           a->needs_destination == b->needs_destination &&
           memcmp(a->from_bits, b->from_bits, sizeof(a->from_bits)) == 0 &&
           memcmp(a->to_bits, b->to_bits, sizeof(a->to_bits)) == 0;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool originate_limit_equal(const struct originate_limit *a, const struct originate_limit *b)
{
    bool same = same_text(a->owner, b->owner) && same_text(a->within_text, b->within_text) &&
                a->within_count == b->within_count;
    for (unsigned kind = 0; same && kind < ORIGINATE_KINDS; kind++)
        same = same_rule(&a->of[kind], &b->of[kind]);
    for (size_t i = 0; same && i < a->within_count; i++)
        same =
            policy_digest_equal(prefix_set_digest(a->within[i]), prefix_set_digest(b->within[i]));
    return same;
}

void originate_limit_release(struct originate_limit *limit)
{
    for (size_t i = 0; i < limit->within_count; i++)
        prefix_set_unref(limit->within[i]);
    free(limit->within);
    free(limit->within_text);
    free(limit->owner);
    free(limit->place);
    *limit = (struct originate_limit){0};
}
