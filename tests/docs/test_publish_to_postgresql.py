"""The page "Publish to PostgreSQL" is followed on a real server: its roles, its settings, its command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from fenced_blocks import CHECKOUT, Block, Step, blocks_of

if TYPE_CHECKING:
    from conftest import Desk
    from postgres_servers import PostgresServer

PAGE = CHECKOUT / "docs" / "how-to" / "publish-to-postgresql.md"
PASSWORD = "of-a-test"

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("postgres")]


def _block(language: str) -> Block:
    return next(block for block in blocks_of(PAGE) if block.language == language)


def test_whoever_follows_the_page_has_a_published_database(demo_desk: Desk, postgres_server: PostgresServer) -> None:
    # The names of the page, with others for what the server of the tests has already.
    sql = _block("sql").text.replace("'...'", f"'{PASSWORD}'").replace("ROLE kpi ", "ROLE publisher_of_page ")
    sql = sql.replace("TO kpi;", "TO publisher_of_page;")
    settings = _block("toml").text.replace(
        "kpi@db.example.com:5432", f"publisher_of_page@127.0.0.1:{postgres_server.port}"
    )
    settings = settings.replace("?sslmode=require", "")
    command = _block("console").text.removeprefix("$ ").replace("...", PASSWORD)
    file = demo_desk.folder / "home" / "kpi.toml"
    kept, _, _ = file.read_text(encoding="utf-8").partition("[publish]")
    file.write_text(kept + settings, encoding="utf-8")
    try:
        postgres_server.psql(text=sql)
        ended = demo_desk.run(Step(command))
        assert "published_postgresql" in ended.output, ended.output
        assert "not published to" not in ended.output
        postgres_server.psql("-c", "CREATE ROLE tableau_of_page LOGIN; GRANT kpi_reader TO tableau_of_page")
        shown = postgres_server.psql("-c", r"\d+ mart.ticket_facts", database="analytics", user="tableau_of_page")
        assert "Ticket, qualified by its source" in shown
        query = "SELECT count(*) FROM mart.ticket_facts"
        with postgres_server.connect("analytics", "tableau_of_page") as reader:
            assert reader.execute(query).fetchall()[0][0] == 600
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute("CREATE TABLE mart.mine (a int)")
    finally:
        with postgres_server.connect(autocommit=True) as owner:
            owner.execute("DROP DATABASE IF EXISTS analytics WITH (FORCE)")
            for role in ("tableau_of_page", "kpi_reader", "publisher_of_page"):
                owner.execute(f"DROP ROLE IF EXISTS {role}")
