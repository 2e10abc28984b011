/* Where the daemon is, and how people like to be shown its answers: by options, the environment and
 * files, the first that says so. */
#ifndef BGPD_CLI_SETTINGS_H
#define BGPD_CLI_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "cli/command.h"
#include "cli/parse.h"

struct settings {
    char *host; /* owned, as all */
    uint16_t port;
    bool tls;               /* the host was written as https://… */
    char *ca;               /* file of those who may vouch for it; NULL: those of the system */
    char *token_file;       /* NULL: none */
    bool token_is_optional; /* it is named by a file for all users: some may not read it */
    char *pager;            /* NULL: the default; "": none */
};

/* What is in force for a call. ERR_INVALID, with why in *error, where the environment or a file is
 * wrong. To be released in either case. */
int settings_read(const struct cli_call *call, const struct cli_program *program,
                  struct settings *ret_settings, struct strbuf *error);
void settings_release(struct settings *s);

#endif
