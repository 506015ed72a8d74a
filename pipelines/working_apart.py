"""Work that its user may stop by Ctrl-C, wherever it is.

Python gives an interrupt to its main thread, in the midst of whatever that does: of a query, which is deaf to it or
crashes the process, or of Dagster, which takes it for a failure of its own. So the work is done in a thread of its own,
and the main one listens.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import Final, TypeVar

T = TypeVar("T")
#: How a process ends that its user has interrupted twice.
_INTERRUPTED: Final = 130
_LISTENING_SECONDS: Final = 0.1


def work_apart(work: Callable[[], T], *, stop: Callable[[], None]) -> T:
    """Do some work, and end it in good order on Ctrl-C.

    A second Ctrl-C ends the process at once, which leaves behind what a kill does: nothing by halves.

    Args:
        stop: tells the work to end. It is called from another thread than the work's.

    Returns:
        What the work came to, also if it was done before it could be stopped.

    Raises:
        KeyboardInterrupt: it was stopped.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="work") as pool:
        working = pool.submit(copy_context().run, work)
        try:
            _await(working)
        except KeyboardInterrupt:
            stop()
            try:
                _await(working)
            except KeyboardInterrupt:
                os._exit(_INTERRUPTED)
            if working.exception() is not None:
                raise
        return working.result()


def _await(working: Future[T]) -> None:
    # Not without a timeout: the system may hand the signal to any thread, and this one would sleep on.
    while wait([working], timeout=_LISTENING_SECONDS).not_done:
        pass
