"""The session of a run that Dagster starts: it waits for its turn, for schedule and sensor do not know of each other.

`kpi run` does not wait: somebody looks at it, and is told who has the warehouse.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

import dagster as dg

from pipelines.project import Project
from pipelines.session import Session, open_session
from pipelines.warehouse import WarehouseBusyError

#: How long a run waits for another one to end, and how often it looks.
_PATIENCE_SECONDS: Final = 3_600.0
_LOOK_SECONDS: Final = 2.0


@contextmanager
def open_in_turn(project: Project, log: dg.DagsterLogManager | None) -> Iterator[Session]:
    """A session, as soon as whoever has the warehouse is done.

    Raises:
        WarehouseBusyError: that is not so after an hour.
    """
    waits_until = time.monotonic() + _PATIENCE_SECONDS
    with ExitStack() as opened:
        session: Session | None = None
        is_told = False
        while session is None:
            try:
                session = opened.enter_context(open_session(project))
            except WarehouseBusyError as busy:
                if time.monotonic() > waits_until:
                    raise
                if log is not None and not is_told:
                    log.info(f"Waiting for its turn. {busy}")
                is_told = True
                time.sleep(_LOOK_SECONDS)
        yield session
