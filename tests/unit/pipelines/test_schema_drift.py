"""Columns that come, go, are renamed or written in another way: what is told, what keeps a file out, the way back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from spend_contract import SPEND

from data_contracts.loader import load_export_contract
from data_contracts.spec import ExportContract
from pipelines.landing.loads import Landing, land_export
from pipelines.landing.reading_notes import is_drift_note
from pipelines.landing.value_shapes import shape_of
from pipelines.readers import Limits
from pipelines.warehouse import Warehouse

Drop = Callable[[str, str], Path]

FIRST = "line,paid_on,supplier,amount\n" + "".join(
    f'{number},{number:02d}.01.2026,{name},"1.{number:03d},50"\n'
    for number, name in enumerate(["Acme", "Globex", "Initech", "Acme", "Hooli", "Acme"], start=1)
)


def land(warehouse: Warehouse, contract: ExportContract, folder: Path) -> Landing:
    with warehouse.transaction():
        return land_export(warehouse, contract, folder, run_id="run", limits=Limits(settle_seconds=0))


def second(text: str) -> str:
    """The first file's lines with other numbers, so that it is another file."""
    return re.sub(r"^(\d)", r"9\1", text, flags=re.MULTILINE)


@pytest.fixture
def after_first(warehouse: Warehouse, spend: ExportContract, drop: Drop) -> Warehouse:
    """A warehouse that knows one good file."""
    assert land(warehouse, spend, drop("a.csv", FIRST)).refusals == ()
    return warehouse


def refused(warehouse: Warehouse, contract: ExportContract, folder: Path, name: str) -> tuple[str, str]:
    """(code, message) of the one file that is refused."""
    landing = land(warehouse, contract, folder)
    (refusal,) = landing.refusals
    assert refusal.file_name == name
    return refusal.code, refusal.message


def with_synonyms(message: str, contract_text: str = SPEND) -> ExportContract:
    """The contract with the line pasted into it that a refusal shows."""
    found = re.search(
        r"give column '(\w+)' of 'lines' this line in contracts/spend\.yaml: (synonyms: \[.*?\])\.", message
    )
    assert found, message
    text = contract_text.replace(f"- name: {found[1]}\n", f"- name: {found[1]}\n        {found[2]}\n")
    assert text != contract_text
    return load_export_contract(text, "contracts/spend.yaml", {})


def test_the_same_columns_are_no_news(after_first: Warehouse, spend: ExportContract, drop: Drop) -> None:
    landing = land(after_first, spend, drop("b.csv", second(FIRST)))
    assert (landing.loaded_files, landing.notes) == (1, ())


def test_a_new_column_is_told_once_and_lands(after_first: Warehouse, spend: ExportContract, drop: Drop) -> None:
    head, *rows = FIRST.splitlines()
    text = "\n".join([f"{head},Project Code", *(f"{row},P-{number}" for number, row in enumerate(rows))]) + "\n"
    landing = land(after_first, spend, drop("b.csv", second(text)))
    assert landing.refusals == ()
    (note,) = landing.notes
    assert is_drift_note(note)
    assert note.startswith("b.csv: New column 'Project Code', which no file before had")
    assert after_first.rows("SELECT count(project_code) FROM raw.raw_books__lines") == [(6,)]
    # The line that is shown makes the contract know it.
    line = note.partition("contracts/spend.yaml: ")[2]
    contract = load_export_contract(
        SPEND.replace("    properties:\n", f"    properties:\n      {line}\n"), "x.yaml", {}
    )
    assert contract.objects[0].columns[0].physical_name == "Project Code"
    again = land(after_first, spend, drop("c.csv", second(second(text))))
    assert again.notes == ()


def test_nothing_is_new_in_a_first_file(warehouse: Warehouse, spend: ExportContract, drop: Drop) -> None:
    text = FIRST.replace("amount\n", "amount,Project Code\n", 1)
    landing = land(warehouse, spend, drop("a.csv", text))
    assert not [note for note in landing.notes if is_drift_note(note)]


