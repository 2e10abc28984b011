/* Many routes and flows that one call advertises or withdraws.
 *
 * Each item is a call of the method for one of them, whose parameters are those of the item and,
 * for what that does not say, those of the whole call. The items are read one by one, from the text
 * of the request where the call stands alone in it, so that there is no more than one in parsed
 * form.
 *
 * With `all_or_nothing` they are gone through twice: all are checked, each as if those before it
 * had been carried out, and carried out only where nothing is wrong with any. What can still go
 * wrong then, as others change things meanwhile, is undone. */
#include "api/bulk.h"

#include <stdlib.h>
#include <string.h>

#include "api/json_read.h"
#include "api/originate.h"
#include "base/mem.h"
#include "base/text_queue.h"
#include "daemon/originated_supposed.h"
#include "daemon/originated_undo.h"

enum {
    ERRORS_MAX = 1000, /* that are listed; further ones are counted */
    WARNINGS_MAX = 100,
};

struct bulk {
    struct stream base;
    const struct method_env *env; /* borrowed, as is the next one */
    const struct caller *caller;
    const struct method *method;
    enum bulk_kind kind;
    json_t *params; /* owned: what the values borrow from */
    struct param_value values[METHOD_PARAMS_MAX];
    const struct method *item_methods[JSONRPC_LISTS];
    /* Of these, by their parameters: the values of the call, where it has them. */
    const struct param_value *common[JSONRPC_LISTS][METHOD_PARAMS_MAX];
    struct text_queue *items; /* borrowed; NULL: they are in the parameters */
    size_t at[JSONRPC_LISTS]; /* the number of the next item of each list */
    size_t seen;              /* items of this pass */
    bool is_whole;            /* all or nothing */
    bool is_dry;
    bool checking;
    size_t done;
    size_t failed;
    size_t unheard; /* go to no peer */
    unsigned listed_errors;
    unsigned listed_warnings;
    struct strbuf errors; /* the inside of a JSON list, as is the next one */
    struct strbuf warnings;
    struct jsonw errors_w;
    struct jsonw warnings_w;
    int first_code;                      /* of the errors */
    struct strbuf first_error;           /* for people */
    struct originated_plan checked;      /* the last one */
    struct originated_supposed supposed; /* by the items of this pass */
    struct originated_undo *undo;        /* owned */
    size_t undo_count;
    size_t undo_room;
};

/* An item in its turn. */
struct item {
    enum jsonrpc_list list;
    size_t index;
    json_t *json; /* owned; NULL: it is none */
    struct json_read_problem problem;
};

/* --- what there is to say --- */

static void put_where(struct strbuf *out, const struct item *item)
{
    strbuf_printf(out, "%s[%zu]: ", jsonrpc_list_names[item->list], item->index);
}

static void note_error(struct bulk *b, const struct item *item, const struct jsonrpc_error *error)
{
    struct jsonw *w = &b->errors_w;
    if (b->failed++ == 0) {
        b->first_code = error->code;
        put_where(&b->first_error, item);
        strbuf_add(&b->first_error, strbuf_text(&error->message));
    }
    if (b->listed_errors == ERRORS_MAX)
        return;
    b->listed_errors++;
    jsonw_object(w, NULL);
    jsonw_text(w, "list", jsonrpc_list_names[item->list]);
    jsonw_uint(w, "index", item->index);
    jsonw_int(w, "code", error->code);
    jsonw_text(w, "message", strbuf_text(&error->message));
    if (error->data.len_bytes > 0)
        jsonw_raw(w, "data", error->data.data, error->data.len_bytes);
    jsonw_object_end(w);
}

static void note_warning(struct bulk *b, const struct item *item, const char *warning,
                         size_t len_bytes)
{
    struct strbuf text = {0};
    if (b->listed_warnings == WARNINGS_MAX)
        return;
    b->listed_warnings++;
    put_where(&text, item);
    strbuf_add_bytes(&text, warning, len_bytes);
    jsonw_text(&b->warnings_w, NULL, strbuf_text(&text));
    strbuf_release(&text);
}

/* --- one item --- */

struct doing {
    struct bulk *b;
    const struct item *item;
};

static void note_undo(struct bulk *b, struct originated_plan *plan)
{
    if (b->undo_count == b->undo_room) {
        b->undo_room = b->undo_room > 0 ? 2 * b->undo_room : 64;
        b->undo = mem_resize(b->undo, b->undo_room, sizeof(*b->undo));
    }
    originated_undo_keep(b->env->speaker, plan, &b->undo[b->undo_count++]);
}

static void note_done(void *ctx, struct method_call *call, const struct originate_done *done)
{
    const struct doing *d = ctx;
    struct bulk *b = d->b;
    struct strbuf none = {0};
    const char *warnings = done->warnings;
    if (b->is_whole && !done->plan->is_dry)
        note_undo(b, done->plan);
    for (size_t len; *warnings != '\0'; warnings += len + 1) {
        len = strcspn(warnings, "\n");
        note_warning(b, d->item, warnings, len);
    }
    strbuf_add(&none, "it goes to no peer: ");
    if (originated_reach(call->env->speaker, done->view, &none) == 0 && b->unheard++ == 0)
        note_warning(b, d->item, strbuf_text(&none), none.len_bytes);
    strbuf_release(&none);
}

