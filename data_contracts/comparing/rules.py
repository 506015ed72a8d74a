"""What two versions of a contract promise differently: rules added, removed, tightened, loosened or changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from data_contracts.comparing.difference import BOTH, FILES, NOBODY, NUMBERS, Breaks, Difference, quoted
from data_contracts.spec import Limit, Measure, Rule
from models.vocabulary import RuleAction

#: From the mildest to the strictest.
_STRICTNESS: Final = (RuleAction.WARN, RuleAction.QUARANTINE, RuleAction.BLOCK)
#: Comparisons under which a greater bound lets more through.
_UPPER: Final = ("mustBeLessThan", "mustBeLessOrEqualTo")
_LOWER: Final = ("mustBeGreaterThan", "mustBeGreaterOrEqualTo")


def compare_rules(old: Sequence[Rule], new: Sequence[Rule]) -> Iterator[Difference]:
    """Every change of the rules, matched by `<object>.<set>.<assertion>` without the table that leads their id."""
    before, after = ({_name(rule): rule for rule in rules} for rules in (old, new))
    for name, rule in before.items():
        if name in after:
            yield from _compare_rule(rule, after[name])
        else:
            breaks = NOBODY if rule.action is RuleAction.WARN else NUMBERS
            what = f"the rule is gone; it did {rule.action.value} when broken: {rule.message}"
            yield _difference("rule_removed", rule, what, breaks)
    for name, rule in after.items():
        if name not in before:
            breaks = NOBODY if rule.action is RuleAction.WARN else FILES
            yield _difference(
                "rule_added", rule, f"a new rule, with action {rule.action.value}: {rule.message}", breaks
            )


def _name(rule: Rule) -> str:
    return f"{rule.object_name}.{rule.id.partition('.')[2]}"


def _compare_rule(old: Rule, new: Rule) -> Iterator[Difference]:
    def moved(what: str, is_tighter: bool) -> Difference:
        kind = "rule_tightened" if is_tighter else "rule_loosened"
        return _difference(kind, new, what, FILES if is_tighter else NUMBERS, old.protects)

    if old.action is not new.action:
        what = f"its action was {old.action.value} and is {new.action.value}"
        yield moved(what, _STRICTNESS.index(new.action) > _STRICTNESS.index(old.action))
    if old.tolerance != new.tolerance:
        what = f"{_percent(old.tolerance)} of the rows may break it, now {_percent(new.tolerance)}"
        yield moved(what, new.tolerance < old.tolerance)
    if old.quarantine_limit != new.quarantine_limit:
        yield from _compare_quarantine_limits(old, new)
    if (old.limit or _NONE) != (new.limit or _NONE):
        is_tighter = _is_tighter(old.limit or _NONE, new.limit or _NONE)
        what = f"it had to be {_comparison(old.limit or _NONE)}, now {_comparison(new.limit or _NONE)}"
        yield _changed(new, what, old.protects) if is_tighter is None else moved(what, is_tighter)
    yield from _compare_what_is_asked(old, new)
    lost = [name for name in old.protects if name not in new.protects]
    gained = [name for name in new.protects if name not in old.protects]
    if lost or gained:
        # A rule that names no metric protects all that need its domain.
        is_narrower = (bool(lost) and bool(new.protects)) or (not old.protects and bool(gained))
        what = f"it protected {quoted(old.protects) if old.protects else 'all KPIs of its domain'}, "
        what += f"now {quoted(new.protects) if new.protects else 'all of them'}"
        yield _difference("protects_changed", new, what, NUMBERS if is_narrower else NOBODY, old.protects)
    # Where nobody writes a severity, it follows from the action.
    if _words(old) != _words(new) or (old.severity != new.severity and old.action is new.action):
        yield _difference("rule_reworded", new, "message, owner, dimension, severity or tier changed", NOBODY)


def _words(rule: Rule) -> tuple[object, ...]:
    return rule.message, rule.owner, rule.quality_dimension, rule.tier


_NONE: Final = Limit("mustBe", (0,))


def _compare_quarantine_limits(old: Rule, new: Rule) -> Iterator[Difference]:
    before, after = old.quarantine_limit, new.quarantine_limit
    shown = ["the home's limit" if limit is None else _percent(limit) for limit in (before, after)]
    what = f"its domain was held above {shown[0]} of records set aside, now above {shown[1]}"
    if before is None or after is None:
        yield _changed(new, what, old.protects)
    else:
        is_tighter = after < before
        kind = "rule_tightened" if is_tighter else "rule_loosened"
        yield _difference(kind, new, what, FILES if is_tighter else NUMBERS, old.protects)


def _compare_what_is_asked(old: Rule, new: Rule) -> Iterator[Difference]:
    if old.measure is not new.measure or old.columns != new.columns or old.key_column != new.key_column:
        yield _changed(new, "it looks at other columns, or in another way", old.protects)
    elif old.listed_dimension != new.listed_dimension:
        needs = [f"of the {rule.listed_dimension}" if rule.listed_dimension else "of nothing" for rule in (old, new)]
        yield _changed(new, f"it needed a list {needs[0]}, and needs one {needs[1]}", old.protects)
    elif old.needed_feed != new.needed_feed:
        needs = [f"something that feeds {rule.needed_feed}" if rule.needed_feed else "nothing" for rule in (old, new)]
        yield _changed(new, f"it needed {needs[0]}, and needs {needs[1]}", old.protects)
    elif _plain(old.query) != _plain(new.query):
        yield _changed(new, "its query is another", old.protects)
    elif dict(old.arguments) != dict(new.arguments):
        yield _compare_arguments(old, new)


def _compare_arguments(old: Rule, new: Rule) -> Difference:
    only_values = set(old.arguments) == set(new.arguments) == {"validValues"}
    if only_values and new.measure is Measure.INVALID_VALUES:
        before, after = set(map(str, old.arguments["validValues"])), set(map(str, new.arguments["validValues"]))
        if before < after:
            what = f"{quoted(sorted(after - before))} is valid too"
            return _difference("rule_loosened", new, what, NUMBERS, old.protects)
        if after < before:
            what = f"{quoted(sorted(before - after))} is no longer valid"
            return _difference("rule_tightened", new, what, FILES, old.protects)
    return _changed(new, f"its arguments were {dict(old.arguments)} and are {dict(new.arguments)}", old.protects)


def _is_tighter(old: Limit, new: Limit) -> bool | None:
    """Whether the new comparison lets less through; None where neither holds for all values."""
    if old.is_share != new.is_share or old.operator != new.operator:
        return None
    before, after = (list(map(_number, limit.bounds)) for limit in (old, new))
    if None in before or None in after:
        return None
    if new.operator in _UPPER:
        return bool(after[0] < before[0])
    if new.operator in _LOWER:
        return bool(after[0] > before[0])
    if new.operator == "mustBeBetween":
        if after[0] >= before[0] and after[1] <= before[1]:
            return True
        if after[0] <= before[0] and after[1] >= before[1]:
            return False
    return None


def _number(bound: Any) -> Any:
    return Decimal(str(bound)) if isinstance(bound, int | float) and not isinstance(bound, bool) else None


def _comparison(limit: Limit) -> str:
    unit = " percent" if limit.is_share else ""
    return f"{limit.operator} {' and '.join(map(str, limit.bounds))}{unit}"


def _percent(share: Decimal) -> str:
    return f"{share * 100:f}".rstrip("0").rstrip(".") + " %" if share else "0 %"


def _plain(query: str | None) -> str:
    return " ".join((query or "").split())


def _changed(rule: Rule, what: str, protected: tuple[str, ...]) -> Difference:
    """A change of which nobody can say by reading whether it asks more or less."""
    return _difference("rule_changed", rule, f"{what}: it may let more or less through", BOTH, protected)


def _difference(
    kind: str, rule: Rule, what: str, breaks: frozenset[Breaks], protected: tuple[str, ...] = ()
) -> Difference:
    # No name at all means all KPIs of the domain, and stays so.
    protects = tuple(dict.fromkeys([*protected, *rule.protects])) if rule.protects else ()
    return Difference(kind=kind, place=rule.id, what=what, breaks=breaks, protects=protects, domain=rule.domain)
