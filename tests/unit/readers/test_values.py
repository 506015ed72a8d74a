"""Typed values against independent oracles: Python's Decimal for money, zoneinfo for time."""

# ruff: noqa: DTZ001 (wall-clock times without a zone are what is tested)

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.readers import values

X = pl.col("x")
ZONES = (
    "Australia/Lord_Howe",
    "America/New_York",
    "Europe/Amsterdam",
    "Europe/Dublin",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "UTC",
)


def evaluate(texts: Sequence[str | None], expression: pl.Expr) -> list[Any]:
    frame = pl.DataFrame({"x": list(texts)}, schema={"x": pl.String})
    return frame.select(expression).to_series().to_list()


def decimals(texts: Sequence[str | None], **notation: Any) -> list[Decimal | None]:
    return evaluate(texts, values.parse_decimal(X, **notation))


class TestDecimals:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("12.5", "12.5"),
            (" \u00a0-12.50\u202f", "-12.5"),
            ("+3", "3"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1,234.56", "1234.56"),
            ("1,234,567", "1234567"),
            ("1234,567", None),
            ("1,23,4", None),
            ("12,34", None),
            (",123", None),
            ("(352.00)", "-352"),
            ("( £1,352.00 )", "-1352"),
            ("£(352.00)", "-352"),
            ("352.00-", "-352"),
            ("352.00 −", "-352"),
            ("−7", "-7"),
            ("-£12", "-12"),
            ("£-12", "-12"),
            ("£ 12.10", "12.1"),
            ("12.10 €", "12.1"),
            ("¥1,200", "1200"),
            ("EUR 9.99", "9.99"),
            ("9.99GBP", "9.99"),
            ("9.99- USD", "-9.99"),
            ("US$ 4", "4"),
            ("R$4", "4"),
            ("Fr. 4.5", "4.5"),
            ("1.2E+05", "120000"),
            ("1.25E-03", "0.00125"),
            ("-4.5e2", "-450"),
            ("12E0", "12"),
            ("12 EUR", "12"),
            ("E5", None),
            ("(-5)", None),
            ("-5-", None),
            ("+-5", None),
            ("--5", None),
            ("-", None),
            ("£", None),
            (".", None),
            ("()", None),
            ("5 apples", None),
            ("XXX 5", None),
            ("Invoiced Separately", None),
            ("1 234", None),
            ("0x10", None),
            ("nan", None),
            ("١٢", None),
        ],
    )
    def test_reads_what_ledgers_write(self, text: str, expected: str | None) -> None:
        parsed = decimals([text], thousands_separator=",", scale=6)
        assert parsed == [None if expected is None else Decimal(expected)]

    @pytest.mark.parametrize(
        ("text", "thousands", "expected"),
        [
            ("1.234,50", ".", "1234.5"),
            ("1.234,50 kr.", ".", "1234.5"),
            ("kr. 1.234,50", ".", "1234.5"),
            ("1 234,50", " ", "1234.5"),
            ("1\u202f234,50", " ", "1234.5"),
            ("1\u00a0234\u00a0567", " ", "1234567"),
            ("1'234,50", "'", "1234.5"),
            ("1’234,50", "'", "1234.5"),
            ("1.234", None, None),
            ("1234,5-", None, "-1234.5"),
        ],
    )
    def test_reads_decimal_commas(self, text: str, thousands: str | None, expected: str | None) -> None:
        parsed = decimals([text], decimal_separator=",", thousands_separator=thousands)
        assert parsed == [None if expected is None else Decimal(expected)]

    def test_without_thousands_separator_accepts_none(self) -> None:
        assert decimals(["1,234", "1234"]) == [None, Decimal(1234)]

    def test_rounds_half_to_even_and_tells(self) -> None:
        texts = [
            "1.00005",
            "1.00015",
            "-1.00005",
            "1.0000500000000000000000001",
            "1.00000000000",
            "x",
            None,
            "1,000.00001",
        ]
        notation: dict[str, Any] = {"thousands_separator": ","}
        expected = ["1.0000", "1.0002", "-1.0000", "1.0001", "1", None, None, "1000"]
        assert decimals(texts, **notation) == [None if text is None else Decimal(text) for text in expected]
        lossy = evaluate(texts, values.loses_precision(X, **notation))
        assert lossy == [True, True, True, True, False, False, False, True]

    def test_what_does_not_fit_is_not_parsed(self) -> None:
        texts = [
            "99999999999999.9999",
            "-99999999999999.9999",
            "99999999999999.99995",
            "100000000000000",
            "1E+20",
            "9" * 60,
        ]
        limit = Decimal("99999999999999.9999")
        assert decimals(texts) == [limit, -limit, None, None, None, None]
        assert decimals(["0" * 60 + "7"]) == [Decimal(7)]

    def test_type_is_a_decimal_even_without_rows(self) -> None:
        frame = pl.DataFrame({"x": []}, schema={"x": pl.String}).select(values.parse_decimal(X, scale=6))
        assert frame.schema["x"] == pl.Decimal(18, 6)

    @given(
        st.lists(
            st.decimals(min_value=-(10**13), max_value=10**13, allow_nan=False, places=None).filter(
                lambda number: number.as_tuple().exponent >= -30  # type: ignore[operator]
            ),
            min_size=1,
            max_size=20,
        ),
        st.sampled_from([(".", None), (".", ","), (",", "."), (",", " "), (".", "'")]),
        st.sampled_from(["{}", " {} ", "£{}", "{} EUR", "\u00a0{}"]),
        st.sampled_from([0, 2, 4]),
    )
    @settings(max_examples=150, deadline=None)
    def test_agrees_with_python(
        self, numbers: list[Decimal], separators: tuple[str, str | None], frame: str, scale: int
    ) -> None:
        point, thousands = separators
        texts = []
        for number in numbers:
            written = f"{number:,f}" if thousands else f"{number:f}"
            texts.append(frame.format(written.translate({ord("."): point, ord(","): thousands or ""})))
        unit = Decimal(1).scaleb(-scale)
        expected = [number.quantize(unit, ROUND_HALF_EVEN) for number in numbers]
        notation: dict[str, Any] = {"decimal_separator": point, "thousands_separator": thousands, "scale": scale}
        assert decimals(texts, **notation) == expected
        lossy = evaluate(texts, values.loses_precision(X, **notation))
        assert lossy == [number != rounded for number, rounded in zip(numbers, expected, strict=True)]

    @given(st.integers(-(10**9), 10**9), st.integers(0, 8), st.integers(-6, 4))
    @settings(max_examples=150, deadline=None)
    def test_exponents_agree_with_python(self, digits: int, places: int, exponent: int) -> None:
        text = f"{Decimal(digits).scaleb(-places):f}E{exponent:+03d}"
        assert decimals([text], scale=4) == [Decimal(text).quantize(Decimal("0.0001"), ROUND_HALF_EVEN)]

    def test_separators_must_differ(self) -> None:
        with pytest.raises(ValueError, match="both decimals and thousands"):
            values.parse_decimal(X, decimal_separator=",", thousands_separator=",")
        with pytest.raises(ValueError, match="cannot separate digits"):
            values.parse_decimal(X, thousands_separator="0")