/* Carries out, or checks, one item by its parameters. */
static int do_item(struct bulk *b, const struct item *item, struct method_call *call)
{
    bool is_flow = item->list == JSONRPC_FLOWS;
    struct doing doing = {b, item};
    struct strbuf name = {0};
    bool is_dry = method_param(call, "dry_run")->flag;
    enum originate_how how = b->checking   ? ORIGINATE_CHECK
                             : is_dry      ? ORIGINATE_DRY
                             : b->is_whole ? ORIGINATE_GO_ON
                                           : ORIGINATE_DO;
    struct originated_supposed *supposed = is_dry || b->checking ? &b->supposed : NULL;
    if (b->kind == BULK_ADVERTISE)
        return originate_advertise(
            call, is_flow, how,
            &(struct originate_steps){
                .done = note_done, .ctx = &doing, .held = &b->checked, .supposed = supposed});
    int code = originate_withdraw(call, is_flow, how, supposed, &name);
    strbuf_release(&name);
    /* It was there when it was checked: others have withdrawn it since, or taken its place. */
    bool is_gone = code == JSONRPC_NOT_FOUND || code == JSONRPC_FORBIDDEN;
    return how == ORIGINATE_GO_ON && is_gone ? 0 : code;
}

static int fail_item(struct method_call *call, const struct item *item)
{
    if (!item->json)
        return method_fail(call, JSONRPC_INVALID_PARAMS, "Invalid params: %s", item->problem.text);
    return method_fail(call, JSONRPC_INVALID_PARAMS, "Invalid params: expected an object%s",
                       item->list == JSONRPC_ROUTES ? ", or a prefix as a text" : "");
}

/* A text is a prefix. */
static void spell_out(struct item *item)
{
    if (item->list == JSONRPC_ROUTES && json_is_string(item->json))
        item->json = json_pack("{s:o}", "prefix", item->json);
}

static void take_item(struct bulk *b, struct item *item, const struct time_now *now)
{
    struct param_value values[METHOD_PARAMS_MAX];
    struct method_call call = {.env = b->env,
                               .caller = b->caller,
                               .method = b->item_methods[item->list],
                               .now = *now,
                               .values = values};
    int code;
    spell_out(item);
    if (json_is_object(item->json)) {
        code = params_bind_item(call.method->params, item->json, b->common[item->list], values,
                                &call.error);
        code = code ? call.error.code : do_item(b, item, &call);
        params_release(call.method->params, values);
    } else {
        code = fail_item(&call, item);
    }
    b->done += code == 0;
    if (code)
        note_error(b, item, &call.error);
    jsonrpc_error_release(&call.error);
}

/* --- all of them --- */

/* The next item of the lists that the parameters hold. */
static bool next_held(struct bulk *b, struct item *ret_item)
{
    for (unsigned list = 0; list < JSONRPC_LISTS; list++) {
        json_t *array = json_object_get(b->params, jsonrpc_list_names[list]);
        if (json_is_array(b->params))
            array =
                json_array_get(b->params, params_find(b->method->params, jsonrpc_list_names[list]));
        if (b->at[list] == json_array_size(array))
            continue;
        *ret_item = (struct item){.list = (enum jsonrpc_list)list, .index = b->at[list]++};
        ret_item->json = json_incref(json_array_get(array, ret_item->index));
        return true;
    }
    return false;
}

static bool next_item(struct bulk *b, struct item *ret_item)
{
    struct text_item text;
    if (!b->items)
        return next_held(b, ret_item);
    if (!text_queue_next(b->items, &text))
        return false;
    if (!b->checking)
        text_queue_forget(b->items);
    *ret_item = (struct item){.list = (enum jsonrpc_list)text.kind};
    ret_item->index = b->at[ret_item->list]++;
    ret_item->json = json_read(text.text, text.len_bytes, &ret_item->problem);
    return true;
}

static void rewind_items(struct bulk *b)
{
    memset(b->at, 0, sizeof(b->at));
    if (b->items)
        text_queue_rewind(b->items, b->seen);
    b->seen = 0;
    b->done = 0;
    b->checking = false;
    originated_supposed_release(b->env->speaker, &b->supposed);
}

/* Nothing is done where something is wrong. */
static void fail_whole(struct bulk *b)
{
    struct jsonrpc_error *error = &b->base.error;
    struct jsonw w = jsonw_over(&error->data);
    error->code = b->first_code;
    strbuf_printf(&error->message, "nothing was %s: %s",
                  b->kind == BULK_ADVERTISE ? "advertised" : "withdrawn",
                  strbuf_text(&b->first_error));
    if (b->failed > 1)
        strbuf_printf(&error->message, " (and %zu more)", b->failed - 1);
    jsonw_object(&w, NULL);
    jsonw_uint(&w, "failed", b->failed);
    jsonw_array(&w, "errors");
    strbuf_add_bytes(w.out, b->errors.data, b->errors.len_bytes);
    jsonw_array_end(&w);
    jsonw_object_end(&w);
}

