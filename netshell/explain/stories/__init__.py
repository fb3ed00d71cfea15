"""The story of what went over the wire, conversation by conversation, and of what should have and did not.

`tell` is all that others need. It knows no kernel and no screen.
"""

from netshell.explain.stories.story import Story
from netshell.explain.stories.teller import tell

__all__ = ["Story", "tell"]
