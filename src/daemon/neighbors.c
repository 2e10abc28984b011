/* Configured entries and their neighbours: how they come and go. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/state.h"

/* Dynamic neighbours of one network at a time; more connections are refused. */
#define DYNAMIC_NEIGHBORS_MAX 16384u

bool entry_is_network(const struct entry *e)
{
    return !prefix_is_host(&e->config->remote);
}

static struct neighbor *neighbor_new(struct speaker *s, struct entry *e, const struct ip_addr *addr)
{
    struct neighbor *n = mem_zalloc(sizeof(*n));
    n->entry = e;
    n->addr = *addr;
    n->session = peer_new(s->env, e->config, addr, entry_is_network(e));
    peer_set_user(n->session, n);
    e->neighbors = mem_resize(e->neighbors, e->neighbor_count + 1, sizeof(struct neighbor *));
    e->neighbors[e->neighbor_count++] = n;
    s->neighbor_total++;
    return n;
}

/* The configured address, or that of the network. */
static struct ip_addr entry_address(const struct entry *e)
{
    struct ip_addr addr = prefix_address(&e->config->remote);
    memcpy(addr.interface, e->config->remote_interface, sizeof(addr.interface));
    return addr;
}

/* Makes the RIB source that carries the entry's static routes. */
void entry_prepare_routes(struct speaker *s, struct entry *e)
{
    if (e->config_source != 0 || e->config->route_count == 0)
        return;
    struct rib_source source = {
        .kind = RIB_SOURCE_CONFIG, .router_id = e->config->router_id, .addr = entry_address(e)};
    e->config_source = rib_source_add(&s->rib, &source);
    for (uint32_t i = 0; i < e->neighbor_count; i++)
        neighbor_own_routes(e->neighbors[i]);
}

struct entry *entry_new(struct speaker *s, const struct config_peer *config)
{
    struct entry *e = mem_zalloc(sizeof(*e));
    e->config = config;
    e->enabled = config->enabled;
    if (!entry_is_network(e)) {
        struct ip_addr addr = entry_address(e);
        neighbor_new(s, e, &addr);
    }
    entry_prepare_routes(s, e);
    if (config->md5_password || entry_is_closed(s, e))
        entry_guard(s, e);
    return e;
}

static void neighbor_free(struct speaker *s, struct neighbor *n)
{
    peer_free(n->session); /* calls neighbor_down when it was established */
    if (n->source != 0)
        neighbor_down(s, n);
    free(n);
    s->neighbor_total--;
}

void entry_free(struct speaker *s, struct entry *e)
{
    e->enabled = false; /* its sessions do not come again */
    for (uint32_t i = 0; i < e->neighbor_count; i++)
        neighbor_free(s, e->neighbors[i]);
    peers_forgive(s->env, &e->config->remote);
    if (e->config_source != 0)
        rib_source_down(&s->rib, e->config_source);
    entry_unguard(s, e);
    free(e->neighbors);
    free(e);
    speaker_wake(s);
}

struct neighbor *entry_find(const struct entry *e, const struct ip_addr *addr)
{
    for (uint32_t i = 0; i < e->neighbor_count; i++)
        if (ip_equal(&e->neighbors[i]->addr, addr))
            return e->neighbors[i];
    return NULL;
}

/* A new neighbour within a network; NULL when it is one too many. */
static struct neighbor *add_dynamic(struct speaker *s, struct entry *e, const struct ip_addr *addr)
{
    if (e->neighbor_count >= DYNAMIC_NEIGHBORS_MAX)
        return NULL;
    struct neighbor *n = neighbor_new(s, e, addr);
    peer_start(n->session);
    return n;
}

void entry_remove_neighbor(struct speaker *s, struct entry *e, struct neighbor *n)
{
    uint32_t i = 0;
    while (e->neighbors[i] != n)
        i++;
    e->neighbors[i] = e->neighbors[--e->neighbor_count];
    neighbor_free(s, n);
}

void entry_set_enabled(struct entry *e, bool enabled, const char *message)
{
    e->enabled = enabled;
    for (uint32_t i = 0; i < e->neighbor_count; i++) {
        struct peer *session = e->neighbors[i]->session;
        if (enabled && !peer_is_started(session))
            peer_start(session);
        else if (!enabled && peer_is_started(session))
            peer_stop(session, NOTIFY_CEASE_ADMIN_SHUTDOWN, message);
    }
}

void entry_announce(struct speaker *s, struct entry *e, const struct static_route *route)
{
    route_originate(s, e->config_source, route);
}

