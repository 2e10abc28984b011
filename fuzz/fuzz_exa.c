/* Fuzz target: lines of scripts made for ExaBGP. Beside not crashing: what is not understood says
 * why and where; what is understood makes calls that are whole, and that a ledger keeps and gives
 * back. */
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "check.h"
#include "cli/exa_command.h"
#include "cli/ledger.h"

enum { TEXT_MAX = 16384 };

static void check_call(const struct exa_command *c, const json_t *call)
{
    const char *method = json_string_value(json_object_get(call, "method"));
    const json_t *params = json_object_get(call, "params");
    CHECK(method && json_is_object(params));
    bool of_route = strstr(method, "_route") != NULL;
    CHECK(strncmp(method, c->withdraw ? "withdraw_" : "advertise_", 9) == 0);
    CHECK(json_object_get(params, of_route ? "prefix" : "matches"));
    if (of_route && !c->withdraw)
        CHECK(c->next_hop_self || json_object_get(params, "next_hop"));
    if (!of_route && !c->withdraw)
        CHECK(json_object_get(params, "action"));
}

static void expand_all(struct ledger *l, json_t *calls)
{
    size_t i;
    json_t *call;
    json_array_foreach(calls, i, call)
    {
        json_t *expanded = ledger_expand(l, call, NULL);
        CHECK(json_array_size(expanded) > 0);
        json_decref(expanded);
    }
}

/* Everything that is noted can be withdrawn, and is not there any more then. */
static void check_ledger(const struct exa_command *c)
{
    struct ledger l;
    size_t i;
    json_t *call;
    ledger_init(&l);
    json_array_foreach(c->calls, i, call)
    {
        check_call(c, call);
    }
    expand_all(&l, c->calls);
    json_t *again = ledger_announcements(&l);
    json_t *withdrawals = ledger_withdrawals(&l, NULL);
    CHECK(json_array_size(again) == json_array_size(withdrawals));
    CHECK(c->withdraw || json_array_size(c->calls) == 0 || json_array_size(again) > 0);
    expand_all(&l, withdrawals);
    CHECK(json_object_size(l.names) == 0);
    json_decref(again);
    json_decref(withdrawals);
    ledger_release(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > TEXT_MAX)
        return 0;
    /* On the heap, so that reading past the end is noticed. */
    char *line = mem_alloc(size > 0 ? size : 1);
    memcpy(line, data, size);
    struct exa_command c;
    struct strbuf error = {0};
    int err = exa_translate(line, size, &c, &error);
    CHECK((err != 0) == (error.len_bytes > 0));
    CHECK(err == 0 || err == ERR_INVALID);
    CHECK(!err || strncmp(strbuf_text(&error), "column ", 7) == 0);
    CHECK(err || (c.kind == EXA_CALLS) == (json_array_size(c.calls) > 0));
    if (!err && json_array_size(c.calls) < 1024)
        check_ledger(&c);
    exa_command_release(&c);
    strbuf_release(&error);
    free(line);
    return 0;
}
