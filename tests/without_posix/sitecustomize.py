"""Python as Colorify finds it on Windows, as far as Linux can play it: without what is of POSIX alone.

    PYTHONPATH=tests/without_posix pytest -m "not slow and not process and not browser and not train"

Python imports a module of this name before all else, in each process that is started with that PYTHONPATH.
Only Colorify's own modules see less, as the standard library here needs what it has. What is played:

* `fcntl`, `resource`, `pwd`, `grp`, `termios`, `tty`, `pty` and `readline` cannot be imported;
* SIGHUP, SIGKILL, `os.pwrite`, `os.fork`, `select.poll`... are no names, and CDLL(None) is a TypeError;
* a folder cannot be opened; a file that this process has open is neither removed, renamed nor replaced;
* `msvcrt` locks. That is a stand-in, with the errors that Microsoft documents for `_locking`.

What is not played: paths with "\\", drives, names without case, code pages, a real msvcrt.
"""

import builtins
import ctypes
import fcntl
import os
import select
import signal
import sys
from types import ModuleType
from typing import Any, Final

ABSENT: Final = {"fcntl", "grp", "pty", "pwd", "readline", "resource", "termios", "tty"}
HIDDEN: Final[dict[ModuleType, set[str]]] = {
    os: {
        "O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_NONBLOCK chown chroot ctermid fchdir fchmod fchown fork forkpty",
        "getegid geteuid getgid getgroups getloadavg getpgid getpgrp getpriority getsid getuid getxattr",
        "killpg lchown listxattr lockf mkfifo mknod nice openpty pathconf posix_fadvise posix_fallocate",
        "posix_spawn pread preadv pwrite pwritev register_at_fork removexattr sched_getaffinity",
        "sched_setaffinity sched_yield sendfile setgid setpgid setpriority setsid setuid setxattr statvfs",
        "sync sysconf tcgetpgrp uname wait wait3 wait4 waitid",
    },
    signal: {
        "SIGALRM SIGBUS SIGCHLD SIGCONT SIGHUP SIGIO SIGKILL SIGPIPE SIGPROF SIGQUIT SIGSTOP SIGTSTP SIGTTIN",
        "SIGTTOU SIGUSR1 SIGUSR2 SIGWINCH alarm pause pthread_kill pthread_sigmask setitimer siginterrupt",
        "sigpending sigtimedwait sigwait sigwaitinfo",
    },
    select: {"EPOLLIN POLLIN POLLOUT epoll poll"},
}
OURS: Final = ("colorify", "colorify.")  # the package, and its modules
BUSY: Final = "the process cannot access the file because it is being used by another process"
_flock, _listdir, _readlink, _lock, _test = fcntl.flock, os.listdir, os.readlink, fcntl.LOCK_EX, fcntl.LOCK_NB


class View(ModuleType):
    """A module with some names less; what is set on it is set on the module."""

    def __init__(self, whole: ModuleType, hidden: frozenset[str], **others: Any) -> None:
        _own(self).update(whole=whole, hidden=hidden, others=others)

    def __getattribute__(self, name: str) -> Any:
        own = _own(self)
        if name in own["hidden"]:
            raise AttributeError(f"module {own['whole'].__name__!r} has no attribute {name!r}")
        return own["others"][name] if name in own["others"] else getattr(own["whole"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(_own(self)["whole"], name, value)

    def __delattr__(self, name: str) -> None:
        delattr(_own(self)["whole"], name)


def _own(view: View) -> dict[str, Any]:
    found: dict[str, Any] = object.__getattribute__(view, "__dict__")
    return found


def _load_library(name: str | None, *rest: Any, **options: Any) -> ctypes.CDLL:
    if name is None:
        raise TypeError("expected str, bytes or os.PathLike object, not NoneType")
    return ctypes.CDLL(name, *rest, **options)


def _open_file(path: Any, *rest: Any, **options: Any) -> int:
    if not isinstance(path, int) and os.path.isdir(path):  # noqa: PTH112 - of a process that has just begun
        raise PermissionError(13, "Permission denied", os.fspath(path))
    return os.open(path, *rest, **options)


def _lock_bytes(file: int, mode: int, size: int) -> None:
    assert (mode, size) == (2, 1)
    try:
        _flock(file, _lock | _test)
    except BlockingIOError as error:
        raise PermissionError(13, "Permission denied") from error


def _open_here() -> set[str]:
    """Return what files this process has open."""
    found = set()
    for number in _listdir("/proc/self/fd"):
        try:
            found.add(_readlink(f"/proc/self/fd/{number}"))
        except OSError:
            continue  # closed meanwhile
    return found


def _refusing_open_files(function: Any) -> Any:
    def refuse(*paths: Any, **options: Any) -> Any:
        caller = sys._getframe(1)
        names = [os.fsdecode(path) for path in paths if isinstance(path, str | bytes | os.PathLike)]
        there = {os.path.realpath(name) for name in names if not os.path.islink(name)}  # noqa: PTH114
        if caller.f_globals.get("__name__") in PATHS and there & _open_here():
            raise PermissionError(13, BUSY, names[0])
        return function(*paths, **options)

    return refuse


PATHS: Final = (
    "pathlib",
    "pathlib._local",
)  # Colorify removes and renames by `Path` alone; so others are let be


def _views() -> dict[str, ModuleType]:
    msvcrt = ModuleType("msvcrt")
    msvcrt.__dict__.update(LK_NBLCK=2, locking=_lock_bytes)
    hidden = {module: frozenset(" ".join(lines).split()) for module, lines in HIDDEN.items()}
    return {
        "os": View(os, hidden[os], open=_open_file),
        "signal": View(signal, hidden[signal]),
        "select": View(select, hidden[select]),
        "ctypes": View(ctypes, frozenset({"pythonapi"}), CDLL=_load_library),
        "msvcrt": msvcrt,
    }


def _play() -> None:
    whole_import, views = builtins.__import__, _views()

    def import_less(name: str, given: Any = None, *rest: Any, **options: Any) -> Any:
        importer = (given or {}).get("__name__", "")
        if importer == OURS[0] or importer.startswith(OURS[1]):
            if name in ABSENT:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            if name in views:
                return views[name]
        return whole_import(name, given, *rest, **options)

    builtins.__import__ = import_less
    for name in ("remove", "rename", "replace", "unlink"):
        setattr(os, name, _refusing_open_files(getattr(os, name)))


_play()
