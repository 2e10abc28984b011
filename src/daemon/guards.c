/* The protections that sockets give to peers: TCP MD5 keys (RFC 2385) and the minimum TTL (RFC
 * 5082) of the listening sockets.
 *
 * A protection that cannot be put in force closes what it protects: the block's peers are blocked,
 * connections from them are refused, and the kernel is asked again from time to time. It has room
 * for about 960 keys on a socket (net.core.optmem_max), so many blocks may share that fate: the
 * log has one line for all. Invariant: a block is closed if and only if `key_error` is set, or it
 * wants TTL security and `ttl_error` is set. */
#include "daemon/guards.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "daemon/state.h"
#include "net/tcp.h"

enum { RETRY_MS = 5000, TTL_MAX = 255 };

/* What can be done about an error of the kernel. */
static const char *remedy(int error)
{
    return error == ENOMEM || error == ENOBUFS ? " (raise sysctl net.core.optmem_max)" : "";
}

static int ttl_error(const struct speaker *s, const struct peer_block *b)
{
    return b->config->ttl_security ? s->guards.ttl_error : 0;
}

bool peer_block_is_closed(const struct speaker *s, const struct peer_block *b)
{
    return b->key_error != 0 || ttl_error(s, b) != 0;
}

const char *peer_block_closed_why(const struct speaker *s, const struct peer_block *b,
                                  char buf[ENTRY_CLOSED_TEXT_MAX])
{
    int error = b->key_error ? b->key_error : ttl_error(s, b);
    if (error == 0)
        return "";
    snprintf(buf, ENTRY_CLOSED_TEXT_MAX, "%s: %s%s",
             b->key_error ? "its TCP MD5 key cannot be set" : "TTL security cannot be put in force",
             strerror(error), remedy(error));
    return buf;
}

/* Opens or closes the block as its errors say. */
static void carry_out(const struct speaker *s, const struct peer_block *b)
{
    char buf[ENTRY_CLOSED_TEXT_MAX];
    const char *why = peer_block_closed_why(s, b, buf);
    for (uint32_t i = 0; i < b->neighbor_count; i++) {
        if (why[0] != '\0')
            peer_block(b->neighbors[i]->session, why);
        else
            peer_unblock(b->neighbors[i]->session);
    }
}

/* --- keys --- */

void peer_block_guard(const struct speaker *s, struct peer_block *b)
{
    b->key_error = 0;
    struct listener *l;
    for (size_t i = 0; (l = listening_at(s->listening, i)) != NULL; i++)
        if (listener_set_md5(l, &b->config->remote, b->config->md5_password))
            b->key_error = errno;
    carry_out(s, b);
}

/* Whether the key is also that of another block: a link-local address on another interface. */
static bool shares_key(const struct speaker *s, const struct peer_block *b)
{
    for (size_t i = 0; b->config->remote_interface[0] != '\0' && i < s->block_count; i++) {
        const struct peer_block *other = s->blocks[i];
        if (other && other != b && prefix_equal(&other->config->remote, &b->config->remote))
            return true;
    }
    return false;
}

void peer_block_unguard(const struct speaker *s, const struct peer_block *b)
{
    if (!b->config->md5_password || shares_key(s, b))
        return;
    struct listener *l;
    for (size_t i = 0; (l = listening_at(s->listening, i)) != NULL; i++)
        listener_set_md5(l, &b->config->remote, NULL);
}

/* --- TTL --- */

/* The minimum that all peers of one version want; 0 where only some do. */
static int common_minimum(const struct speaker *s, uint8_t version)
{
    bool some = false;
    for (size_t i = 0; i < s->config->peer_count; i++) {
        const struct config_peer *peer = &s->config->peers[i];
        if (peer->remote.version == version && !peer->ttl_security)
            return 0;
        some |= peer->remote.version == version;
    }
    return some ? TTL_MAX : 0;
}

static int set_ttl(const struct speaker *s, struct listener *l)
{
    int err = listener_set_minimum_ttl(l, common_minimum(s, IP_V4), common_minimum(s, IP_V6));
    return err ? errno : 0;
}

/* Has the listeners ask for the TTL that the configuration says. */
static void guard_ttl(struct speaker *s)
{
    int before = s->guards.ttl_error;
    s->guards.ttl_error = 0;
    struct listener *l;
    for (size_t i = 0; (l = listening_at(s->listening, i)) != NULL; i++) {
        int error = set_ttl(s, l);
        if (error)
            s->guards.ttl_error = error;
    }
    bool concerns = before || s->guards.ttl_error; /* with it, whoever wants it since a reload */
    for (size_t i = 0; concerns && i < s->block_count; i++)
        carry_out(s, s->blocks[i]);
}

