"""The learner's settings: one small TOML file in the XDG directory for configuration, where there is one.

It knows nothing of what the settings are for. Without a file nothing is read and nothing imported.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from netshell.errors import ExitCode, UserError

_MEGABYTES = "capture_megabytes"
_KEYS = (_MEGABYTES,)
_LEAST, _MOST = 1, 4096
_LONGEST_VALUE = 40


@dataclass(frozen=True, slots=True)
class Config:
    """What may be set, each with the value that it has where nobody set it."""

    capture_bytes: int = 32 << 20
    """How much of what crossed the wire is kept at most. In the file: `capture_megabytes`, 1 to 4096."""


def path_of(environ: Mapping[str, str]) -> Path:
    """Where the file lies: XDG Base Directory Specification, which also says that a relative directory counts not."""
    directory = environ.get("XDG_CONFIG_HOME", "")
    base = Path(directory) if directory.startswith("/") else Path(environ.get("HOME", "/"), ".config")
    return base / "netshell" / "config.toml"


def read(environ: Mapping[str, str]) -> Config:
    """The settings; where there is no file, those that nobody set.

    Raises UserError where there is one that cannot be read or understood, with every fault that was found in it.
    """
    path = path_of(environ)
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return Config()
    except OSError as error:
        raise _refusal(f"{path} cannot be read: {error.strerror}.", "Make it readable, or move it away.") from error
    return parse(data, str(path))


def parse(data: bytes, file: str) -> Config:
    """The settings that a file's bytes hold; `file` is what faults call it. Raises UserError as `read` does."""
    text, values = _loaded(data, file)
    faults = [f"{file}:{_line(text, key)}{fault}" for key, value in values.items() for fault in _faults(key, value)]
    if faults:
        raise _refusal("\n".join(faults), "Mend the file, or move it away: every setting has a value of its own.")
    megabytes = values.get(_MEGABYTES)
    return Config() if not isinstance(megabytes, int) else Config(capture_bytes=megabytes << 20)


def _loaded(data: bytes, file: str) -> tuple[str, dict[str, object]]:
    import tomllib  # noqa: PLC0415 - where there is a file, and not at every start

    remedy = f"A file that is right has lines such as `{_MEGABYTES} = 64`."
    try:
        text = data.decode()
        return text, tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _refusal(f"{file}:{line}: this is not UTF-8 text: byte 0x{data[error.start]:02x}.", remedy) from error
    except ValueError as error:  # TOMLDecodeError, or of a number with thousands of digits
        fault, _, place = str(error).rpartition(" (at ")
        line, column = _numbers(place, text)
        raise _refusal(f"{file}:{line}:{column}: this is not TOML: {_shown(fault or str(error))}.", remedy) from error
    except RecursionError as error:
        raise _refusal(f"{file}: its values are nested too deeply.", remedy) from error


def _numbers(place: str, text: str) -> tuple[int, int]:
    """Line and column of `line 3, column 7)` or `end of document)`, as tomllib says them; counted from 1."""
    words = place.rstrip(")").replace(",", "").split()
    if len(words) == 4 and words[1].isdigit() and words[3].isdigit():
        return int(words[1]), int(words[3])
    lines = text.split("\n")
    return len(lines), len(lines[-1]) + 1


def _faults(key: str, value: object) -> Iterator[str]:
    """What is wrong with one setting."""
    if key not in _KEYS:
        import difflib  # noqa: PLC0415 - where there is a fault

        near = difflib.get_close_matches(key, _KEYS, 1)
        there_are = f"did you mean `{near[0]}`?" if near else f"there is only: {', '.join(_KEYS)}."
        yield f"there is no setting `{_shown(key)}`; {there_are}"
    elif isinstance(value, bool) or not isinstance(value, int):
        yield f"`{key}` is {_shown(repr(value))}; it has to be a whole number from {_LEAST} to {_MOST}."
    elif not _LEAST <= value <= _MOST:
        yield f"`{key}` is {_shown(str(value))}; it has to be from {_LEAST} to {_MOST}."


def _line(text: str, key: str) -> str:
    """Where a key is set, as `3: `; only a blank where that cannot be told, as for keys in quotes."""
    for number, line in enumerate(text.split("\n"), 1):
        name, equals, _ = line.partition("=")
        if (equals and name.strip() == key) or line.strip().strip("[] ") == key:
            return f"{number}: "
    return " "


def _shown(text: str) -> str:
    """Somebody's text, short and without control characters."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in text)
    return plain if len(plain) <= _LONGEST_VALUE * 2 else f"{plain[:_LONGEST_VALUE]}…"


def _refusal(problem: str, remedy: str) -> UserError:
    return UserError(problem, remedy, ExitCode.USAGE)
