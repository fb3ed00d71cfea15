"""What an author begins with: the template of a lesson, and the schema of its YAML parts as text."""

import json
from importlib.resources import files
from pathlib import Path

from netshell.errors import ExitCode, UserError


def write_template(path: Path) -> None:
    """Write the template to a new file. Raises UserError (USAGE) where one is there, or it cannot be written."""
    text = (files("netshell.lesson") / "template.md").read_bytes()
    if path.suffix != ".md":
        problem = f"A lesson's file ends in `.md`, and {path} does not."
        raise UserError(problem, f"Try `netshell lesson new {path}.md`.", ExitCode.USAGE)
    try:
        with path.open("xb") as file:
            file.write(text)
    except FileExistsError:
        problem = f"{path} is there already, and stays as it is."
        raise UserError(problem, "Name another file: `netshell lesson new NAME.md`.", ExitCode.USAGE) from None
    except OSError as error:
        problem = f"{path} cannot be written: {error.strerror}."
        raise UserError(problem, "Check its directory and rights.", ExitCode.USAGE) from None


def schema_text(part: str = "") -> str:
    """The JSON Schema of one part, or of any. Raises UserError (USAGE) for a part that there is not."""
    from netshell.lesson.faults import suggestion  # noqa: PLC0415 - the parsers are for this alone
    from netshell.lesson.schema import PARTS, schema  # noqa: PLC0415

    if part and part not in PARTS:
        raise UserError(f"No part of a lesson is called `{part}`.", suggestion(part, PARTS), ExitCode.USAGE)
    return json.dumps(schema(part), ensure_ascii=False, indent=2) + "\n"