class TestIntegers:
    def test_reads_whole_numbers_only(self) -> None:
        texts = [
            "7",
            " -7 ",
            "1,234",
            "12.0",
            "12.5",
            "1E+05",
            "9223372036854775807",
            "9223372036854775808",
            "5-",
            "£5",
            "x",
        ]
        expected = [7, -7, 1234, 12, None, 100000, 9223372036854775807, None, -5, None, None]
        assert evaluate(texts, values.parse_integer(X, thousands_separator=",")) == expected

    def test_point_may_separate_thousands(self) -> None:
        assert evaluate(["1.234", "1.234,0", "1.23"], values.parse_integer(X, thousands_separator=".")) == [
            1234,
            1234,
            None,
        ]

    @given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
    @settings(max_examples=50, deadline=None)
    def test_agrees_with_python(self, numbers: list[int]) -> None:
        assert (
            evaluate([f"{number:,}" for number in numbers], values.parse_integer(X, thousands_separator=",")) == numbers
        )


class TestWords:
    def test_null_tokens_ignore_case_and_padding(self) -> None:
        texts = ["?", " N/A ", "n/a", "", "  ", "\u00a0", None, "a", " b\ufeff"]
        cleaned = evaluate(texts, values.clean_text(X, null_tokens=["?", "n/A "]))
        assert cleaned == [None, None, None, None, None, None, None, "a", "b"]

    def test_problem_is_text_that_nothing_was_made_of(self) -> None:
        texts = ["12", "?", None, "", "twelve", "N/A"]
        expression = values.problem(X, values.parse_integer(X, null_tokens=["?"]), ["?"])
        assert evaluate(texts, expression) == [False, False, False, False, True, True]

    def test_booleans(self) -> None:
        texts = ["TRUE", " yes", "0", "N", "maybe", None, "Geschlossen"]
        assert evaluate(texts, values.parse_boolean(X)) == [True, True, False, False, None, None, None]
        german = values.parse_boolean(X, true_tokens=["geschlossen"], false_tokens=["offen"])
        assert evaluate(texts, german) == [None, None, None, None, None, None, True]


