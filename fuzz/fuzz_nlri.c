/* Fuzz target: NLRI of any family. The first byte is the number of the family, the rest a run.
 * Beside not crashing: the functions of a family agree on what is well-formed, and what was read
 * survives writing and text. */
#include <string.h>

#include "check.h"
#include "wire/nlri_text.h"

/* Whether `one` is an NLRI that is read to its end; what it is then. */
static bool read_one(const struct family_info *f, struct span one, uint8_t *ret_bytes,
                     struct nlri *ret_nlri)
{
    struct reader r = reader_over(one);
    return f->read(f, &r, ret_bytes, ret_nlri, 1) == 1 && reader_left(&r) == 0;
}

/* Looks at the NLRI one by one, as where not all are well-formed; whether all were, and all were
 * found. */
static bool check_each(const struct family_info *f, struct span run)
{
    static uint8_t bytes[NLRI_ROOM_BYTES];
    struct nlri nlri;
    struct reader r = reader_over(run);
    struct span one;
    bool are_good = true;
    while (f->split(f, &r, &one)) {
        CHECK(one.len_bytes > 0);
        if (read_one(f, one, bytes, &nlri))
            check_nlri(f, nlri);
        else
            are_good = false;
    }
    CHECK(reader_left(&r) == 0);
    return are_good && reader_ok(&r);
}

/* Reads the run a few at a time; how many there are. */
static size_t count_read(const struct family_info *f, struct span run, size_t most)
{
    static uint8_t bytes[NLRI_ROOM_BYTES];
    struct nlri nlri[NLRI_AT_ONCE];
    struct reader r = reader_over(run);
    size_t all = 0;
    for (size_t count; (count = f->read(f, &r, bytes, nlri, most)) > 0; all += count)
        CHECK(count <= most);
    CHECK(reader_ok(&r) && reader_left(&r) == 0);
    return all;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct family_info *f = family_info((enum family)(data[0] % FAMILY_COUNT));
    struct span run = span_of(data + 1, size - 1);
    bool is_good = f->check(f, run);
    CHECK(check_each(f, run) == is_good);
    if (is_good)
        CHECK(count_read(f, run, 1) == count_read(f, run, NLRI_AT_ONCE));
    return 0;
}
