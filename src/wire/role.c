/* Roles: names, and what each is to the other side. RFC 9234 §4. */
#include "wire/role.h"

#include <string.h>

const char *const role_names[ROLE_NAMES] = {"provider", "rs", "rs-client", "customer", "peer"};

static const struct {
    enum role counterpart;
    bool looks_up;
    bool looks_down;
} roles[] = {
    [ROLE_PROVIDER] = {ROLE_CUSTOMER, .looks_down = true},
    [ROLE_RS] = {ROLE_RS_CLIENT, .looks_down = true},
    [ROLE_RS_CLIENT] = {ROLE_RS, .looks_up = true},
    [ROLE_CUSTOMER] = {ROLE_PROVIDER, .looks_up = true},
    [ROLE_PEER] = {ROLE_PEER, .looks_up = true, .looks_down = true},
    [ROLE_SEVERAL] = {0},
};

const char *role_name(enum role role)
{
    switch (role) {
    case ROLE_NONE:
        return NULL;
    case ROLE_UNKNOWN:
        return "unknown";
    case ROLE_SEVERAL:
        return "several";
    default:
        return role_names[role - ROLE_PROVIDER];
    }
}

enum role role_from_name(const char *name)
{
    for (unsigned i = 0; i < ROLE_NAMES; i++)
        if (strcmp(name, role_names[i]) == 0)
            return (enum role)(i + 1);
    return ROLE_NONE;
}

/* The values of the registry are in our order, from 0 on. */
uint8_t role_to_wire(enum role role)
{
    return (uint8_t)(role - ROLE_PROVIDER);
}

enum role role_from_wire(uint8_t value)
{
    return value < ROLE_NAMES ? (enum role)(value + ROLE_PROVIDER) : ROLE_UNKNOWN;
}

enum role role_counterpart(enum role ours)
{
    return roles[ours].counterpart;
}

bool role_looks_up(enum role ours)
{
    return roles[ours].looks_up;
}

bool role_looks_down(enum role ours)
{
    return roles[ours].looks_down;
}
