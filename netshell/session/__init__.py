"""The engine: a learner in a lesson, without a terminal to show it on."""

from netshell.session.bench import Bench, Observation
from netshell.session.play import PlayError, play
from netshell.session.ran import Ran, ran_in
from netshell.session.session import Help, Outcome, Session

__all__ = ["Bench", "Help", "Observation", "Outcome", "PlayError", "Ran", "Session", "play", "ran_in"]
