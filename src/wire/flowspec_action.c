/* What is to be done with the packets of a flow (RFC 8955 §7). Every action is an extended
 * community; how its value is written and checked is wire/community.c's business. */
#include "wire/flowspec.h"

#include <string.h>
#include <strings.h>

#include "base/err.h"

static const struct {
    const char *name;
    const char *community; /* what stands in front of the value in the community's text */
    const char *expected;
} actions[] = {
    {"traffic-rate", "traffic-rate:0:", "a rate in bytes per second, as \"traffic-rate 24000\""},
    {"redirect", "redirect:", "a route target, as \"redirect 65000:1\""},
    {"traffic-action", "traffic-action:", "sample, continue or sample-continue"},
    {"mark", "mark:", "a DSCP from 0 to 63, as \"mark 46\""},
};

enum { ACTION_COUNT = sizeof(actions) / sizeof(actions[0]) };

static int unknown_action(const char *action, struct strbuf *error)
{
    strbuf_printf(error, "\"%.64s\": no such action (expected ", action);
    for (size_t i = 0; i < ACTION_COUNT; i++)
        strbuf_printf(error, "%s%s", i == 0 ? "" : ", ", actions[i].name);
    strbuf_add_char(error, ')');
    return ERR_INVALID;
}

int flow_parse_action(const char *action, struct community *ret_community, struct strbuf *error)
{
    const char *name = action + strspn(action, " ");
    size_t name_len = strcspn(name, " ");
    const char *value = name + name_len + strspn(name + name_len, " ");
    size_t i = 0;
    while (i < ACTION_COUNT && (strlen(actions[i].name) != name_len ||
                                strncasecmp(name, actions[i].name, name_len) != 0))
        i++;
    if (i == ACTION_COUNT)
        return unknown_action(action, error);
    struct strbuf text = {0};
    strbuf_printf(&text, "%s%s", actions[i].community, value);
    int err = community_parse(strbuf_text(&text), ret_community);
    strbuf_release(&text);
    if (err)
        strbuf_printf(error, "\"%.64s\": %s (expected %s)", action, err_text(err),
                      actions[i].expected);
    return err;
}
