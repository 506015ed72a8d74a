"""Take all views from their readers at once, without making one of them fail.

Readers lock views as they meet them, in any order. Whoever locks several in turn can meet a reader that holds the next
one and waits for the last: PostgreSQL looks for such a deadlock once somebody has waited for `deadlock_timeout`, and
may end the reader. Nobody fails as long as each wait of ours either holds nothing yet, or is shorter than that and
starts with nobody so entangled, so that is what is seen to here. What is locked stays locked while the next one is
waited for: long queries are waited for one after the other, instead of for an instant at which none of them runs.

What is done with the views once they are locked does not belong here.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Final

import psycopg

#: Share of `deadlock_timeout` that one wait may take: a reader that came during it has not yet looked for deadlocks.
_SHARE_OF_ONE_WAIT: Final = 0.7

#: For how long one attempt may keep readers waiting: at first, and at last, when shorter ones did not do, in seconds.
_FIRST_ATTEMPT_SECONDS: Final = 1.0
_LAST_ATTEMPT_SECONDS: Final = 10.0

_OWNERS: Final = """
    SELECT name, quote_ident(pg_get_userbyid(relowner))
    FROM unnest(%s::text[]) AS name JOIN pg_class ON pg_class.oid = name::regclass
"""

_BUSY: Final = """
    WITH others AS (
        SELECT pid, relation, granted FROM pg_locks WHERE locktype = 'relation' AND pid <> pg_backend_pid()
    )
    SELECT view,
           bool_or(pid IN (SELECT pid FROM others WHERE NOT granted) AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))
    FROM others JOIN unnest(%s::text[]) AS view ON view::regclass = relation
    WHERE granted
    GROUP BY view
"""

#: What a wait ends with: of its own, or because PostgreSQL found a deadlock.
_IN_USE: Final = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


class ViewsInUseError(Exception):
    """Readers did not let go of the views in time.

    Args:
        held_by_waiting: views held by readers that waited for us, on which we would have waited in turn.
    """

    def __init__(self, held_by_waiting: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self.held_by_waiting = held_by_waiting


def with_all_locked(
    connection: psycopg.Connection, views: Sequence[str], action: Callable[[], None], *, patience_seconds: float
) -> None:
    """Do something in one transaction in which nobody else reads any of some views.

    Args:
        views: their names, quoted for SQL.
        action: done when all are locked; the transaction is committed after it.
        patience_seconds: how long to try again while readers keep views in use.

    Raises:
        ViewsInUseError: they did so for all that time; nothing was done.
    """
    setting = connection.execute("SELECT setting::int FROM pg_settings WHERE name = 'deadlock_timeout'").fetchone()
    wait_seconds = max(0.05, (setting[0] if setting else 1000) / 1000 * _SHARE_OF_ONE_WAIT)
    deadline = time.monotonic() + patience_seconds
    attempt_seconds = _FIRST_ATTEMPT_SECONDS
    first: frozenset[str] = frozenset()
    while True:
        began = time.monotonic()
        try:
            with connection.transaction():
                _lock_all(connection, views, first, wait_seconds, until=min(began + attempt_seconds, deadline))
                action()
            return
        except (ViewsInUseError, *_IN_USE) as error:
            now = time.monotonic()
            if now >= deadline:
                raise ViewsInUseError from error
            first = error.held_by_waiting if isinstance(error, ViewsInUseError) else frozenset()
            # Readers that waited for us get as long as we had; chance keeps two of us from meeting again.
            time.sleep(min(deadline - now, max(0.1, now - began) * random.uniform(0.5, 1)))
            attempt_seconds = min(attempt_seconds * 2, _LAST_ATTEMPT_SECONDS)


def _lock_all(
    connection: psycopg.Connection, views: Sequence[str], first: frozenset[str], wait_seconds: float, *, until: float
) -> None:
    owners = dict(connection.execute(_OWNERS, [list(views)]).fetchall())
    missing = set(owners)
    while missing and not _lock(connection, {view: owners[view] for view in missing}, 0):
        if (left := until - time.monotonic()) <= 0:
            raise ViewsInUseError
        busy = _busy_of(connection, missing)
        if not busy:
            continue
        # Readers that begin with the one we wait for queue there, holding none of the others. With which one they
        # begin is told by those that were in the way of the last attempt, or by chance.
        view = random.choice(sorted(busy & first) or sorted(busy))
        # Who holds nothing is in no deadlock, and can keep its place before new readers.
        holds_nothing = len(missing) == len(owners)
        if _lock(connection, {view: owners[view]}, max(wait_seconds, left) if holds_nothing else wait_seconds):
            missing.discard(view)


def _busy_of(connection: psycopg.Connection, missing: set[str]) -> set[str]:
    """Those of the missing views that somebody reads.

    Raises:
        ViewsInUseError: a reader of one of them waits for us already, so that waiting for it would be a deadlock.
    """
    rows: list[tuple[str, bool]] = connection.execute(_BUSY, [sorted(missing)]).fetchall()
    if held_by_waiting := frozenset(view for view, is_waiting in rows if is_waiting):
        raise ViewsInUseError(held_by_waiting)
    return {view for view, _ in rows}


def _lock(connection: psycopg.Connection, owners: dict[str, str], wait_seconds: float) -> bool:
    """Whether views could be locked within a time for each; none of them is if not. Zero seconds: only at once."""
    # LOCK TABLE would lock what is below a view, too, one after the other: a wait while holding something. To give a
    # view to its owner changes nothing, and locks it alone.
    statements = [f"ALTER VIEW {view} OWNER TO {owner}" for view, owner in sorted(owners.items())]
    try:
        # A savepoint: what was locked before it stays so.
        with connection.transaction():
            connection.execute(f"SET LOCAL lock_timeout = {max(1, round(wait_seconds * 1000))}")
            connection.execute("; ".join(statements))
            connection.execute("SET LOCAL lock_timeout = 0")
    except psycopg.errors.LockNotAvailable:
        return False
    return True
