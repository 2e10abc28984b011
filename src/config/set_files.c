/* Sets of files: a list. */
#include "config/set_files.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"

struct set_file {
    enum policy_set_kind kind;
    struct policy_digest text;
    void *set; /* a reference */
};

struct set_files {
    atomic_uint refs;
    struct set_file *at; /* owned */
    size_t count;
    size_t size;
};

struct set_files *set_files_new(void)
{
    struct set_files *files = mem_zalloc(sizeof(*files));
    atomic_init(&files->refs, 1);
    return files;
}

struct set_files *set_files_ref(struct set_files *files)
{
    if (files)
        atomic_fetch_add(&files->refs, 1);
    return files;
}

void set_files_unref(struct set_files *files)
{
    if (!files || atomic_fetch_sub(&files->refs, 1) > 1)
        return;
    for (size_t i = 0; i < files->count; i++)
        policy_set_rows[files->at[i].kind].unref(files->at[i].set);
    free(files->at);
    free(files);
}

struct policy_digest set_files_digest(const struct strbuf *text)
{
    struct policy_digest digest = {0};
    policy_digest_add(&digest, strbuf_text(text), text->len_bytes);
    return digest;
}

void *set_files_find(const struct set_files *files, enum policy_set_kind kind,
                     struct policy_digest text)
{
    for (size_t i = 0; files && i < files->count; i++)
        if (files->at[i].kind == kind && policy_digest_equal(files->at[i].text, text))
            return policy_set_rows[kind].ref(files->at[i].set);
    return NULL;
}

void set_files_add(struct set_files *files, enum policy_set_kind kind, struct policy_digest text,
                   void *set)
{
    if (files->count == files->size) {
        files->size = files->size ? files->size * 2 : 16;
        files->at = mem_resize(files->at, files->size, sizeof(*files->at));
    }
    files->at[files->count++] = (struct set_file){kind, text, policy_set_rows[kind].ref(set)};
}
