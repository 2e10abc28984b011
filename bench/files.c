/* What is written for others to read: prefixes, one a line. */
#include "files.h"

#include "base/prefix.h"

FILE *files_open(const char *directory, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    if (!file)
        bench_fail("cannot write %s", path);
    return file;
}

void files_close(FILE *file)
{
    if (ferror(file) | fclose(file))
        bench_fail("a file could not be written");
}

void files_put_prefix(FILE *file, const struct table_prefix *p)
{
    char text[PREFIX_TEXT_MAX];
    uint8_t bytes[16] = {0};
    for (int b = 0; b < 8; b++)
        bytes[b] = (uint8_t)(p->high >> (56 - 8 * b));
    struct prefix prefix = prefix_make(p->version, p->len_bits, bytes);
    fputs(prefix_format(&prefix, text), file);
}

void files_put_vrp(FILE *file, const struct table_prefix *p, uint32_t longest_bits, uint32_t as)
{
    files_put_prefix(file, p);
    fprintf(file, " %u %u\n", longest_bits, as);
}
