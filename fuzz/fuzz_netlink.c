/* Fuzz target: messages of rtnetlink, the table of what they tell, and lines on sockets.
 *
 * Beside not crashing: what is put is found, and an account that mentions nothing empties the
 * table.
 */
#include <string.h>

#include "check.h"
#include "net/holder.h"
#include "net/link_table.h"
#include "net/netlink.h"

static uint32_t buffer[16384];

static void on_link(void *ctx, const struct netlink_link *link)
{
    struct link_table *t = ctx;
    CHECK(link->index != 0);
    CHECK(memchr(link->name, '\0', sizeof(link->name)));
    link_table_put_link(t, link);
    const struct link *found = link_table_find(t, link->index);
    CHECK(link->gone ? !found : found->up == link->up);
}

static void on_address(void *ctx, const struct netlink_address *address)
{
    struct link_table *t = ctx;
    CHECK(address->network.len_bits <= prefix_max_bits(address->own.version));
    link_table_put_address(t, address);
    bool has = link_table_has_address(t, &address->own, address->link);
    CHECK(!address->usable || address->gone || has);
    link_table_via(t, &address->own);
    link_table_reaches(t, &address->own, address->link);
}

static void check_line(const uint8_t *data, size_t size)
{
    char line[512];
    struct holder_socket socket;
    size_t len = size < sizeof(line) ? size : sizeof(line) - 1;
    memcpy(line, data, len);
    line[len] = '\0';
    if (holder_parse(line, &socket))
        CHECK(holder_is_in_the_way(&socket.where, &socket.where));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct netlink_handler handler = {.link = on_link, .address = on_address};
    struct link_table t = {0};
    int error = 0;
    if (size > sizeof(buffer))
        return 0;
    check_line(data, size);
    memcpy(buffer, data, size);
    if (netlink_decode(buffer, size, 1, &handler, &t, &error) == NETLINK_REFUSED)
        CHECK(error != 0);
    link_table_begin(&t);
    link_table_sweep(&t);
    CHECK(t.link_count == 0 && t.address_count == 0);
    link_table_release(&t);
    return 0;
}
