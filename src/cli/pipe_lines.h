/* The lines of a script, or of standard input: cut, understood, carried out, answered. */
#ifndef BGPD_CLI_PIPE_LINES_H
#define BGPD_CLI_PIPE_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "cli/steer.h"

enum pipe_ack { PIPE_ACK_TEXT, PIPE_ACK_JSON, PIPE_ACK_NONE };

struct pipe_line;

struct pipe_lines {
    struct steer *steer;     /* borrowed */
    const char *name;        /* of the script, in messages; NULL: none; borrowed */
    enum pipe_ack ack;       /* how commands of ExaBGP's are answered */
    bool is_silent;          /* they are not, as one has asked */
    struct strbuf input;     /* what has come and was no whole line yet */
    bool skipping;           /* the rest of a line that is too long */
    uint64_t line_number;    /* of the last one */
    struct pipe_line *lines; /* understood, and not carried out yet; owned */
    size_t count;
    size_t call_count;    /* of all these */
    struct strbuf output; /* answers that have not been taken */
    bool any_failed;
    bool shutdown; /* one has asked to end */
};

void pipe_lines_init(struct pipe_lines *p, struct steer *steer, enum pipe_ack ack,
                     const char *name);
void pipe_lines_release(struct pipe_lines *p);
/* Forgets what a script had begun: another one begins with line 1. */
void pipe_lines_restart(struct pipe_lines *p);

/* Takes what was read, and carries out all whole lines of it, in batches; answers are appended to
 * p->output, and what failed is told on standard error. 0; an error as steer_run, with which no
 * more can be done. */
int pipe_lines_feed(struct pipe_lines *p, const char *data, size_t len_bytes);
/* The end of what is read: the last line need not have an end. */
int pipe_lines_end(struct pipe_lines *p);

#endif
