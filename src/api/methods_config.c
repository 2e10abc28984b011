/* The method that shows the configuration in force. */
#include <string.h>

#include "api/config_stream.h"
#include "api/handlers.h"
#include "config/listing.h"

/* The entries that the parameter `peer` stands for: that of an address is the one that applies to
 * it. 0, or the code of the call's error. */
static int find_entries(struct method_call *call, struct scoped_prefix *ret_within)
{
    const struct config *config = speaker_config(call->env->speaker);
    const struct scoped_prefix *peer = &method_param(call, "peer")->peer;
    struct ip_addr addr = prefix_address(&peer->prefix);
    const struct config_peer *entry = NULL;
    memcpy(addr.interface, peer->interface, sizeof(addr.interface));
    for (size_t i = 0; i < config->peer_count; i++) {
        struct scoped_prefix remote = {.prefix = config->peers[i].remote};
        memcpy(remote.interface, config->peers[i].remote_interface, sizeof(remote.interface));
        if (!scoped_prefix_covers(peer, &remote))
            continue;
        *ret_within = *peer;
        return 0;
    }
    if (prefix_is_host(&peer->prefix))
        entry = config_match_peer(config, &addr);
    if (!entry)
        return method_fail_peer(call, peer);
    *ret_within = (struct scoped_prefix){.prefix = entry->remote};
    return 0;
}

static int check_question(struct method_call *call, const struct config_question *question)
{
    const struct config *config = speaker_config(call->env->speaker);
    if (question->within && question->group)
        return method_fail_param(call, "group", "it cannot stand beside peer", NULL);
    if (question->group && !config_has_group(config, question->group))
        return method_fail(call, JSONRPC_NOT_FOUND, "no group %s", question->group);
    if (question->path && !config_is_path(question->path))
        return method_fail_param(call, "path", "there is no such setting",
                                 "a path such as \"router_id\", \"groups.transit\" or "
                                 "\"peers.192.0.2.1.hold_timer\"");
    return 0;
}

int handle_show_config(struct method_call *call)
{
    struct scoped_prefix within;
    struct config_question question = {
        .group = method_param(call, "group")->text,
        .path = method_param(call, "path")->text,
        .defaults = method_param(call, "defaults")->flag,
        .full = method_param(call, "full")->flag,
        .limit = method_param(call, "limit")->number,
        .cursor = method_param(call, "cursor")->text,
    };
    int code = 0;
    if (method_param(call, "peer")->given) {
        code = find_entries(call, &within);
        question.within = &within;
    }
    if (!code)
        code = check_question(call, &question);
    if (code)
        return code;
    call->stream = config_stream_new(call->env, &question);
    return call->stream
               ? 0
               : method_fail_param(call, "cursor",
                                   "it is not one, or another configuration is in force", NULL);
}
