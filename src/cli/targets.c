/* Selectors of ExaBGP's text API against the neighbors that BGPd has. */
#include "cli/targets.h"

#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "base/mem.h"
#include "base/prefix.h"
#include "base/strbuf.h"
#include "base/text_sort.h"

/* The address of "192.0.2.1:179" or "[2001:db8::1]:179", as ip_format writes it, which is what
 * selectors have. */
static bool local_address(const json_t *peer, char *ret_text)
{
    struct ip_addr addr;
    uint16_t port;
    const char *text =
        json_string_value(json_array_get(json_object_get(peer, "tcp_connection"), 0));
    if (!text || ip_parse_endpoint(text, 0, &addr, &port) != 0)
        return false;
    ip_format(&addr, ret_text);
    return true;
}

/* Whether one condition of a selector holds. */
static bool condition_holds(const char *key, const json_t *value, const json_t *peer,
                            const char *router_id)
{
    const json_t *summary = json_object_get(peer, "summary");
    const char *text = json_string_value(value);
    char own[IP_TEXT_MAX];
    if (strcmp(key, "neighbor") == 0) {
        const char *address = json_string_value(json_object_get(summary, "peer"));
        size_t len = strlen(text);
        /* That of a link-local one, too, whatever its interface. */
        return address && strncmp(address, text, len) == 0 &&
               (address[len] == '\0' || address[len] == '%');
    }
    if (strcmp(key, "local-ip") == 0)
        return local_address(peer, own) && strcmp(own, text) == 0;
    if (strcmp(key, "router-id") == 0)
        return router_id && strcmp(router_id, text) == 0;
    const char *member = strcmp(key, "peer-as") == 0 ? "remote_asn" : "local_asn";
    return json_equal(json_object_get(summary, member), value);
}

static bool selector_holds(json_t *selector, const json_t *peer, const char *router_id)
{
    const char *key;
    json_t *value;
    json_object_foreach(selector, key, value)
    {
        if (!condition_holds(key, value, peer, router_id))
            return false;
    }
    return true;
}

json_t *targets_select(const json_t *selectors, const json_t *peers, const char *router_id)
{
    json_t *selected = json_array();
    size_t i;
    json_t *peer;
    json_array_foreach(peers, i, peer)
    {
        bool holds = json_array_size(selectors) == 0;
        for (size_t s = 0; !holds && s < json_array_size(selectors); s++)
            holds = selector_holds(json_array_get(selectors, s), peer, router_id);
        if (holds)
            json_array_append(selected, peer);
    }
    return selected;
}

/* So that the same neighbors are the same list. */
static json_t *sorted(json_t *list)
{
    size_t count = json_array_size(list);
    const char **texts = mem_alloc((count + 1) * sizeof(*texts));
    json_t *out = json_array();
    for (size_t i = 0; i < count; i++)
        texts[i] = json_string_value(json_array_get(list, i));
    text_sort(texts, count);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(out, json_string(texts[i]));
    free(texts);
    json_decref(list);
    return out;
}

json_t *targets_addresses(const json_t *peers)
{
    json_t *addresses = json_array();
    size_t i;
    json_t *peer;
    json_array_foreach(peers, i, peer)
    {
        json_t *address = json_object_get(json_object_get(peer, "summary"), "peer");
        if (json_is_string(address))
            json_array_append(addresses, address);
    }
    return sorted(addresses);
}

/* Whether a neighbor, or one that may come in through a network, is in the list. */
static bool is_meant(const char *name, const json_t *to)
{
    struct prefix network;
    bool is_network = strchr(name, '/') && prefix_parse(name, &network) == 0;
    for (size_t i = 0; i < json_array_size(to); i++) {
        struct ip_addr addr;
        const char *text = json_string_value(json_array_get(to, i));
        if (text && (strcmp(text, name) == 0 || (is_network && ip_parse(text, &addr) == 0 &&
                                                 prefix_contains_ip(&network, &addr))))
            return true;
    }
    return false;
}

json_t *targets_others(const json_t *peers, const json_t *to)
{
    json_t *all = targets_addresses(peers);
    json_t *others = json_array();
    size_t i;
    json_t *name;
    json_array_foreach(all, i, name)
    {
        if (!is_meant(json_string_value(name), to))
            json_array_append(others, name);
    }
    json_decref(all);
    return others;
}

json_t *targets_by_own_address(const json_t *peers, const char *prefix, bool *ret_has_other)
{
    bool wants_v6 = strchr(prefix, ':') != NULL;
    json_t *groups = json_object();
    size_t i;
    json_t *peer;
    *ret_has_other = false;
    json_array_foreach(peers, i, peer)
    {
        char own[IP_TEXT_MAX];
        json_t *address = json_object_get(json_object_get(peer, "summary"), "peer");
        if (!json_is_string(address) || !local_address(peer, own))
            continue;
        if ((strchr(own, ':') != NULL) != wants_v6) {
            *ret_has_other = true;
            continue;
        }
        if (!json_object_get(groups, own))
            json_object_set_new(groups, own, json_array());
        json_array_append(json_object_get(groups, own), address);
    }
    const char *own;
    json_t *members;
    json_object_foreach(groups, own, members)
    {
        json_object_set_new(groups, own, sorted(json_incref(members)));
    }
    return groups;
}

char *targets_sessions(const json_t *peers)
{
    struct strbuf text = {0};
    size_t i;
    json_t *peer;
    json_array_foreach(peers, i, peer)
    {
        char own[IP_TEXT_MAX];
        const char *address =
            json_string_value(json_object_get(json_object_get(peer, "summary"), "peer"));
        if (address && local_address(peer, own))
            strbuf_printf(&text, "%s %s\n", address, own);
    }
    strbuf_add(&text, "");
    return strbuf_take(&text);
}

bool targets_has_as_path(const json_t *params)
{
    const char *path = json_string_value(json_object_get(params, "as_path"));
    return path && path[0] >= '0' && path[0] <= '9';
}

void targets_fit_as_path(json_t *params, const json_t *peers)
{
    const char *path = json_string_value(json_object_get(params, "as_path"));
    char *rest;
    long long first = strtoll(path, &rest, 10);
    size_t i;
    json_t *peer;
    if (json_array_size(peers) == 0 || (*rest != ' ' && *rest != '\0'))
        return;
    json_array_foreach(peers, i, peer)
    {
        const json_t *summary = json_object_get(peer, "summary");
        long long own = json_integer_value(json_object_get(summary, "local_asn"));
        if (own != first || json_integer_value(json_object_get(summary, "remote_asn")) == own)
            return;
    }
    char *fitted = mem_strdup(rest + strspn(rest, " "));
    json_object_set_new(params, "as_path", json_string(fitted));
    free(fitted);
}
