"""Which node stands in which column of the map, and in what order; it knows nothing of characters and widths."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from netshell.render.cards import Cable, natural

Columns = tuple[tuple[str, ...], ...]
"""Names of nodes, column by column from the left, each from the top."""


@dataclass(frozen=True, slots=True)
class Group:
    """Nodes that are drawn as one picture."""

    columns: Columns
    rows: Mapping[str, int] | None = None
    """The author's row of each node, counted from 0 without gaps; None where netshell orders them."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every node of the picture."""
        return tuple(name for column in self.columns for name in column)


def group_nodes(names: Iterable[str], cables: Sequence[Cable], places: Mapping[str, tuple[int, int]]) -> list[Group]:
    """The pictures that a map has: what the author placed, then every set of nodes that cables join.

    A node that has neither a place nor a cable is a group of one.
    """
    neighbours: dict[str, set[str]] = {name: set() for name in sorted(names, key=natural)}
    for cable in cables:
        neighbours[cable.a.node].add(cable.b.node)
        neighbours[cable.b.node].add(cable.a.node)
    placed = [name for name in neighbours if name in places]
    groups = [_placed_group(placed, neighbours, places)] if placed else []
    left = {name for name in neighbours if not any(name in group.names for group in groups)}
    for name in neighbours:
        if name in left:
            component = _reach(name, neighbours)
            left -= component
            groups.append(Group(_layers(sorted(component, key=natural), neighbours)))
    return groups


def _reach(start: str, neighbours: Mapping[str, set[str]]) -> set[str]:
    return set(_distances(start, neighbours))


def _distances(start: str, neighbours: Mapping[str, set[str]]) -> dict[str, int]:
    """How many cables away each node is, of those that can be reached at all."""
    distance = {start: 0}
    for name in (queue := [start]):
        for other in sorted(neighbours[name] - distance.keys(), key=natural):
            distance[other] = distance[name] + 1
            queue.append(other)
    return distance


def _placed_group(
    placed: list[str], neighbours: Mapping[str, set[str]], places: Mapping[str, tuple[int, int]]
) -> Group:
    """The author's columns and rows without the empty ones; joined nodes without a place stand at the right."""
    joined = set().union(*(_reach(name, neighbours) for name in placed)) - set(placed)
    extra = sorted(joined, key=natural)
    columns = sorted({places[name][0] for name in placed})
    numbers = sorted({places[name][1] for name in placed})
    rows = {name: numbers.index(places[name][1]) for name in placed} | {name: i for i, name in enumerate(extra)}
    by_column = [sorted((n for n in placed if places[n][0] == c), key=lambda n: (rows[n], natural(n))) for c in columns]
    return Group(tuple(tuple(column) for column in [*by_column, extra] if column), rows)


def _layers(names: list[str], neighbours: Mapping[str, set[str]]) -> Columns:
    """Columns by distance from one end of the longest way, with the leaves of each hub spread to both its sides."""
    distances = {name: _distances(name, neighbours) for name in names}
    start = max(names, key=lambda name: (max(distances[name].values()), -names.index(name)))
    layer = dict(distances[start])
    for hub in names:
        _spread_leaves(hub, neighbours, layer)
    lowest = min(layer.values())
    columns: list[list[str]] = [[] for _ in range(max(layer.values()) - lowest + 1)]
    for name in names:
        columns[layer[name] - lowest].append(name)
    return _in_order(columns, neighbours)


def _spread_leaves(hub: str, neighbours: Mapping[str, set[str]], layer: dict[str, int]) -> None:
    """Give the nodes that hang on one hub only the emptier of its two sides, the first half of them the left one."""
    others = neighbours[hub] - {hub}
    leaves = [name for name in sorted(others, key=natural) if neighbours[name] - {name} == {hub}]
    if len(others) < 2 or not leaves:
        return
    here = layer[hub]
    left = sum(1 for name in others if name not in leaves and layer[name] < here)
    right = sum(1 for name in others if name not in leaves and layer[name] > here)
    count = min(max((len(leaves) + right - left + 1) // 2, 0), len(leaves))
    for number, leaf in enumerate(leaves):
        layer[leaf] = here - 1 if number < count else here + 1


def _in_order(columns: list[list[str]], neighbours: Mapping[str, set[str]]) -> Columns:
    """Each column ordered by where the nodes stand that its own are joined to, so that cables cross little."""
    for number in [*range(1, len(columns)), *range(len(columns) - 2, -1, -1)]:
        height = {
            name: column.index(name) / len(column)
            for other, column in enumerate(columns)
            for name in column
            if abs(other - number) == 1
        }
        means = {name: _mean(height[n] for n in neighbours[name] if n in height) for name in columns[number]}
        columns[number] = [name for *_, name in sorted((mean, natural(name), name) for name, mean in means.items())]
    return tuple(tuple(column) for column in columns)


def _mean(numbers: Iterable[float]) -> float:
    values = list(numbers)
    return sum(values) / len(values) if values else 0.5
