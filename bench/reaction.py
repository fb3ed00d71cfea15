"""How long a command takes from typing to done, in a netshell terminal and in a plain bash."""

import asyncio
import os
import time

from bench.figures import SUBJECT, Figure, Results, Stage, Target
from bench.window import PLAIN_PROMPT, Window, plain_bash, window

_BASH = "plain bash on a pty"
_COMMANDS = ("true", "ip link")
_NODES = 5
_WHOLE = "`echo` in `netshell play`, Enter to next prompt"


def _bare(command: str) -> str:
    return f"`{command}` in a terminal, not observed"


def _observed(command: str) -> str:
    return f"`{command}` with a snapshot of {_NODES} namespaces"


FIGURES = (
    *(Figure(_bare(command), "ms", (_BASH,), Target(1, _BASH)) for command in _COMMANDS),
    *(Figure(_observed(command), "ms", (_BASH,), Target(15)) for command in _COMMANDS),
    Figure(_WHOLE, "ms", (_BASH,)),
)


def measure(stage: Stage) -> Results:
    """In turns: the same command in bash, in a netshell terminal, and with what it changed."""
    argv, environ = plain_bash()
    results = Results()
    with window(argv, {**os.environ, **environ}) as bash:
        bash.wait_for(PLAIN_PROMPT)
        _measure_whole(stage, bash, results)
        asyncio.run(_measure_terminal(stage, bash, results))
    return results


def _bash_ms(bash: Window, command: str) -> float:
    begun = time.perf_counter()
    bash.send(command.encode() + b"\r")
    return (bash.wait_for(b"\n[^\n]*" + PLAIN_PROMPT) - begun) * 1e3


def _measure_whole(stage: Stage, bash: Window, results: Results) -> None:
    """The program as a learner has it before them: keys, prompt, terminal, snapshot, changes."""
    with window(stage.netshell("play"), stage.environ, stage.home) as program:
        program.wait_for(rb"pc:~#")
        for number in range(stage.rounds(100, 10) + 5):
            program.send(b"echo $((40+2))seen")
            program.wait_for(rb"seen")
            begun = time.perf_counter()
            program.send(b"\r")
            taken = (program.wait_for(rb"42seen.*pc:~#") - begun) * 1e3
            reference = _bash_ms(bash, "echo 42seen")
            if number >= 5:
                results.add(_WHOLE, SUBJECT, taken)
                results.add(_WHOLE, _BASH, reference)


async def _measure_terminal(stage: Stage, bash: Window, results: Results) -> None:
    from bench.labs import pairs  # noqa: PLC0415
    from netshell.launch import launch  # noqa: PLC0415 - forks before it is part of anything
    from netshell.session import Bench, Ran  # noqa: PLC0415

    bench = Bench(launch())
    bench.attach()
    await bench.build(pairs(_NODES - 1))
    terminal = await bench.terminal()
    for command in _COMMANDS:
        for number in range(stage.rounds(200, 20) + 5):
            begun = time.perf_counter()
            terminal.feed(command)
            await terminal.until_prompt()
            done = time.perf_counter()
            await bench.observe(Ran())
            observed = time.perf_counter()
            reference = _bash_ms(bash, command)
            if number >= 5:
                results.add(_bare(command), SUBJECT, (done - begun) * 1e3)
                results.add(_observed(command), SUBJECT, (observed - begun) * 1e3)
                for figure in (_bare(command), _observed(command)):
                    results.add(figure, _BASH, reference)
    found = len(bench.snapshot.nodes)
    results.notes.append(f"{found} namespaces, the PC's among them; the reference's `ip link` lists the real machine's")
    bench.close()
