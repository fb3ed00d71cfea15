import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from netshell import __version__
from netshell.cli import cli
from scripts.set_up import DEVELOPERS_LOCK, LOCK, ROOT

LESSONS = [path for path in sorted((ROOT / "lessons").glob("*.md")) if path.name != "README.md"]


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command in a directory that is not the checkout; its output."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env=environ)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-build-isolation", "--no-deps", "--no-index", "-w", directory, ROOT, cwd=directory)
    return next(directory.glob("*.whl"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", directory, cwd=ROOT)
    return next(directory.glob("*.tar.gz"))


def test_the_wheel_carries_every_lesson_with_its_compiled_form_and_nothing_of_the_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        records = [json.loads(archive.read(f"netshell/_lessons/{path.stem}.json")) for path in LESSONS]
    assert LESSONS
    assert {f"netshell/_lessons/{path.name}" for path in LESSONS} <= names
    assert all(records)
    assert {"netshell/_lessons/order.txt", "netshell/py.typed", "netshell/explain/command/data/ip.txt"} <= names
    assert f"netshell-{__version__}.dist-info/licenses/LICENSE" in names
    made = {f"netshell-{__version__}.{kind}" for kind in ("data", "dist-info")}
    assert {name.partition("/")[0] for name in names} == {"netshell", *made}


def test_the_wheel_is_built_with_what_it_says_it_needs_for_that_and_nothing_else(tmp_path: Path) -> None:
    code = """
import re, sys, tomllib
from importlib.metadata import packages_distributions, requires

def name_of(requirement):
    return re.sub("[-_.]+", "-", re.match("[A-Za-z0-9._-]+", requirement)[0]).lower()

wanted = {name_of(line) for line in tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"]}
while more := {name_of(line) for each in wanted for line in requires(each) or () if ";" not in line} - wanted:
    wanted |= more

class Isolation:
    @staticmethod
    def find_spec(name, path=None, target=None):
        owners = {name_of(owner) for owner in owned.get(name, ())}
        if owners and not owners & (wanted | {"netshell"}):
            raise ModuleNotFoundError(f"{name} is not among the build-system's requirements", name=name)

owned = packages_distributions()
sys.meta_path.insert(0, Isolation)
from hatchling.build import build_wheel
build_wheel(sys.argv[1])
"""
    run(sys.executable, "-B", "-c", code, tmp_path, cwd=ROOT)
    assert list(tmp_path.glob("*.whl"))


def test_the_wheel_has_a_man_page_for_each_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        pages = {
            Path(name).name: archive.read(name).decode() for name in archive.namelist() if "/share/man/man1/" in name
        }
    assert set(pages) >= {f"netshell-{name}.1" for name in cli.commands} | {"netshell.1", "netshell-lesson-test.1"}
    assert ".nf\n  netshell                go on where you left off" in pages["netshell.1"]
    assert r"\-\-plain" in pages["netshell-learn.1"]
    assert not [name for name, page in pages.items() if not page.startswith(".TH") or "\b" in page]


def test_installed_elsewhere_the_lessons_are_found_and_read_without_a_parser(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "install", "--no-deps", "--no-index", "--no-compile", "--target", target, wheel, cwd=tmp_path)
    code = f"""
import sys
sys.path[:] = [{str(target)!r}, *(path for path in sys.path if path != {str(ROOT)!r})]
import netshell
from netshell.lesson import library
assert netshell.__file__.startswith({str(target)!r}), netshell.__file__
entries = library.catalogue()
lessons = [library.load(entry.path, 7) for entry in entries]
assert all(lesson.steps for lesson in lessons)
assert not {{"pydantic", "markdown_it", "yaml"}} & sys.modules.keys(), "a lesson was compiled anew"
print(*(entry.id for entry in entries))
"""
    assert set(run(sys.executable, "-B", "-c", code, cwd=tmp_path).split()) == {path.stem for path in LESSONS}
    assert (target / "bin" / "netshell").exists()


def test_the_sdist_is_complete(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    expected = {"pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "CHANGELOG.md", "Makefile", LOCK}
    expected |= {DEVELOPERS_LOCK, "scripts/setup", "scripts/set_up.py", "tests/test_packaging.py", "netshell/py.typed"}
    expected |= {f"lessons/{path.name}" for path in LESSONS}
    assert expected <= names
    assert not [name for name in names if name.startswith((".venv", ".git/", ".mypy"))]


@pytest.mark.parametrize("name", [LOCK, DEVELOPERS_LOCK])
def test_every_locked_package_has_hashes_and_no_place_to_fetch_it_from(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = text.replace("\\\n", "").splitlines()
    packages = [line for line in entries if line and not line.startswith((" ", "#"))]
    assert packages
    assert all("==" in line and "--hash=sha256:" in line for line in packages)
    assert not [word for word in ("://", "--index", "--find", "--extra-index", "--trusted") if word in text]


def test_learners_and_developers_get_the_same_versions() -> None:
    def pins(name: str) -> set[str]:
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        return {line.split()[0] for line in lines if "==" in line and not line.startswith((" ", "#"))}

    assert pins(LOCK) < pins(DEVELOPERS_LOCK)