void entry_withdraw(struct speaker *s, struct entry *e, const struct static_route *route)
{
    route_retract(s, e->config_source, route);
}

struct entry *speaker_match(const struct speaker *s, const struct ip_addr *addr)
{
    const struct config_peer *config = config_match_peer(s->config, addr);
    return config ? s->entries[config - s->config->peers] : NULL;
}

/* A dynamic neighbour exists as long as it has a connection, or was disabled by itself. */
static bool is_gone(const struct neighbor *n)
{
    enum fsm_state state = peer_state(n->session);
    bool disabled_alone = n->entry->enabled && !peer_is_started(n->session);
    return n->source == 0 && state != FSM_OPEN_SENT && state != FSM_OPEN_CONFIRM && !disabled_alone;
}

/* Lest its budget of lines for the log should begin anew each time it comes; as long as there is
 * ample room for others. */
static bool must_stay(const struct entry *e, const struct neighbor *n)
{
    return peer_is_noisy(n->session) && e->neighbor_count < DYNAMIC_NEIGHBORS_MAX / 2;
}

void speaker_reap(struct speaker *s)
{
    for (size_t i = 0; i < s->entry_count; i++) {
        struct entry *e = s->entries[i];
        if (!entry_is_network(e))
            continue;
        for (uint32_t k = e->neighbor_count; k-- > 0;)
            if (is_gone(e->neighbors[k]) && !must_stay(e, e->neighbors[k]))
                entry_remove_neighbor(s, e, e->neighbors[k]);
    }
}

/* Anybody may come, as often as they like: lines have a limit for each address, and one for all
 * that no entry names. `e` may be NULL. */
static void log_refusal(struct speaker *s, const struct entry *e, const struct ip_addr *addr,
                        const char *why)
{
    struct log_source source = {.addr = *addr, .stranger = !e || entry_is_network(e)};
    char name[IP_TEXT_MAX];
    char more[LOG_LIMIT_TEXT_MAX];
    uint32_t left_out;
    if (log_sources_allow(&s->refusals, &source, uv_now(s->loop), LOG_LEVEL_INFO, &left_out))
        log_info("connection from %s refused: %s%s", ip_format(addr, name), why,
                 log_limit_text(left_out, more));
}

/* RFC 4486 §4. */
static void refuse(struct speaker *s, const struct entry *e, int fd, const struct ip_addr *addr,
                   const char *why)
{
    peers_refuse(s->env, fd, NOTIFY_CEASE_CONNECTION_REJECTED);
    log_refusal(s, e, addr, why);
}

/* Without a word: it does not come from where the peer is (RFC 5082 §3). */
static void drop(struct speaker *s, const struct entry *e, int fd, const struct ip_addr *addr,
                 const char *why)
{
    close(fd);
    log_refusal(s, e, addr, why);
}

/* Refuses a connection of a dynamic neighbour that is gone and must wait after an error. */
static bool is_held_back(struct speaker *s, const struct entry *e, int fd,
                         const struct ip_addr *addr)
{
    struct strbuf why = {0};
    bool held_back = entry_is_network(e) && peers_addr_is_held_back(s->env, addr, &why);
    if (held_back)
        refuse(s, e, fd, addr, strbuf_text(&why));
    strbuf_release(&why);
    return held_back;
}

void speaker_accept(void *ctx, int fd, const struct endpoint *remote, const struct endpoint *local)
{
    struct speaker *s = ctx;
    struct entry *e = speaker_match(s, &remote->addr);
    struct neighbor *n = NULL;
    (void)local;
    if (!e || s->stopping) {
        refuse(s, e, fd, &remote->addr, "no such peer is configured");
        return;
    }
    if (entry_is_closed(s, e)) {
        char why[ENTRY_CLOSED_TEXT_MAX];
        refuse(s, e, fd, &remote->addr, entry_closed_why(s, e, why));
        return;
    }
    const char *objection = entry_ttl_objection(e, fd);
    if (objection) {
        drop(s, e, fd, &remote->addr, objection);
        return;
    }
    if (e->enabled) {
        n = entry_find(e, &remote->addr);
        if (!n && is_held_back(s, e, fd, &remote->addr))
            return;
        if (!n && entry_is_network(e))
            n = add_dynamic(s, e, &remote->addr);
    }
    if (!n) {
        refuse(s, e, fd, &remote->addr,
               e->enabled ? "the peer is one too many" : "the peer is disabled");
        return;
    }
    peer_accept(n->session, fd);
}
