"""Headers: spellings, repeats, near misses and names."""

from __future__ import annotations

import pytest

from pipelines.readers import RefusalCode, RefusedFile, normalise_header, slugify_header
from pipelines.readers.headers import match_headers

COLUMNS = {"net_amount": ("Net Amount", "Amount net"), "paid_date": ("Date paid",), "supplier": ("Supplier name",)}


def match(headers: list[str], columns=COLUMNS, required=frozenset(COLUMNS), row=1):
    return match_headers(headers, columns, frozenset(required), file_name="spend.csv", header_row=row)


@pytest.mark.parametrize(
    "headers",
    [
        ["Net Amount", "Date paid", "Supplier name"],
        [" NetAmount ", "DatePaid", "SupplierName"],
        ["NET AMOUNT", "date_paid", "supplier-name"],
        ["Amount net", "Date  paid", "Supplier\nname"],
        ["Nét Amount", "date.paid", '"Supplier name"'],
    ],
)
def test_spacing_case_punctuation_and_accents_do_not_matter(headers: list[str]) -> None:
    assert match(headers).names == ("net_amount", "paid_date", "supplier")


def test_an_exact_header_is_never_taken_by_a_looser_one() -> None:
    found = match(["net_amount", "Net Amount"], {"a": ("NET-AMOUNT",), "b": ("Net Amount",)}, ())
    assert found.names == ("a", "b")


def test_hash_and_percent_tell_headers_apart() -> None:
    assert match(["PQ", "PQ #", "PQ %"], {"quote_number": ("pq#",)}, ()).names == ("pq", "quote_number", "pq_percent")


def test_a_repeated_header_is_numbered_and_can_be_named() -> None:
    headers = ["Case ID", "Variant", "Variant index", "Variant"]
    found = match(headers, {"case_id": ("Case ID",)}, ())
    assert found.names == ("case_id", "variant", "variant_index", "variant_2")
    assert found.unknown == {"variant": "Variant", "variant_index": "Variant index", "variant_2": "Variant"}
    assert found.notes == ("Header 'Variant' is repeated; column 4 landed as variant_2.",)
    assert match(headers, {"second": ("variant_2",)}, ()).names == ("case_id", "variant", "variant_index", "second")


def test_a_repeat_does_not_take_the_name_of_a_real_header() -> None:
    names = match(["seriousness", "seriousness_2", "seriousness"], {}, ()).names
    assert names == ("seriousness", "seriousness_2", "seriousness_3")


def test_names_never_collide_with_properties_or_the_readers_own_columns() -> None:
    columns = {"amount": ("Total",), "paid_on": ("Date",)}
    found = match(["Amount", "amount!", "_row_number", "", "?", "Date"], columns, ())
    assert len(set(found.names)) == 6
    assert "amount" not in found.names
    assert "_row_number" not in found.names
    assert found.unnamed == {3}


def test_a_file_without_any_column_is_refused_though_none_is_required() -> None:
    with pytest.raises(RefusedFile) as caught:
        match(["x", "y"], {"amount": ("Total",), "paid_on": ("Date",)}, ())
    assert caught.value.code is RefusalCode.HEADER
    assert "no column of the contract is there, such as 'Total', 'Date'" in caught.value.message


def test_a_misspelt_required_header_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(RefusedFile) as caught:
        match(["Net Amuont", "Date paid", "Supplier name"])
    refusal = caught.value
    assert (refusal.code, refusal.row, refusal.column) == (RefusalCode.HEADER, 1, "net_amount")
    assert "spend.csv, row 1" in refusal.message
    assert "'Net Amount' or 'Amount net'" in refusal.message
    assert "Did you mean 'Net Amuont'? If so, add it to the synonyms of 'net_amount'" in refusal.remedy


def test_all_missing_required_columns_are_named_at_once() -> None:
    with pytest.raises(RefusedFile) as caught:
        match(["x", "y"])
    assert all(f"'{name}'" in caught.value.message for name in COLUMNS)
    assert "The columns found are 'x', 'y'." in caught.value.message


def test_an_absent_optional_column_is_noted_with_its_near_miss() -> None:
    found = match(["Net Amount", "Date paid", "Suplier name"], required=("net_amount",))
    assert found.missing == ("supplier",)
    assert "did you mean 'Suplier name'?" in found.notes[0]
    assert found.unknown == {"suplier_name": "Suplier name"}


@pytest.mark.parametrize(
    ("header", "slug"),
    [
        ("Net Amount (GBP)", "net_amount_gbp"),
        (" NetAmount ", "net_amount"),
        ("customerID", "customer_id"),
        ("SeRCOP Code", "sercop_code"),
        ("HTTPStatus", "http_status"),
        ("PQ #", "pq_number"),
        ("VAT %", "vat_percent"),
        ("Año fiscal", "ano_fiscal"),
        ("2024", "column_2024"),
        ("org:group", "org_group"),
        ("номер", "номер"),
        ("_row_number", "row_number"),
        ("***", ""),
    ],
)
def test_slugs(header: str, slug: str) -> None:
    assert slugify_header(header) == slug


def test_slugs_fit_a_database_identifier() -> None:
    assert len(slugify_header("very long header " * 20)) <= 60


def test_normal_form_keeps_only_letters_digits_and_signs_that_mean_something() -> None:
    assert normalise_header(" Ticket-No. (#) ") == "ticketno#"