@pytest.mark.parametrize(
    ("old", "header", "reason"),
    [
        ("supplier", "Suppliers", "has a name like it"),
        ("supplier", "Paid To", "holds the values that this column had in files before"),
        ("amount", "Total Gross", "is the only new one with values written like those before"),
        ("paid_on", "When", "is the only new one with values written like those before"),
    ],
)
def test_a_renamed_column_keeps_the_file_out_with_the_line_that_lets_it_in(
    after_first: Warehouse, spend: ExportContract, drop: Drop, old: str, header: str, reason: str
) -> None:
    text = second(FIRST.replace(old, header, 1))
    if reason.startswith("has a name"):
        text = re.sub("Acme|Globex|Initech|Hooli", "Umbrella", text)
    elif reason.startswith("is the only"):
        text = text.replace(",50", ",75").replace(".01.2026", ".02.2026")
    folder = drop("b.csv", text)
    code, message = refused(after_first, spend, folder, "b.csv")
    assert code == "header"
    assert f"Contract and file differ: - {old}  + {header}." in message
    assert f"Did you mean '{header}'? It {reason}." in message
    landing = land(after_first, with_synonyms(message), folder)
    assert landing.refusals == ()
    assert after_first.rows(f"SELECT count({old}) FROM raw.raw_books__lines WHERE _file = 'b.csv'") == [(6,)]


def test_a_line_to_paste_keeps_the_synonyms_there_are(after_first: Warehouse, drop: Drop) -> None:
    text = SPEND.replace("- name: supplier\n", "- name: supplier\n        synonyms: [{synonym: Creditor}]\n")
    contract = load_export_contract(text, "contracts/spend.yaml", {})
    _, message = refused(after_first, contract, drop("b.csv", second(FIRST.replace("supplier", "Paid To", 1))), "b.csv")
    assert "synonyms: [{synonym: Creditor}, {synonym: Paid To}]" in message


def test_a_column_that_goes_keeps_the_file_out_unless_the_contract_lets_it_go(
    after_first: Warehouse, spend: ExportContract, drop: Drop
) -> None:
    text = "\n".join(",".join(row.split(",")[:2] + row.split(",")[3:]) for row in FIRST.splitlines()) + "\n"
    folder = drop("b.csv", second(text))
    code, message = refused(after_first, spend, folder, "b.csv")
    assert code == "header"
    assert "no column for 'supplier' (looked for 'supplier'), which files before it had." in message
    line = "customProperties: [{property: mayBeMissing, value: true}]"
    assert f"if it is right that files may lack it, give it this line in contracts/spend.yaml: {line}." in message
    allowed = SPEND.replace(
        "[{property: feeds, value: cost_lines.vendor}]",
        "[{property: feeds, value: cost_lines.vendor}, {property: mayBeMissing, value: true}]",
    )
    assert allowed != SPEND
    assert land(after_first, load_export_contract(allowed, "contracts/spend.yaml", {}), folder).refusals == ()


#: A contract that says nothing but which template it extends.
OF_A_TEMPLATE = """
apiVersion: v3.2.0
kind: DataContract
id: ours
name: Ours
version: 1.0.0
status: active
customProperties: [{property: extends, value: spend}]
"""
NO_SUPPLIER = "\n".join(",".join(row.split(",")[:2] + row.split(",")[3:]) for row in FIRST.splitlines()) + "\n"
MAY_LACK_SUPPLIER = SPEND.replace(
    "        description: Supplier\n        customProperties: [",
    "        description: Supplier\n        customProperties: [{property: mayBeMissing, value: true}, ",
)


def test_a_first_file_without_a_column_that_feeds_something_is_refused(
    warehouse: Warehouse, spend: ExportContract, drop: Drop
) -> None:
    folder = drop("a.csv", FIRST.replace("supplier", "Paid to", 1))
    code, message = refused(warehouse, spend, folder, "a.csv")
    assert code == "header"
    assert (
        "a.csv: no column for 'supplier' (looked for 'supplier'), which the contract reads as cost_lines.vendor."
        in message
    )
    assert "Contract and file differ: - supplier  + Paid to." in message
    assert "Did you mean 'Paid to'? It is the only column that the contract does not name." in message
    assert warehouse.rows("SELECT count(*) FROM raw.raw_books__lines") == [(0,)]


def test_a_first_file_may_lack_what_another_of_its_columns_feeds(warehouse: Warehouse, drop: Drop) -> None:
    """Two columns for one thing are alternatives: which of them a file has decides the system it comes from."""
    other = """
      - name: creditor
        logicalType: string
        description: Supplier, as the old system calls it
        customProperties: [{property: feeds, value: cost_lines.vendor}]
"""
    contract = load_export_contract(SPEND.replace("\ncustomProperties:\n", f"{other}customProperties:\n"), "x.yaml", {})
    landing = land(warehouse, contract, drop("a.csv", FIRST.replace("supplier", "creditor", 1)))
    assert (landing.loaded_files, landing.refusals) == (1, ())


