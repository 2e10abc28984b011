/* Preloaded into a program, this has stat(2) of the file $HANGING_FILE never come back as long as
 * there is a file of that name with ".hangs" behind it: a file system that hangs. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef int stat_call(const char *path, void *ret);

static int hang_or_call(const char *name, const char *path, void *ret)
{
    const char *hanging = getenv("HANGING_FILE");
    char mark[4096];
    snprintf(mark, sizeof(mark), "%s.hangs", hanging);
    while (strcmp(path, hanging) == 0 && access(mark, F_OK) == 0)
        pause();
    return ((stat_call *)dlsym(RTLD_NEXT, name))(path, ret);
}

int stat(const char *restrict path, struct stat *restrict ret)
{
    return hang_or_call("stat", path, ret);
}

int stat64(const char *restrict path, struct stat64 *restrict ret)
{
    return hang_or_call("stat64", path, ret);
}