class TestDates:
    @pytest.mark.parametrize(
        ("text", "format_", "expected"),
        [
            ("2-Jun-06", "%d-%b-%y", date(2006, 6, 2)),
            ("02-JUN-2006", "%d-%b-%Y", date(2006, 6, 2)),
            ("2-Jun-2006", "%d-%b-%y", None),
            ("2-Jun-06", "%d-%b-%Y", None),
            ("3/6/16", "%d/%m/%Y", None),
            ("3/6/2016", "%d/%m/%Y", date(2016, 6, 3)),
            ("3/6/2016 16:29", "%d/%m/%Y", None),
            ("3/6/2016 16:29", "%d/%m/%Y %H:%M", date(2016, 6, 3)),
            ("30/2/2016", "%d/%m/%Y", None),
            ("29/2/2016", "%d/%m/%Y", date(2016, 2, 29)),
            ("3.6.16", "%d.%m.%y", date(2016, 6, 3)),
            ("31-12-69", "%d-%m-%y", date(2069, 12, 31)),
            ("31-12-70", "%d-%m-%y", date(1970, 12, 31)),
            ("20160603", "%Y%m%d", date(2016, 6, 3)),
            ("2016063", "%Y%m%d", None),
            ("3Jun2016", "%d%b%Y", date(2016, 6, 3)),
            ("June 3, 2016", "%B %d, %Y", date(2016, 6, 3)),
            ("3 Sept 2016", "%d %b %Y", date(2016, 9, 3)),
            ("3 Juin 2016", "%d %b %Y", None),
            ("Friday, 3 June 2016", "%A, %d %B %Y", date(2016, 6, 3)),
            ("Monday, 3 June 2016", "%A, %d %B %Y", None),
            ("2016-06", "%Y-%m", date(2016, 6, 1)),
            ("Jun-16", "%b-%y", date(2016, 6, 1)),
            ("2016-06-03T23:30:00-08:00", "%Y-%m-%dT%H:%M:%S%z", date(2016, 6, 3)),
            ("42524", "excel_serial", date(2016, 6, 3)),
            ("42524.99", "excel_serial", date(2016, 6, 3)),
            ("60", "excel_serial", None),
            ("1464912000", "epoch_s", date(2016, 6, 3)),
        ],
    )
    def test_reads_whole_values_only(self, text: str, format_: str, expected: date | None) -> None:
        assert evaluate([text, None], values.parse_date(X, [format_])) == [expected, None]

    def test_first_matching_format_decides(self) -> None:
        formats = ["%d/%m/%Y", "%m/%d/%Y", "%d-%b-%y"]
        texts = ["3/6/2016", "3/16/2016", "16/3/2016", "2-Jun-06", "Date Not Captured"]
        expected = [date(2016, 6, 3), date(2016, 3, 16), date(2016, 3, 16), date(2006, 6, 2), None]
        assert evaluate(texts, values.parse_date(X, formats)) == expected

    @given(st.lists(st.dates(date(1970, 1, 1), date(2069, 12, 31)), min_size=1, max_size=10))
    @settings(max_examples=50, deadline=None)
    @pytest.mark.parametrize("format_", ["%d/%m/%Y", "%Y-%m-%d", "%d-%b-%y", "%A %d %B %Y", "%m%d%Y", "%y.%m.%d"])
    def test_agrees_with_python(self, format_: str, days: list[date]) -> None:
        assert evaluate([day.strftime(format_) for day in days], values.parse_date(X, [format_])) == days

    @given(st.dates(date(1900, 3, 1), date(9999, 12, 31)))
    def test_excel_serials_agree_with_the_calendar(self, day: date) -> None:
        assert evaluate([str((day - date(1899, 12, 30)).days)], values.parse_date(X, ["excel_serial"])) == [day]


