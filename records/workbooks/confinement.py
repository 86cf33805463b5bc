"""What the process that reads a workbook gives up before it looks at the file (security.md 4, step 6).

Two walls, each enough by itself against files and sockets. Everywhere: no descriptor beyond the three standard ones
can be opened, memory and processor time have an end. On Linux on x86-64 and ARM also a system call filter (seccomp,
which needs no rights): all but reading, writing, memory and ending is answered with "not permitted".
"""

from __future__ import annotations

import codecs
import ctypes
import math
import os
import resource
import signal
import struct
import sys

from records.workbooks import limits

# The system calls of an interpreter that has everything loaded: name → number on (x86-64, ARM 64).
_ALLOWED = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "pread64": (17, 67),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "setitimer": (38, 103),
    "exit": (60, 93),
    "sigaltstack": (131, 132),
    "futex": (202, 98),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "exit_group": (231, 94),
    "getrandom": (318, 278),
}
# Machine → the kernel's number for it, and its place in the pairs above.
_MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}

_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _NOT_PERMITTED = 0x7FFF0000, 0x00050001
_NUMBER_AT, _MACHINE_AT = 0, 4
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def confine(seconds: float) -> bool:
    """Give up all that reading does not need; `seconds` of processor time remain.

    Returns whether the system call filter holds. Whatever is needed later must be open and imported by now.
    """
    codecs.lookup("cp437")  # loaded only when zipfile meets a name in it
    for kind, limit in (
        (resource.RLIMIT_AS, limits.MEMORY_BYTES),
        (resource.RLIMIT_NOFILE, limits.OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        _limit(kind, limit)
    # The softer limit ends the process with SIGXCPU, which tells the reader why.
    _limit(resource.RLIMIT_CPU, math.ceil(seconds), margin=1)
    # The reader may stop listening at any time: then end, without a word.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    show_life()
    return _filter_system_calls()


def show_life() -> None:
    """Called when there is something to show for the time spent: without it SIGPROF ends the process soon."""
    signal.setitimer(signal.ITIMER_PROF, limits.SILENT_SECONDS)


def _limit(kind: int, limit: int, *, margin: int = 0) -> None:
    """Set a limit, unless the server runs under a lower one already."""
    _, ceiling = resource.getrlimit(kind)
    hard = limit + margin
    if ceiling != resource.RLIM_INFINITY:
        hard = min(hard, ceiling)
    resource.setrlimit(kind, (min(limit, hard), hard))


def _filter_system_calls() -> bool:
    machine = _MACHINES.get(os.uname().machine)
    if machine is None or sys.platform != "linux" or struct.calcsize("P") != 8:
        return False
    program = _filter_program(*machine)
    libc = ctypes.CDLL(None)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    argument = _Program(len(program) // 8, program)
    return libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(argument)) == 0


def _filter_program(machine: int, place: int) -> bytes:
    """The filter in the kernel's (BPF) instructions: code, jump if true, jump if false, operand."""
    numbers = [pair[place] for pair in _ALLOWED.values()]
    steps = [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_JUMP_IF_EQUAL, 0, len(numbers) + 1, machine),
        (_LOAD, 0, 0, _NUMBER_AT),
        *((_JUMP_IF_EQUAL, len(numbers) - index, 0, number) for index, number in enumerate(numbers)),
        (_RETURN, 0, 0, _NOT_PERMITTED),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("HBBI", *step) for step in steps)
