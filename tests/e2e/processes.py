"""Watching over processes: whatever a server leaves behind becomes a child of
this process, so no orphan can hide."""
import ctypes
import os
import time

PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans():
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children(pid):
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                found += [int(word) for word in file.read().split()]
    except OSError:
        pass
    return found


def descendants(pid):
    found = []
    for child in children(pid):
        found += [child] + descendants(child)
    return found


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def program(pid):
    """The path of the program that it runs."""
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return None


def state(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return None


def is_alive(pid):
    return state(pid) not in (None, "Z", "X")


def orphans(known):
    """Adopted processes that still live; the dead ones are buried."""
    alive = []
    for pid in children(os.getpid()):
        if pid in known:
            continue
        if is_alive(pid):
            alive.append(pid)
        else:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass
    return alive


def wait_until(predicate, timeout=10, what="it"):
    until = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        assert time.monotonic() < until, f"{what} did not happen"
        time.sleep(0.01)
