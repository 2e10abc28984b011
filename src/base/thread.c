/* Threads beside the loop's. */
#include "base/thread.h"

#include <errno.h>
#include <signal.h>

#include "base/err.h"

int thread_start(pthread_t *ret_thread, const char *name, void *(*run)(void *ctx), void *ctx)
{
    sigset_t all;
    sigset_t before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread, NULL, run, ctx);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        errno = failed;
        return ERR_IO;
    }
    pthread_setname_np(thread, name);
    *ret_thread = thread;
    return 0;
}
