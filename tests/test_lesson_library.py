"""Finding, listing and loading lessons, and the compiled form that a learner's start reads."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from netshell.errors import ExitCode, LessonError, UserError
from netshell.lesson import library
from netshell.lesson.library import catalogue, check_file, compile_bundled, find, lessons_in, load

LESSON = "---\nformat: 1\ntitle: T\nsummary: S.\nvars: {n: {pick: [1, 2, 3]}}\n---\n# T\n## One ${n}\n"
STEP = (
    "\n## Step %d\n\nSome *prose* with `code`.\n\n- one\n- two\n\n```console do\n$ ip netns add ns%d\n```\n\n"
    "```yaml check\n- {netns: ns%d}\n- {link: lo, at: ns%d}\n```\n\n> [!TIP]\n> Look.\n"
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    path = tmp_path / "mine" / "first.md"
    path.parent.mkdir()
    path.write_text(LESSON, encoding="utf-8")
    return path


def test_every_bundled_lesson_is_listed_in_order_and_has_no_fault() -> None:
    entries = catalogue()
    assert [entry.id for entry in entries][:2] == ["netns", "loopback"]
    for entry in entries:
        assert entry.is_usable
        assert check_file(entry.path) == ()
        assert set(entry.needs) <= {e.id for e in entries}, "needs a lesson that is not there"


def test_a_lesson_is_found_by_id_and_by_path(lesson: Path) -> None:
    assert find("first", [lesson.parent]) == lesson
    assert find(str(lesson)) == lesson
    assert find("veth").name == "veth.md"


def test_a_given_directory_comes_before_the_bundled_lessons(lesson: Path) -> None:
    own = lesson.with_name("veth.md")
    own.write_text(LESSON, encoding="utf-8")
    assert find("veth", [lesson.parent]) == own
    assert [e.path for e in catalogue([lesson.parent]) if e.id == "veth"] == [own]


@pytest.mark.parametrize(
    ("name", "remedy"), [("vet", "`veth`"), ("xyzzy", "netshell lessons"), ("no/such.md", "path"), ("x\0y", "lessons")]
)
def test_an_unknown_lesson_is_a_usage_error_with_what_comes_close(name: str, remedy: str) -> None:
    with pytest.raises(UserError) as caught:
        find(name)
    assert caught.value.code is ExitCode.USAGE
    assert remedy in caught.value.remedy


def test_a_directory_of_lessons_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file"):
        catalogue([tmp_path / "none"])


def test_a_lesson_with_faults_is_listed_as_not_usable(lesson: Path) -> None:
    lesson.with_name("broken.md").write_text("# Nothing\n", encoding="utf-8")
    lesson.with_name("README.md").write_text("No lesson.\n", encoding="utf-8")
    assert [p.stem for p in lessons_in(lesson.parent)] == ["broken", "first"]
    assert [e.is_usable for e in catalogue([lesson.parent]) if e.path.parent == lesson.parent] == [False, True]


def test_a_lesson_is_the_same_for_a_seed(lesson: Path) -> None:
    assert load(lesson, 4) == load(lesson, 4)
    assert {load(lesson, seed).steps[0].title for seed in range(20)} == {"One 1", "One 2", "One 3"}


def test_an_edited_lesson_is_read_anew(lesson: Path) -> None:
    assert load(lesson, 1).title == "T"
    lesson.write_text(LESSON.replace("title: T", "title: U"), encoding="utf-8")
    assert load(lesson, 1).title == "U"


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"stamp": 1}', b"\xff"])
def test_a_damaged_compiled_form_is_made_anew(lesson: Path, cache: Path, damage: bytes) -> None:
    load(lesson, 1)
    (kept,) = cache.rglob("*.json")
    kept.write_bytes(damage)
    assert load(lesson, 1).title == "T"
    assert json.loads(kept.read_bytes())["lesson"]["title"] == "T"


def test_a_cache_that_cannot_be_written_is_no_error(lesson: Path, cache: Path) -> None:
    cache.write_text("a file where the directory should be", encoding="utf-8")
    assert load(lesson, 1).title == "T"


HEAVY = "import sys; print(sorted({m.split('.')[0] for m in sys.modules} & {'pydantic', 'yaml', 'markdown_it'}))"


def test_a_fresh_compiled_form_needs_no_parser(lesson: Path) -> None:
    load(lesson, 1)
    code = (
        f"from pathlib import Path; from netshell.lesson.library import load; load(Path({str(lesson)!r}), 1); {HEAVY}"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(library.__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_wheel_gets_each_lesson_with_its_compiled_form(lesson: Path, tmp_path: Path) -> None:
    lesson.with_name("order.txt").write_text("first\n", encoding="utf-8")
    written = compile_bundled(lesson.parent, tmp_path / "wheel")
    assert [path.name for path in written] == ["first.md", "first.json", "order.txt"]
    assert json.loads(written[1].read_bytes())["lesson"]["title"] == "T"


def test_the_wheel_is_not_built_with_a_broken_lesson(lesson: Path, tmp_path: Path) -> None:
    lesson.write_text("# T\n", encoding="utf-8")
    with pytest.raises(LessonError):
        compile_bundled(lesson.parent, tmp_path / "wheel")


def test_shipped_compiled_forms_are_trusted_in_the_package_only(
    lesson: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = tmp_path / "wheel"
    compile_bundled(lesson.parent, wheel)
    load(wheel / "first.md", 1)
    assert len(list(cache.rglob("*.json"))) == 1
    for kept in cache.rglob("*.json"):
        kept.unlink()
    monkeypatch.setattr(library, "_INSTALLED", wheel)
    assert load(find("first"), 1).title == "T"
    assert not list(cache.rglob("*.json"))


def test_files_that_are_no_lessons_are_told_in_one_sentence(tmp_path: Path) -> None:
    big, pipe, closed = (tmp_path / name for name in ("big.md", "pipe.md", "closed.md"))
    with big.open("wb") as file:
        file.truncate(100_000_000)
    os.mkfifo(pipe)
    for path, words in [(tmp_path, "is a directory"), (big, "too large"), (pipe, "no ordinary"), (closed, "No such")]:
        with pytest.raises(UserError, match=words):
            load(path, 1)
        with pytest.raises(UserError, match=words):
            check_file(path)


def test_bytes_that_are_no_text_are_diagnostics(lesson: Path) -> None:
    lesson.write_bytes(b"---\n\xff")
    (fault,) = check_file(lesson)
    assert (fault.line, fault.column) == (2, 1)


def test_what_was_found_in_a_lesson_is_kept_with_it(lesson: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = (STEP % (1, 1, 1, 1)).replace("- {link", "- {output: up}\n- {link")
    lesson.write_text(lesson.read_text(encoding="utf-8") + step, encoding="utf-8")
    first = check_file(lesson)
    assert any("`output` judges words" in fault.message for fault in first)
    monkeypatch.setitem(sys.modules, "netshell.lesson.reader", None)  # read again, it would fail
    assert check_file(lesson) == first
    lesson.write_text(lesson.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(ImportError):
        check_file(lesson)