class TestInstants:
    @pytest.mark.parametrize(
        ("text", "format_", "expected"),
        [
            ("3/6/2016 16:29", "%d/%m/%Y %H:%M", datetime(2016, 6, 3, 16, 29)),
            ("3/6/2016 6:29", "%d/%m/%Y %H:%M", datetime(2016, 6, 3, 6, 29)),
            ("3/6/2016 16:29:01", "%d/%m/%Y %H:%M", None),
            ("06/20/2016 10:04:21 PM", "%m/%d/%Y %I:%M:%S %p", datetime(2016, 6, 20, 22, 4, 21)),
            ("6/20/2016 12:04:21 am", "%m/%d/%Y %I:%M:%S %p", datetime(2016, 6, 20, 0, 4, 21)),
            ("6/20/2016 12:04\u202fPM", "%m/%d/%Y %I:%M %p", datetime(2016, 6, 20, 12, 4)),
            ("6/20/2016 13:04 PM", "%m/%d/%Y %I:%M %p", None),
            ("2012/10/09 14:50:17.000", "%Y/%m/%d %H:%M:%S.%f", datetime(2012, 10, 9, 14, 50, 17)),
            ("2012-10-09 14:50:17.1", "%Y-%m-%d %H:%M:%S.%f", datetime(2012, 10, 9, 14, 50, 17, 100000)),
            ("2012-10-09 14:50:17.1234567", "%Y-%m-%d %H:%M:%S%.f", datetime(2012, 10, 9, 14, 50, 17, 123456)),
            ("2012-10-09 14:50:17,25", "%Y-%m-%d %H:%M:%S,%f", datetime(2012, 10, 9, 14, 50, 17, 250000)),
            ("2012-10-09 14:50:17", "%Y-%m-%d %H:%M:%S%.f", datetime(2012, 10, 9, 14, 50, 17)),
            ("2012-10-09T14:50:17+02:00", "%Y-%m-%dT%H:%M:%S%z", datetime(2012, 10, 9, 12, 50, 17)),
            ("2012-10-09T14:50:17.5-0330", "%Y-%m-%dT%H:%M:%S.%f%z", datetime(2012, 10, 9, 18, 20, 17, 500000)),
            ("2012-10-09T14:50:17Z", "%Y-%m-%dT%H:%M:%S%z", datetime(2012, 10, 9, 14, 50, 17)),
            ("2012-10-09 14:50:17+02", "%Y-%m-%d %H:%M:%S%z", datetime(2012, 10, 9, 12, 50, 17)),
            ("2012-10-09 14:50:17 UTC", "%Y-%m-%d %H:%M:%S %Z", datetime(2012, 10, 9, 14, 50, 17)),
            ("2012-10-09 14:50:17 CET", "%Y-%m-%d %H:%M:%S %Z", None),
            ("2012-10-09", "%Y-%m-%d", datetime(2012, 10, 9)),
            ("20121009145017", "%Y%m%d%H%M%S", datetime(2012, 10, 9, 14, 50, 17)),
            ("1349794217", "epoch_s", datetime(2012, 10, 9, 14, 50, 17)),
            ("1349794217.25", "epoch_s", datetime(2012, 10, 9, 14, 50, 17, 250000)),
            ("1349794217250", "epoch_ms", datetime(2012, 10, 9, 14, 50, 17, 250000)),
            ("41191.618252315", "excel_serial", datetime(2012, 10, 9, 14, 50, 17)),
        ],
    )
    def test_reads_whole_values_only(self, text: str, format_: str, expected: datetime | None) -> None:
        parsed = evaluate([text, None], values.parse_instant(X, [format_], "UTC"))
        assert parsed == [expected and expected.replace(tzinfo=UTC), None]

    @given(
        st.lists(st.datetimes(datetime(1970, 1, 3), datetime(2036, 12, 29)), min_size=1, max_size=20),
        st.sampled_from(ZONES),
    )
    @settings(max_examples=200, deadline=None)
    def test_wall_clock_times_agree_with_zoneinfo(self, times: list[datetime], zone: str) -> None:
        check_against_zoneinfo(times, zone)

    @pytest.mark.parametrize("zone", ZONES)
    def test_every_quarter_hour_around_every_change_agrees_with_zoneinfo(self, zone: str) -> None:
        changes = find_offset_changes(zone, range(1995, 2030))
        assert changes or zone in ("UTC", "Asia/Kathmandu")
        times = [
            change + timedelta(minutes=minutes, microseconds=minutes % 2)
            for change in changes
            for minutes in range(-26 * 60, 26 * 60, 15)
        ]
        check_against_zoneinfo(times or [datetime(2020, 1, 1)], zone)

    @given(
        st.lists(
            st.datetimes(
                datetime(1971, 1, 1),
                datetime(2036, 1, 1),
                timezones=st.sampled_from([ZoneInfo(zone) for zone in ZONES]),
            ),
            min_size=1,
        )
    )
    @settings(max_examples=100, deadline=None)
    def test_own_offset_wins_over_the_zone(self, times: list[datetime]) -> None:
        texts = [time.isoformat(timespec="microseconds") for time in times]
        parsed = evaluate(texts, values.parse_instant(X, ["%Y-%m-%dT%H:%M:%S.%f%z"], "America/New_York"))
        assert parsed == [time.astimezone(UTC) for time in times]
        assert not any(evaluate(texts, values.is_ambiguous(X, ["%Y-%m-%dT%H:%M:%S.%f%z"], "America/New_York")))

    def test_choices_at_clock_changes_are_told(self) -> None:
        formats = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M%z"]
        texts = ["2024-03-31 02:30", "2024-10-27 02:30", "2024-10-27T02:30+01:00", "2024-06-01 12:00", "?", None]
        instants = evaluate(texts, values.parse_instant(X, formats, "Europe/Amsterdam"))
        assert instants[:3] == [
            datetime(2024, 3, 31, 1, 30, tzinfo=UTC),  # 03:30 local
            datetime(2024, 10, 27, 0, 30, tzinfo=UTC),
            datetime(2024, 10, 27, 1, 30, tzinfo=UTC),
        ]
        assert evaluate(texts, values.is_nonexistent(X, formats, "Europe/Amsterdam")) == [True, *[False] * 5]
        assert evaluate(texts, values.is_ambiguous(X, formats, "Europe/Amsterdam")) == [False, True, *[False] * 4]

    def test_null_token_that_is_a_date_is_no_value(self) -> None:
        parsed = evaluate(["01/01/1900", "02/01/1900"], values.parse_date(X, ["%d/%m/%Y"], null_tokens=["01/01/1900"]))
        assert parsed == [None, date(1900, 1, 2)]

    def test_unknown_zone_is_refused(self) -> None:
        with pytest.raises(ValueError, match="'Mars/Olympus' is no time zone"):
            values.parse_instant(X, ["%Y-%m-%d"], "Mars/Olympus")


