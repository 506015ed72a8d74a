"""The target `postgresql` on a real server: what the file has, and never less than promised."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
import psycopg.sql
import pytest
from demo_homes import DemoHome, states
from hypothesis import given, settings
from hypothesis import strategies as st
from postgres_servers import OWNER, PASSWORD
from postgres_targets import build_of, change, published_id, schemas, target_of, versions

from data_contracts.documents import DocumentError
from pipelines.home import PostgresqlSection
from pipelines.publish.postgres import PostgresDatabase, take_turn
from pipelines.publish.postgres_address import address_of
from pipelines.publish.postgres_version import Version, create_version, drop_version, load_version, type_of
from pipelines.publish.relations import PublishedColumn, Relation, read_relations, reading
from pipelines.publish.target import PublishError
from pipelines.sample.defects import DEFECTS

if TYPE_CHECKING:
    import postgres_servers
    from conftest import CleanRun

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("postgres"), pytest.mark.usefixtures("postgresql_password")]


def test_readers_find_what_the_file_has_to_the_last_digit(
    clean: DemoHome, postgres: postgres_servers.PostgresDatabase
) -> None:
    """By a run of the whole pipeline, with the address in kpi.toml."""
    text = clean.publish_to("duckdb", "postgresql").home.settings_file.read_text(encoding="utf-8")
    text = text.replace("[publish.postgresql]\n", f'[publish.postgresql]\nurl = "{postgres.url}"\n')
    clean.home.settings_file.write_text(text, encoding="utf-8")
    outcome = clean.run()
    assert states(outcome)["published_postgresql"] == "built"
    with reading(clean.home.published_file) as file:
        relations = read_relations(file)
        assert len(relations) >= 150
        with postgres.connect(options="-c timezone=UTC") as connection:
            for relation in relations:
                columns = ", ".join(f'"{column.name}"' for column in relation.columns)
                query = f"SELECT {columns} FROM {relation.schema}.{relation.name}"
                cursor = connection.execute(query)
                found = sorted(map(repr, map(_comparable, cursor.fetchall())))
                expected = sorted(map(repr, map(_comparable, file.execute(query).fetchall())))
                assert found == expected, relation.full_name
        assert (
            postgres.rows("SELECT content_hash FROM meta.run")
            == file.execute("SELECT content_hash FROM meta.run").fetchall()
        )
    described = {
        (schema, table, column): (type_, comment)
        for schema, table, column, type_, comment in postgres.rows(
            """
            SELECT nspname, relname, attname, format_type(atttypid, atttypmod), col_description(pg_class.oid, attnum)
            FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
            JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE nspname IN ('mart', 'meta') AND relkind = 'v' AND attnum > 0
            """
        )
    }
    assert described == {
        (relation.schema, relation.name, column.name): (type_of(column.type), column.meaning)
        for relation in relations
        for column in relation.columns
    }
    meanings = postgres.rows(
        """
        SELECT nspname, relname, obj_description(pg_class.oid) FROM pg_class
        JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname IN ('mart', 'meta')
        """
    )
    assert {tuple(row) for row in meanings} == {
        (relation.schema, relation.name, relation.meaning) for relation in relations
    }
    again = clean.run()
    assert set(states(again).values()) == {"unchanged"}
    ((location,),) = clean.warehouse("SELECT location FROM ops.ops_publications WHERE target = 'postgresql'")
    assert location == postgres.url.replace(f"{OWNER}@", "")


def test_what_the_gate_holds_keeps_its_last_good_values_there_too(
    clean: DemoHome, postgres: postgres_servers.PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_POSTGRESQL_URL", postgres.url)
    clean.publish_to("duckdb", "postgresql").run()
    values = "SELECT period_start_date, value FROM mart.kpi_cost_per_transaction_reporting ORDER BY ALL"
    values = values.replace("ORDER BY ALL", "WHERE dimension = 'overall' ORDER BY period_grain, period_start_date")
    before = postgres.rows(values)
    assert any(value is not None for _, value in before)
    DEFECTS["conflicting_fx_rate"].apply(clean.landing)
    outcome = clean.run()
    assert outcome.held
    assert states(outcome)["published_postgresql"] == "built"
    assert postgres.rows(values) == before
    held = "SELECT metric, held_reason, publication_state FROM meta.metrics ORDER BY metric"
    assert postgres.rows(held) == clean.published(held)
    (told,) = [row for row in postgres.rows(held) if row[0] == "cost_per_transaction_reporting"]
    assert told[2] == "held"
    assert "fx_rates.rate_date_and_pair.unique" in told[1]
    ((is_held,),) = postgres.rows("SELECT DISTINCT is_held FROM mart.kpi_cost_per_transaction_reporting")
    assert is_held is True


def _comparable(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row with instants in one time zone object; numbers stay what they are."""
    return tuple(value.astimezone(UTC) if isinstance(value, datetime) else value for value in row)


