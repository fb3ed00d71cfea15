"""A word as a command gets it, with the places of its characters in the line."""

from typing import NamedTuple


class Word(NamedTuple):
    """A word, or a piece of one, as the command gets it, and where it stands in the line."""

    value: str
    at: int
    end: int
    text: str
    places: tuple[int, ...]
    """Where each character of the value stands."""

    def cut(self, begin: int, end: int) -> "Word":
        """A piece of it, by the value's characters."""
        places = self.places[begin:end]
        if not places:
            return Word("", self.end, self.end, "", ())
        first = self.at if begin == 0 else places[0]
        last = self.end if end >= len(self.value) else places[-1] + 1
        value = self.value[begin:end]
        return Word(value, first, last, self.text if begin == 0 and end >= len(self.value) else value, places)
