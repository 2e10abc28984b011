/* Host and Origin headers.
 *
 * DNS rebinding: a page from elsewhere has its own name resolve to a loopback address, and may then
 * send what it likes to a server on this machine, from loopback. What it cannot choose is the Host
 * header, which holds that name. */
#include "api/host.h"

#include <string.h>
#include <strings.h>

#include "base/ip.h"

enum { HOST_MAX = 255 };

/* The host without its port, brackets and the dot of the root; false when it has no such form. */
static bool cut_port(const char *host, char ret_name[HOST_MAX + 1])
{
    bool bracketed = host[0] == '[';
    const char *start = host + bracketed;
    size_t len = strcspn(start, bracketed ? "]" : ":");
    const char *rest = start + len;
    if (bracketed && *rest++ != ']')
        return false;
    if (*rest == ':')
        rest += 1 + strspn(rest + 1, "0123456789");
    if (*rest != '\0' || len == 0 || len > HOST_MAX)
        return false;
    memcpy(ret_name, start, len);
    if (!bracketed && len > 1 && ret_name[len - 1] == '.')
        len--;
    ret_name[len] = '\0';
    return true;
}

/* Whether `name` is `own_name`, or its first label. */
static bool is_own_name(const char *name, const char *own_name)
{
    size_t label_len = strcspn(own_name, ".");
    if (own_name[0] == '\0')
        return false;
    return strcasecmp(name, own_name) == 0 ||
           (strlen(name) == label_len && strncasecmp(name, own_name, label_len) == 0);
}

bool host_is_ours(const char *host, const char *own_name, char *const *hosts, size_t host_count)
{
    char name[HOST_MAX + 1];
    struct ip_addr addr;
    if (!cut_port(host, name))
        return false;
    if (ip_parse(name, &addr) == 0 || strcasecmp(name, "localhost") == 0 ||
        is_own_name(name, own_name))
        return true;
    for (size_t i = 0; i < host_count; i++)
        if (strcasecmp(name, hosts[i]) == 0)
            return true;
    return false;
}

bool host_is_origin(const char *host, const char *origin)
{
    static const char scheme[] = "http://";
    return strncasecmp(origin, scheme, sizeof(scheme) - 1) == 0 &&
           strcasecmp(origin + sizeof(scheme) - 1, host) == 0;
}
