"""`python -m netshell.host [--missing]`: the survey as plain lines, for scripts and for reports of trouble.

It ends with 3 where something is missing that nothing starts without.
"""

import sys

from netshell.errors import ExitCode
from netshell.host import missing_requirements, survey, this_distribution


def main(arguments: list[str]) -> ExitCode:
    """Print the facts, or with `--missing` what is not installed: program, package and purpose, tab-separated."""
    if arguments == ["--missing"]:
        family = this_distribution().family
        missing = missing_requirements()
        lines = ["\t".join((item.program, item.package(family), item.purpose)) for item in missing]
        is_lacking = any(item.is_essential for item in missing)
    elif not arguments:
        facts = survey()
        marks = {True: "ok", False: "no"}
        lines = [f"{marks[fact.is_ok]}  {fact.name}: {fact.found}  {fact.remedy}".rstrip() for fact in facts]
        is_lacking = any(fact.is_needed and not fact.is_ok for fact in facts)
    else:
        sys.stderr.write("usage: python -m netshell.host [--missing]\n")
        return ExitCode.USAGE
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return ExitCode.MACHINE if is_lacking else ExitCode.DONE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
