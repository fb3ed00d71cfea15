"""The kernel's state, read and written by rtnetlink in a helper process of its own."""

from netshell.kernel.client import Kernel

__all__ = ["Kernel"]
