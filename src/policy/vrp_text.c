/* VRPs as people write them: a prefix with its longest length, and its origin. */
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "policy/prefix_origin_set.h"
#include "policy/vrp_table.h"

int vrp_parse(const char *text, struct vrp *ret_vrp, struct text_error *ret_error)
{
    static const char expected[] = "expected 192.0.2.0/24 le 26 64500";
    struct prefix_origin entry;
    int err = prefix_origin_parse(text, &entry, ret_error);
    const char *ge = strstr(text, "ge");
    const char *star = strchr(text, '*');
    if (err)
        return err;
    if (star)
        return text_error_at(ret_error, ERR_INVALID, (size_t)(star - text) + 1, star, 1,
                             "cannot stand here: a VRP is of one AS (%s)", expected);
    if (ge)
        return text_error_at(ret_error, ERR_INVALID, (size_t)(ge - text) + 1, ge, strlen("ge"),
                             "cannot stand here: a VRP is of its prefix and longer ones (%s)",
                             expected);
    *ret_vrp = (struct vrp){
        .prefix = entry.entry.prefix, .max_length = entry.entry.to_bits, .as = entry.as};
    return 0;
}

void vrp_format(const struct vrp *vrp, struct strbuf *out)
{
    char text[PREFIX_TEXT_MAX];
    strbuf_add(out, prefix_format(&vrp->prefix, text));
    if (vrp->max_length != vrp->prefix.len_bits)
        strbuf_printf(out, " le %u", vrp->max_length);
    strbuf_printf(out, " %" PRIu32, vrp->as);
}
