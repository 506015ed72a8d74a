"""The target `postgresql`: what Looker, Tableau, Power BI and every driver speak natively.

A publication is loaded into a schema of its own, and views that readers know are led to it in one transaction. Old
versions go later. Metrics and facts are those of the built file, row by row; the gate's verdict was respected when
that was gathered.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

import psycopg

from models.ddl import quote_identifier
from pipelines.home import PostgresqlSection
from pipelines.publish.postgres_address import Address, address_of, connected
from pipelines.publish.postgres_version import (
    MARK,
    Version,
    create_version,
    drop_version,
    finish_version,
    load_version,
)
from pipelines.publish.postgres_views import ReaderViews
from pipelines.publish.relations import Relation, read_relations, reading
from pipelines.publish.target import Build, PublishError


@dataclass(frozen=True, slots=True)
class PublishedState:
    """What a database holds, as the comment of its schema `meta` says."""

    home_name: str
    publication_id: str
    content_hash: str
    version: str
    schema: str
    view_count: int
    #: None in what an earlier version of this program published.
    home_id: str | None = None

    def as_comment(self) -> str:
        """The comment."""
        return f"{MARK}: {json.dumps(asdict(self), ensure_ascii=False)}"


class PostgresDatabase:
    """The target `postgresql` of one home."""

    name: Final = "postgresql"

    def __init__(self, settings: PostgresqlSection, *, home_name: str, home_id: str, version: str, keep: int) -> None:
        self._settings, self._home_name, self._home_id = settings, home_name, home_id
        self._version, self._keep = version, keep

    @property
    def place(self) -> str:
        """The database, without a password."""
        try:
            return self._address.place
        except PublishError:
            return "postgresql, whose address is not known"

    @property
    def options(self) -> tuple[str, ...]:
        """Place, prefix and reader: another of them gets the same content anew."""
        return (self.place, self._settings.schema_prefix, self._settings.reader_role or "")

    @property
    def _address(self) -> Address:
        return address_of(self._settings.url)

    def holds(self, publication_id: str) -> bool:
        """Whether readers of the database see that publication, with all its views."""
        with connected(self._address) as connection:
            state = read_state(connection, self._settings.schema_prefix)
            views = ReaderViews(connection, self._settings.schema_prefix)
            return state is not None and state.publication_id == publication_id and state.view_count == len(views.known)

    def write(self, build: Build) -> None:
        """Load the publication, then switch readers to it."""
        address = self._address
        prefix = self._settings.schema_prefix
        with connected(address) as connection, take_turn(connection, prefix):
            with reading(build.file) as built:
                relations = read_relations(built)
            views = ReaderViews(connection, prefix)
            state = read_state(connection, prefix)
            self._require_welcome(connection, views, state, relations)
            publication = build.publication
            schema = f"{views.versions}{publication.publication_id.lower().replace('-', '_')}"
            version = Version(schema, relations)
            _drop_unfinished(connection, views, state)
            create_version(connection, version, publication.publication_id)
            try:
                load_version(address, version, build.file)
                finish_version(connection, version)
                new = PublishedState(
                    self._home_name,
                    publication.publication_id,
                    publication.content_hash,
                    self._version,
                    schema,
                    len(relations),
                    self._home_id,
                )
                views.switch_to(
                    version,
                    new.as_comment(),
                    reader_role=self._settings.reader_role,
                    patience_seconds=self._settings.patience_seconds,
                )
            except PublishError:
                drop_version(connection, schema)
                raise
            _drop_old(connection, views, schema, self._keep)

    def _require_welcome(
        self,
        connection: psycopg.Connection,
        views: ReaderViews,
        state: PublishedState | None,
        relations: list[Relation],
    ) -> None:
        """Check that readers would keep what they were promised, before anything is loaded."""
        views.require_ours(relations)
        if state is not None:
            self._require_own(views.schemas[-1], state)
        role = self._settings.reader_role
        if role and not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchall():
            raise PublishError(
                f"The reader_role '{role}' of [publish.postgresql] does not exist in {self.place}. Somebody who may "
                f"make roles runs: CREATE ROLE {quote_identifier(role)};"
            )
        changes = views.breaking_changes(relations)
        before = state.version if state else self._version
        if changes and _major(self._version) <= _major(before):
            shown = "; ".join(changes[:10]) + (f"; and {len(changes) - 10} more" if len(changes) > 10 else "")
            raise PublishError(
                f"Readers of {self.place} would miss what they were promised: {shown}. They see the old publication. "
                "If it is "
                f"meant, tell them, and raise the first number of version in [publish] of kpi.toml above {before}."
            )

    def _require_own(self, meta: str, state: PublishedState) -> None:
        """Check that what the database holds is this home's, or may be replaced by it.

        Args:
            meta: schema with the note on what it holds.
        """
        if state.home_id in (self._home_id, self._settings.take_over_from) and state.home_id is not None:
            return
        if state.home_id is None and state.home_name == self._home_name:
            return
        whose = f"the home '{state.home_name}', and this one is '{self._home_name}'"
        if state.home_name == self._home_name:
            whose = f"another home, which is called '{state.home_name}' as this one is"
        remedy = (
            f"If this home was renamed, run COMMENT ON SCHEMA {meta} IS '{MARK}'; there, and then this again."
            if state.home_id is None
            else "If this home is to take the place of that one, whose readers then see this one's numbers, write "
            f'take_over_from = "{state.home_id}" into [publish.postgresql], and run again.'
        )
        raise PublishError(
            f"{self.place} holds the publications of {whose}. The latest there is {state.publication_id}, and stays. "
            "Two homes in one database need a schema_prefix each in [publish.postgresql] of kpi.toml, or a database "
            f"each. {remedy}"
        )


def read_state(connection: psycopg.Connection, prefix: str) -> PublishedState | None:
    """What the database says that it holds; None if nothing, or if somebody took the note away."""
    query = "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s"
    found: Any = connection.execute(query, [f"{prefix}meta"]).fetchone()
    comment = str(found[0]) if found and found[0] else ""
    if not comment.startswith(f"{MARK}: {{"):
        return None
    told = json.loads(comment.removeprefix(f"{MARK}: "))
    # A later version may tell more.
    return PublishedState(**{field.name: told[field.name] for field in fields(PublishedState) if field.name in told})


def _major(version: str) -> int:
    return int(version.partition(".")[0])


@contextmanager
def take_turn(connection: psycopg.Connection, prefix: str) -> Iterator[None]:
    """Keep others from publishing under this prefix meanwhile, and at the latest while the connection lasts."""
    lock = [f"{MARK}: {prefix}"]
    taken: Any = connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", lock).fetchone()
    if not taken[0]:
        raise PublishError(
            "Another run is publishing to this database at this moment. Readers see the old publication; the next "
            "run tries again."
        )
    try:
        yield
    finally:
        # The server may notice later that the connection ended, and would send the next run away until then.
        with suppress(psycopg.Error):
            connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", lock)


def _version_schemas(connection: psycopg.Connection, views: ReaderViews) -> list[str]:
    """Our versions' schemas, the oldest first: their names begin with the instant of the run."""
    query = """
        SELECT nspname FROM pg_namespace
        WHERE starts_with(nspname, %s) AND starts_with(coalesce(obj_description(oid, 'pg_namespace'), ''), %s)
        ORDER BY nspname
    """
    return [str(row[0]) for row in connection.execute(query, [views.versions, MARK]).fetchall()]


def _drop_unfinished(connection: psycopg.Connection, views: ReaderViews, state: PublishedState | None) -> None:
    """Drop what a run that was killed had loaded, and readers never saw."""
    for schema in _version_schemas(connection, views):
        if state is None or schema > state.schema:
            drop_version(connection, schema)


def _drop_old(connection: psycopg.Connection, views: ReaderViews, current: str, keep: int) -> None:
    """Drop versions beyond those that stay. One that somebody still reads goes after a later publication."""
    older = [schema for schema in _version_schemas(connection, views) if schema != current]
    for schema in older[: max(0, len(older) - (keep - 1))]:
        drop_version(connection, schema)
