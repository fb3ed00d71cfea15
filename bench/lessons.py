"""What lessons cost: a learner's start reads the compiled form, an author checks the text and has it proved."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import SUBJECT, Figure, Results, Stage, Target, spawned_ms, take_turns

_JSON, _IMPORTS = "json.loads of that form", "python -c 'import markdown_it, pydantic, yaml'"
_LOAD = "`veth` loaded from its compiled form"
_CHECK = "`netshell lesson check` of all bundled lessons, from source"
_AGAIN = "the same, once compiled"
_FEW, _MANY = 100, 1000
_HUNDRED = f"ten times that of {_FEW} steps"
_LONG = f"`netshell lesson check` of {_MANY:,} steps, without Python's start"
_SLOWEST = "`netshell lesson test`, the slowest bundled lesson"
_ALL = "`netshell lesson test` of all bundled lessons, each by itself"

FIGURES = (
    Figure(_LOAD, "ms", (_JSON,)),
    Figure(_CHECK, "ms", (_IMPORTS,), Target(2000)),
    Figure(_AGAIN, "ms", (_IMPORTS,), Target(300)),
    Figure(_LONG, "ms", (_HUNDRED,), Target(1.2, _HUNDRED, is_factor=True)),
    Figure(_SLOWEST, "s", (), Target(15)),
    Figure(_ALL, "s"),
)

_HEAD = "---\nformat: 1\ntitle: Long\nsummary: Many steps.\n---\n\n# Long\n\nWords.\n"
_STEP = """
## Step {n}

Give `ns{n}` an address, and see that it has it.

```console do
$ ip netns add ns{n}
```

```yaml check
- {{netns: ns{n}}}
```
"""


def measure(stage: Stage) -> Results:
    """In turns: what netshell does, and the least that it could be."""
    from netshell.lesson import library  # noqa: PLC0415 - not to be there before others measure

    path = library.find("veth")
    library.load(path, 1)  # compiles it where that was never done
    form = json.dumps(library.compile_source(path.read_bytes(), str(path)))
    names = [str(lesson) for lesson in library.lessons_in(library.bundled_directory())]
    load = take_turns(
        stage.rounds(101, 11),
        {SUBJECT: lambda: _ms(lambda: library.load(path, 1)), _JSON: lambda: _ms(lambda: json.loads(form))},
    )
    imports = [str(stage.python), "-c", "import markdown_it, pydantic, yaml"]
    check = stage.netshell("lesson", "check", *names)
    first = take_turns(
        stage.rounds(11, 3),
        {SUBJECT: lambda: _fresh_ms(check, stage), _IMPORTS: lambda: spawned_ms(imports, stage)},
    )
    again = take_turns(
        stage.rounds(11, 3),
        {SUBJECT: lambda: spawned_ms(check, stage), _IMPORTS: lambda: spawned_ms(imports, stage)},
    )
    found = {_LOAD: load, _CHECK: first, _AGAIN: again, _LONG: _lengths(stage)}
    proofs = [spawned_ms(stage.netshell("lesson", "test", name), stage) / 1e3 for name in _some(names, stage)]
    found |= {_SLOWEST: {SUBJECT: [max(proofs)]}, _ALL: {SUBJECT: [sum(proofs)]}}
    told = ", ".join(f"{Path(name).stem} {taken:.1f}" for name, taken in zip(_some(names, stage), proofs, strict=True))
    return Results(found, [f"{len(names)} lessons are bundled", f"`lesson test`, seconds: {told}"])


def _some(names: list[str], stage: Stage) -> list[str]:
    return names[:2] if stage.is_quick else names


def _fresh_ms(argv: list[str], stage: Stage) -> float:
    """With nothing kept of an earlier time."""
    with TemporaryDirectory() as cache:
        return spawned_ms(argv, replace(stage, environ={**stage.environ, "XDG_CACHE_HOME": cache}))


def _lengths(stage: Stage) -> dict[str, list[float]]:
    """A long lesson, and one of a tenth of its length, read by the same functions as `lesson check` has."""
    from netshell.lesson.reader import read_lesson  # noqa: PLC0415 - as above

    long, short = (_HEAD + "".join(_STEP.format(n=n) for n in range(count)) for count in (_MANY, _FEW))
    return take_turns(
        stage.rounds(7, 3),
        {
            SUBJECT: lambda: _ms(lambda: read_lesson(long, "long.md")),
            _HUNDRED: lambda: 10 * _ms(lambda: read_lesson(short, "short.md")),
        },
    )


def _ms(deed: Callable[[], object]) -> float:
    begun = time.perf_counter()
    deed()
    return (time.perf_counter() - begun) * 1e3
