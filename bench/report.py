"""What was measured, for people as a table and for programs as JSON."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.figures import SUBJECT, Figure, Row

_MET = {True: "met", False: "MISSED", None: ""}


def listing(figures: Mapping[str, Sequence[Figure]]) -> str:
    """Every figure by name, one a line."""
    lines = []
    for group, members in figures.items():
        for figure in members:
            unit = f" [{figure.unit}]" if figure.unit else ""
            target = f"  {figure.target.words(figure.unit)}" if figure.target else ""
            beside = f"  (beside {'; '.join(figure.references)})" if figure.references else ""
            lines.append(f"{group}: {figure.name}{unit}{target}{beside}")
    return "\n".join(lines)


def circumstances(account: str, load_before: Sequence[float]) -> dict[str, Any]:
    """What the figures depend on: the computer, the account, and how busy the computer was."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "unknown"
    )
    return {
        "account": account,
        "processors": os.cpu_count(),
        "processor": model,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_before": round(load_before[0], 2),
        "load_after": round(os.getloadavg()[0], 2),
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def show(rows: Sequence[Row], notes: Sequence[str], failures: Sequence[str], about: Mapping[str, Any]) -> None:
    """Print the table: medians, with the least and the most in brackets."""
    console = Console(highlight=False, width=None if os.isatty(1) else 150)
    table = Table(title="median (least … most), number of samples", title_justify="left", show_lines=False)
    for heading in ("figure", SUBJECT, "beside it", "target", ""):
        table.add_column(heading, overflow="fold")
    group, last = "", ""
    for row in rows:
        if row.group != group:
            table.add_section()
            table.add_row(f"[bold]{row.group}[/bold]")
            group, last = row.group, ""
        beside = "\n".join(f"{name}: {_beside(row, name)}" for name in row.figure.references)
        target = row.figure.target.words(row.figure.unit) if row.figure.target else ""
        met = _MET[row.is_met]
        shown = "as above" if beside and beside == last else beside
        table.add_row(row.figure.name, _summary(row.samples[SUBJECT], row.figure.unit), shown, target, met)
        last = beside
    console.print(table)
    for line in (*notes, *failures):
        console.print(line, markup=False)
    console.print(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in about.items()), markup=False)


def _beside(row: Row, name: str) -> str:
    """A reference's samples; a program that is not on every computer may have none."""
    return _summary(row.samples[name], row.figure.unit) if name in row.samples else "not there"


def _summary(samples: Sequence[float], unit: str) -> str:
    middle, least, most = (_number(value) for value in (median(samples), min(samples), max(samples)))
    shown = f"{middle} {unit}".rstrip()
    return shown if len(samples) == 1 else f"{shown} ({least} … {most}), {len(samples)}"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def write(
    path: Path, rows: Sequence[Row], notes: Sequence[str], failures: Sequence[str], about: Mapping[str, Any]
) -> None:
    """Keep everything, each sample too."""
    figures = [
        {
            "group": row.group,
            "name": row.figure.name,
            "unit": row.figure.unit,
            "target": row.figure.target.words(row.figure.unit) if row.figure.target else None,
            "is_met": row.is_met,
            "samples": {name: _values(samples) for name, samples in row.samples.items()},
        }
        for row in rows
    ]
    found = {"about": about, "figures": figures, "notes": list(notes), "failures": list(failures)}
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _values(samples: Sequence[float]) -> dict[str, Any]:
    return {"median": median(samples), "least": min(samples), "most": max(samples), "all": list(samples)}