static void put_list(struct jsonw *w, const char *name, const struct strbuf *inside)
{
    jsonw_array(w, name);
    strbuf_add_bytes(w->out, strbuf_text(inside), inside->len_bytes);
    jsonw_array_end(w);
}

static void put_result(struct bulk *b, struct strbuf *out)
{
    struct jsonw w = jsonw_over(out);
    bool advertises = b->kind == BULK_ADVERTISE;
    jsonw_object(&w, NULL);
    jsonw_uint(&w, advertises ? "advertised" : "withdrawn", b->done);
    jsonw_uint(&w, "failed", b->failed);
    put_list(&w, "errors", &b->errors);
    if (advertises) {
        jsonw_uint(&w, "to_no_peer", b->unheard);
        put_list(&w, "warnings", &b->warnings);
    }
    if (b->is_dry)
        jsonw_bool(&w, "dry_run", true);
    jsonw_object_end(&w);
}

/* Goes back, one for each call; true when there is no more. */
static bool undo_one(struct bulk *b)
{
    if (b->undo_count > 0)
        originated_undo_run(b->env->speaker, &b->undo[--b->undo_count]);
    return b->undo_count == 0;
}

/* At the end of a pass: whether this is the end of all. */
static enum stream_step end_pass(struct bulk *b, struct strbuf *out)
{
    if (b->is_whole && b->failed > 0) {
        if (!undo_one(b))
            return STREAM_MORE;
        fail_whole(b);
        return STREAM_END;
    }
    if (b->checking) {
        rewind_items(b);
        return STREAM_MORE;
    }
    put_result(b, out);
    return STREAM_END;
}

static enum stream_step next(struct stream *base, struct strbuf *out, const struct time_now *now,
                             uint64_t deadline_ns)
{
    struct bulk *b = (struct bulk *)base;
    struct item item;
    (void)deadline_ns; /* one item a call */
    bool goes_on = !b->is_whole || b->checking || b->failed == 0;
    if (!goes_on || !next_item(b, &item))
        return end_pass(b, out);
    b->seen++;
    take_item(b, &item, now);
    json_decref(item.json);
    return STREAM_MORE;
}

static void end(struct stream *base)
{
    struct bulk *b = (struct bulk *)base;
    for (size_t i = 0; i < b->undo_count; i++)
        originated_undo_release(b->env->speaker, &b->undo[i]);
    free(b->undo);
    originated_plan_release(b->env->speaker, &b->checked);
    originated_supposed_release(b->env->speaker, &b->supposed);
    params_release(b->method->params, b->values);
    json_decref(b->params);
    strbuf_release(&b->errors);
    strbuf_release(&b->warnings);
    strbuf_release(&b->first_error);
    free(b);
}

/* Finds the methods for one item, and what the call says for all. */
static void find_common(struct bulk *b)
{
    static const char *const methods[2][JSONRPC_LISTS] = {
        [BULK_ADVERTISE] = {"advertise_route", "advertise_flow"},
        [BULK_WITHDRAW] = {"withdraw_route", "withdraw_flow"},
    };
    const struct param *own = b->method->params;
    for (unsigned list = 0; list < JSONRPC_LISTS; list++) {
        const struct method *m = method_find(methods[b->kind][list]);
        b->item_methods[list] = m;
        for (size_t i = 0; m->params[i].name; i++) {
            size_t at = params_find(own, m->params[i].name);
            b->common[list][i] = own[at].name ? &b->values[at] : NULL;
        }
    }
}

int bulk_begin(struct method_call *call, enum bulk_kind kind)
{
    struct jsonrpc_error none = {0};
    for (unsigned i = 0; i < JSONRPC_LISTS && !call->items; i++) {
        const json_t *list = json_object_get(call->params, jsonrpc_list_names[i]);
        if (json_is_integer(list)) /* that stands for one which is not held, if there is one */
            return method_fail_param(call, jsonrpc_list_names[i], "expected a list", NULL);
    }
    if (!method_param(call, "routes")->given && !method_param(call, "flows")->given)
        return method_fail_param(call, "routes", "missing, and there are no flows", NULL);
    struct bulk *b = mem_zalloc(sizeof(*b));
    b->base = (struct stream){.next = next, .free = end, .changes = true};
    b->env = call->env;
    b->caller = call->caller;
    b->method = call->method;
    b->kind = kind;
    b->params = json_incref((json_t *)(uintptr_t)call->params);
    b->items = call->items;
    b->is_whole = b->checking = method_param(call, "all_or_nothing")->flag;
    b->is_dry = method_param(call, "dry_run")->flag;
    b->errors_w = jsonw_over(&b->errors);
    b->warnings_w = jsonw_over(&b->warnings);
    params_bind(b->method->params, b->params, b->values, &none); /* as for the call: it is good */
    find_common(b);
    call->stream = &b->base;
    return 0;
}
