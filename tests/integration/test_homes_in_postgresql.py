"""Whose publications a PostgreSQL place holds: one home's, which no other takes away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg.sql
import pytest
from demo_homes import DemoHome, states
from postgres_targets import build_of, published_id, target_of, versions

from pipelines.publish.target import PublishError

if TYPE_CHECKING:
    import postgres_servers

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("postgres"), pytest.mark.usefixtures("postgresql_password")]


def test_two_homes_do_not_take_turns_in_one_place(file: Path, postgres: postgres_servers.PostgresDatabase) -> None:
    target_of(postgres).write(build_of(file))
    other = target_of(postgres, home_name="Other", home_id="home-2")
    with pytest.raises(PublishError, match="publications of the home 'Test', and this one is 'Other'"):
        other.write(build_of(file, 2))
    assert published_id(postgres) == build_of(file).publication.publication_id
    # Without the note nobody knows whose it is.
    postgres.execute("COMMENT ON SCHEMA meta IS 'KPI warehouse'")
    other.write(build_of(file, 2))


def test_two_homes_of_one_name_do_not_take_turns_either(
    file: Path, postgres: postgres_servers.PostgresDatabase
) -> None:
    target_of(postgres).write(build_of(file))
    first = published_id(postgres)
    with pytest.raises(PublishError) as refused:
        target_of(postgres, home_id="home-2").write(build_of(file, 2))
    told = str(refused.value)
    assert "publications of another home, which is called 'Test' as this one is." in told
    assert f"The latest there is {first}, and stays." in told
    assert 'take_over_from = "home-1"' in told
    assert (published_id(postgres), len(versions(postgres))) == (first, 1)
    # In a place of its own it may, and the first home goes on.
    target_of(postgres, home_id="home-2", schema_prefix="two_").write(build_of(file, 2))
    target_of(postgres).write(build_of(file, 3))
    assert published_id(postgres) == build_of(file, 3).publication.publication_id


def test_a_home_takes_over_from_the_one_that_is_named_and_from_no_other(
    file: Path, postgres: postgres_servers.PostgresDatabase
) -> None:
    target_of(postgres).write(build_of(file))
    with pytest.raises(PublishError, match='take_over_from = "home-1"'):
        target_of(postgres, home_id="home-2", take_over_from="home-3").write(build_of(file, 2))
    second = target_of(postgres, home_id="home-2", take_over_from="home-1")
    second.write(build_of(file, 2))
    # The setting may stay: what is there is its own now, and the first home is sent away.
    second.write(build_of(file, 3))
    with pytest.raises(PublishError, match='take_over_from = "home-2"'):
        target_of(postgres).write(build_of(file, 4))


def test_a_home_is_the_same_under_another_name(file: Path, postgres: postgres_servers.PostgresDatabase) -> None:
    target_of(postgres).write(build_of(file))
    renamed = target_of(postgres, home_name="Other")
    renamed.write(build_of(file, 2))
    assert published_id(postgres) == build_of(file, 2).publication.publication_id


def test_what_an_earlier_version_published_is_of_the_home_of_that_name(
    file: Path, postgres: postgres_servers.PostgresDatabase
) -> None:
    """It told no id, and a later version may tell what this one does not know."""
    target_of(postgres).write(build_of(file))
    ((comment,),) = postgres.rows("SELECT obj_description('meta'::regnamespace, 'pg_namespace')")
    said = json.loads(comment.removeprefix("KPI warehouse: "))
    assert said.pop("home_id") == "home-1"
    with postgres.connect() as connection:
        note = f"KPI warehouse: {json.dumps({**said, 'later': 1})}"
        connection.execute(psycopg.sql.SQL("COMMENT ON SCHEMA meta IS {}").format(psycopg.sql.Literal(note)))
    other = target_of(postgres, home_name="Other", home_id="home-2")
    with pytest.raises(PublishError, match="COMMENT ON SCHEMA meta"):
        other.write(build_of(file, 2))
    target_of(postgres, home_id="home-2").write(build_of(file, 2))
    with pytest.raises(PublishError, match='take_over_from = "home-2"'):
        target_of(postgres).write(build_of(file, 3))


def test_the_id_of_a_home_stays_when_its_build_database_is_built_again(
    clean: DemoHome, postgres: postgres_servers.PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_POSTGRESQL_URL", postgres.url)
    clean.publish_to("duckdb", "postgresql").run()
    ((home_id,),) = clean.published("SELECT home_id FROM meta.run")
    assert postgres.rows("SELECT home_id FROM meta.run") == [(home_id,)]
    clean.home.warehouse.unlink()
    outcome = clean.run()
    assert states(outcome)["published_postgresql"] == "built"
    assert clean.warehouse("SELECT home_id FROM ops.ops_home") == [(home_id,)]
    # Without its file as well, nobody knows that it is the same; and the file of another home tells nothing.
    clean.home.warehouse.unlink()
    elsewhere = clean.home.folder.parent / "elsewhere.duckdb"
    clean.home.published_file.rename(elsewhere)
    clean.home.published_file.symlink_to(elsewhere)
    outcome = clean.run()
    assert states(outcome)["published_postgresql"] == "failed"
    assert clean.warehouse("SELECT home_id FROM ops.ops_home") != [(home_id,)]
