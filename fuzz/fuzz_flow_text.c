/* Fuzz target: what people type. The first byte says which parser the rest, as text, is for.
 * Beside not crashing: what is accepted is shown as text that reads back to the same thing. */
#include <string.h>

#include "base/mem.h"
#include "base/prefix.h"
#include "base/strbuf.h"
#include "check.h"
#include "wire/aspath.h"
#include "wire/family.h"
#include "wire/flowspec.h"

enum { RULES_MAX = 8, TEXT_MAX = 16384 };

/* Lines are rules of their own. */
static void fuzz_flow(char *text, uint8_t ip_version)
{
    const char *rules[RULES_MAX];
    size_t count = 0;
    for (char *rest = text; rest && count < RULES_MAX;)
        rules[count++] = strsep(&rest, "\n");
    uint8_t bytes[FLOW_MAX_BYTES];
    size_t len = 0;
    struct strbuf error = {0};
    if (flow_parse(rules, count, ip_version, bytes, &len, &error) == 0)
        check_flow(span_of(bytes, len), ip_version);
    else
        CHECK(error.len_bytes > 0);
    strbuf_release(&error);
}

static void fuzz_action(const char *text)
{
    struct community c;
    struct strbuf error = {0};
    int result = flow_parse_action(text, &c, &error);
    if (result > 0) {
        check_community(NULL, &c);
        CHECK(flow_action_of(&c) != FLOW_ACTION_NONE);
    }
    CHECK((result < 0) == (error.len_bytes > 0));
    strbuf_release(&error);
}

static void fuzz_community(const char *text)
{
    struct community c;
    if (community_parse(text, &c) == 0)
        check_community(NULL, &c);
}

static void fuzz_as_path(const char *text)
{
    static uint8_t value[4 * TEXT_MAX];
    struct writer w = writer_over(value, sizeof(value));
    if (aspath_parse(text, &w) != 0)
        return;
    CHECK(aspath_check(writer_span(&w), 4) == 0);
    check_as_path(writer_span(&w));
}

static void fuzz_prefix(const char *text)
{
    struct prefix p;
    struct prefix again;
    char shown[PREFIX_TEXT_MAX];
    if (prefix_parse(text, &p) == 0) {
        CHECK(prefix_parse(prefix_format(&p, shown), &again) == 0);
        CHECK(prefix_equal(&p, &again));
    }
    struct ip_addr addr;
    uint16_t port;
    if (ip_parse_endpoint(text, 179, &addr, &port) == 0)
        CHECK(port != 0 && addr.version != IP_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > TEXT_MAX)
        return 0;
    /* On the heap, so that reading past the end is noticed. */
    char *text = mem_alloc(size);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    switch (data[0]) {
    case '4':
        fuzz_flow(text, IP_V4);
        break;
    case '6':
        fuzz_flow(text, IP_V6);
        break;
    case 'a':
        fuzz_action(text);
        break;
    case 'c':
        fuzz_community(text);
        break;
    case 'p':
        fuzz_as_path(text);
        break;
    case 'n':
        fuzz_prefix(text);
        family_from_name(text);
        break;
    }
    free(text);
    return 0;
}
