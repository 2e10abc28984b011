/* Fuzz target: what validators export. It is read the same in one piece and in many. */
#include <string.h>

#include "check.h"
#include "rpki/vrp_json.h"

struct pieces {
    const char *text;
    size_t len_bytes;
    size_t piece_bytes;
};

static size_t more(void *ctx, char *buf, size_t size)
{
    struct pieces *p = ctx;
    size_t n = p->piece_bytes < size ? p->piece_bytes : size;
    n = n < p->len_bytes ? n : p->len_bytes;
    memcpy(buf, p->text, n);
    p->text += n;
    p->len_bytes -= n;
    return n;
}

static struct rpki_entries *read_in_pieces(const char *text, size_t len_bytes, size_t piece_bytes)
{
    struct pieces pieces = {text, len_bytes, piece_bytes};
    struct vrp_json j = vrp_json_read(more, &pieces, 1700000000);
    CHECK((j.entries == NULL) == (j.problem.len_bytes > 0));
    struct rpki_entries *e = rpki_entries_ref(j.entries);
    vrp_json_release(&j);
    return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct rpki_entries *whole = read_in_pieces(text, size, size + 1);
    struct rpki_entries *cut = read_in_pieces(text, size, 3);
    CHECK((whole == NULL) == (cut == NULL));
    CHECK(!whole || rpki_entries_equal(whole, cut));
    for (size_t i = 0; whole && i < whole->vrp_count; i++)
        CHECK(whole->vrps[i].max_length >= whole->vrps[i].prefix.len_bits);
    for (size_t i = 0; whole && i < whole->aspa_count; i++)
        CHECK(whole->aspas[i].count > 0);
    rpki_entries_unref(whole);
    rpki_entries_unref(cut);
    return 0;
}