def test_a_first_file_may_lack_columns_of_a_template_and_says_so(warehouse: Warehouse, drop: Drop) -> None:
    contract = load_export_contract(OF_A_TEMPLATE, "contracts/ours.yaml", {"spend": SPEND})
    landing = land(warehouse, contract, drop("a.csv", FIRST.replace("supplier", "Paid to", 1)))
    (note,) = (note for note in landing.notes if is_drift_note(note))
    assert note.startswith("a.csv: The file has no column 'supplier', which the template 'spend' reads")
    assert "Nothing reads its columns 'Paid to'." in note
    assert "synonyms in contracts/ours.yaml" in note


def test_a_first_file_without_the_amount_is_refused_whatever_the_template_lists(
    warehouse: Warehouse, drop: Drop
) -> None:
    template = SPEND.replace("        required: true\n        description: Amount\n", "        description: Amount\n")
    assert template != SPEND
    contract = load_export_contract(OF_A_TEMPLATE, "contracts/ours.yaml", {"spend": template})
    folder = drop("a.csv", FIRST.replace(",amount", ",Gross", 1))
    (refusal,) = land(warehouse, contract, folder).refusals
    assert "which the contract reads as cost_lines.amount_original" in refusal.message
    assert "mayBeMissing" not in refusal.message


def test_a_file_without_any_column_of_the_contract_is_refused(warehouse: Warehouse, drop: Drop) -> None:
    lax = load_export_contract(SPEND.replace("        required: true\n", ""), "contracts/spend.yaml", {})
    folder = drop("a.csv", FIRST.replace("line,paid_on,supplier,amount", "a,b,c,d", 1))
    (refusal,) = land(warehouse, lax, folder).refusals
    assert "no column of the contract is there, such as 'line', 'paid_on', 'supplier', 'amount'" in refusal.message


def test_a_file_with_another_delimiter_is_refused_with_the_delimiter(warehouse: Warehouse, drop: Drop) -> None:
    text = SPEND.replace("        required: true\n", "") + '  - {property: delimiter, value: ","}\n'
    lax = load_export_contract(text, "contracts/spend.yaml", {})
    assert lax.delimiter == ","
    folder = drop("a.csv", re.sub(r",(?=[^\"\n]*(\"[^\"\n]*\"[^\"\n]*)*\n)", ";", FIRST))
    assert (folder / "a.csv").read_text().splitlines()[1] == '1;01.01.2026;Acme;"1.001,50"'
    (refusal,) = land(warehouse, lax, folder).refusals
    assert refusal.code == "header"
    assert "The delimiter looks like ';', not ','" in refusal.message
    line = '  - {property: delimiter, value: ";"}\n'
    assert f"write under customProperties of the contract: {line.strip()}." in refusal.message
    mended = load_export_contract(
        text.replace('  - {property: delimiter, value: ","}\n', line), "contracts/spend.yaml", {}
    )
    assert land(warehouse, mended, folder).refusals == ()


def test_a_column_that_may_be_missing_and_was_never_there_is_not_missed(warehouse: Warehouse, drop: Drop) -> None:
    lax = load_export_contract(MAY_LACK_SUPPLIER, "contracts/spend.yaml", {})
    assert land(warehouse, lax, drop("a.csv", NO_SUPPLIER)).refusals == ()
    assert land(warehouse, lax, drop("b.csv", second(NO_SUPPLIER))).refusals == ()


def test_a_file_that_was_read_before_is_read_again_as_it_was(warehouse: Warehouse, drop: Drop) -> None:
    land(warehouse, load_export_contract(MAY_LACK_SUPPLIER, "contracts/spend.yaml", {}), drop("2024.csv", NO_SUPPLIER))
    folder = warehouse.path.parent / "landing"
    (folder / "2025.csv").write_text(second(FIRST), encoding="utf-8")
    assert land(warehouse, load_export_contract(MAY_LACK_SUPPLIER, "s.yaml", {}), folder).loaded_files == 1
    other = SPEND.replace("- name: supplier\n", "- name: supplier\n        synonyms: [{synonym: Creditor}]\n")
    again = land(warehouse, load_export_contract(other, "contracts/spend.yaml", {}), folder)
    assert (again.loaded_files, again.refusals) == (2, ())


