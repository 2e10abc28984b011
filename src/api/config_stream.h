/* The settings that are in force, as a stream of JSON text. */
#ifndef BGPD_API_CONFIG_STREAM_H
#define BGPD_API_CONFIG_STREAM_H

#include "api/methods.h"
#include "api/stream.h"
#include "base/prefix.h"

/* What is asked for; all borrowed. */
struct config_question {
    const struct scoped_prefix *within; /* only entries within this; NULL: all */
    const char *group;                  /* only this group; NULL */
    const char *path;                   /* only this setting, or what is below it; NULL */
    bool defaults;
    bool full;
    uint32_t limit;     /* 0: none */
    const char *cursor; /* where an earlier answer ended; NULL */
};

/* The settings of the configuration in force, which stays until the stream is freed. NULL: the
 * cursor is none, or of another configuration. */
struct stream *config_stream_new(const struct method_env *env,
                                 const struct config_question *question);

#endif
