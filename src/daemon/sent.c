/* Attributes as they are sent: encoded as a message has them, with ASNs of four octets, and the
 * next hop put back where the canonical form has it. */
#include "daemon/sent.h"

#include "wire/message.h"

void sent_attrs(const struct rib *rib, const struct rib_exported *what,
                struct attr_block *ret_attrs)
{
    uint8_t buf[MESSAGE_MAX_EXTENDED_BYTES];
    const struct rib_attrs *attrs = rib_attrs_at(&rib->attrs, what->attrs);
    struct attr_export export = {0};
    rib_export_attrs(rib, what->profile, what->attrs, what->source, &export);
    export.as4 = true;
    uint8_t next_hop[32];
    uint8_t next_hop_len = 0;
    struct writer w = writer_over(buf, sizeof(buf));
    update_encode_attrs(&w, rib_attrs_span(attrs), &attrs->hot, (enum family)what->profile->family,
                        &export, next_hop, &next_hop_len);
    struct writer out = writer_over(ret_attrs->bytes, sizeof(ret_attrs->bytes));
    struct reader r = reader_over(writer_span(&w));
    struct attr_view attr;
    while (attr_next(&r, &attr)) {
        if (attr.type > ATTR_NEXT_HOP && next_hop_len > 0) {
            attr_put(&out, ATTR_FLAG_TRANSITIVE, ATTR_NEXT_HOP, span_of(next_hop, next_hop_len));
            next_hop_len = 0;
        }
        attr_put(&out, attr.flags, attr.type, attr.value);
    }
    if (next_hop_len > 0)
        attr_put(&out, ATTR_FLAG_TRANSITIVE, ATTR_NEXT_HOP, span_of(next_hop, next_hop_len));
    ret_attrs->len_bytes = (uint32_t)writer_len(&out);
    ret_attrs->hot = attr_hot_of(attr_block_span(ret_attrs));
}
