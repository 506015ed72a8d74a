"""An export gets a column more, and loses one: what `kpi check` and `kpi run` say of it, and what readers see."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from demo_homes import DemoHome

from pipelines.cli.main import kpi

if TYPE_CHECKING:
    from conftest import CleanRun

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("changed_columns")]


def ask(demo: DemoHome, *words: str) -> Result:
    return CliRunner().invoke(kpi, [*words, "--home", str(demo.folder)])


def deliveries(demo: DemoHome) -> Path:
    (path,) = (demo.landing / "deliveries").iterdir()
    return path


def test_a_new_column_is_told_by_check_run_and_meta_and_changes_no_number(clean: DemoHome, clean_run: CleanRun) -> None:
    path = deliveries(clean)
    head, *rows = path.read_text(encoding="utf-8-sig").splitlines()
    path.write_text("\n".join([f"{head},Buyer Code", *(f"{row},B-7" for row in rows)]) + "\n", encoding="utf-8")
    told = f"landing/deliveries/{path.name}: New column 'Buyer Code', which no file before had"

    checked = ask(clean, "check")
    assert checked.exit_code == 0, checked.output
    assert told in checked.output
    ran = ask(clean, "run")
    assert ran.exit_code == 0
    assert told in ran.output
    assert "- {name: buyer_code, physicalName: Buyer Code, logicalType: string}" in ran.output
    ((message,),) = clean.published("SELECT message FROM meta.loads WHERE export = 'deliveries'")
    assert "New column 'Buyer Code'" in message
    assert clean.numbers()["mart.metric_values"] == clean_run.demo.numbers()["mart.metric_values"]
    assert told not in ask(clean, "run").output, "told once"


def test_a_renamed_column_keeps_the_file_out_and_all_numbers_as_they_were(clean: DemoHome, clean_run: CleanRun) -> None:
    path = deliveries(clean)
    text = path.read_text(encoding="utf-8-sig").replace("Product Group", "Commodity", 1)
    path.write_text(text, encoding="utf-8")
    ran = ask(clean, "run")
    assert ran.exit_code == 5
    assert "no column for 'product_group' (looked for 'Product Group'), which files before it had." in ran.output
    assert "- Product Group  + Commodity" in ran.output
    assert "Did you mean 'Commodity'? It holds the values that this column had in files before." in ran.output
    assert clean.numbers() == clean_run.demo.numbers()
