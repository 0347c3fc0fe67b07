"""A library's module as one of ours sees it, with names replaced."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace
from typing import Any


def altered(module: ModuleType, **names: Any) -> SimpleNamespace:
    """A stand-in for `module`, to be set where one module of ours has imported it.

    A replacement in the library's module itself would hold for the whole process, and the threads that servers of
    other tests have there would sleep, read the clock or open files through it too.

    Raises:
        AttributeError: the module has no such name, so that nothing would be replaced.
    """
    for name in names:
        getattr(module, name)
    return SimpleNamespace(**{**vars(module), **names})
