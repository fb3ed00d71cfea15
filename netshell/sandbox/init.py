"""PID 1 of the private machine: it starts programs on request, reaps, and ends everything when netshell is gone.

It must import nothing after it has started: the files it would read belong to the real machine.
"""

import contextlib
import json
import os
import resource
import select
import signal
import socket
from collections.abc import Callable
from typing import Any

from netshell import linux
from netshell.sandbox import filesystem, identity, sysctl

NETNS = "/run/netns"
MAX_MESSAGE = 1 << 16

_LIMITS = (
    (resource.RLIMIT_NPROC, 500, 500),
    (resource.RLIMIT_NOFILE, 1024, 4096),
    (resource.RLIMIT_FSIZE, 512 << 20, 512 << 20),
    (resource.RLIMIT_CORE, 0, 0),
)
_OOM_FIRST = 800


def main(lifeline: int, control: socket.socket, *, has_single_id: bool) -> None:
    """Be PID 1 until the process that `lifeline` (a pidfd) stands for is gone. Never returns but by an exception."""
    os.setsid()
    filesystem.mount_kernel_views()
    os.chdir("/root")
    null = os.open("/dev/null", os.O_RDWR)
    for fd in range(3):
        os.dup2(null, fd)
    notices = []
    if has_single_id and not identity.pretend_id_changes():
        notices.append("seccomp")
    linux.set_process_name("init")
    linux.set_command_line("init of the private machine")
    _limit()
    linux.set_dumpable(is_dumpable=False)
    init = _Init(lifeline, control)
    init.say_ready(notices)
    init.serve()


def _limit() -> None:
    for kind, soft, hard in _LIMITS:
        ceiling = resource.getrlimit(kind)[1]
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)  # noqa: PLW2901 - the pair, made to fit
        resource.setrlimit(kind, (soft, hard))
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write(str(_OOM_FIRST))


