"""Readers of PostgreSQL while a publication comes: whom it waits for, whom it keeps waiting, what is kept for them."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from postgres_targets import build_of, change, published_id, target_of, versions

from pipelines.publish.target import PublishError

if TYPE_CHECKING:
    import postgres_servers

pytestmark = [pytest.mark.xdist_group("postgres"), pytest.mark.usefixtures("postgresql_password")]


@pytest.mark.slow
def test_an_open_reader_delays_the_switch_and_sees_one_publication(
    file: Path, postgres: postgres_servers.PostgresDatabase
) -> None:
    target = target_of(postgres, patience_seconds=30)
    target.write(build_of(file))
    with postgres.connect() as reader:
        first = reader.execute("SELECT publication_id FROM meta.run").fetchall()
        change(file, "UPDATE meta.run SET publication_id = 'the second'")
        publishing = threading.Thread(target=target.write, args=(build_of(file, 2),))
        publishing.start()
        # Long enough for it to load, and to try to switch many times.
        deadline = time.monotonic() + 30
        while len(versions(postgres)) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(4)
        assert publishing.is_alive()
        for query in ("SELECT count(*) FROM mart.metric_values", "SELECT count(*) FROM mart.ticket_facts"):
            assert reader.execute(query).fetchall()[0][0] > 0
        assert reader.execute("SELECT publication_id FROM meta.run").fetchall() == first
        reader.commit()
    publishing.join(timeout=30)
    assert postgres.rows("SELECT publication_id FROM meta.run") == [("the second",)]


@pytest.mark.slow
def test_long_queries_that_overlap_do_not_keep_a_publication_out(
    file: Path, postgres: postgres_servers.PostgresDatabase
) -> None:
    """Each takes longer than views may be locked in part, and there is no instant at which none of them runs."""
    target = target_of(postgres, patience_seconds=20)
    target.write(build_of(file))
    stop, errors = threading.Event(), []

    def read(delay_seconds: float) -> None:
        time.sleep(delay_seconds)
        try:
            with postgres.connect(autocommit=True) as reader:
                while not stop.is_set():
                    reader.execute("SELECT pg_sleep(3) FROM mart.ticket_facts LIMIT 1")
        except psycopg.Error as error:
            errors.append(error)

    readers = [threading.Thread(target=read, args=(delay,)) for delay in (0, 0.75, 1.5, 2.25)]
    for reader in readers:
        reader.start()
    try:
        time.sleep(2.5)
        target.write(build_of(file, 2))
    finally:
        stop.set()
        for reader in readers:
            reader.join(timeout=30)
    assert errors == []
    assert published_id(postgres) == build_of(file, 2).publication.publication_id


def test_patience_ends_with_a_message_that_names_the_reader(
    file: Path, postgres: postgres_servers.PostgresDatabase
) -> None:
    postgres.execute("CREATE ROLE reader_of_test LOGIN")
    target = target_of(postgres, reader_role="reader_of_test", patience_seconds=1)
    target.write(build_of(file))
    with postgres.connect("reader_of_test", application_name="Slow dashboard") as reader:
        reader.execute("SELECT count(*) FROM mart.metric_values")
        with pytest.raises(PublishError, match=r"reader_of_test \(Slow dashboard\), process \d+, since 2"):
            target.write(build_of(file, 2))
        reader.execute("SELECT count(*) FROM mart.metric_values")
    assert published_id(postgres) == build_of(file).publication.publication_id
    assert versions(postgres) == ["version_20260101t000001_abcdef_12345678"], "what was loaded in vain is gone"
    target.write(build_of(file, 3))
    assert published_id(postgres) == build_of(file, 3).publication.publication_id


@pytest.mark.slow
def test_old_versions_stay_as_long_as_told_or_as_somebody_reads_them(
    file: Path, postgres: postgres_servers.PostgresDatabase
) -> None:
    target = target_of(postgres, keep=2)
    for number in (1, 2, 3):
        target.write(build_of(file, number))
    assert versions(postgres) == [f"version_20260101t{number:06}_abcdef_12345678" for number in (2, 3)]
    with postgres.connect() as reader:
        reader.execute("SELECT count(*) FROM version_20260101t000002_abcdef_12345678.metric_values")
        target.write(build_of(file, 4))
        assert len(versions(postgres)) == 3
        reader.rollback()
    target.write(build_of(file, 5))
    assert versions(postgres) == [f"version_20260101t{number:06}_abcdef_12345678" for number in (4, 5)]
