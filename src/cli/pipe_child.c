/* Starting, feeding and ending a script. It has a process group of its own, so that it ends with
 * all that it has started, and a key pressed at our terminal is for us to pass on. */
#include "cli/pipe_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"

/* In the child: becomes the program, or says through `report` why not. */
static void become(char *const *argv, int in, int out, int report)
{
    sigset_t none;
    sigemptyset(&none);
    setpgid(0, 0);
    if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0) {
        signal(SIGPIPE, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        signal(SIGHUP, SIG_DFL);
        signal(SIGCHLD, SIG_DFL);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execvp(argv[0], argv);
    }
    int reason = errno;
    ssize_t written = write(report, &reason, sizeof(reason));
    _exit(written == sizeof(reason) ? 127 : 126);
}

/* Three pipes: to it, from it, and for the reason why it cannot be started. */
static int open_pipes(int pipes[3][2])
{
    for (int i = 0; i < 3; i++) {
        if (pipe2(pipes[i], O_CLOEXEC) == 0)
            continue;
        int reason = errno;
        while (--i >= 0) {
            close(pipes[i][0]);
            close(pipes[i][1]);
        }
        errno = reason;
        return ERR_IO;
    }
    return 0;
}

int pipe_child_start(struct pipe_child *c, char *const *argv)
{
    int pipes[3][2];
    int reason = 0;
    *c = (struct pipe_child){.in = -1, .out = -1};
    if (open_pipes(pipes) != 0)
        return ERR_IO;
    pid_t pid = fork();
    if (pid == 0)
        become(argv, pipes[0][0], pipes[1][1], pipes[2][1]);
    if (pid < 0)
        reason = errno;
    else
        setpgid(pid, pid); /* whoever comes first */
    close(pipes[0][0]);
    close(pipes[1][1]);
    close(pipes[2][1]);
    if (pid > 0 && read(pipes[2][0], &reason, sizeof(reason)) == sizeof(reason))
        waitpid(pid, NULL, 0);
    close(pipes[2][0]);
    if (reason != 0) {
        close(pipes[0][1]);
        close(pipes[1][0]);
        errno = reason;
        return ERR_IO;
    }
    c->pid = pid;
    c->in = pipes[0][1];
    c->out = pipes[1][0];
    fcntl(c->in, F_SETFL, O_NONBLOCK);
    fcntl(c->out, F_SETFL, O_NONBLOCK);
    return 0;
}

void pipe_child_flush(struct pipe_child *c)
{
    size_t done = 0;
    while (c->in >= 0 && done < c->waiting.len_bytes) {
        ssize_t n = write(c->in, c->waiting.data + done, c->waiting.len_bytes - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN) { /* it reads no more */
            close(c->in);
            c->in = -1;
        }
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    if (c->in < 0) {
        strbuf_clear(&c->waiting);
    } else if (done > 0) {
        size_t left = c->waiting.len_bytes - done;
        memmove(c->waiting.data, c->waiting.data + done, left + 1);
        c->waiting.len_bytes = left;
    }
}

bool pipe_child_tell(struct pipe_child *c, const char *text, size_t len_bytes)
{
    if (c->in < 0)
        return true;
    if (c->waiting.len_bytes + len_bytes > PIPE_CHILD_WAITING_MAX) {
        bool is_first = !c->overflowed;
        c->overflowed = true;
        return !is_first;
    }
    strbuf_add_bytes(&c->waiting, text, len_bytes);
    pipe_child_flush(c);
    return true;
}

void pipe_child_close_input(struct pipe_child *c)
{
    if (c->in >= 0)
        close(c->in);
    c->in = -1;
    strbuf_clear(&c->waiting);
}

void pipe_child_ask_to_end(struct pipe_child *c)
{
    pipe_child_close_input(c);
    if (c->pid > 0)
        kill(-c->pid, SIGTERM);
}

bool pipe_child_has_ended(struct pipe_child *c, int *ret_status)
{
    siginfo_t info = {0};
    if (c->pid <= 0)
        return true;
    /* It stays a zombie, so that its process group cannot become another's. */
    if (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
        return false;
    *ret_status = info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
    return true;
}

void pipe_child_finish(struct pipe_child *c)
{
    if (c->pid > 0) {
        kill(-c->pid, SIGKILL);
        waitpid(c->pid, NULL, 0);
    }
    if (c->in >= 0)
        close(c->in);
    if (c->out >= 0)
        close(c->out);
    strbuf_release(&c->waiting);
    *c = (struct pipe_child){.in = -1, .out = -1};
}
