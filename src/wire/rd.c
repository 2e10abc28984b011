/* Route distinguishers. */
#include "wire/rd.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "wire/admin.h"

bool rd_is_known(const uint8_t *bytes)
{
    return bytes[0] == 0 && bytes[1] <= ADMIN_AS4;
}

static int parse_hex(const char *digits, struct writer *w)
{
    size_t count = strspn(digits, "0123456789abcdefABCDEF");
    if (digits[count] != '\0' || count != (size_t)RD_BYTES * 2)
        return ERR_INVALID;
    uint64_t value = strtoull(digits, NULL, 16);
    writer_u32(w, (uint32_t)(value >> 32));
    writer_u32(w, (uint32_t)value);
    return 0;
}

int rd_parse(const char *text, uint8_t *ret_bytes)
{
    struct writer w = writer_over(ret_bytes, RD_BYTES);
    if (strncasecmp(text, "0x", 2) == 0)
        return parse_hex(text + 2, &w);
    struct admin admin;
    int err = admin_parse(text, &admin);
    if (err)
        return err;
    writer_u16(&w, (uint16_t)admin.form);
    admin_put(&w, &admin);
    return 0;
}

void rd_format(const uint8_t *bytes, struct strbuf *out)
{
    struct reader r = reader_over(span_of(bytes, RD_BYTES));
    uint16_t type = reader_u16(&r);
    if (rd_is_known(bytes)) {
        struct admin admin = admin_take(&r, (enum admin_form)type);
        admin_format(&admin, out);
    } else {
        strbuf_add(out, "0x");
        strbuf_add_hex(out, bytes, RD_BYTES, RD_BYTES);
    }
}