def test_tables_behind_the_views_have_primary_keys_and_comments(
    clean_run: CleanRun, postgres: postgres_servers.PostgresDatabase
) -> None:
    target_of(postgres).write(build_of(clean_run.demo.home.published_file))
    tables = postgres.rows(
        """
        SELECT relname, EXISTS (SELECT FROM pg_constraint WHERE conrelid = pg_class.oid AND contype = 'p'),
               obj_description(pg_class.oid)
        FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname LIKE 'version_%' AND relkind = 'r'
        """
    )
    keyless = {name for name, has_key, _ in tables if not has_key}
    # Rows of these have breakdowns that may be empty, and a key must not be.
    assert keyless == {"ticket_day_facts", "vendor_concentration", "vendor_rate_card_variance"}
    assert all(comment for _, _, comment in tables)


def test_a_view_keeps_its_rights_its_dependents_and_its_order_of_columns(
    file: Path, postgres: postgres_servers.PostgresDatabase
) -> None:
    postgres.execute("CREATE ROLE reader_of_test LOGIN; CREATE ROLE auditor_of_test LOGIN; CREATE SCHEMA own")
    target = target_of(postgres, reader_role="reader_of_test")
    target.write(build_of(file))
    postgres.execute(
        """
        GRANT USAGE ON SCHEMA mart TO auditor_of_test;
        GRANT SELECT ON mart.vendor_scorecards TO auditor_of_test;
        GRANT SELECT (ticket_id, team) ON mart.ticket_facts TO auditor_of_test;
        CREATE VIEW own.tickets AS SELECT team, count(*) AS tickets FROM mart.ticket_facts GROUP BY team;
        """
    )
    before = postgres.rows("SELECT * FROM own.tickets ORDER BY 1")
    # The next publication has a new column, in the middle, and more rows.
    change(
        file,
        "ALTER TABLE core.fct_tickets ADD COLUMN is_major BOOLEAN DEFAULT true",
        _with_column_in_the_middle(file),
    )
    target.write(build_of(file, 2))
    assert published_id(postgres) == build_of(file, 2).publication.publication_id
    columns = postgres.rows("SELECT * FROM mart.ticket_facts LIMIT 1", user="reader_of_test")
    assert columns[0][-1] is True, "a new column comes last, wherever the file has it"
    assert postgres.rows("SELECT * FROM own.tickets ORDER BY 1") == before
    assert postgres.rows("SELECT count(*) FROM mart.vendor_scorecards", user="auditor_of_test")[0][0] > 0
    assert postgres.rows("SELECT ticket_id, team FROM mart.ticket_facts", user="auditor_of_test")
    for query, user in (
        ("SELECT source FROM mart.ticket_facts", "auditor_of_test"),
        ("SELECT count(*) FROM mart.metric_values", "auditor_of_test"),
        (f"SELECT count(*) FROM {versions(postgres)[0]}.ticket_facts", "reader_of_test"),
        ("DELETE FROM mart.metric_values", "reader_of_test"),
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            postgres.rows(query, user=user)
    # keep = 1: the version before is gone.
    assert versions(postgres) == ["version_20260101t000002_abcdef_12345678"]


def _with_column_in_the_middle(file: Path) -> str:
    with duckdb.connect(str(file), read_only=True) as connection:
        ((text,),) = connection.execute("SELECT sql FROM duckdb_views() WHERE view_name = 'ticket_facts'").fetchall()
    return (
        str(text)
        .replace("CREATE VIEW", "CREATE OR REPLACE VIEW")
        .replace("SELECT ticket_id,", "SELECT ticket_id, is_major,")
    )


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            (
                "CREATE OR REPLACE VIEW mart.aging_work AS "
                "SELECT ticket_id, team FROM core.fct_tickets WHERE NOT is_done AND NOT is_cancelled"
            ),
            "mart.aging_work.age_calendar_days would go",
        ),
        (
            (
                "CREATE OR REPLACE VIEW mart.vendor_rates AS "
                "SELECT * REPLACE (unit_price_original::DOUBLE AS unit_price_original) FROM core.fct_vendor_rates"
            ),
            "mart.vendor_rates.unit_price_original would change from numeric(18,8) to double precision",
        ),
        ("DROP VIEW mart.sla_at_risk", "mart.sla_at_risk would go"),
    ],
)
def test_what_readers_were_promised_goes_only_with_a_new_major_version(
    file: Path, postgres: postgres_servers.PostgresDatabase, statement: str, told: str
) -> None:
    postgres.execute("CREATE ROLE reader_of_test LOGIN; CREATE ROLE auditor_of_test LOGIN")
    target_of(postgres, reader_role="reader_of_test").write(build_of(file))
    postgres.execute(
        """
        GRANT USAGE ON SCHEMA mart TO auditor_of_test;
        GRANT SELECT ON ALL TABLES IN SCHEMA mart TO auditor_of_test;
        """
    )
    view = told.split(" ")[0].split(".")[1]
    before = postgres.rows(f"SELECT * FROM mart.{view} ORDER BY 1, 2")
    change(file, statement)
    for version in ("1.0.0", "1.9.0"):
        with pytest.raises(PublishError) as refused:
            target_of(postgres, version).write(build_of(file, 2))
        assert told in str(refused.value)
        assert "above 1.0.0" in str(refused.value)
    assert postgres.rows(f"SELECT * FROM mart.{view} ORDER BY 1, 2") == before
    assert len(versions(postgres)) == 1
    target_of(postgres, "2.0.0", reader_role="reader_of_test").write(build_of(file, 2))
    if statement.startswith("DROP"):
        with pytest.raises(psycopg.errors.UndefinedTable):
            postgres.rows(f"SELECT * FROM mart.{view}")
    else:
        found = postgres.rows(f"SELECT * FROM mart.{view}", user="auditor_of_test")
        assert len(found) == len(before)
        assert found != before
    # And from then on the new promise holds.
    with pytest.raises(PublishError, match=r"above 2\.0\.0"):
        change(file, "DROP VIEW mart.vendor_rates")
        target_of(postgres, "2.1.0").write(build_of(file, 3))


