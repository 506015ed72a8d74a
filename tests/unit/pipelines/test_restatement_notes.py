"""Which of many values that are told otherwise is the example, and how it and its reasons are told."""

from __future__ import annotations

from datetime import UTC, date, datetime

from models.vocabulary import Domain, RestatementReason
from pipelines.kpis.blamed_files import Days, name_files
from pipelines.kpis.counted_loads import FileChange
from pipelines.notices.restatements import Restatement, note_restatements
from pipelines.words.restatements import Files, files_in, tell_reasons


def restated(metric: str, before: float, now: float | None, grain: str = "month") -> Restatement:
    at = datetime(2026, 5, 2, tzinfo=UTC)
    return Restatement(
        metric, grain, date(2026, 3, 1), before, now, "business_hours", "records", None, None, None, None, at
    )


def told(*found: Restatement) -> str:
    (notice,) = note_restatements(found, "EUR")
    return notice.message


def test_the_example_is_what_moved_most() -> None:
    slight, large = (f"ticket_cycle_time_p{share}_business_hours" for share in (95, 50))
    said = told(restated(slight, 39.1104, 39.1131), restated(large, 5.0, 7.5), restated(large, 5.0, 50.0, "quarter"))
    assert "of March 2026 was 5.0 h and is 7.5 h." in said
    headline = "ticket_cycle_time_p85_business_hours"
    assert "was 10.0 h and is 10.5 h." in told(restated(large, 5.0, 7.5), restated(headline, 10.0, 10.5))


def test_the_two_values_of_the_example_differ() -> None:
    said = told(restated("ticket_cycle_time_p95_business_hours", 39.1104, 39.1131))
    assert "was 39.110 h and is 39.113 h." in said
    assert "was 3.0 h and is not told any more." in told(restated("ticket_cycle_time_p95_business_hours", 3.0, None))


MARCH = Days(date(2026, 3, 1), date(2026, 3, 31))
CAME, REPLACED, WENT = (
    RestatementReason.FILES_CAME,
    RestatementReason.FILES_REPLACED,
    RestatementReason.FILES_WENT,
)


def change(name: str, *, rates: bool = False, reason: RestatementReason = CAME) -> FileChange:
    loads = () if reason is WENT else (name,)
    return FileChange(name, Domain.FINANCE, rates, reason, loads)


def test_files_of_the_period_stand_first_and_later_ones_are_only_counted() -> None:
    days = {
        "earlier.csv": Days(date(2026, 1, 1), date(2026, 1, 31)),
        "fx_march.csv": Days(date(2026, 3, 5), date(2026, 3, 5)),
        "year.csv": Days(date(2026, 1, 1), date(2026, 12, 31)),
        "later.csv": Days(date(2026, 4, 1), date(2026, 4, 30)),
        "fx_april.csv": Days(date(2026, 4, 1), date(2026, 4, 1)),
    }
    all_of_them = [
        *(change(name, rates=name.startswith("fx")) for name in sorted(days)),
        change("unknown.csv"),
    ]
    told = name_files(all_of_them, days, MARCH)
    assert told == "year.csv, fx_march.csv, earlier.csv, unknown.csv and 2 more"
    # Where nothing else came, all are named.
    assert name_files([change("fx_april.csv", rates=True), change("later.csv")], days, MARCH) == (
        "later.csv, fx_april.csv"
    )
    assert name_files([], days, MARCH) is None


def test_what_a_replaced_or_gone_file_held_is_not_known_unless_it_held_rates() -> None:
    days = {name: Days(date(2026, 4, 1), date(2026, 4, 30)) for name in ("a.csv", "fx.csv")}
    replaced = [change("fx.csv", rates=True, reason=REPLACED), change("a.csv", reason=REPLACED)]
    assert name_files(replaced, days, MARCH) == "a.csv and 1 more"
    assert name_files([change("b.csv", reason=WENT), change("a.csv", reason=WENT)], days, MARCH) == "b.csv, a.csv"


def test_of_very_many_files_twenty_are_named() -> None:
    names = [f"f{number:02}.csv" for number in range(30)]
    told = name_files([change(name) for name in names], {}, MARCH)
    assert told == ", ".join(names[:20]) + " and 10 more"
    found = files_in([told])
    assert (found.names, found.more, found.count) == (tuple(names[:20]), 10, 30)


def test_the_first_file_of_each_period_comes_before_the_second_of_another() -> None:
    march, april = "march.csv, both.csv and 2 more", "april.csv, both.csv, more.csv and 1 more"
    assert files_in([march, None, april]) == Files(("march.csv", "april.csv", "both.csv", "more.csv"), 0)
    assert files_in([march, march]) == Files(("march.csv", "both.csv"), 2)
    assert files_in([None]) == Files()


def reasons(*words: RestatementReason, **files: Files) -> str:
    named = {name: files.get(name, Files()) for name in ("came", "replaced", "went", "rules")}
    return "; ".join(tell_reasons({word.value for word in words}, most=3, **named))


def test_reasons_name_the_files_and_say_how_many_more_there_are() -> None:
    assert reasons(CAME, came=Files(("ledger.csv",), 15)) == "since then ledger.csv and 15 more files came"
    assert reasons(REPLACED, replaced=Files(("a.csv",), 1)) == "since then a.csv and 1 more file were replaced"
    rules = Files(("policies/sla.yaml",))
    assert reasons(RestatementReason.RULES, rules=rules) == "since then policies/sla.yaml changed"
    assert reasons(REPLACED, CAME, RestatementReason.RULES, replaced=Files(("a.csv",)), came=Files(("b.csv",)),
                   rules=Files(("contracts/x.yaml", "policies/sla.yaml"))) == (
        "since then a.csv was replaced; contracts/x.yaml and policies/sla.yaml changed; b.csv came"
    )  # fmt: skip
    assert reasons(RestatementReason.RULES) == "contracts, policies or settings are other ones"
