/* Numbers that the holder of an AS or of an address assigns. */
#include "wire/admin.h"

#include <string.h>

#include "base/err.h"
#include "base/ip.h"
#include "base/number.h"
#include "wire/aspath.h"

static int parse_holder(const char *text, struct admin *admin)
{
    struct ip_addr addr;
    if (ip_parse(text, &addr) == 0 && addr.version == IP_V4) {
        admin->form = ADMIN_IPV4;
        admin->holder = ip_to_v4(&addr);
        return 0;
    }
    int err = aspath_parse_as(text, &admin->holder);
    admin->form = !err && (admin->holder > UINT16_MAX || strchr(text, '.')) ? ADMIN_AS4 : ADMIN_AS2;
    return err;
}

static int parse_number(const char *text, struct admin *admin)
{
    struct ip_addr addr;
    if (admin->form != ADMIN_AS2)
        return number_parse(text, UINT16_MAX, &admin->number);
    if (ip_parse(text, &addr) || addr.version != IP_V4)
        return number_parse(text, UINT32_MAX, &admin->number);
    admin->number = ip_to_v4(&addr);
    return 0;
}

int admin_parse(const char *text, struct admin *ret_admin)
{
    char holder[IP_TEXT_MAX];
    struct admin admin;
    const char *colon = strrchr(text, ':');
    if (!colon || (size_t)(colon - text) >= sizeof(holder))
        return ERR_INVALID;
    memcpy(holder, text, (size_t)(colon - text));
    holder[colon - text] = '\0';
    int err = parse_holder(holder, &admin);
    if (!err)
        err = parse_number(colon + 1, &admin);
    if (!err)
        *ret_admin = admin;
    return err;
}

void admin_format(const struct admin *admin, struct strbuf *out)
{
    char text[IP_TEXT_MAX];
    struct ip_addr addr = ip_from_v4(admin->holder);
    if (admin->form == ADMIN_IPV4)
        strbuf_printf(out, "%s:%u", ip_format(&addr, text), admin->number);
    else if (admin->form == ADMIN_AS4 && admin->holder <= UINT16_MAX)
        strbuf_printf(out, "0.%u:%u", admin->holder, admin->number); /* or it would read as AS2 */
    else
        strbuf_printf(out, "%u:%u", admin->holder, admin->number);
}

void admin_put(struct writer *w, const struct admin *admin)
{
    if (admin->form == ADMIN_AS2) {
        writer_u16(w, (uint16_t)admin->holder);
        writer_u32(w, admin->number);
    } else {
        writer_u32(w, admin->holder);
        writer_u16(w, (uint16_t)admin->number);
    }
}

struct admin admin_take(struct reader *r, enum admin_form form)
{
    struct admin admin = {.form = form};
    admin.holder = form == ADMIN_AS2 ? reader_u16(r) : reader_u32(r);
    admin.number = form == ADMIN_AS2 ? reader_u32(r) : reader_u16(r);
    return admin;
}