def test_a_view_that_something_was_built_on_does_not_go_even_then(
    file: Path, postgres: postgres_servers.PostgresDatabase
) -> None:
    target_of(postgres).write(build_of(file))
    postgres.execute("CREATE SCHEMA own; CREATE VIEW own.risk AS SELECT * FROM mart.sla_at_risk")
    change(file, "DROP VIEW mart.sla_at_risk")
    with pytest.raises(PublishError, match=r"view own\.risk depends on view mart\.sla_at_risk"):
        target_of(postgres, "2.0.0").write(build_of(file, 2))
    postgres.rows("SELECT count(*) FROM own.risk")
    assert versions(postgres) == ["version_20260101t000001_abcdef_12345678"]


def test_what_a_killed_run_left_is_cleared_away(file: Path, postgres: postgres_servers.PostgresDatabase) -> None:
    target = target_of(postgres)
    target.write(build_of(file))
    with reading(file) as built, postgres.connect(autocommit=True) as connection:
        left = Version("version_20260101t000002_dead00_12345678", read_relations(built))
        create_version(connection, left, "left")
    target.write(build_of(file, 3))
    assert versions(postgres) == ["version_20260101t000003_abcdef_12345678"]


def test_two_runs_do_not_publish_at_once(file: Path, postgres: postgres_servers.PostgresDatabase) -> None:
    with postgres.connect() as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended('KPI warehouse: ', 0))")
        with pytest.raises(PublishError, match="Another run is publishing"):
            target_of(postgres).write(build_of(file))
    target_of(postgres).write(build_of(file))


def test_nothing_of_anybody_else_is_touched(file: Path, postgres: postgres_servers.PostgresDatabase) -> None:
    postgres.execute("CREATE SCHEMA mart; CREATE TABLE mart.metric_values (a int)")
    with pytest.raises(PublishError, match=r"schema mart is there already.*schema_prefix"):
        target_of(postgres).write(build_of(file))
    target_of(postgres, schema_prefix="kpi_").write(build_of(file))
    assert postgres.rows("SELECT count(*) FROM mart.metric_values") == [(0,)]
    assert postgres.rows("SELECT count(*) FROM kpi_mart.metric_values")[0][0] > 0
    assert schemas(postgres) == ["kpi_mart", "kpi_meta", "kpi_version_20260101t000001_abcdef_12345678", "mart"]
    # A view of the reader's own, in our schema, under a name that comes later.
    postgres.execute("CREATE VIEW kpi_mart.news AS SELECT 1 AS a")
    target_of(postgres, schema_prefix="kpi_").write(build_of(file, 2))
    change(file, "CREATE VIEW mart.news AS SELECT 2 AS a")
    with pytest.raises(PublishError, match=r"kpi_mart\.news was made by somebody else"):
        target_of(postgres, schema_prefix="kpi_").write(build_of(file, 3))
    assert postgres.rows("SELECT a FROM kpi_mart.news") == [(1,)]