class TestFormats:
    @pytest.mark.parametrize(
        ("format_", "complaint"),
        [
            ("%d/%m", "must name the year"),
            ("%d/%d/%Y", "must name the year"),
            ("%d/%m/%Y %Q", "%Q is not understood"),
            ("%d/%m/%Y %I:%M", "twelve-hour"),
            ("%d/%m/%Y %H:%M %p", "twelve-hour"),
            ("%d/%m/%Y %H", "hour and minute"),
            ("%m/%Y %H:%M", "no day"),
            ("%d/%m/%Y %z", "offset"),
            ("yyyy-mm-dd", "must name the year"),
        ],
    )
    def test_useless_formats_are_refused(self, format_: str, complaint: str) -> None:
        with pytest.raises(ValueError, match=complaint):
            values.check_format(format_)

    def test_no_format_is_refused(self) -> None:
        with pytest.raises(ValueError, match="at least one"):
            values.parse_date(X, [])


def find_offset_changes(zone: str, years: range) -> list[datetime]:
    """Wall-clock times, before the change, at which a zone's offset changes (to the hour)."""
    information = ZoneInfo(zone)
    hour = datetime(years.start, 1, 1, tzinfo=UTC)
    changes = []
    while hour.year < years.stop:
        following = hour + timedelta(days=1)
        if hour.astimezone(information).utcoffset() != following.astimezone(information).utcoffset():
            while (
                hour.astimezone(information).utcoffset()
                == (hour + timedelta(hours=1)).astimezone(information).utcoffset()
            ):
                hour += timedelta(hours=1)
            changes.append(
                (hour + timedelta(hours=1)).replace(tzinfo=None)
                + (hour.astimezone(information).utcoffset() or timedelta())
            )
        hour = following.replace(hour=0)
    return changes


def check_against_zoneinfo(times: list[datetime], zone: str) -> None:
    information = ZoneInfo(zone)
    # PEP 495: fold=0 is the earlier of two instants, and in a gap the offset before it, which moves forward by the gap.
    first = [time.replace(tzinfo=information, fold=0) for time in times]
    second = [time.replace(tzinfo=information, fold=1) for time in times]
    expected = [time.astimezone(UTC) for time in first]
    survives = [
        instant.astimezone(information).replace(tzinfo=None) == time
        for instant, time in zip(expected, times, strict=True)
    ]
    differs = [a.utcoffset() != b.utcoffset() for a, b in zip(first, second, strict=True)]

    texts = [time.strftime("%Y-%m-%d %H:%M:%S.%f") for time in times]
    frame = (
        pl.DataFrame({"x": texts}).select(values.read_instant(X, ["%Y-%m-%d %H:%M:%S.%f"], zone).alias("r")).unnest("r")
    )
    assert frame["instant"].to_list() == expected
    assert frame["is_nonexistent"].to_list() == [not each for each in survives]
    assert frame["is_ambiguous"].to_list() == [a and b for a, b in zip(survives, differs, strict=True)]
