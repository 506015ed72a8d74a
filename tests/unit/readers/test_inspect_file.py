"""What is refused before parsing, and how content is identified."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import pickle
import threading
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.readers import Limits, ReadOptions, RefusalCode, RefusedFile, files, inspect_file, read_export

CONTENT = b"number,state\nINC1,New\nINC2,Closed\n"


def zip_bytes(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def refuse(path: Path, folder: Path, limits: Limits | None = None) -> RefusedFile:
    with pytest.raises(RefusedFile) as caught:
        inspect_file(path, folder, limits=limits or Limits())
    assert path.name in caught.value.message
    assert caught.value.remedy.endswith(".")
    return caught.value


def test_the_same_content_has_the_same_hash_under_any_name_and_compression(tmp_path: Path) -> None:
    files = {
        "plain.csv": CONTENT,
        "renamed.txt": CONTENT,
        "packed.csv.gz": gzip.compress(CONTENT),
        "two_parts.csv.gz": gzip.compress(CONTENT[:10]) + gzip.compress(CONTENT[10:]),
        "archive.zip": zip_bytes({"folder/": b"", "folder/data.csv": CONTENT, "__MACOSX/._data.csv": b"x"}),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    facts = {name: inspect_file(tmp_path / name, tmp_path) for name in files}

    assert {fact.content_hash for fact in facts.values()} == {hashlib.sha256(CONTENT).hexdigest()}
    assert facts["packed.csv.gz"].compression == "gzip"
    assert (facts["archive.zip"].compression, facts["archive.zip"].member) == ("zip", "folder/data.csv")
    assert facts["plain.csv"].size_bytes == len(CONTENT)
    for fact in facts.values():
        assert read_export(fact, ReadOptions("csv")).frame["state"].to_list() == ["New", "Closed"]


def test_a_file_is_read_again_only_if_something_was_written_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CONTENT)
    # Written just now: whether it is written again, its times need not tell.
    assert inspect_file(path, tmp_path).stamp is None
    monkeypatch.setattr(files, "_COARSEST_CLOCK_NANOSECONDS", 0)
    facts = inspect_file(path, tmp_path)
    known = replace(facts, content_hash="as it was found before")
    assert inspect_file(path, tmp_path, known=known) == known
    assert inspect_file(path, tmp_path, known=replace(known, stamp=None)) == facts

    # A correction of the same size, with the time of writing of the file that it corrects.
    written = path.stat()
    time.sleep(0.05)
    path.write_bytes(CONTENT.replace(b"Closed", b"Opened"))
    os.utime(path, ns=(written.st_atime_ns, written.st_mtime_ns))
    corrected = inspect_file(path, tmp_path, known=known)
    assert (corrected.size_bytes, corrected.modified_at) == (facts.size_bytes, facts.modified_at)
    assert corrected.content_hash == hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_is_refused_of_a_file_unread_is_refused_of_a_known_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_COARSEST_CLOCK_NANOSECONDS", 0)
    path = tmp_path / "a.csv"
    path.write_bytes(CONTENT)
    known = inspect_file(path, tmp_path)
    with pytest.raises(RefusedFile, match="seconds ago"):
        inspect_file(path, tmp_path, limits=Limits(settle_seconds=60), known=known)


def test_the_name_is_relative_to_the_landing_folder(tmp_path: Path) -> None:
    (tmp_path / "2024").mkdir()
    path = tmp_path / "2024" / "january.csv"
    path.write_bytes(CONTENT)
    assert inspect_file(path, tmp_path).name == "2024/january.csv"


def test_modification_time_is_exact_to_the_microsecond(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CONTENT)
    os.utime(path, ns=(0, 1_700_000_000_123_456_000))
    assert inspect_file(path, tmp_path).modified_at.isoformat() == "2023-11-14T22:13:20.123456+00:00"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        gzip.compress(b""),
        zip_bytes({"a.csv": b""}),
        b"\xef\xbb\xbf",
        b" \r\n\t\n",
        "\ufeff\n\n".encode("utf-16-le"),
    ],
    ids=["no bytes", "empty gzip", "empty member", "mark only", "white space", "wide white space"],
)
def test_nothing_inside_is_empty(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(data)
    assert refuse(path, tmp_path).code is RefusalCode.EMPTY


@pytest.mark.parametrize(
    "page",
    [
        b"<!DOCTYPE html><html><body>Please log in</body></html>",
        b"\xef\xbb\xbf\r\n  <HTML lang=en><head>",
        b"<!-- saved from the portal -->\n<html>",
        b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x">',
        "\ufeff<html><body>".encode("utf-16-le"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_web_page_is_not_an_export(tmp_path: Path, page: bytes, pack: object) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(pack(page))  # type: ignore[operator]
    assert refuse(path, tmp_path).code is RefusalCode.HTML


def test_markup_inside_values_is_no_web_page(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(b"id,body\n1,<html><body>hello\n")
    assert inspect_file(path, tmp_path).compression is None


def test_a_cut_off_gzip_is_truncated(tmp_path: Path) -> None:
    path = tmp_path / "export.csv.gz"
    path.write_bytes(gzip.compress(os.urandom(5000))[:-200])
    assert refuse(path, tmp_path).code is RefusalCode.TRUNCATED


def test_a_cut_off_zip_is_truncated(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(zip_bytes({"a.csv": os.urandom(5000)})[:-200])
    assert refuse(path, tmp_path).code is RefusalCode.TRUNCATED


def test_a_zip_whose_directory_points_before_the_file_is_truncated(tmp_path: Path) -> None:
    data = bytearray(zip_bytes({"a.csv": CONTENT}))
    start = data.rindex(b"PK\x05\x06") + 16
    # The directory claims to begin further on than it does, so its member seems to lie before the file.
    data[start : start + 4] = (int.from_bytes(data[start : start + 4], "little") + 200).to_bytes(4, "little")
    path = tmp_path / "export.zip"
    path.write_bytes(data)
    assert refuse(path, tmp_path).code is RefusalCode.TRUNCATED


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: zip_bytes({"a.csv": data})], ids=["gzip", "zip"])
def test_flipped_bytes_are_corrupt(tmp_path: Path, pack: object) -> None:
    data = bytearray(pack(os.urandom(5000)))  # type: ignore[operator]
    data[2500] ^= 0xFF
    path = tmp_path / "export.bin"
    path.write_bytes(bytes(data))
    assert refuse(path, tmp_path).code is RefusalCode.CORRUPT


def test_a_zip_needs_exactly_one_data_file(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(zip_bytes({"a.csv": CONTENT, "b.csv": CONTENT}))
    refusal = refuse(path, tmp_path)
    assert refusal.code is RefusalCode.MEMBERS
    assert "a.csv, b.csv" in refusal.message
    path.write_bytes(zip_bytes({}))
    assert refuse(path, tmp_path).code is RefusalCode.MEMBERS
    path.write_bytes(zip_bytes({"folder/": b"", ".hidden": b"x"}))
    assert refuse(path, tmp_path).code is RefusalCode.MEMBERS


def test_a_password_is_recognised(tmp_path: Path) -> None:
    data = bytearray(zip_bytes({"a.csv": CONTENT}, zipfile.ZIP_STORED))
    data[data.index(b"PK\x01\x02") + 8] |= 0x1  # the flag in the table of contents
    path = tmp_path / "export.zip"
    path.write_bytes(bytes(data))
    assert refuse(path, tmp_path).code is RefusalCode.ENCRYPTED


BOMB_LIMITS = Limits(max_bytes=1 << 20, max_ratio=50, ratio_free_bytes=1 << 16)


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: zip_bytes({"a.csv": data})], ids=["gzip", "zip"])
@pytest.mark.parametrize("size", [1 << 19, 1 << 22], ids=["by ratio", "by size"])
def test_a_bomb_is_refused(tmp_path: Path, pack: object, size: int) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(pack(b"0" * size))  # type: ignore[operator]
    assert refuse(path, tmp_path, BOMB_LIMITS).code is RefusalCode.ZIP_BOMB


def test_a_bomb_within_a_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(zip_bytes({"[Content_Types].xml": b"<Types/>", "xl/sheet1.xml": b"0" * (1 << 22)}))
    assert refuse(path, tmp_path, BOMB_LIMITS).code is RefusalCode.ZIP_BOMB


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    data = bytearray(zip_bytes({"[Content_Types].xml": b"<Types/>", "xl/a.bin": os.urandom(5000)}))
    data[2500] ^= 0xFF
    path = tmp_path / "book.xlsx"
    path.write_bytes(bytes(data))
    assert refuse(path, tmp_path).code is RefusalCode.CORRUPT


def test_small_repetitive_content_may_compress_well(tmp_path: Path) -> None:
    path = tmp_path / "export.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"0,0\n" * 10_000))
    assert inspect_file(path, tmp_path, limits=BOMB_LIMITS).compression == "gzip"


def test_a_plain_file_beyond_the_limit_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(b"a\n" * (1 << 20))
    assert refuse(path, tmp_path, BOMB_LIMITS).code is RefusalCode.TOO_LARGE


def test_a_link_out_of_the_folder_is_refused_and_one_within_is_read(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    (tmp_path / "secret.csv").write_bytes(CONTENT)
    (landing / "real.csv").write_bytes(CONTENT)
    (landing / "outside.csv").symlink_to(tmp_path / "secret.csv")
    (landing / "inside.csv").symlink_to(landing / "real.csv")
    (landing / "broken.csv").symlink_to(landing / "nowhere.csv")

    assert refuse(landing / "outside.csv", landing).code is RefusalCode.SYMLINK
    assert inspect_file(landing / "inside.csv", landing).name == "inside.csv"
    assert refuse(landing / "broken.csv", landing).code is RefusalCode.NOT_A_FILE


def test_a_link_through_a_folder_is_refused(tmp_path: Path) -> None:
    landing, elsewhere = tmp_path / "landing", tmp_path / "elsewhere"
    landing.mkdir()
    elsewhere.mkdir()
    (elsewhere / "a.csv").write_bytes(CONTENT)
    (landing / "sub").symlink_to(elsewhere)
    assert refuse(landing / "sub" / "a.csv", landing).code is RefusalCode.SYMLINK


def test_what_is_no_ordinary_file_is_refused_without_opening_it(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")  # opening it would wait for ever
    for name in ("folder.csv", "pipe.csv", "missing.csv"):
        assert refuse(tmp_path / name, tmp_path).code is RefusalCode.NOT_A_FILE


@pytest.mark.parametrize("name", ["a.csv.part", "a.tmp", "a.CRDOWNLOAD", "~$budget.xlsx"])
def test_unfinished_downloads_are_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(CONTENT)
    assert refuse(tmp_path / name, tmp_path).code is RefusalCode.GROWING


def test_a_file_must_have_been_quiet_for_the_settle_time(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CONTENT)
    assert refuse(path, tmp_path, Limits(settle_seconds=60)).code is RefusalCode.GROWING
    os.utime(path, (time.time() - 61, time.time() - 61))
    assert inspect_file(path, tmp_path, limits=Limits(settle_seconds=60)).name == "a.csv"


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 20_000_000)
    stop = threading.Event()

    def append() -> None:
        with path.open("ab", buffering=0) as file:
            while not stop.wait(0.001):
                file.write(b"1,2\n")

    writer = threading.Thread(target=append)
    writer.start()
    try:
        assert refuse(path, tmp_path).code is RefusalCode.GROWING
    finally:
        stop.set()
        writer.join()


def test_a_file_that_changes_after_inspection_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CONTENT)
    facts = inspect_file(path, tmp_path)
    path.write_bytes(CONTENT + b"INC3,New\n")
    with pytest.raises(RefusedFile) as caught:
        read_export(facts, ReadOptions("csv"))
    assert caught.value.code is RefusalCode.GROWING
    path.unlink()
    with pytest.raises(RefusedFile):
        read_export(facts, ReadOptions("csv"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every file")
def test_a_file_that_may_not_be_opened_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CONTENT)
    path.chmod(0)
    assert refuse(path, tmp_path).code is RefusalCode.UNREADABLE


def test_a_refusal_crosses_processes_whole() -> None:
    refusal = RefusedFile(RefusalCode.HEADER, "a.csv: no.", "Do this.", row=3, column="state")
    again = pickle.loads(pickle.dumps(refusal))
    assert (again.code, again.message, again.remedy, again.row, again.column) == (
        refusal.code,
        refusal.message,
        refusal.remedy,
        3,
        "state",
    )
    assert str(again) == "a.csv: no. Do this."
