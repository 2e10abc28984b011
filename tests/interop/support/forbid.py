"""forbid.py WHAT PROGRAM [ARGUMENT…]: runs a program for which a system call fails.

WHAT is "socket:FAMILY" (EAFNOSUPPORT, as under RestrictAddressFamilies of systemd) or
"setsockopt:LEVEL:OPTION" (ENOPROTOOPT, as of a kernel without it)."""

import ctypes
import errno
import os
import platform
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
ALLOW, ERROR = 0x7fff0000, 0x00050000
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
# Number of the call, the first of its arguments that is looked at, and the error.
CALLS = {"x86_64": {"socket": (41, 0, errno.EAFNOSUPPORT), "setsockopt": (54, 1, errno.ENOPROTOOPT)},
         "aarch64": {"socket": (198, 0, errno.EAFNOSUPPORT),
                     "setsockopt": (208, 1, errno.ENOPROTOOPT)}}


def instruction(code, value, if_true=0, if_false=0):
    return struct.pack("=HBBI", code, if_true, if_false, value)


def forbid(what):
    name, *values = what.split(":")
    number, first, error = CALLS[platform.machine()][name]
    checks = [(0, number)] + [(16 + 8 * (first + i), int(value)) for i, value in enumerate(values)]
    steps = []
    for i, (offset, value) in enumerate(checks):
        to_the_end = 2 * (len(checks) - i - 1) + 1
        steps += [instruction(LOAD, offset), instruction(EQUAL, value, 0, to_the_end)]
    program = b"".join(steps + [instruction(RETURN, ERROR | error), instruction(RETURN, ALLOW)])
    code = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HP", len(program) // 8, ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    for call in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
                 (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.c_char_p(head), 0, 0)):
        if libc.prctl(*call) != 0:
            sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    forbid(sys.argv[1])
    os.execvp(sys.argv[2], sys.argv[2:])
