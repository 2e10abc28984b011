/* Threads beside the loop's. */
#ifndef BGPD_BASE_THREAD_H
#define BGPD_BASE_THREAD_H

#include <pthread.h>

/* Starts a thread that gets no signals: those are for the caller's. `name` (at most 15 characters)
 * is what the system shows. ERR_IO, with errno set. */
int thread_start(pthread_t *ret_thread, const char *name, void *(*run)(void *ctx), void *ctx);

#endif
