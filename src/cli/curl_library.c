/* libcurl, loaded when it is needed. The name is that of its ABI, which has been the same since
 * 2006. */
#include "cli/curl_library.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#define LIBRARY "libcurl.so.4"

static const struct {
    const char *name;
    size_t offset; /* of the pointer in struct curl_library */
} functions[] = {
    {"curl_easy_init", offsetof(struct curl_library, easy_init)},
    {"curl_easy_cleanup", offsetof(struct curl_library, easy_cleanup)},
    {"curl_easy_setopt", offsetof(struct curl_library, easy_setopt)},
    {"curl_easy_perform", offsetof(struct curl_library, easy_perform)},
    {"curl_easy_getinfo", offsetof(struct curl_library, easy_getinfo)},
    {"curl_easy_strerror", offsetof(struct curl_library, easy_strerror)},
    {"curl_slist_append", offsetof(struct curl_library, slist_append)},
    {"curl_slist_free_all", offsetof(struct curl_library, slist_free_all)},
};

const struct curl_library *curl_library_load(struct strbuf *error)
{
    static struct curl_library library;
    static void *handle;
    if (handle)
        return &library;
    void *loaded = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; loaded && i < sizeof(functions) / sizeof(functions[0]); i++) {
        void *symbol = dlsym(loaded, functions[i].name);
        if (!symbol) {
            strbuf_printf(error, "%s: %s", LIBRARY, dlerror());
            dlclose(loaded);
            return NULL;
        }
        memcpy((char *)&library + functions[i].offset, &symbol, sizeof(symbol));
    }
    if (!loaded) {
        strbuf_printf(error, "the client needs libcurl: %s", dlerror());
        return NULL;
    }
    handle = loaded;
    return &library;
}
