"""The views that readers of PostgreSQL know, and the one transaction that leads them all to another version.

A view that readers know keeps its name, its columns' order, its comments and the rights that somebody gave on it;
only the version behind it changes. A column that would go or change its type is refused, unless the home's promise to
its readers has a new major version. No reader sees an error or a mix of versions: all views are locked (see
`postgres_locks`) before any of them is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from models.ddl import quote_identifier, quote_text
from pipelines.publish.postgres_locks import ViewsInUseError, with_all_locked
from pipelines.publish.postgres_version import MARK, Version, type_of
from pipelines.publish.relations import READER_SCHEMAS, Relation
from pipelines.publish.target import PublishError

_OUR_VIEWS: Final = """
    SELECT view_schema.nspname, view.relname, attribute.attname, format_type(attribute.atttypid, attribute.atttypmod),
           col_description(view.oid, attribute.attnum), obj_description(view.oid, 'pg_class')
    FROM pg_class AS view
    JOIN pg_namespace AS view_schema ON view_schema.oid = view.relnamespace
    JOIN pg_attribute AS attribute ON attribute.attrelid = view.oid AND attribute.attnum > 0 AND NOT attisdropped
    WHERE view.relkind = 'v' AND view_schema.nspname = ANY(%(schemas)s)
      AND EXISTS (
        SELECT FROM pg_rewrite AS rule
        JOIN pg_depend AS dependency ON dependency.classid = 'pg_rewrite'::regclass AND dependency.objid = rule.oid
        JOIN pg_class AS source ON dependency.refclassid = 'pg_class'::regclass AND source.oid = dependency.refobjid
        JOIN pg_namespace AS source_schema ON source_schema.oid = source.relnamespace
        WHERE rule.ev_class = view.oid AND starts_with(source_schema.nspname, %(versions)s)
      )
    ORDER BY view_schema.nspname, view.relname, attribute.attnum
"""

_GRANTS: Final = """
    SELECT coalesce(quote_ident(grantee.rolname), 'PUBLIC'), granted.privilege_type, granted.is_grantable, NULL
    FROM pg_class, aclexplode(relacl) AS granted LEFT JOIN pg_roles AS grantee ON grantee.oid = granted.grantee
    WHERE pg_class.oid = %(view)s::regclass AND granted.grantee <> relowner
    UNION ALL
    SELECT coalesce(quote_ident(grantee.rolname), 'PUBLIC'), granted.privilege_type, granted.is_grantable, attname
    FROM pg_attribute, aclexplode(attacl) AS granted LEFT JOIN pg_roles AS grantee ON grantee.oid = granted.grantee
    WHERE attrelid = %(view)s::regclass AND attnum > 0
    ORDER BY 1, 2, 4 NULLS FIRST
"""

_HOLDERS: Final = """
    SELECT DISTINCT pid, coalesce(usename, '?'), coalesce(application_name, ''), xact_start
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE relation IN (SELECT pg_class.oid FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
                       WHERE nspname = ANY(%s))
      AND pid <> pg_backend_pid() AND granted
    ORDER BY xact_start
