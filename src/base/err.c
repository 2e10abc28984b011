/* Error codes as text. */
#include "base/err.h"

const char *err_text(int err)
{
    switch ((enum err)err) {
    case ERR_OK:
        return "no error";
    case ERR_INVALID:
        return "malformed";
    case ERR_TRUNCATED:
        return "truncated";
    case ERR_RANGE:
        return "out of range";
    case ERR_EXISTS:
        return "exists already";
    case ERR_NOT_FOUND:
        return "not found";
    case ERR_FULL:
        return "limit reached";
    case ERR_IO:
        return "system call failed";
    case ERR_STATE:
        return "not possible in the present state";
    }
    return "unknown error";
}
