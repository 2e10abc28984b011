/* rtnetlink(7), decoded with libmnl, which checks the lengths of messages and attributes.
 *
 * What the kernel sends is as a rule well-formed; what is not is passed over, for nothing here is
 * worth more than the next look at the state of the system. */
#include "net/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

enum { ERRNO_MAX = 4095 /* as the kernel has it */ };

/* Attributes of one message by type. */
struct attributes {
    const struct nlattr **table;
    uint16_t max;
};

static int keep_attribute(const struct nlattr *attribute, void *ctx)
{
    const struct attributes *a = ctx;
    uint16_t type = mnl_attr_get_type(attribute);
    if (type <= a->max)
        a->table[type] = attribute;
    return MNL_CB_OK;
}

/* Fills `table` (max + 1 zeroed pointers) with the attributes after a head; false when the message
 * is shorter than that. */
static bool read_attributes(const struct nlmsghdr *message, size_t head_bytes,
                            const struct nlattr **table, uint16_t max)
{
    struct attributes a = {.table = table, .max = max};
    if (mnl_nlmsg_get_payload_len(message) < head_bytes)
        return false;
    mnl_attr_parse(message, (unsigned)head_bytes, keep_attribute, &a);
    return true;
}

static bool read_name(const struct nlattr *attribute, char *ret_name)
{
    if (!attribute || mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) != 0 ||
        mnl_attr_get_payload_len(attribute) > IP_INTERFACE_MAX)
        return false;
    memcpy(ret_name, mnl_attr_get_str(attribute), mnl_attr_get_payload_len(attribute));
    return true;
}

static void decode_link(const struct nlmsghdr *message, const struct netlink_handler *handler,
                        void *ctx)
{
    const struct nlattr *attributes[IFLA_MAX + 1] = {0};
    if (!read_attributes(message, sizeof(struct ifinfomsg), attributes, IFLA_MAX))
        return;
    const struct ifinfomsg *head = mnl_nlmsg_get_payload(message);
    /* Of another family it is news of a bridge about its port. */
    if (head->ifi_family != AF_UNSPEC || head->ifi_index <= 0)
        return;
    struct netlink_link link = {
        .index = (uint32_t)head->ifi_index,
        .gone = message->nlmsg_type == RTM_DELLINK,
        .up = (head->ifi_flags & IFF_UP) && (head->ifi_flags & IFF_RUNNING),
        .loopback = head->ifi_flags & IFF_LOOPBACK,
    };
    if (read_name(attributes[IFLA_IFNAME], link.name) || link.gone)
        handler->link(ctx, &link);
}

static bool read_address(const struct nlattr *attribute, uint8_t version, struct ip_addr *ret_addr)
{
    if (!attribute || mnl_attr_get_payload_len(attribute) != ip_len_bytes(version))
        return false;
    *ret_addr = ip_from_bytes(version, mnl_attr_get_payload(attribute));
    return true;
}

static void decode_address(const struct nlmsghdr *message, const struct netlink_handler *handler,
                           void *ctx)
{
    const struct nlattr *attributes[IFA_MAX + 1] = {0};
    if (!read_attributes(message, sizeof(struct ifaddrmsg), attributes, IFA_MAX))
        return;
    const struct ifaddrmsg *head = mnl_nlmsg_get_payload(message);
    uint8_t version = head->ifa_family == AF_INET    ? IP_V4
                      : head->ifa_family == AF_INET6 ? IP_V6
                                                     : IP_NONE;
    struct ip_addr attached;
    struct ip_addr own;
    if (version == IP_NONE || head->ifa_prefixlen > prefix_max_bits(version) ||
        !read_address(attributes[IFA_ADDRESS], version, &attached))
        return;
    if (!read_address(attributes[IFA_LOCAL], version, &own))
        own = attached;
    uint32_t flags = head->ifa_flags;
    const struct nlattr *more_flags = attributes[IFA_FLAGS];
    if (more_flags && mnl_attr_get_payload_len(more_flags) == sizeof(uint32_t))
        flags = mnl_attr_get_u32(more_flags);
    bool optimistic = flags & IFA_F_OPTIMISTIC;
    struct netlink_address address = {
        .link = head->ifa_index,
        .own = own,
        .network = prefix_make(version, head->ifa_prefixlen, attached.bytes),
        .gone = message->nlmsg_type == RTM_DELADDR,
        .usable = !(flags & IFA_F_DADFAILED) && (optimistic || !(flags & IFA_F_TENTATIVE)),
    };
    handler->address(ctx, &address);
}

static enum netlink_result decode_error(const struct nlmsghdr *message, uint32_t seq,
                                        int *ret_error)
{
    if (message->nlmsg_seq != seq || mnl_nlmsg_get_payload_len(message) < sizeof(struct nlmsgerr))
        return NETLINK_MORE;
    const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);
    if (error->error >= 0)
        return NETLINK_MORE;
    *ret_error = error->error >= -ERRNO_MAX ? -error->error : EIO;
    return NETLINK_REFUSED;
}

static enum netlink_result decode_message(const struct nlmsghdr *message, uint32_t seq,
                                          const struct netlink_handler *handler, void *ctx,
                                          int *ret_error)
{
    switch (message->nlmsg_type) {
    case NLMSG_ERROR:
        return decode_error(message, seq, ret_error);
    case NLMSG_OVERRUN:
        return NETLINK_REPEAT;
    case NLMSG_DONE:
        if (message->nlmsg_seq != seq)
            return NETLINK_MORE;
        return message->nlmsg_flags & NLM_F_DUMP_INTR ? NETLINK_REPEAT : NETLINK_DONE;
    case RTM_NEWLINK:
    case RTM_DELLINK:
        decode_link(message, handler, ctx);
        break;
    case RTM_NEWADDR:
    case RTM_DELADDR:
        decode_address(message, handler, ctx);
        break;
    default:
        break;
    }
    return message->nlmsg_flags & NLM_F_DUMP_INTR ? NETLINK_REPEAT : NETLINK_MORE;
}

enum netlink_result netlink_decode(const void *bytes, size_t len_bytes, uint32_t seq,
                                   const struct netlink_handler *handler, void *ctx, int *ret_error)
{
    enum netlink_result result = NETLINK_MORE;
    const struct nlmsghdr *message = bytes;
    int left = (int)len_bytes;
    /* libmnl takes a length beyond 2^31 for a negative one, which no length is too short for. */
    while (result == NETLINK_MORE && mnl_nlmsg_ok(message, left) &&
           message->nlmsg_len <= (uint32_t)left) {
        result = decode_message(message, seq, handler, ctx, ret_error);
        message = mnl_nlmsg_next(message, &left);
    }
    return result;
}

static struct nlmsghdr *start_request(void *buf, uint16_t type, uint32_t seq)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    message->nlmsg_seq = seq;
    return message;
}

size_t netlink_request_links(void *buf, uint32_t seq)
{
    struct nlmsghdr *message = start_request(buf, RTM_GETLINK, seq);
    struct ifinfomsg *head = mnl_nlmsg_put_extra_header(message, sizeof(*head));
    head->ifi_family = AF_UNSPEC;
    mnl_attr_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return message->nlmsg_len;
}

size_t netlink_request_addresses(void *buf, uint32_t seq)
{
    struct nlmsghdr *message = start_request(buf, RTM_GETADDR, seq);
    struct ifaddrmsg *head = mnl_nlmsg_put_extra_header(message, sizeof(*head));
    head->ifa_family = AF_UNSPEC;
    return message->nlmsg_len;
}