class _Init:
    """The loop, and one method for each request that netshell may send."""

    def __init__(self, lifeline: int, control: socket.socket) -> None:
        self._lifeline = lifeline
        self._control = control
        self._home = os.open("/proc/self/ns/net", os.O_RDONLY)
        self._mounts = os.open("/proc/self/mountinfo", os.O_RDONLY)
        self._known: set[str] = set()
        self._inherits_settings = sysctl.restore_defaults()
        self._requests: dict[str, Callable[[dict[str, Any]], tuple[dict[str, Any], list[int]]]] = {
            "spawn": self._spawn,
            "namespaces": self._namespaces,
            "kill": self._kill,
            "reset": self._reset,
        }
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._children = reader

    def serve(self) -> None:
        poll = select.poll()
        for fd in (self._lifeline, self._control.fileno(), self._children):
            poll.register(fd, select.POLLIN)
        if self._inherits_settings:
            poll.register(self._mounts, select.POLLPRI)
        while True:
            ready = {fd for fd, _ in poll.poll()}
            if self._lifeline in ready:
                os._exit(0)
            if self._children in ready:
                os.read(self._children, 4096)
                self._reap()
            if self._mounts in ready:
                self._settle_new_namespaces()
            if self._control.fileno() in ready:
                self._answer()

    def say_ready(self, notices: list[str]) -> None:
        """Hand out descriptors of the root directory and of the network: nobody gets at them through /proc/1."""
        root = os.open("/", os.O_PATH | os.O_DIRECTORY)
        self.say({"ready": True, "notices": notices}, [root, self._home])
        os.close(root)

    def say(self, message: dict[str, Any], fds: list[int] | None = None) -> None:
        try:
            socket.send_fds(self._control, [json.dumps(message).encode()], fds or [])
        except OSError:
            os._exit(0)  # nobody listens any more

    def _answer(self) -> None:
        data, fds, _, _ = socket.recv_fds(self._control, MAX_MESSAGE, 4)
        for fd in fds:
            os.close(fd)
        if not data:
            os._exit(0)
        request = json.loads(data)
        try:
            reply, given = self._requests[request["op"]](request)
        except OSError as error:
            reply, given = {"errno": error.errno, "call": str(error.filename or error.strerror)}, []
        self.say({"id": request["id"], **reply}, given)
        for fd in given:
            os.close(fd)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.say({"exited": pid, "status": os.waitstatus_to_exitcode(status)})

    def _spawn(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[int]]:
        """Start a program, on a terminal of its own or between two pipes; gives our ends of them."""
        opened: list[int] = []
        try:
            if request["tty"]:
                master, slave = os.openpty()
                opened += [master, slave]
                actions = [
                    (os.POSIX_SPAWN_OPEN, 0, os.ttyname(slave), os.O_RDWR, 0),  # the first after setsid: its own tty
                    (os.POSIX_SPAWN_DUP2, 0, 1),
                    (os.POSIX_SPAWN_DUP2, 0, 2),
                ]
                ours, theirs = [master], [slave]
            else:
                stdin, ours_in = os.pipe()
                ours_out, stdout = os.pipe()
                opened += [stdin, ours_in, ours_out, stdout]
                actions = [(os.POSIX_SPAWN_DUP2, fd, to) for to, fd in enumerate((stdin, stdout, stdout))]
                ours, theirs = [ours_in, ours_out], [stdin, stdout]
            pid = self._start(request, actions)
        except OSError:
            for fd in opened:
                os.close(fd)
            raise
        for fd in theirs:
            os.close(fd)
        return {"pid": pid}, ours

    def _start(self, request: dict[str, Any], actions: list[Any]) -> int:
        try:
            os.chdir(request["cwd"])
        except OSError:
            os.chdir("/root")
        try:
            return os.posix_spawnp(
                request["argv"][0],
                request["argv"],
                request["env"],
                file_actions=actions,
                setsid=True,
                setsigmask=[],
                setsigdef=[signal.SIGPIPE, signal.SIGINT, signal.SIGQUIT, signal.SIGXFSZ, signal.SIGCHLD],
            )
        finally:
            os.chdir("/")

    def _namespaces(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[int]]:
        """Make named network namespaces, as `ip netns add` does for each."""
        os.makedirs(NETNS, exist_ok=True)
        for name in request["names"]:
            path = f"{NETNS}/{name}"
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDONLY, 0o444))
            try:
                linux.unshare(linux.NEWNET)
                if self._inherits_settings:
                    sysctl.restore_defaults()
                linux.mount("/proc/self/ns/net", path, flags=linux.MS_BIND)
            finally:
                linux.setns(self._home, linux.NEWNET)
            self._known.add(name)
        return {}, []

    def _kill(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[int]]:
        """End a program that was started here, with all of its session's foreground."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(request["pid"], request["signal"])
        return {}, []

    def _reset(self, _request: dict[str, Any]) -> tuple[dict[str, Any], list[int]]:
        """End every program, drop every namespace, and stand in a new network; files stay."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        for name in _named():
            linux.unmount(f"{NETNS}/{name}")
        if os.path.isdir(NETNS):
            for name in os.listdir(NETNS):
                os.unlink(f"{NETNS}/{name}")
        self._known.clear()
        linux.unshare(linux.NEWNET)
        os.close(self._home)
        self._home = os.open("/proc/self/ns/net", os.O_RDONLY)
        filesystem.refresh_sys()
        self._inherits_settings = sysctl.restore_defaults()
        return {}, [os.dup(self._home)]

    def _settle_new_namespaces(self) -> None:
        names = _named()
        for name in names - self._known:
            try:
                fd = os.open(f"{NETNS}/{name}", os.O_RDONLY | os.O_NOFOLLOW)
            except OSError:
                continue
            try:
                linux.setns(fd, linux.NEWNET)
                sysctl.restore_defaults()
            except OSError:
                continue  # a name that stands for no namespace of ours
            finally:
                os.close(fd)
                linux.setns(self._home, linux.NEWNET)
        self._known = names


def _named() -> set[str]:
    """The names under /run/netns that something is mounted on."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        points = {line.split(" ")[4] for line in file}
    return {point[len(NETNS) + 1 :] for point in points if point.startswith(NETNS + "/")}