def test_a_turn_is_over_before_the_connection_is(postgres: postgres_servers.PostgresDatabase) -> None:
    """A server may hold the session for a moment after its client left, and the next run was sent away meanwhile."""
    with postgres.connect(autocommit=True) as first, postgres.connect(autocommit=True) as second:
        with take_turn(first, ""), pytest.raises(PublishError, match="Another run"), take_turn(second, ""):
            pass
        with take_turn(second, ""):
            pass


def test_a_lost_view_is_published_again(file: Path, postgres: postgres_servers.PostgresDatabase) -> None:
    target, build = target_of(postgres), build_of(file)
    assert not target.holds(build.publication.publication_id)
    target.write(build)
    assert target.holds(build.publication.publication_id)
    assert not target.holds("another")
    postgres.execute("DROP VIEW mart.sla_at_risk")
    assert not target.holds(build.publication.publication_id)


def test_a_server_that_does_not_answer_keeps_nobody_else_from_publishing(
    clean: DemoHome, postgres: postgres_servers.PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean.publish_to("duckdb", "parquet", "postgresql")
    clean.home.published_file.unlink()
    monkeypatch.setenv("KPI_POSTGRESQL_URL", f"postgresql://{OWNER}:secret@127.0.0.1:1/nowhere")
    monkeypatch.delenv("KPI_POSTGRESQL_PASSWORD")
    outcome = clean.run()
    (failed,) = outcome.failed
    assert "postgresql://127.0.0.1:1/nowhere cannot be reached" in failed.note
    assert "secret" not in failed.note
    assert states(outcome)["published_duckdb"] == "built"
    assert "secret" not in str(clean.warehouse("SELECT * FROM ops.ops_runs"))
    # The next run catches up, and only there.
    monkeypatch.setenv("KPI_POSTGRESQL_URL", postgres.url)
    monkeypatch.setenv("KPI_POSTGRESQL_PASSWORD", PASSWORD)
    again = states(clean.run())
    assert again["published_postgresql"] == "built"
    assert {again["published_duckdb"], again["published_parquet"]} == {"unchanged"}


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("postgresql://{owner}:wrong@127.0.0.1:{port}/{name}", "Set KPI_POSTGRESQL_PASSWORD"),
        ("postgresql://{owner}@127.0.0.1:{port}/{name}", "Set KPI_POSTGRESQL_PASSWORD"),
        ("postgresql://{owner}:{password}@127.0.0.1:{port}/nowhere", "Make it, or correct the address"),
        ("postgresql+psycopg://{owner}@127.0.0.1/{name}", "KPI_POSTGRESQL_URL is not the address"),
        ("postgresql://{owner}@127.0.0.1:port/{name}", "KPI_POSTGRESQL_URL is not the address|invalid"),
    ],
)
def test_a_wrong_address_says_what_to_do_and_no_password(
    file: Path,
    postgres: postgres_servers.PostgresDatabase,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    told: str,
) -> None:
    given_address = address.format(
        owner=OWNER, port=postgres.server.port, name=postgres.name, password=PASSWORD.replace(" ", "%20")
    )
    monkeypatch.delenv("KPI_POSTGRESQL_PASSWORD")
    monkeypatch.setenv("PGPASSFILE", os.devnull)
    monkeypatch.setenv("KPI_POSTGRESQL_URL", given_address)
    with pytest.raises(PublishError, match=told) as failed:
        target_of(postgres).write(build_of(file))
    assert "wrong" not in str(failed.value)
    assert PASSWORD not in str(failed.value)


def test_rights_that_are_missing_are_named(file: Path, postgres: postgres_servers.PostgresDatabase) -> None:
    postgres.execute(f"CREATE ROLE writer_of_test LOGIN PASSWORD '{PASSWORD}'")
    url = postgres.server.url(postgres.name, "writer_of_test")
    target = PostgresDatabase(PostgresqlSection(url=url), home_name="Test", home_id="home-1", version="1.0.0", keep=1)
    with pytest.raises(PublishError, match="GRANT CREATE ON DATABASE"):
        target.write(build_of(file))
    postgres.execute(f"GRANT CREATE ON DATABASE {postgres.name} TO writer_of_test")
    target.write(build_of(file))
    with pytest.raises(PublishError, match=r"reader_role 'nobody' .* CREATE ROLE \"nobody\""):
        target_of(postgres, reader_role="nobody").write(build_of(file, 2))