const char *peer_block_ttl_objection(const struct peer_block *b, int fd)
{
    int ttl = tcp_syn_ttl(fd);
    if (!b->config->ttl_security || ttl == TTL_MAX)
        return NULL;
    if (ttl >= 0)
        return "it did not come with TTL 255";
    /* A connection that a SYN cookie has made came with an ACK that its listening socket took. */
    if (tcp_minimum_ttl(fd, b->config->remote.version) == TTL_MAX)
        return NULL;
    return "TTL security cannot be put in force: the system answers with SYN cookies";
}

/* --- all of them --- */

void speaker_guard_listener(void *ctx, struct listener *l)
{
    struct speaker *s = ctx;
    int error = set_ttl(s, l);
    if (error)
        s->guards.ttl_error = error;
    for (size_t i = 0; i < s->config->peer_count; i++) {
        const struct config_peer *peer = &s->config->peers[i];
        error = peer->md5_password && listener_set_md5(l, &peer->remote, peer->md5_password) ? errno
                                                                                             : 0;
        /* Before the start there are no blocks: they ask themselves when they come. */
        if (i < s->block_count && error)
            s->blocks[i]->key_error = error;
    }
    for (size_t i = 0; i < s->block_count; i++)
        if (peer_block_is_closed(s, s->blocks[i]))
            carry_out(s, s->blocks[i]);
}

/* How many are closed, and the first of them. */
static size_t count_closed(const struct speaker *s, const struct peer_block **ret_first)
{
    size_t count = 0;
    *ret_first = NULL;
    for (size_t i = 0; i < s->block_count; i++) {
        if (!peer_block_is_closed(s, s->blocks[i]))
            continue;
        *ret_first = *ret_first ? *ret_first : s->blocks[i];
        count++;
    }
    return count;
}

static void add_text(const struct speaker *s, size_t count, const struct peer_block *first,
                     struct strbuf *out)
{
    char why[ENTRY_CLOSED_TEXT_MAX];
    char name[PREFIX_TEXT_MAX];
    strbuf_printf(
        out, "peers closed for want of protection: %zu, from %s on: %s; this is tried again", count,
        prefix_format(&first->config->remote, name), peer_block_closed_why(s, first, why));
}

static void describe(const struct speaker *s, struct strbuf *lines)
{
    const struct peer_block *first;
    size_t count = count_closed(s, &first);
    if (count == 0)
        return;
    add_text(s, count, first, lines);
    strbuf_add_char(lines, '\n');
}

void speaker_report_guards(struct speaker *s)
{
    const struct peer_block *first;
    size_t count = count_closed(s, &first);
    if (count > s->guards.reported) {
        struct strbuf line = {0};
        add_text(s, count, first, &line);
        log_error("%s", strbuf_text(&line));
        strbuf_release(&line);
    } else if (count == 0 && s->guards.reported > 0) {
        log_info("no peer is closed for want of protection any more");
    }
    s->guards.reported = count;
}

/* The keys of blocks are set when the block changes. */
static void reconfigure(struct speaker *s, const struct config *old, struct reload_summary *sum)
{
    const struct peer_block *first;
    (void)old;
    guard_ttl(s);
    describe(s, &sum->failed);
    size_t count = count_closed(s, &first);
    if (count > 0) /* the summary says so */
        s->guards.reported = count;
    speaker_report_guards(s);
}

static void retry(struct speaker *s)
{
    if (s->guards.reported == 0 || uv_now(s->loop) < s->guards.retry_at_ms)
        return;
    s->guards.retry_at_ms = uv_now(s->loop) + RETRY_MS;
    if (s->guards.ttl_error)
        guard_ttl(s);
    bool full[2] = {false, false}; /* for IPv4, IPv6: they may have different sockets */
    for (size_t i = 0; i < s->block_count; i++) {
        struct peer_block *b = s->blocks[i];
        bool *no_room = &full[b->config->remote.version == IP_V6];
        if (!b->key_error || *no_room)
            continue;
        peer_block_guard(s, b);
        *no_room = b->key_error == ENOMEM;
    }
    speaker_report_guards(s);
}

const struct service guards_service = {
    .name = "guards",
    .start = speaker_report_guards,
    .reconfigure = reconfigure,
    .tick = retry,
    .describe = describe,
};
