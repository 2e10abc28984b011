/* The result of a translated line. */
#include "cli/exa_call.h"

#include <stdlib.h>

void exa_command_init(struct exa_command *c)
{
    *c = (struct exa_command){.selectors = json_array(), .calls = json_array()};
}

void exa_command_release(struct exa_command *c)
{
    json_decref(c->selectors);
    json_decref(c->calls);
    free(c->watchdog);
    free(c->family);
    *c = (struct exa_command){0};
}

void exa_add_call(struct exa_command *c, const char *method, json_t *params)
{
    json_t *call = json_object();
    json_object_set_new(call, "method", json_string(method));
    json_object_set_new(call, "params", params);
    json_array_append_new(c->calls, call);
}
