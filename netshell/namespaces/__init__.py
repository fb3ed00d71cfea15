"""The network namespaces of the private machine, found and entered from outside it, and the way in."""

from netshell.namespaces.doors import Doors

__all__ = ["Doors"]
