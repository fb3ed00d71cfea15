"""Measures the figures that netshell is held to, each beside its reference, and reports them in one table.

    bench/run.py [--quick] [--list] [--as ordinary|root] [GROUP...]

As root the subjects run under an ordinary account: a learner's figures are those that count.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # the checkout in place of this directory
sys.path.append(str(ROOT / "tests"))

from accounts import Program, account, ordinary_ids, program_for  # noqa: E402 - found by the lines above

from bench import groups, report  # noqa: E402
from bench.figures import Results, Row, Stage  # noqa: E402


def main(arguments: Sequence[str]) -> int:
    """Measure and report; 1 where a group could not be measured."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.groups if name not in groups.GROUPS]:
        parser.error(f"there is no group {unknown[0]}; there are: {' '.join(groups.GROUPS)}")
    chosen = options.groups or list(groups.GROUPS)
    if options.list:
        print(report.listing({name: groups.load(name).FIGURES for name in chosen}))
        return 0
    rows: list[Row] = []
    notes: list[str] = []
    failures: list[str] = []
    load_before = os.getloadavg()
    with _stage(options) as stage:
        for name in chosen:
            print(f"{name} …", file=sys.stderr, flush=True)
            try:
                results = groups.load(name).measure(stage) if name in groups.OUTSIDE else _in_child(name, stage)
                rows += [Row(name, figure, results.samples[figure.name]) for figure in groups.load(name).FIGURES]
                notes += [f"{name}: {note}" for note in results.notes]
            except (RuntimeError, subprocess.SubprocessError, OSError, KeyError) as error:
                failures.append(f"{name} could not be measured: {error!r}")
        about = report.circumstances(options.account, load_before)
    report.show(rows, notes, failures, about)
    try:
        report.write(ROOT / "bench.json", rows, notes, failures, about)
    except OSError as error:
        failures.append(f"bench.json could not be written: {error}")
        print(failures[-1], file=sys.stderr)
    return 1 if failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench/run.py", description="netshell's figures beside their references.")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"what to measure (all): {' '.join(groups.GROUPS)}")
    parser.add_argument("--quick", action="store_true", help="few rounds, for a first look")
    parser.add_argument("--list", action="store_true", help="name every figure, measure none")
    parser.add_argument("--kill-rounds", type=int, help="rounds of the kill storm (1000; with --quick 100)")
    choices = ("ordinary", "root") if os.geteuid() == 0 else ("ordinary",)
    parser.add_argument("--as", dest="account", choices=choices, default="ordinary", help="who starts netshell")
    return parser


@contextmanager
def _stage(options: argparse.Namespace) -> Iterator[Stage]:
    """An account with a fresh home, and netshell where it can be read."""
    is_other = options.account == "ordinary" and os.geteuid() == 0
    ids = ordinary_ids() if is_other else (os.geteuid(), os.getegid())
    with program_for(*ids) as program, account(options.account, program) as who:
        _add_bench(program)
        environ = dict(who.environ)
        # Modules are compiled once for the account, as in a learner's own checkout.
        del environ["PYTHONDONTWRITEBYTECODE"]
        environ["PYTHONPYCACHEPREFIX"] = str(who.home / "compiled")
        kill_rounds = options.kill_rounds or (100 if options.quick else 1000)
        prefix = tuple(who.argv())
        yield Stage(who.home, who.python, environ, options.quick, kill_rounds, prefix)


def _add_bench(program: Program) -> None:
    """Where netshell had to be copied for the account, so has the part that measures as this account."""
    if ROOT not in program.path:
        copy = shutil.copytree(ROOT / "bench", program.path[0] / "bench", ignore=shutil.ignore_patterns("__pycache__"))
        for path in (copy, *copy.iterdir()):
            path.chmod(0o755)


def _in_child(name: str, stage: Stage) -> Results:
    """Measure in a small process of the account's own, which may also become part of a private machine."""
    argv = [*stage.prefix, str(stage.python), "-m", "bench.child", name]
    plan = json.dumps({"is_quick": stage.is_quick, "kill_rounds": stage.kill_rounds})
    done = subprocess.run(
        argv, input=plan, stdout=subprocess.PIPE, text=True, check=True, env=dict(stage.environ), cwd=stage.home
    )
    found = json.loads(done.stdout)
    return Results(found["samples"], found["notes"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