"""


@dataclass(frozen=True, slots=True)
class KnownView:
    """A view as readers know it now."""

    columns: dict[str, str]
    comments: dict[str | None, str]


class ReaderViews:
    """The views of `mart` and `meta`, under the home's prefix."""

    def __init__(self, connection: psycopg.Connection, prefix: str) -> None:
        self.connection, self.prefix = connection, prefix
        self.schemas = [prefix + schema for schema in READER_SCHEMAS]
        self.versions = f"{prefix}version_"
        self.known = self._read_known()

    def name_of(self, relation: Relation) -> str:
        """The view that readers know a relation by, quoted for SQL."""
        return f"{quote_identifier(self.prefix + relation.schema)}.{quote_identifier(relation.name)}"

    def require_ours(self, relations: Sequence[Relation]) -> None:
        """Check that nothing of somebody else's is in the way.

        Raises:
            PublishError: a schema or view of that name is not ours.
        """
        query = """
            SELECT nspname FROM pg_namespace
            WHERE nspname = ANY(%s) AND NOT starts_with(coalesce(obj_description(oid, 'pg_namespace'), ''), %s)
              AND EXISTS (SELECT FROM pg_class WHERE relnamespace = pg_namespace.oid)
        """
        strange = [row[0] for row in self.connection.execute(query, [self.schemas, MARK]).fetchall()]
        if strange:
            raise PublishError(
                f"The schema {strange[0]} is there already, and is not of a KPI warehouse. Set schema_prefix in "
                "[publish.postgresql], such as 'kpi_', or name another database."
            )
        query = """
            SELECT nspname, relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE nspname = ANY(%s)
        """
        taken = {(row[0], row[1]) for row in self.connection.execute(query, [self.schemas]).fetchall()}
        for relation in relations:
            name = (self.prefix + relation.schema, relation.name)
            if name in taken and name not in self.known:
                raise PublishError(
                    f"{'.'.join(name)} was made by somebody else, and is the name of a view to be published. Rename "
                    "it: "
                    f"ALTER VIEW {'.'.join(name)} RENAME TO ...; views of your own are better kept in a schema of "
                    "their own."
                )

    def breaking_changes(self, relations: Sequence[Relation]) -> list[str]:
        """What readers know and would miss, in words."""
        coming = {
            (self.prefix + relation.schema, relation.name): {
                column.name: type_of(column.type) for column in relation.columns
            }
            for relation in relations
        }
        changes = []
        for (schema, name), view in self.known.items():
            new = coming.get((schema, name))
            if new is None:
                changes.append(f"{schema}.{name} would go")
                continue
            for column, type_ in view.columns.items():
                if column not in new:
                    changes.append(f"{schema}.{name}.{column} would go")
                elif new[column] != type_:
                    changes.append(f"{schema}.{name}.{column} would change from {type_} to {new[column]}")
        return changes

    def switch_to(self, version: Version, state: str, *, reader_role: str | None, patience_seconds: float) -> None:
        """Lead all views to a version, and remember what is published, in one transaction.

        Args:
            state: comment of the schema `meta`.
            reader_role: role that may read all views; rights that others were given stay.
            patience_seconds: how long to try again while readers keep views in use.

        Raises:
            PublishError: readers did not let go of a view in time, or something was built on one that has to go.
        """
        statements = ";\n".join(self._statements(version, state, reader_role))
        views = [f"{quote_identifier(schema)}.{quote_identifier(name)}" for schema, name in self.known]
        try:
            with_all_locked(
                self.connection, views, lambda: self._execute(statements), patience_seconds=patience_seconds
            )
        except psycopg.errors.DependentObjectsStillExist as error:
            raise PublishError(
                f"{str(error).splitlines()[0]}: {error.diag.message_detail}. Drop what was built on it, publish, "
                "and build it anew; readers see the old publication."
            ) from error
        except ViewsInUseError as error:
            raise PublishError(self._who_holds(patience_seconds)) from error

    def _execute(self, statements: str) -> None:
        self.connection.execute(statements)

    def _read_known(self) -> dict[tuple[str, str], KnownView]:
        views: dict[tuple[str, str], KnownView] = {}
        given = {"schemas": self.schemas, "versions": self.versions}
        for schema, name, column, type_, comment, view_comment in self.connection.execute(_OUR_VIEWS, given).fetchall():
            view = views.setdefault((schema, name), KnownView({}, {None: view_comment or ""}))
            view.columns[column] = type_
            view.comments[column] = comment or ""
        return views

    def _statements(self, version: Version, state: str, reader_role: str | None) -> list[str]:
        statements = [f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(schema)}" for schema in self.schemas]
        coming = {(self.prefix + relation.schema, relation.name) for relation in version.relations}
        for schema, name in self.known:
            if (schema, name) not in coming:
                statements.append(f"DROP VIEW {quote_identifier(schema)}.{quote_identifier(name)}")
        for relation in version.relations:
            statements += self._view_statements(version, relation)
        if reader_role:
            role = quote_identifier(reader_role)
            statements += [f"GRANT USAGE ON SCHEMA {quote_identifier(schema)} TO {role}" for schema in self.schemas]
            names = ", ".join(map(self.name_of, version.relations))
            statements.append(f"GRANT SELECT ON {names} TO {role}")
        comments = dict(zip(self.schemas, (f"{MARK}: KPIs, and the facts behind them", state), strict=True))
        statements += [
            f"COMMENT ON SCHEMA {quote_identifier(schema)} IS {quote_text(text)}" for schema, text in comments.items()
        ]
        return statements

    def _view_statements(self, version: Version, relation: Relation) -> list[str]:
        known = self.known.get((self.prefix + relation.schema, relation.name))
        new = {column.name: type_of(column.type) for column in relation.columns}
        name = self.name_of(relation)
        statements: list[str] = []
        restored: list[str] = []
        if known is not None and any(new.get(column) != type_ for column, type_ in known.columns.items()):
            restored = self._grants_on(name, new)
            statements.append(f"DROP VIEW {name}")
            known = None
        # Whoever reads by position finds what was there where it was; what is new comes last.
        order = [
            *(known.columns if known else ()),
            *(column for column in new if not known or column not in known.columns),
        ]
        columns = ", ".join(map(quote_identifier, order))
        source = version.name_of(relation.schema, relation.name)
        statements.append(f"CREATE OR REPLACE VIEW {name} AS SELECT {columns} FROM {source}")
        told = known.comments if known else {}
        if told.get(None) != relation.meaning:
            statements.append(f"COMMENT ON VIEW {name} IS {quote_text(relation.meaning)}")
        statements += [
            f"COMMENT ON COLUMN {name}.{quote_identifier(column.name)} IS {quote_text(column.meaning)}"
            for column in relation.columns
            if told.get(column.name) != column.meaning
        ]
        return [*statements, *restored]

    def _grants_on(self, name: str, columns: dict[str, str]) -> list[str]:
        """Statements that give again what was granted on a view that has to be made anew."""
        rows: list[tuple[Any, ...]] = self.connection.execute(_GRANTS, {"view": name}).fetchall()
        statements = []
        for grantee, privilege, is_grantable, column in rows:
            if column is None or column in columns:
                of_column = f" ({quote_identifier(column)})" if column else ""
                option = " WITH GRANT OPTION" if is_grantable else ""
                statements.append(f"GRANT {privilege}{of_column} ON {name} TO {grantee}{option}")
        return statements

    def _who_holds(self, patience_seconds: float) -> str:
        holders = self.connection.execute(_HOLDERS, [self.schemas]).fetchall()
        told = "; ".join(
            f"{user}{f' ({application})' if application else ''}, process {pid}, since {since:%Y-%m-%d %H:%M:%S %Z}"
            if since
            else f"{user}, process {pid}"
            for pid, user, application, since in holders
        )
        return (
            f"Readers kept the views in use for {patience_seconds:g} seconds, so they could not be switched: "
            f"{told or 'many short queries'}. They see the old publication; the next run tries again. A tool that "
            "keeps a transaction open between its queries should commit, or read with autocommit."
        )
