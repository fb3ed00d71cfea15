"""What reading lessons costs: a learner's start reads the compiled form, an author checks the text."""

import json
import time
from collections.abc import Callable

from bench.figures import SUBJECT, Figure, Results, Stage, spawned_ms, take_turns

_JSON, _IMPORTS = "json.loads of that form", "python -c 'import markdown_it, pydantic, yaml'"
_LOAD, _CHECK = "`veth` loaded from its compiled form", "`netshell lesson check` of all bundled lessons"

FIGURES = (Figure(_LOAD, "ms", (_JSON,)), Figure(_CHECK, "ms", (_IMPORTS,)))


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
    check = take_turns(
        stage.rounds(11, 3),
        {
            SUBJECT: lambda: spawned_ms(stage.netshell("lesson", "check", *names), stage),
            _IMPORTS: lambda: spawned_ms(imports, stage),
        },
    )
    return Results({_LOAD: load, _CHECK: check}, [f"{len(names)} lessons are bundled"])


def _ms(deed: Callable[[], object]) -> float:
    begun = time.perf_counter()
    deed()
    return (time.perf_counter() - begun) * 1e3
