"""An engine with a private machine that does what it is told, a line of JSON at a time; `engines.py` speaks to it.

It stands alone, so that any account can be given its text. Its arguments: the directory to share, or nothing.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netshell.errors import UserError
from netshell.sandbox import build, sysctl
from netshell.sandbox.machine import Machine
from netshell.terminal import startup


async def serve(made: build.Made) -> None:
    """Answer every line with one."""
    machine = Machine(made)
    machine.attach()
    loop = asyncio.get_running_loop()
    print(json.dumps({"engine": os.getpid(), "init": made.pid, "notices": made.notices}), flush=True)  # noqa: T201 - the answer
    while line := await loop.run_in_executor(None, sys.stdin.buffer.readline):
        try:
            answer = await answer_to(machine, json.loads(line))
        except UserError as error:
            answer = {"problem": error.problem, "remedy": error.remedy}
        print(json.dumps(answer), flush=True)  # noqa: T201 - the answer
    machine.close()


async def answer_to(machine: Machine, request: Mapping[str, Any]) -> dict[str, Any]:
    """Do what one request says."""
    match request["op"]:
        case "run":
            finished = await machine.run(
                request["argv"],
                node=request["node"],
                input_=request["input"].encode(),
                timeout_s=request["timeout_s"],
            )
            text = finished.output.decode(errors="replace")
            return {"status": finished.status, "output": text, "has_timed_out": finished.has_timed_out}
        case "burst":
            done = await asyncio.gather(*(machine.run(request["argv"]) for _ in range(request["times"])))
            return {"statuses": [finished.status for finished in done]}
        case "reset":
            await machine.reset()
        case "namespaces":
            await machine.make_namespaces(request["names"])
        case "open":
            fd, pid = await machine.open_terminal(["sh", "-c", request["command"]], {"TERM": "dumb"})
            return {"fd": fd, "pid": pid}
    return {}


def main() -> None:
    """Make the machine as the environment wants it, and serve."""
    if ignored := os.environ.get("TEST_IGNORED"):
        for name in ignored.split():
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if settings := os.environ.get("TEST_DEFAULTS"):
        sysctl.DEFAULTS.update(json.loads(settings))
    os.umask(int(os.environ.get("TEST_UMASK", "022"), 8))
    try:
        made = build.make(Path(sys.argv[1]) if sys.argv[1:] else None, startup.files("nonce"))
    except UserError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the answer
        sys.exit(int(error.code))
    asyncio.run(serve(made))


if __name__ == "__main__":
    main()
