/* Flows in tests. */
#ifndef BGPD_TEST_FLOWS_H
#define BGPD_TEST_FLOWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/ip.h"
#include "bytes.h"
#include "wire/flowspec.h"

struct flow {
    uint8_t bytes[FLOW_MAX_BYTES];
    size_t len_bytes;
};

static inline struct span flow_span(const struct flow *f)
{
    return span_of(f->bytes, f->len_bytes);
}

static inline struct flow parse(uint8_t version, const char *rules)
{
    struct flow f;
    struct strbuf error = {0};
    if (flow_parse(&rules, 1, version, f.bytes, &f.len_bytes, &error) != 0)
        fail_msg("%s", strbuf_text(&error));
    return f;
}

#endif
