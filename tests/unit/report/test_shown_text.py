"""Which letters of others are shown as they are."""

from __future__ import annotations

import pytest

from pipelines.report.markup import shown_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("می\u200cروم", "می\u200cروم"),
        ("\U0001f9d1\u200d\U0001f527", "\U0001f9d1\u200d\U0001f527"),
        ("a\u202egnp.exe", "a\ufffdgnp.exe"),
        ("a\u2067b\u200f", "a\ufffdb\ufffd"),
        ("a\x00b\x1b[31m", "a\ufffdb\ufffd[31m"),
        ("a\tb\r\nc", "a b\nc"),
    ],
)
def test_what_joins_letters_stays_and_what_turns_or_hides_them_does_not(text: str, shown: str) -> None:
    assert shown_text(text) == shown
