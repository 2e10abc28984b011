/* The file of a client's settings: where the daemon is, and the like. */
#ifndef BGPD_CONFIG_CLIENT_FILE_H
#define BGPD_CONFIG_CLIENT_FILE_H

#include "base/strbuf.h"

/* Gets a setting: its key, and its value as text, a name of a file as one that can be opened. */
typedef void (*client_file_set)(void *ctx, const char *key, const char *value);

/* Reads a file in TOML with the keys host, port, token_file and pager, and hands on those that it
 * has. One that is not there, or may not be read, has none. ERR_INVALID, with "FILE:LINE:COLUMN: …"
 * appended to `error`, where it is wrong; nothing is handed on then. */
int client_file_read(const char *path, client_file_set set, void *ctx, struct strbuf *error);

#endif
