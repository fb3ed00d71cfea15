"""The PC's network namespace and the named ones, as the private machine has them at the moment.

Nothing inside is trusted: no link that a learner made is followed, and a name counts only when the kernel says
that it stands for a network namespace. It knows nothing of what is read once a namespace is entered.
"""

import errno
import fcntl
import os
import select
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from netshell import linux
from netshell.errors import MachineError, UserError
from netshell.facts import PC
from netshell.namespaces.doors import Doors

_NS_GET_NSTYPE = 0xB703
_NAME_FLAGS = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FILE_MOST = 1 << 16
"""Bytes; no file of a resolver is longer, and what a learner has written there is no matter."""
_DIRECTORY_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Namespace:
    """One name, and the network namespace behind it, held open."""

    name: str
    fd: int = -1
    inode: int = 0
    """The kernel's number for it; two names of one namespace have the same. 0 where it cannot be entered."""

    @property
    def is_enterable(self) -> bool:
        """Whether the name stands for a namespace that can be looked into from here."""
        return self.fd >= 0


@dataclass(frozen=True, slots=True)
class Renewal:
    """What `Namespaces.refresh` found different. A name that now means another namespace is in both lists."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    is_reset: bool = False
    """The PC itself has a new network namespace: the private machine was reset."""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.is_reset)


class Namespaces:
    """The PC and all names of `/run/netns` as the private machine's PID 1 sees them.

    Making one moves this process into the PC's network namespace, so that nothing can touch the real one any more.
    `pid1` is its PID as seen from here, whose table of mounts tells when a name may have come or gone. The process
    must have one thread, and CAP_SYS_ADMIN over the private machine.
    """

    def __init__(self, pid1: int, doors: Doors) -> None:
        self._nsfs = Path("/proc/self/ns/net").stat().st_dev
        self._pc_path = Path(doors.network)
        self._names: dict[str, Namespace] = {}
        self._open: list[int] = []
        try:
            self._root = self._keep(os.open(doors.root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC))
            # One for `fileno`, one for `refresh`: a poll that reports a change also forgets it.
            self._fileno, mounts = (
                self._keep(os.open(f"/proc/{pid1}/mountinfo", os.O_RDONLY | os.O_CLOEXEC)) for _ in range(2)
            )
            self._mounts = select.poll()
            self._mounts.register(mounts, select.POLLPRI)
            self.refresh()
        except PermissionError as error:
            self.close()
            raise MachineError(
                f"netshell may not look into its own private machine: {error.strerror} ({error.filename}).",
                "Run `netshell doctor`; it names what this machine refuses.",
            ) from error
        except FileNotFoundError as error:
            self.close()
            raise _machine_is_gone() from error

    def _keep(self, fd: int) -> int:
        self._open.append(fd)
        return fd

    def fileno(self) -> int:
        """A descriptor that polls POLLPRI when a mount of the private machine came or went, and so maybe a name."""
        return self._fileno

    @property
    def names(self) -> Mapping[str, Namespace]:
        """Every name, the PC first, then in the order of the alphabet."""
        return self._names

    def distinct(self) -> Mapping[int, Namespace]:
        """Every namespace that can be entered, once, by inode, under the first of its names."""
        found: dict[int, Namespace] = {}
        for namespace in self._names.values():
            if namespace.is_enterable:
                found.setdefault(namespace.inode, namespace)
        return found

    def refresh(self) -> Renewal:
        """Look again, and tell what came and went. Raises UserError when the private machine has ended."""
        try:
            pc_inode = self._pc_path.stat().st_ino
            listing = sorted(self._list())
        except FileNotFoundError:
            raise _machine_is_gone() from None
        has_moved = bool(self._mounts.poll(0))
        old = self._names
        is_same_pc = PC in old and old[PC].inode == pc_inode
        if not has_moved and is_same_pc and [PC, *map(_key, listing)] == list(old):
            return Renewal()
        pc = old[PC] if is_same_pc else self._open_pc()
        linux.setns(pc.fd, linux.NEWNET)
        self._names = {PC: pc} | self._open_all(listing)
        linux.setns(pc.fd, linux.NEWNET)
        return self._close_replaced(old)

    def _list(self) -> list[str]:
        with suppress(OSError), self._directory() as directory:
            return os.listdir(directory)  # noqa: PTH208 - of a descriptor
        return []

    @contextmanager
    def _directory(self) -> Iterator[int]:
        """`/run/netns` inside, walked to without following a link. Raises OSError where there is none."""
        with (
            _opened("run", _DIRECTORY_FLAGS, self._root) as run,
            _opened("netns", _DIRECTORY_FLAGS, run) as directory,
        ):
            yield directory

    def _open_pc(self) -> Namespace:
        fd = os.open(self._pc_path, os.O_RDONLY | os.O_CLOEXEC)
        return Namespace(PC, fd, os.fstat(fd).st_ino)

    def _open_all(self, listing: list[str]) -> dict[str, Namespace]:
        found: dict[str, Namespace] = {}
        with suppress(OSError), self._directory() as directory:
            for name in listing:
                key = _key(name)
                found[key] = self._open_name(key, name, directory)
        return found

    def _open_name(self, key: str, name: str, directory: int) -> Namespace:
        known = self._names.get(key)
        try:
            if known is not None and self._is_same(known, name, directory):
                return known
            with _opened(name, _NAME_FLAGS, directory) as path:
                return Namespace(key, self._open_namespace(path), os.fstat(path).st_ino)
        except OSError:
            return Namespace(key)

    def _is_same(self, known: Namespace, name: str, directory: int) -> bool:
        """One call for each name that is known: a lab of hundreds is looked through again for each that is new."""
        now = os.lstat(name, dir_fd=directory)
        return now.st_ino == known.inode and now.st_dev == self._nsfs

    def _open_namespace(self, path: int) -> int:
        """Asked of the kernel: it lies on nsfs, is of the network kind (ioctl_ns(2)), and lets this process in.

        Only then is it opened: opening a pipe or a device is an act of its own. Raises OSError where it is none.
        """
        if os.fstat(path).st_dev != self._nsfs:
            raise OSError(errno.EINVAL, "not a namespace")
        fd = os.open(f"/proc/self/fd/{path}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            if fcntl.ioctl(fd, _NS_GET_NSTYPE) != linux.NEWNET:
                raise OSError(errno.EINVAL, "not a network namespace")
            linux.setns(fd, linux.NEWNET)
        except OSError:
            os.close(fd)
            raise
        return fd

    def _close_replaced(self, old: Mapping[str, Namespace]) -> Renewal:
        new = self._names
        removed = [name for name, namespace in old.items() if _are_different(new.get(name), namespace)]
        added = [name for name, namespace in new.items() if _are_different(old.get(name), namespace)]
        for name in removed:
            if old[name].is_enterable:
                os.close(old[name].fd)
        return Renewal(
            tuple(name for name in added if name != PC),
            tuple(name for name in removed if name != PC),
            is_reset=PC in removed,
        )

    @contextmanager
    def enter(self, name: str) -> Iterator[None]:
        """Stand in a namespace for the length of a `with` block, then in the PC's again.

        Raises UserError where there is no such name, or none that can be entered.
        """
        namespace = self._names.get(name)
        if namespace is None or not namespace.is_enterable:
            raise UserError(
                f"There is no namespace `{name}` that can be entered.", "`ip netns list` names those there are."
            )
        with self.visit(namespace.fd):
            yield

    @contextmanager
    def visit(self, fd: int) -> Iterator[None]:
        """As `enter`, for a namespace that is held open by a descriptor and may have no name."""
        linux.setns(fd, linux.NEWNET)
        try:
            yield
        finally:
            linux.setns(self._names[PC].fd, linux.NEWNET)

    def read_file(self, path: str) -> str | None:
        """The beginning of a file of the private machine, a link in its last part followed once; None without one."""
        with suppress(OSError):
            return _text_of(self._root, path) or ""
        return None

    def close(self) -> None:
        """Let go of everything; the namespaces live on as long as somebody inside holds them."""
        for namespace in self._names.values():
            if namespace.is_enterable:
                os.close(namespace.fd)
        for fd in self._open:
            os.close(fd)
        self._names, self._open = {}, []


def _text_of(root: int, path: str, *, may_follow: bool = True) -> str:
    """A regular file's beginning, each directory on its way opened without following a link. Raises OSError."""
    *directories, name = Path(path).parts
    with ExitStack() as kept:
        here = root
        for directory in directories:
            here = kept.enter_context(_opened(directory, _DIRECTORY_FLAGS, here))
        try:
            fd = kept.enter_context(_opened(name, _FILE_FLAGS, here))
        except OSError as error:
            if error.errno != errno.ELOOP or not may_follow:
                raise
            target = Path("/", *directories, os.readlink(name, dir_fd=here))
            return _text_of(root, os.path.normpath(target).lstrip("/"), may_follow=False)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return ""
        return os.read(fd, _FILE_MOST).decode(errors="replace")


@contextmanager
def _opened(name: str, flags: int, directory: int) -> Iterator[int]:
    fd = os.open(name, flags, dir_fd=directory)
    try:
        yield fd
    finally:
        os.close(fd)


def _are_different(one: Namespace | None, other: Namespace) -> bool:
    return one is not other and one != other  # to compare fields takes longer, and most are as they were


def _key(name: str) -> str:
    """The name it goes by here: a learner's own namespace called `pc` must not hide the PC."""
    return f"netns/{name}" if name == PC else name


def _machine_is_gone() -> UserError:
    return UserError("The private machine has ended.", "Start netshell again; your progress is kept.")
