"""forbid.py FAMILY PROGRAM [ARGUMENT…]: runs a program for which socket(2) of an address family fails
with EAFNOSUPPORT, as under RestrictAddressFamilies of systemd."""

import ctypes
import errno
import os
import platform
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
ALLOW, ERROR = 0x7fff0000, 0x00050000
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
SOCKET = {"x86_64": 41, "aarch64": 198}


def instruction(code, value, if_true=0, if_false=0):
    return struct.pack("=HBBI", code, if_true, if_false, value)


def forbid(family):
    program = b"".join([
        instruction(LOAD, 0),  # number of the call
        instruction(EQUAL, SOCKET[platform.machine()], 0, 3),
        instruction(LOAD, 16),  # its first argument
        instruction(EQUAL, family, 0, 1),
        instruction(RETURN, ERROR | errno.EAFNOSUPPORT),
        instruction(RETURN, ALLOW)])
    code = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HP", len(program) // 8, ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    for call in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
                 (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.c_char_p(head), 0, 0)):
        if libc.prctl(*call) != 0:
            sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    forbid(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])
