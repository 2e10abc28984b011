/* Files that a configuration is read from. Internal to config. */
#ifndef BGPD_CONFIG_FILE_H
#define BGPD_CONFIG_FILE_H

#include "base/strbuf.h"

enum { CONFIG_FILE_MAX_BYTES = 64 << 20 };

/* Appends a whole file, which must be a regular one of at most CONFIG_FILE_MAX_BYTES. NULL, or what
 * went wrong: that is static, or strerror's. */
const char *config_file_read(const char *path, struct strbuf *text);
/* The same of a file of secrets, which must not be one that everybody may read or change. */
const char *config_file_read_private(const char *path, struct strbuf *text);

/* A name that stands in the file at `path`: a relative one begins in its folder. Owned. */
char *config_file_beside(const char *path, const char *name);

#endif
