"""Modules that stay: what their import makes is no garbage, so nobody has to look for any among it.

It stands here because the largest of them, Great Expectations, is imported on this floor.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lasting_imports() -> Iterator[None]:
    """Import large libraries within, and nothing that works with data.

    Python looks for garbage among all objects again and again while some hundred thousand are made, and from then on
    among these as well: that took more than a second of a run. Now it does not look meanwhile, and later not among what
    was there at the end. In a process that has imported everything already nothing is done.
    """
    is_looking, known = gc.isenabled(), len(sys.modules)
    gc.disable()
    try:
        yield
    finally:
        if len(sys.modules) > known:
            gc.freeze()
        if is_looking:
            gc.enable()
