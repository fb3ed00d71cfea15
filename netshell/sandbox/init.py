"""PID 1 of the private machine: it starts programs on request, reaps, and ends everything when netshell is gone.

It must import nothing after it has started: the files it would read belong to the real machine.
"""

import contextlib
import errno
import json
import os
import resource
import select
import signal
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any

from netshell import linux
from netshell.sandbox import filesystem, identity, sysctl

NETNS = "/run/netns"
HOME_NETWORK = "/run/netshell/pc"
"""Where the PC's own network namespace is mounted."""
MAX_MESSAGE = 1 << 16

_LIMITS = (
    (resource.RLIMIT_NPROC, 500, 500),
    (resource.RLIMIT_NOFILE, 1024, 4096),
    (resource.RLIMIT_FSIZE, 512 << 20, 512 << 20),
    (resource.RLIMIT_CORE, 0, 0),
)
_OOM_FIRST = 800
_ALL_SIGNALS = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
_LONGEST_RESET_S = 1.0


def main(lifeline: int, control: socket.socket, files: Mapping[str, str], *, has_single_id: bool) -> None:
    """Be PID 1 until the process that `lifeline` (a pidfd) stands for is gone. Never returns but by an exception."""
    filesystem.mount_network_views()
    os.chdir("/root")
    os.environ.clear()
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
    init = _Init(lifeline, control, files)
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

    def __init__(self, lifeline: int, control: socket.socket, files: Mapping[str, str]) -> None:
        self._lifeline = lifeline
        self._files = files
        self._control = control
        self._home = os.open("/proc/self/ns/net", os.O_RDONLY)
        self._mounts = os.open("/proc/self/mountinfo", os.O_RDONLY)
        self._name_home()
        self._share_names()
        self._known: set[str] = set()
        self._started: set[int] = set()
        self._has_parent = False
        self._inherited = sysctl.restore_defaults()
        self._etc: filesystem.Marks = frozenset()
        """As it was made; looked at once nobody waits for it."""
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

    @staticmethod
    def _name_home() -> None:
        """Let shells tell the PC's network from one without a name; where a learner has made that impossible, not."""
        with contextlib.suppress(OSError):
            os.close(os.open(HOME_NETWORK, os.O_CREAT | os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW, 0o444))
            linux.mount("/proc/self/ns/net", HOME_NETWORK, flags=linux.MS_BIND)

    @staticmethod
    def _share_names() -> None:
        """Bind /run/netns over itself, shared, before there is any name.

        The first `ip netns add` does so where nobody has: a name of before would then be mounted above and below, and
        `ip netns delete` could not take it away.
        """
        with contextlib.suppress(OSError):
            os.makedirs(NETNS, exist_ok=True)
            linux.mount(NETNS, NETNS, flags=linux.MS_BIND)
            linux.mount(None, NETNS, flags=linux.MS_SHARED)

    def serve(self) -> None:
        self._etc = filesystem.marks_of_etc()
        poll = select.poll()
        for fd in (self._lifeline, self._control.fileno(), self._children):
            poll.register(fd, select.POLLIN)
        if self._inherited:
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
        if not self._has_parent:
            # The builder has gone, the engine is the parent now. From here on commands run, and they could make
            # this process wait for ever (a FIFO over /dev/pts); the kernel then ends it without its help.
            linux.end_with_parent()
            self._has_parent = True
        request = json.loads(data)
        try:
            reply, given = self._requests[request["op"]](request)
        except ValueError as error:  # a NUL in a word
            reply, given = {"errno": errno.EINVAL, "call": str(error)}, []
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
            if pid in self._started:
                self._started.remove(pid)
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
        self._started.add(pid)
        return {"pid": pid}, ours

    def _start(self, request: dict[str, Any], actions: list[Any]) -> int:
        try:
            os.chdir(request["cwd"])
        except OSError:
            os.chdir("/root")
        os.environ["PATH"] = request["env"].get("PATH", os.defpath)  # posix_spawnp(3) looks in the caller's own
        try:
            return os.posix_spawnp(
                request["argv"][0],
                request["argv"],
                request["env"],
                file_actions=actions,
                setsid=True,
                setsigmask=[],
                setsigdef=_ALL_SIGNALS,
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
                sysctl.restore(self._inherited)
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

    def _reset(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[int]]:
        """End every program, drop every namespace, and stand in a new network, with the files of the beginning."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        self._reap_all()
        for point in reversed(self._mounted()):
            with contextlib.suppress(OSError):
                linux.unmount(point)
        _empty(NETNS)
        self._known.clear()
        linux.unshare(linux.NEWNET)
        os.close(self._home)
        self._home = os.open("/proc/self/ns/net", os.O_RDONLY)
        with contextlib.suppress(OSError):  # the learner has taken it off
            linux.unmount(HOME_NETWORK)
        self._name_home()
        self._share_names()
        filesystem.refresh_sys()
        self._etc = filesystem.restore(self._files, self._etc, has_home=request["home"])
        self._inherited = sysctl.restore_defaults()
        return {}, [os.dup(self._home)]

    def _reap_all(self) -> None:
        """Wait until the killed are gone: until then they count against the limit on processes."""
        end = time.monotonic() + _LONGEST_RESET_S
        while time.monotonic() < end:
            self._reap()
            try:
                os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            time.sleep(0.001)

    def _named(self) -> list[str]:
        """The names under /run/netns that something is mounted on, in the order they were mounted."""
        return [point[len(NETNS) + 1 :] for point in self._mounted() if point != NETNS]

    def _mounted(self) -> list[str]:
        """The mount points at and below /run/netns, in the order they were mounted.

        Read from a descriptor: what lies at /proc now may be a learner's.
        """
        os.lseek(self._mounts, 0, os.SEEK_SET)
        text = b"".join(iter(lambda: os.read(self._mounts, 1 << 16), b""))
        points = [_unescaped(line.split(b" ")[4]) for line in text.splitlines()]
        return [point for point in points if point == NETNS or point.startswith(NETNS + "/")]

    def _settle_new_namespaces(self) -> None:
        names = set(self._named())
        for name in names - self._known:
            try:
                fd = os.open(f"{NETNS}/{name}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
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


def _unescaped(field: bytes) -> str:
    """A path as mountinfo writes it, with its spaces and the like as octal numbers: proc_pid_mountinfo(5)."""
    head, *rest = field.split(b"\\")
    return os.fsdecode(head + b"".join(bytes([int(part[:3], 8)]) + part[3:] for part in rest))


def _empty(directory: str) -> None:
    """Take away whatever a learner has put there; a link in its place is not followed."""
    if os.path.islink(directory):
        os.unlink(directory)
    for path, directories, files in os.walk(directory, topdown=False):
        for name in (*files, *directories):
            entry = f"{path}/{name}"
            is_directory = os.path.isdir(entry) and not os.path.islink(entry)
            with contextlib.suppress(OSError):
                (os.rmdir if is_directory else os.unlink)(entry)
