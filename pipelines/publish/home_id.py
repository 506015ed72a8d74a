"""Which home a publication is of: an id that is kept in the build database, and told with everything that is published.

Names do not tell homes apart, for two of one company are easily called alike; where both publish to one place, each
would take the other's numbers away. What is to be done about that is for the targets.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import duckdb
import polars as pl

from models.ops import ops_home
from pipelines.home import Home
from pipelines.session import Session


def home_id_of(session: Session) -> str:
    """The id of the home; where its build database has none yet, that of what it published, or a new one.

    A build database may be deleted and built again: the home is the same one.
    """
    found = session.warehouse.rows("SELECT home_id FROM ops.ops_home")
    if found:
        return str(found[0][0])
    home_id = _published_id(session.project.home) or uuid4().hex
    record = {"home_id": home_id, "known_since_at": datetime.now(UTC)}
    session.warehouse.append(ops_home, pl.DataFrame([record]))
    return home_id


def _published_id(home: Home) -> str | None:
    """The id in the home's published file. Where a link leads out of the home, the file may be another one's."""
    file = home.published_file.resolve()
    if not file.is_relative_to(home.folder.resolve()):
        return None
    try:
        with duckdb.connect(str(file), read_only=True) as connection:
            found = connection.execute("SELECT home_id FROM meta.run").fetchall()
    except duckdb.Error:
        # There is none, or an earlier version of this program wrote it.
        return None
    return found[0][0] if found else None
