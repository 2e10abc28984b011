/* Random configurations of several files: what is in force and where it comes from is known by how
 * they are made. What is shown, read again, is the same configuration. */
#include <unistd.h>

#include "listing_test.h"

enum { FILES = 3, GROUPS = 3, PEERS = 4 };

/* A file that is made line by line. */
struct file {
    char name[80];
    struct strbuf text;
    uint32_t line; /* the last one */
};

static uint32_t add_line(struct file *f, const char *line)
{
    strbuf_printf(&f->text, "%s\n", line);
    return ++f->line;
}

/* What is known of a key of a peer or group. */
struct known {
    const char *value; /* NULL: it is not given */
    unsigned file;
    uint32_t line;
};

static const struct {
    const char *key;
    const char *values[3];
    const char *fallback;
} random_keys[] = {
    {"hold_timer", {"0", "30", "90"}, "180"},
    {"passive", {"true", "false", "true"}, "false"},
    {"dest_port", {"1", "1179", "65535"}, "179"},
    {"description", {"\"a # b\"", "\"\"", "\"[x]\\n\""}, NULL},
    {"families",
     {"[\"ipv4 unicast\"]", "[\"ipv6 flow\", \"ipv4 unicast\"]", "[\"ipv6 unicast\"]"},
     "[\"ipv4 unicast\", \"ipv6 unicast\", \"ipv4 flow\", \"ipv6 flow\"]"},
    {"role", {"\"peer\"", "\"rs\"", "\"customer\""}, NULL},
    {"max_prefixes", {"5", "0", "700"}, "0"},
    {"import", {"\"p\"", "[\"p\", \"q\"]", "[]"}, NULL},
    {"keep_filtered", {"true", "false", "false"}, "true"},
    {"md5_password", {"\"x\"", "\"y\"", "\"z\""}, NULL},
    {"connect_retry", {"1", "2", "3"}, "30"},
};
enum { RANDOM_KEYS = sizeof(random_keys) / sizeof(random_keys[0]) };

struct model {
    struct file files[FILES];
    struct known groups[GROUPS][RANDOM_KEYS];
    struct known peers[PEERS][RANDOM_KEYS];
    unsigned group_of[PEERS]; /* GROUPS: none */
};

static void add_keys(struct model *m, unsigned file, struct known *known, bool with_secrets)
{
    for (unsigned k = 0; k < RANDOM_KEYS; k++) {
        char line[200];
        bool is_secret = strcmp(random_keys[k].key, "md5_password") == 0;
        if (rand() % 3 > 0 || (is_secret && !with_secrets))
            continue;
        known[k].value = random_keys[k].values[rand() % 3];
        snprintf(line, sizeof(line), "%s = %s", random_keys[k].key, known[k].value);
        known[k].file = file;
        known[k].line = add_line(&m->files[file], line);
        for (int blanks = rand() % 3; blanks > 0; blanks--)
            add_line(&m->files[file], "# a remark");
    }
}

static void make(struct model *m, const char *folder, bool with_secrets)
{
    for (unsigned i = 0; i < FILES; i++)
        snprintf(m->files[i].name, sizeof(m->files[i].name), "%s/%u.toml", folder, i);
    add_line(&m->files[0], "router_id = \"192.0.2.1\"");
    add_line(&m->files[0], "default_as = 65000");
    add_line(&m->files[0], "include = [\"1.toml\", \"2.toml\"]");
    unsigned file = (unsigned)rand() % FILES;
    add_line(&m->files[file], "[policies.p]");
    add_line(&m->files[file], "[policies.q]");
    for (unsigned g = 0; g < GROUPS; g++) {
        char line[40];
        file = (unsigned)rand() % FILES;
        snprintf(line, sizeof(line), "[groups.g%u]", g);
        add_line(&m->files[file], line);
        add_keys(m, file, m->groups[g], with_secrets);
    }
    for (unsigned p = 0; p < PEERS; p++) {
        char line[60];
        file = (unsigned)rand() % FILES;
        m->group_of[p] = (unsigned)rand() % (GROUPS + 1);
        add_line(&m->files[file], "[[peers]]");
        snprintf(line, sizeof(line), "remote_ip = \"192.0.2.%u\"", p + 10);
        add_line(&m->files[file], line);
        add_line(&m->files[file], "remote_as = 65001");
        snprintf(line, sizeof(line), "group = \"g%u\"", m->group_of[p]);
        if (m->group_of[p] < GROUPS)
            add_line(&m->files[file], line);
        add_keys(m, file, m->peers[p], with_secrets);
    }
    for (unsigned i = 0; i < FILES; i++) {
        FILE *out = fopen(m->files[i].name, "w");
        assert_non_null(out);
        fputs(strbuf_text(&m->files[i].text), out);
        assert_int_equal(fclose(out), 0);
    }
}

static void check_known(const struct model *m, const struct list *list, unsigned p, unsigned k)
{
    char path[80];
    bool is_secret = strcmp(random_keys[k].key, "md5_password") == 0;
    unsigned group = m->group_of[p];
    const struct known *own = &m->peers[p][k];
    const struct known *theirs = group < GROUPS ? &m->groups[group][k] : NULL;
    const struct known *counts = own->value ? own : theirs && theirs->value ? theirs : NULL;
    snprintf(path, sizeof(path), "peers.192.0.2.%u.%s", p + 10, random_keys[k].key);
    const struct shown *s = find(list, path);
    assert_non_null(s);
    if (!counts) {
        assert_int_equal(s->origin, CONFIG_FROM_DEFAULT);
        assert_true(random_keys[k].fallback ? strcmp(s->json, random_keys[k].fallback) == 0
                                            : s->json == NULL);
        return;
    }
    assert_int_equal(s->origin, counts == own ? CONFIG_FROM_FILE : CONFIG_FROM_GROUP);
    assert_string_equal(s->file, m->files[counts->file].name);
    assert_int_equal(s->line, counts->line);
    if (is_secret)
        assert_null(s->json);
    else
        assert_string_equal(s->json, counts->value);
    if (counts != own) {
        assert_int_equal(s->group[1] - '0', group);
        assert_int_equal(s->group[2], '\0');
    }
}

static void check_random(const char *folder, bool with_secrets)
{
    struct model m = {0};
    struct config_report report = {0};
    make(&m, folder, with_secrets);
    struct config *c = config_load(m.files[0].name, &report);
    if (!c)
        fail_msg("%s", report_text(&report));
    struct list list = list_all(c, true);
    for (unsigned p = 0; p < PEERS; p++)
        for (unsigned k = 0; k < RANDOM_KEYS; k++)
            check_known(&m, &list, p, k);
    if (!with_secrets)
        check_again(c, m.files[0].name);
    list_release(&list);
    config_free(c);
    config_report_release(&report);
    for (unsigned i = 0; i < FILES; i++)
        strbuf_release(&m.files[i].text);
}

static void test_random(void **state)
{
    const char *folder = *state;
    srand(1);
    for (unsigned i = 0; i < 300; i++)
        check_random(folder, i % 2 == 0);
}

static int make_folder(void **state)
{
    static char folder[] = "/tmp/bgpd-listing-XXXXXX";
    *state = folder;
    return !mkdtemp(folder);
}

static int remove_folder(void **state)
{
    char path[80];
    for (unsigned i = 0; i < FILES; i++) {
        snprintf(path, sizeof(path), "%s/%u.toml", (const char *)*state, i);
        unlink(path);
    }
    return rmdir(*state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