@pytest.mark.parametrize(
    ("pattern", "replacement", "told"),
    [
        (r"(\d\d)\.01\.2026", r"2026-01-\1", "'paid_on' (the contract says date, as %d.%m.%Y; here '9999-99-99')"),
        (
            r'"1\.(\d{3}),50"',
            r"1\1.50 euro",
            "'amount' (the contract says number, with ',' before decimals; here '9999.99 AAA')",
        ),
    ],
)
def test_a_column_that_is_written_in_another_way_keeps_the_file_out(
    after_first: Warehouse, spend: ExportContract, drop: Drop, pattern: str, replacement: str, told: str
) -> None:
    code, message = refused(after_first, spend, drop("b.csv", second(re.sub(pattern, replacement, FIRST))), "b.csv")
    assert code == "retyped"
    assert told in message.replace("it is written like ", "")
    assert "Acme" not in message


def test_the_format_that_is_shown_lets_it_in(after_first: Warehouse, spend: ExportContract, drop: Drop) -> None:
    folder = drop("b.csv", second(re.sub(r"(\d\d)\.01\.2026", r"2026-01-\1", FIRST)))
    _, message = refused(after_first, spend, folder, "b.csv")
    assert 'customProperties: [{property: formats, value: ["%d.%m.%Y", "%Y-%m-%d"]}]' in message
    contract = load_export_contract(SPEND.replace('["%d.%m.%Y"]', '["%d.%m.%Y", "%Y-%m-%d"]'), "x.yaml", {})
    assert land(after_first, contract, folder).refusals == ()


@pytest.mark.parametrize(
    ("written", "formats"),
    [
        (r"2026.01.\1", '"%Y.%m.%d"'),
        (r"\1/01/2026", '"%d/%m/%Y"'),
        (r"13/\1/2026", '"%d/%m/%Y"'),
        (r"\1/13/2026", '"%m/%d/%Y"'),
        (r"\1-Jan-2026", '"%d-%b-%Y"'),
        (r"2026\1", None),
    ],
)
def test_only_formats_that_read_the_values_are_shown(
    after_first: Warehouse, spend: ExportContract, drop: Drop, written: str, formats: str | None
) -> None:
    """Every format that is offered lets the file in when it is pasted; where none reads it none is offered."""
    folder = drop("b.csv", second(re.sub(r"(\d\d)\.01\.2026", written, FIRST)))
    _, message = refused(after_first, spend, folder, "b.csv")
    if formats is None:
        assert "property: formats" not in message
        assert "no usual way to write one reads them" in message
        return
    line = f'customProperties: [{{property: formats, value: ["%d.%m.%Y", {formats}]}}]'
    assert line in message
    is_open = "/01/" in written
    assert ('do not tell day from month: it may also be "%m/%d/%Y"' in message) is is_open
    contract = load_export_contract(SPEND.replace('["%d.%m.%Y"]', f'["%d.%m.%Y", {formats}]'), "x.yaml", {})
    assert land(after_first, contract, folder).refusals == ()


def test_some_dirty_values_are_for_the_gate(after_first: Warehouse, spend: ExportContract, drop: Drop) -> None:
    text = second(FIRST.replace("01.01.2026", "soon", 1).replace("02.01.2026", "later", 1))
    assert land(after_first, spend, drop("b.csv", text)).refusals == ()


def test_a_required_column_is_found_by_its_values_even_in_a_first_file(
    warehouse: Warehouse, spend: ExportContract, drop: Drop
) -> None:
    code, message = refused(warehouse, spend, drop("a.csv", FIRST.replace("amount", "Amnt", 1)), "a.csv")
    assert code == "header"
    assert "no column for required 'amount'" in message
    assert "Did you mean 'Amnt'?" in message


def test_a_shape_shows_how_a_value_is_written_and_not_what_it_says() -> None:
    assert shape_of("2026-01-31") == shape_of("1999-12-01") == "9999-99-99"
    assert shape_of("31-Jan-26") == "99-AAA-99"
    assert shape_of("Zoë Quarantäne") == "AAA AAA"
    assert shape_of("1.234,50 EUR") == "9.999,99 AAA"
