/* The keys of api_tls. What is wrong with a file is wrong with the configuration, so that nobody is
 * served without what they were promised. */
#include "config/tls_keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "config/file.h"
#include "config/tls_pair.h"

/* The two files while they are read. */
struct tls_draft {
    struct tls_file {
        char *path;                   /* owned; NULL: not given */
        const struct toml_node *node; /* that names it; borrowed */
        struct strbuf text;
        bool is_read;
    } files[2]; /* by enum tls_part */
};

static void read_named(struct loader *l, const struct schema_key *key,
                       const struct toml_node *value, struct tls_file *file,
                       const char *(*read)(const char *path, struct strbuf *text))
{
    file->node = value;
    file->path = config_file_beside(loader_file(l, value->place), value->as.string);
    loader_note_file(l, file->path);
    const char *unusable = read(file->path, &file->text);
    file->is_read = !unusable;
    if (unusable)
        loader_problem(l, value->place, "%s '%.256s' cannot be used: %s", key->name, file->path,
                       unusable);
}

static void set_certificate(struct loader *l, const struct schema_key *key,
                            const struct toml_node *value, void *target)
{
    struct tls_draft *draft = target;
    read_named(l, key, value, &draft->files[TLS_CERTIFICATE], config_file_read);
}

static void set_key(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                    void *target)
{
    struct tls_draft *draft = target;
    read_named(l, key, value, &draft->files[TLS_KEY], config_file_read_private);
}

static const struct schema_key keys[] = {
    {
        .name = "certificate",
        TYPE_STRING,
        .reload = RELOAD_AT_ONCE,
        .help = "File with the certificate in PEM, followed by those that lead to who vouches for "
                "it. A relative name starts in the folder of the file in which it stands.",
        .required = true,
        .is_path = true,
        .set = set_certificate,
    },
    {
        .name = "key",
        TYPE_STRING,
        .reload = RELOAD_AT_ONCE,
        .help = "File with its key in PEM, without a password, which not everybody may read.",
        .required = true,
        .is_path = true,
        .set = set_key,
    },
};

const struct schema schema_tls = {
    .title = "api_tls",
    .keys = keys,
    .count = sizeof(keys) / sizeof(keys[0]),
};

/* Makes the pair of what was read. */
static void take(struct loader *l, struct tls_draft *draft, struct config *c)
{
    enum tls_part wrong;
    const char *problem;
    struct tls_file *files = draft->files;
    tls_pair_unref(c->api_tls);
    c->api_tls = tls_pair_new(&files[TLS_CERTIFICATE].text, &files[TLS_KEY].text, &wrong, &problem);
    if (!c->api_tls)
        loader_problem(l, files[wrong].node->place, "%s '%.256s' cannot be used: %s",
                       files[wrong].node->key, files[wrong].path, problem);
    else if (tls_pair_is_out_of_time(c->api_tls, (int64_t)time(NULL)))
        loader_warning(l, files[TLS_CERTIFICATE].node->place,
                       "certificate '%.256s' is not valid now: clients will refuse it",
                       files[TLS_CERTIFICATE].path);
}

void tls_keys_set(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                  void *target)
{
    struct tls_draft draft = {0};
    (void)key;
    schema_apply(l, &schema_tls, schema_tls.title, value, &draft);
    for (size_t i = 0; i < schema_tls.count; i++)
        if (!loader_find(value, keys[i].name))
            loader_missing(l, value->place, "%s is missing in %s", keys[i].name, schema_tls.title);
    if (draft.files[TLS_CERTIFICATE].is_read && draft.files[TLS_KEY].is_read)
        take(l, &draft, target);
    for (size_t i = 0; i < 2; i++) {
        struct tls_file *file = &draft.files[i];
        if (file->text.data)
            explicit_bzero(file->text.data, file->text.len_bytes);
        strbuf_release(&file->text);
        free(file->path);
    }
}

bool tls_keys_same(const void *config_a, const void *config_b, size_t len_bytes)
{
    (void)len_bytes;
    return tls_pair_equal(((const struct config *)config_a)->api_tls,
                          ((const struct config *)config_b)->api_tls);
}
