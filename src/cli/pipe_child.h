/* A script as a child: its standard input and output are pipes, its standard error is ours. */
#ifndef BGPD_CLI_PIPE_CHILD_H
#define BGPD_CLI_PIPE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/strbuf.h"

struct pipe_child {
    pid_t pid;             /* of it and its process group; 0: none */
    int in;                /* where we write what it reads, without blocking; -1: closed */
    int out;               /* where we read what it writes; -1: closed */
    struct strbuf waiting; /* for it to read */
    bool overflowed;       /* it does not read, and something was left out */
};

enum { PIPE_CHILD_WAITING_MAX = 1 << 20 };

/* Starts a program with its arguments (NULL at the end), which is looked for as a shell does. Its
 * signals are as we found ours. ERR_IO, with errno set. */
int pipe_child_start(struct pipe_child *c, char *const *argv);

/* Has it read `text`; what it does not read yet waits, at most so much: what is beyond is left out.
 * False when this is the first time. */
bool pipe_child_tell(struct pipe_child *c, const char *text, size_t len_bytes);
/* Writes what waits, as far as it reads. */
void pipe_child_flush(struct pipe_child *c);

/* Closes what it reads, so that it sees the end. */
void pipe_child_close_input(struct pipe_child *c);
/* Does so, and asks its process group to end. */
void pipe_child_ask_to_end(struct pipe_child *c);
/* Whether it has ended; *ret_status is then as of waitpid(2). */
bool pipe_child_has_ended(struct pipe_child *c, int *ret_status);
/* Kills its process group, waits for it, and closes all. */
void pipe_child_finish(struct pipe_child *c);

#endif
