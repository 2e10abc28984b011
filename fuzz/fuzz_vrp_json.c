/* Fuzz target: what validators export. It is read the same in one piece and in many. */
#include "check.h"
#include "rpki/vrp_json.h"

static struct rpki_entries *read_in_pieces(const char *text, size_t len_bytes, size_t piece)
{
    struct vrp_json j;
    vrp_json_begin(&j, 1700000000);
    for (size_t at = 0; at < len_bytes; at += piece)
        if (vrp_json_feed(&j, text + at, len_bytes - at < piece ? len_bytes - at : piece) != 0)
            break;
    struct rpki_entries *e = vrp_json_finish(&j);
    CHECK((e == NULL) == (j.problem.len_bytes > 0));
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
