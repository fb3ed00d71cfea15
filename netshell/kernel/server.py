"""What the kernel helper does: watch every namespace, answer for snapshots and labs. It runs in the helper process."""

import os
import resource
import select
import time
from functools import partial

from netshell import linux
from netshell.facts import Snapshot
from netshell.helper import Worker
from netshell.kernel.asking import exchange
from netshell.kernel.builder import Builder
from netshell.kernel.closer import Closer
from netshell.kernel.observer import Observer, Station
from netshell.kernel.probing import Prober
from netshell.kernel.programs import Programs
from netshell.namespaces import Doors
from netshell.namespaces.names import Namespaces
from netshell.topology import Topology

_MOVED_WITHIN_S = 0.015
_LONG_LOOK_S, _REST_FACTOR, _LONGEST_REST_S = 0.001, 3, 0.005
"""From when on there is a rest after a look for new names, how many times as long as the look, and the longest."""
_COUNT_EVERY_S = 0.25
"""How often sockets are counted: the kernel tells of no other one than those that send."""


def serve_kernel(worker: Worker, pid1: int, doors: Doors) -> None:
    """Serve until the engine ends. Raises MachineError where this process may not look into the private machine."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # some ten for each namespace
    _Server(worker, Namespaces(pid1, doors), Programs(pid1))
    worker.run()


class _Server:
    """The observer and the builder, wired to the helper's loop."""

    def __init__(self, worker: Worker, namespaces: Namespaces, programs: Programs) -> None:
        self._worker = worker
        self._namespaces = namespaces
        self._observer = Observer(namespaces, self._watch, self._unwatch, programs)
        self._builder = Builder(namespaces, self._observer)
        self._closer = Closer(namespaces, self._observer, programs)
        self._prober = Prober(namespaces, self._observer)
        worker.handlers.update(
            exchange=partial(exchange, namespaces),
            closely=self._closer.snapshot,
            more=self._closer.more,
            probe=self._prober.probe,
            snapshot=self._snapshot,
            build=self._build,
            sysctls=self._watch_sysctls,
        )
        worker.watch(namespaces.fileno(), self._follow, select.POLLPRI)
        self._timer = linux.open_timer(_COUNT_EVERY_S)
        worker.watch(self._timer, self._count)

    def _watch(self, _inode: int, station: Station) -> None:
        self._worker.watch(station.monitor.fileno(), lambda: self._hear(station))
        rules = station.filters.fileno()
        if rules is not None:
            self._worker.watch(rules, lambda: self._hear_rules(station))

    def _unwatch(self, _inode: int, station: Station) -> None:
        self._worker.unwatch(station.monitor.fileno())
        rules = station.filters.fileno()
        if rules is not None:
            self._worker.unwatch(rules)

    def _hear(self, station: Station) -> None:
        if self._observer.hear(station):
            self._worker.tell("moved", within_s=_MOVED_WITHIN_S)

    def _hear_rules(self, station: Station) -> None:
        if station.filters.have_moved():
            self._worker.tell("moved", within_s=_MOVED_WITHIN_S)

    def _follow(self) -> None:
        begun = time.monotonic()
        self._observer.follow()
        self._worker.tell("moved", within_s=_MOVED_WITHIN_S)
        taken_s = time.monotonic() - begun
        if taken_s > _LONG_LOOK_S:
            self._rest(min(_REST_FACTOR * taken_s, _LONGEST_REST_S))

    def _rest(self, seconds: float) -> None:
        """Follow no more names for a while: a lab of hundreds is not looked through again for each that comes.

        A snapshot or a lab that is asked for meanwhile sees all that is there.
        """
        self._worker.unwatch(self._namespaces.fileno())
        rest = linux.open_timer(seconds)

        def end() -> None:
            self._worker.unwatch(rest)
            os.close(rest)
            self._worker.watch(self._namespaces.fileno(), self._follow, select.POLLPRI)

        self._worker.watch(rest, end)

    def _count(self) -> None:
        os.read(self._timer, 8)
        if self._observer.have_sockets_moved():
            self._worker.tell("moved", within_s=_MOVED_WITHIN_S)

    def _snapshot(self) -> Snapshot:
        return self._observer.snapshot()

    def _watch_sysctls(self, keys: tuple[str, ...]) -> None:
        self._observer.more_sysctls = keys

    def _build(self, topology: Topology) -> None:
        self._builder.build(topology)
