/* libcurl, loaded when the client first needs it: the daemon is the same program, and would
 * otherwise carry libcurl and some 25 libraries behind it in memory without ever calling them. */
#ifndef BGPD_CLI_CURL_LIBRARY_H
#define BGPD_CLI_CURL_LIBRARY_H

#include <curl/curl.h>

#include "base/strbuf.h"

/* The functions that the client uses, under their names without "curl_". */
struct curl_library {
    CURL *(*easy_init)(void);
    void (*easy_cleanup)(CURL *curl);
    CURLcode (*easy_setopt)(CURL *curl, CURLoption option, ...);
    CURLcode (*easy_perform)(CURL *curl);
    CURLcode (*easy_getinfo)(CURL *curl, CURLINFO info, ...);
    const char *(*easy_strerror)(CURLcode code);
    struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
    void (*slist_free_all)(struct curl_slist *list);
};

/* The library, loaded once for the life of the process; NULL, with the reason appended to *error,
 * when it is not installed. */
const struct curl_library *curl_library_load(struct strbuf *error);

#endif
