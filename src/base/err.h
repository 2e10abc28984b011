/* Error codes shared by every layer: 0 is success, errors are negative. */
#ifndef BGPD_BASE_ERR_H
#define BGPD_BASE_ERR_H

enum err {
    ERR_OK = 0,
    ERR_INVALID = -1,   /* malformed input */
    ERR_TRUNCATED = -2, /* input ends too early */
    ERR_RANGE = -3,     /* a value outside its permitted range */
    ERR_EXISTS = -4,
    ERR_NOT_FOUND = -5,
    ERR_FULL = -6,  /* a limit or a buffer is reached */
    ERR_IO = -7,    /* a system call failed; errno says why */
    ERR_STATE = -8, /* not possible in the present state */
};

/* A short English text for `err`; static storage. */
const char *err_text(int err);

#endif
