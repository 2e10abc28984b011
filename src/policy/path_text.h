/* What matching regular expressions needs: the text of the AS path that was asked last, which the
 * next expression mostly finds ready. */
#ifndef BGPD_POLICY_PATH_TEXT_H
#define BGPD_POLICY_PATH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "base/strbuf.h"
#include "policy/path_regex.h"

/* Zero-initialised has none. */
struct path_text {
    struct path_regex_scratch *scratch; /* owned; NULL until it is needed */
    bool has_text;
    struct strbuf text; /* of `path` */
    uint8_t *path;      /* owned copy of an AS_PATH value */
    size_t path_bytes;
    size_t size;
};

void path_text_release(struct path_text *t);
/* Whether an expression is found in the text of an AS_PATH value. */
enum path_regex_result path_text_match(struct path_text *t, struct span as_path_value,
                                       const struct path_regex *regex);

#endif
