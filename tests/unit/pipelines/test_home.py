"""Settings: defaults, strictness, and messages that name file, line and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_contracts.documents import DocumentError
from pipelines.home import Home, HomeError, find_home, load_settings


def _settings_error(tmp_path: Path, text: str) -> str:
    path = tmp_path / "kpi.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        load_settings(path)
    return str(caught.value)


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "kpi.toml"
    path.write_text("", encoding="utf-8")
    settings = load_settings(path)
    assert settings.reporting.currency == "EUR"
    assert settings.publish.targets == ("duckdb", "parquet", "report")


def test_an_unknown_key_is_named_with_its_line_and_a_suggestion(tmp_path: Path) -> None:
    message = _settings_error(tmp_path, '[home]\nname = "x"\n\n[reporting]\ncurrencey = "EUR"\n')
    assert message.startswith("kpi.toml:5: ")
    assert "currencey" in message
    assert "Did you mean 'currency'?" in message


def test_an_unknown_zone_is_refused_with_an_example(tmp_path: Path) -> None:
    message = _settings_error(tmp_path, '[reporting]\ntime_zone = "Amsterdam"\n')
    assert message.startswith("kpi.toml:2: ")
    assert "Europe/Amsterdam" in message


@pytest.mark.parametrize(
    ("section", "line", "told"),
    [
        ("reporting", 'currency = "POUND"', "'POUND' is not a currency code. Write the three capitals of ISO 4217"),
        ("publish", 'version = "two"', "'two' is not a version. Write three whole numbers with points between them"),
        ("publish.postgresql", 'schema_prefix = "Kpi-"', "'Kpi-' is not the beginning of a schema's name. Write small"),
    ],
)
def test_a_text_of_the_wrong_form_is_refused_in_words_with_an_example(
    tmp_path: Path, section: str, line: str, told: str
) -> None:
    message = _settings_error(tmp_path, f"[{section}]\n{line}\n")
    assert message.startswith(f"kpi.toml:2: key '{line.partition(' ')[0]}': {told}")
    assert "pattern" not in message


def test_a_currency_is_three_capital_letters(tmp_path: Path) -> None:
    assert "kpi.toml:2: " in _settings_error(tmp_path, '[reporting]\ncurrency = "euro"\n')


def test_text_that_is_not_toml_names_the_line(tmp_path: Path) -> None:
    message = _settings_error(tmp_path, '[home]\nname = "x\n')
    assert message.startswith("kpi.toml:2: this is not TOML")


def test_a_missing_home_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KPI_HOME", str(tmp_path / "nowhere"))
    with pytest.raises(HomeError, match="kpi init"):
        find_home()


def test_the_option_wins_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KPI_HOME", str(tmp_path / "nowhere"))
    (tmp_path / "kpi.toml").write_text("", encoding="utf-8")
    assert find_home(tmp_path) == Home(tmp_path)
