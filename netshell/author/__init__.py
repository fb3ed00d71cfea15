"""What authors of lessons have: the proof that a lesson works."""

from netshell.author.report import Report, prove

__all__ = ["Report", "prove"]
