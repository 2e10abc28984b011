/* The pager.
 *
 * It gets its input from a pipe that takes the place of standard output, and is waited for, however
 * this program ends: else the shell would have the terminal while it is still there. So signals
 * that end programs wait for it first. Its options are git's, where the person has none: end at
 * once when all fits on the screen (F), show colours (R), leave the screen as it is (X). */
#include "cli/pager.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/strbuf.h"

/* For the signal handler. */
static struct {
    pid_t pid; /* 0: there is none */
    bool has_stderr;
} pager;

/* Closes its input and waits. Only what may be called in signal handlers. */
static void end_pager(void)
{
    if (pager.pid == 0)
        return;
    close(STDOUT_FILENO);
    if (pager.has_stderr)
        close(STDERR_FILENO);
    /* Interrupted by another signal, it is still there. */
    while (waitpid(pager.pid, NULL, 0) < 0 && kill(pager.pid, 0) == 0)
        ;
    pager.pid = 0;
}

static void on_signal(int signum)
{
    end_pager();
    signal(signum, SIG_DFL);
    raise(signum);
}

/* Whether a program of this name is in the path. */
static bool is_in_path(const char *name)
{
    const char *path = getenv("PATH");
    struct strbuf file = {0};
    bool found = false;
    while (path && *path && !found) {
        size_t len = strcspn(path, ":");
        strbuf_clear(&file);
        strbuf_add_bytes(&file, path, len);
        strbuf_printf(&file, "%s%s", len > 0 ? "/" : "./", name);
        found = access(strbuf_text(&file), X_OK) == 0;
        path += len;
        path += *path == ':';
    }
    strbuf_release(&file);
    return found;
}

/* Whether the command is a program that there is not, so that nothing would be shown. What only a
 * shell understands is left to it. */
static bool has_no_program(const char *command)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./ ";
    struct strbuf name = {0};
    bool missing = false;
    strbuf_add_bytes(&name, command, strcspn(command, " "));
    if (name.len_bytes > 0 && command[strspn(command, plain)] == '\0')
        missing = strchr(strbuf_text(&name), '/') ? access(strbuf_text(&name), X_OK) != 0
                                                  : !is_in_path(strbuf_text(&name));
    strbuf_release(&name);
    return missing;
}

/* The child: becomes the pager. */
static void become_pager(const char *command, int input)
{
    dup2(input, STDIN_FILENO);
    setenv("LESS", "FRX", 0);
    setenv("LV", "-c", 0);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

void pager_start(const char *command)
{
    static const int signals[] = {SIGINT, SIGHUP, SIGTERM, SIGQUIT, SIGPIPE};
    const char *term = getenv("TERM");
    int ends[2];
    if (!isatty(STDOUT_FILENO) || !term || strcmp(term, "dumb") == 0)
        return;
    bool is_chosen = command != NULL;
    command = command ? command : "less";
    if (command[0] == '\0' || strcmp(command, "cat") == 0)
        return;
    if (has_no_program(command)) {
        if (is_chosen)
            fprintf(stderr, "bgpd: there is no pager \"%s\"\n", command);
        return;
    }
    if (pipe2(ends, O_CLOEXEC) != 0)
        return;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        become_pager(command, ends[0]);
    if (pid > 0) {
        pager.pid = pid;
        pager.has_stderr = isatty(STDERR_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        if (pager.has_stderr)
            dup2(ends[1], STDERR_FILENO);
        for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
            signal(signals[i], on_signal);
    }
    close(ends[0]);
    close(ends[1]);
}

void pager_finish(void)
{
    if (pager.pid == 0)
        return;
    fflush(stdout);
    end_pager();
}
