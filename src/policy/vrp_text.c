/* VRPs as people write them: an entry of a prefix set with the AS behind it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "policy/as_set.h"
#include "policy/prefix_set.h"
#include "policy/vrp_table.h"

static const char blanks[] = " \t";

static int parse_as(const char *word, size_t column, uint32_t *ret_as, struct text_error *e)
{
    uint32_t low;
    uint32_t high;
    struct text_error why = {0};
    int err = as_set_parse_entry(word, &low, &high, &why);
    text_error_release(&why);
    if (err == ERR_RANGE)
        return text_error_at(e, err, column, word, strlen(word), "is too large for an AS number");
    if (err || low != high || strchr(word, '-'))
        return text_error_at(e, ERR_INVALID, column, word, strlen(word),
                             "is no AS number (expected a prefix and an AS: 192.0.2.0/24 64500, or "
                             "192.0.2.0/24 le 26 64500)");
    *ret_as = low;
    return 0;
}

/* The prefix with its range of lengths. */
static int parse_entry(const char *text, struct vrp *vrp, struct text_error *e)
{
    uint8_t from_bits;
    uint8_t to_bits;
    int err = prefix_set_parse_entry(text, &vrp->prefix, &from_bits, &to_bits, e);
    if (err)
        return err;
    const char *ge = strstr(text, "ge");
    if (ge)
        return text_error_at(e, ERR_INVALID, (size_t)(ge - text) + 1, ge, strcspn(ge, blanks),
                             "cannot stand here: a VRP is of its prefix and longer ones (expected "
                             "192.0.2.0/24 le 26 64500)");
    vrp->max_length = to_bits;
    return 0;
}

int vrp_parse(const char *text, struct vrp *ret_vrp, struct text_error *ret_error)
{
    size_t end = strlen(text);
    struct vrp vrp = {0};
    while (end > 0 && strchr(blanks, text[end - 1]))
        end--;
    size_t start = end;
    while (start > 0 && !strchr(blanks, text[start - 1]))
        start--;
    char *head = mem_strdup(text);
    char *word = mem_strdup(text + start);
    head[start] = '\0';
    word[end - start] = '\0';
    int err = parse_as(word, start + 1, &vrp.as, ret_error);
    if (!err)
        err = parse_entry(head, &vrp, ret_error);
    free(head);
    free(word);
    if (!err)
        *ret_vrp = vrp;
    return err;
}

void vrp_format(const struct vrp *vrp, struct strbuf *out)
{
    char text[PREFIX_TEXT_MAX];
    strbuf_add(out, prefix_format(&vrp->prefix, text));
    if (vrp->max_length != vrp->prefix.len_bits)
        strbuf_printf(out, " le %u", vrp->max_length);
    strbuf_printf(out, " %" PRIu32, vrp->as);
}
