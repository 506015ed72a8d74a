"""Encodings: declared, marked, detected, and impossible."""

from __future__ import annotations

import codecs

import pytest

from pipelines.readers import RefusalCode

TEXT = "id;Größe;Ort\n1;1,5 €;Çeşme – Łódź\n2;2;naïve\n"
WESTERN = "id;Größe;Ort\n1;1,5 €;Málaga – Zürich\n2;2;naïve\n"
LATIN = "id;Größe;Ort\n1;1,5;Málaga\n2;2;naïve\n"


def cells(text: str) -> list[list[str]]:
    return [line.split(";") for line in text.splitlines()[1:]]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
@pytest.mark.parametrize(
    ("encoding", "mark", "declared", "found"),
    [
        ("utf-8", b"", None, "utf-8"),
        ("utf-8", codecs.BOM_UTF8, None, "utf-8"),
        ("utf-8", codecs.BOM_UTF8, "utf-8", "utf-8"),
        ("utf-16-le", codecs.BOM_UTF16_LE, None, "utf-16-le"),
        ("utf-16-be", codecs.BOM_UTF16_BE, None, "utf-16-be"),
        ("utf-16-le", b"", None, "utf-16-le"),
        ("utf-16-be", b"", None, "utf-16-be"),
        ("utf-32-le", codecs.BOM_UTF32_LE, None, "utf-32-le"),
        ("cp1252", b"", None, "cp1252"),
        ("cp1252", b"", "windows-1252", "cp1252"),
        ("iso8859-1", b"", "ISO-8859-1", "iso8859-1"),
        ("iso8859-15", b"", "iso-8859-15", "iso8859-15"),
        ("iso8859-2", b"", "latin2", "iso8859-2"),
    ],
)
def test_every_encoding_newline_and_delimiter(
    read, encoding: str, mark: bytes, declared: str | None, found: str, delimiter: str, newline: str
) -> None:
    fields = [["id", "Straße", "Betrag", "Notiz"], ["1", "Köln", "1.5", "a b"], ["2", "Würzburg", "-2", "ö" + " " * 3]]
    text = newline.join(delimiter.join(record) for record in fields) + newline
    landed = read(mark + text.encode(encoding), encoding=declared, columns={"street": ("Straße",)})

    assert (landed.encoding, landed.delimiter) == (found, delimiter)
    assert landed.frame["street"].to_list() == ["Köln", "Würzburg"]
    assert landed.frame["notiz"].to_list() == ["a b", "ö   "]
    assert landed.frame["_row_number"].to_list() == [2, 3]


def test_windows_1252_is_guessed_and_the_note_says_so(read) -> None:
    landed = read(WESTERN.encode("cp1252"))
    assert [list(row[:3]) for row in landed.frame.rows()] == cells(WESTERN)
    assert any("guessed to be cp1252" in note for note in landed.notes)


def test_another_script_is_recognised_with_enough_evidence(read) -> None:
    rows = "".join(f"{i};Не работает принтер в кабинете;Иванов Пётр\n" for i in range(20))
    landed = read(("номер;описание;автор\n" + rows).encode("cp1251"))
    assert landed.encoding == "cp1251"
    assert landed.frame["описание"][0] == "Не работает принтер в кабинете"


def test_a_mark_beats_the_contract_and_is_noted(read) -> None:
    landed = read(codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), encoding="cp1252")
    assert [list(row[:3]) for row in landed.frame.rows()] == cells(TEXT)
    assert any("the contract's cp1252 was ignored" in note for note in landed.notes)


def test_bytes_that_the_declared_encoding_cannot_mean_name_their_line(refuse) -> None:
    refusal = refuse(LATIN.encode("cp1252"), encoding="utf-8")
    assert (refusal.code, refusal.row) == (RefusalCode.ENCODING, 1)
    assert "F6" in refusal.message
    refusal = refuse(b"a,b\n1,2\n3,\xe9t\xe9\n4,5\n", encoding="ascii")
    assert refusal.row == 3


@pytest.mark.parametrize("name", ["utf-88", "base64", "rot13"])
def test_an_encoding_must_exist(refuse, name: str) -> None:
    assert refuse(b"a,b\n1,2\n", encoding=name).code is RefusalCode.ENCODING


def test_bytes_of_no_known_encoding_are_refused(refuse) -> None:
    assert refuse(b"a,b\n1,\x81\x8d\xff\x90\n").code is RefusalCode.ENCODING


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_half_a_character_at_the_end_means_cut_off(refuse, encoding: str) -> None:
    text = "id,name\n1,Łódź\n2,Łódź"
    data = {"utf-8": b"", "utf-16-le": codecs.BOM_UTF16_LE}[encoding] + text.encode(encoding)
    assert refuse(data[:-1]).code is RefusalCode.TRUNCATED


@pytest.mark.parametrize("data", [b"a,b\n1,\x00\n", b"\x7fELF\x02\x01\x01" + bytes(9), b"a,b\n1,\xe9\x00\n"])
def test_binary_content_is_no_text(refuse, data: bytes) -> None:
    assert refuse(data).code is RefusalCode.BINARY