def test_a_password_in_kpi_toml_is_refused_without_showing_it(never_run: DemoHome) -> None:
    settings_file = never_run.home.settings_file
    text = settings_file.read_text(encoding="utf-8")
    for url in ("postgresql://kpi:hunter2@db/analytics", "postgresql://kpi@db/analytics?password=hunter2"):
        settings_file.write_text(
            text.replace("[publish.postgresql]\n", f'[publish.postgresql]\nurl = "{url}"\n'), encoding="utf-8"
        )
        with pytest.raises(DocumentError) as refused:
            _ = never_run.home.settings
        assert "KPI_POSTGRESQL_PASSWORD" in str(refused.value)
        assert "hunter2" not in str(refused.value)


_DECIMALS = st.decimals(min_value=-(10**14) + 1, max_value=10**14 - 1, places=4)
_RATES = st.decimals(min_value=-(10**10) + 1, max_value=10**10 - 1, places=8)
_INSTANTS = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
_TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
_ROW = st.tuples(
    st.none() | _DECIMALS,
    st.none() | _RATES,
    st.none() | _INSTANTS,
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.floats(allow_nan=False),
    st.none() | _TEXTS,
    st.none() | st.booleans(),
    st.none() | st.dates(),
)
_TYPES = (
    "DECIMAL(18,4)", "DECIMAL(18,8)", "TIMESTAMP WITH TIME ZONE", "BIGINT", "DOUBLE", "VARCHAR", "BOOLEAN", "DATE"
)  # fmt: skip


@pytest.fixture(scope="module")
def round_trip(
    postgres_server: postgres_servers.PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """Rows through a built file and ADBC into PostgreSQL, and back by psycopg."""
    from postgres_servers import new_database

    folder = tmp_path_factory.mktemp("rows")
    columns = tuple(PublishedColumn(f"c{number}", type_, "") for number, type_ in enumerate(_TYPES))
    relation = Relation("mart", "rows", "", (PublishedColumn("n", "BIGINT", ""), *columns), ("n",), is_view=False)
    declared = ", ".join(f"{column.name} {column.type}" for column in relation.columns)
    with new_database(postgres_server) as database, database.connect(autocommit=True) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        address = replace(address_of(database.url, {"KPI_POSTGRESQL_PASSWORD": PASSWORD}))

        def send(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
            file = folder / "rows.duckdb"
            file.unlink(missing_ok=True)
            with duckdb.connect(str(file)) as built:
                built.execute("SET TimeZone = 'UTC'")
                built.execute(f"CREATE SCHEMA mart; CREATE TABLE mart.rows ({declared})")
                if rows:
                    marks = ", ".join(["?"] * (len(_TYPES) + 1))
                    built.executemany(
                        f"INSERT INTO mart.rows VALUES ({marks})", [[n, *row] for n, row in enumerate(rows)]
                    )
            version = Version("version_of_rows", [relation])
            create_version(connection, version, "rows")
            load_version(address, version, file)
            found = connection.execute("SELECT * FROM version_of_rows.rows ORDER BY n").fetchall()
            assert drop_version(connection, "version_of_rows")
            return [row[1:] for row in found]

        yield send


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(_ROW, max_size=30))
def test_every_value_arrives_exactly(round_trip: Any, rows: list[tuple[Any, ...]]) -> None:
    expected = [
        tuple(value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in row) for row in rows
    ]
    found = round_trip(rows)
    assert [tuple(map(repr, _plain(row))) for row in found] == [tuple(map(repr, _plain(row))) for row in expected]


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Decimals by their digits, instants in one time zone object; floats to the last bit."""
    plain: list[Any] = []
    for value, type_ in zip(row, _TYPES, strict=True):
        if isinstance(value, Decimal):
            scale = int(type_.rpartition(",")[2].rstrip(")"))
            plain.append(value.quantize(Decimal(1).scaleb(-scale)) + 0)
        elif isinstance(value, datetime):
            plain.append(value.astimezone(UTC).replace(fold=0))
        else:
            plain.append(value)
    return tuple(plain)
