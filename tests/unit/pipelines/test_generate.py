from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.generate import generated_files, main, outdated_files, write_generated_files


def test_writing_brings_a_checkout_up_to_date_and_says_what_it_changed(tmp_path: Path) -> None:
    assert set(write_generated_files(tmp_path)) == set(generated_files())
    assert outdated_files(tmp_path) == []
    assert write_generated_files(tmp_path) == []


def test_an_edited_file_is_rewritten_and_one_left_over_is_removed(tmp_path: Path) -> None:
    write_generated_files(tmp_path)
    edited = Path("sql/views/mart/kpi_sla_attainment_ratio.sql")
    left_over = Path("sql/views/mart/kpi_of_old.sql")
    (tmp_path / edited).write_text("SELECT 1;\n", encoding="utf-8")
    (tmp_path / left_over).write_text("-- Generated from metrics long ago.\nSELECT 1;\n", encoding="utf-8")
    assert outdated_files(tmp_path) == [edited, left_over]
    assert write_generated_files(tmp_path) == [edited, left_over]
    assert not (tmp_path / left_over).exists()
    assert (tmp_path / edited).read_text(encoding="utf-8") == generated_files()[edited]


def test_a_view_written_by_hand_is_left_alone(tmp_path: Path) -> None:
    write_generated_files(tmp_path)
    by_hand = tmp_path / "sql/views/mart/own_view.sql"
    by_hand.write_text("-- Ours.\nCREATE OR REPLACE VIEW mart.own_view AS SELECT 1;\n", encoding="utf-8")
    assert outdated_files(tmp_path) == []
    assert write_generated_files(tmp_path) == []
    assert by_hand.exists()


def test_the_committed_files_pass_the_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0
    assert capsys.readouterr().err == ""


def test_an_unknown_argument_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--force"]) == 2
    assert "usage" in capsys.readouterr().err
