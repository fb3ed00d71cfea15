"""Imports parts of a package without the rest of it."""

import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec


def skip_init(package: str) -> None:
    """Have the modules of a package imported without its own `__init__`, as those of a namespace package are.

    For this process, and before the package's first import. pyroute2's `__init__` brings everything it has: 14 MB and
    60 ms that a snapshot does not need (its issue 1404 asks for a way without).
    """
    found = None if package in sys.modules else find_spec(package)
    if found is not None:
        spec = ModuleSpec(package, None, is_package=True)
        spec.submodule_search_locations = found.submodule_search_locations
        sys.modules[package] = module_from_spec(spec)
