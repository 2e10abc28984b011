/* What is kept of the files. */
#include "config/written.h"

#include <stdlib.h>

void written_free(struct written *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->name_count; i++)
        free(w->names[i]);
    for (size_t i = 0; i < w->file_count; i++)
        free(w->files[i].path);
    for (enum policy_set_kind kind = 0; kind < POLICY_SET_KINDS; kind++)
        free(w->set_counts[kind]);
    free(w->names);
    free(w->files);
    free(w->block);
    free(w);
}

const char *written_name(const struct written *w, struct toml_place place)
{
    return place.file < w->name_count ? w->names[place.file] : "";
}
