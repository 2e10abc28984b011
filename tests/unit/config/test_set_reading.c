/* Files of sets that are read at the same time: each is what it would be if it were read alone. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/set_reading.h"
#include "config_test.h"

enum { FILES = 60, ROUNDS = 20 };

struct folder {
    char path[32];
    char files[FILES][48];
};

static struct folder open_folder(void)
{
    struct folder f = {.path = "/tmp/bgpd-reads-XXXXXX"};
    assert_non_null(mkdtemp(f.path));
    for (unsigned i = 0; i < FILES; i++)
        snprintf(f.files[i], sizeof(f.files[i]), "%s/%u", f.path, i);
    return f;
}

/* Up to 300 entries, some of which are of another kind of set. */
static void write_entries(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    bool of_prefixes = rand() % 3 > 0;
    for (int n = rand() % 300; n > 0; n--) {
        if (of_prefixes != (rand() % 2000 == 0))
            fprintf(file, "10.%d.%d.0/24\n", rand() % 3, rand() % 256);
        else
            fprintf(file, "%d\n", rand() % 1000 + 1);
    }
    assert_int_equal(fclose(file), 0);
}

static void assert_same(const struct set_reading *a, const struct set_reading *b)
{
    assert_string_equal(strbuf_text(&a->unreadable), strbuf_text(&b->unreadable));
    assert_string_equal(strbuf_text(&a->wrong.say), strbuf_text(&b->wrong.say));
    assert_int_equal(a->wrong.line, b->wrong.line);
    assert_int_equal(a->is_wrong, b->is_wrong);
    assert_int_equal(a->set == NULL, b->set == NULL);
    if (!a->set)
        return;
    assert_true(policy_digest_equal(a->text, b->text));
    assert_true(policy_digest_equal(policy_set_rows[a->kind].digest(a->set),
                                    policy_set_rows[b->kind].digest(b->set)));
}

static void each_is_what_it_would_be_alone(void **state)
{
    (void)state;
    struct folder f = open_folder();
    unsigned good = 0;
    unsigned wrong = 0;
    unsigned unreadable = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct set_readings all = {0};
        for (unsigned i = 0; i < FILES; i++) {
            unlink(f.files[i]);
            if (rand() % 10 > 0)
                write_entries(f.files[i]);
            enum policy_set_kind kind = rand() % 3 ? POLICY_PREFIX_SET : POLICY_AS_SET;
            assert_int_equal(set_readings_add(&all, kind, mem_strdup(f.files[i])), i);
        }
        assert_int_equal(set_readings_add(&all, all.at[7].kind, mem_strdup(f.files[7])), 7);
        assert_int_equal(set_readings_add(&all, POLICY_COMMUNITY_SET, mem_strdup(f.files[7])),
                         FILES);
        set_readings_run(&all, NULL);
        for (unsigned i = 0; i < FILES; i++) {
            struct set_readings alone = {0};
            set_readings_add(&alone, all.at[i].kind, mem_strdup(f.files[i]));
            set_readings_run(&alone, NULL);
            assert_same(&all.at[i], &alone.at[0]);
            set_readings_release(&alone);
            good += all.at[i].set && !all.at[i].is_wrong;
            wrong += all.at[i].is_wrong;
            unreadable += !all.at[i].set;
        }
        set_readings_release(&all);
    }
    assert_true(good > ROUNDS && wrong > ROUNDS && unreadable > ROUNDS);
    for (unsigned i = 0; i < FILES; i++)
        unlink(f.files[i]);
    assert_int_equal(rmdir(f.path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_is_what_it_would_be_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
