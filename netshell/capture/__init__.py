"""The wire: every frame that crosses an interface of a namespace, taken down by a helper process of its own.

It knows nothing of checks.
"""

from netshell.capture.client import Capture

__all__ = ["Capture"]
