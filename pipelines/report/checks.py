"""The page of an audit: per domain and tier what each rule found, what that means, and which KPIs it holds.

One file without scripts and without the network. Of the data it shows counts and keys, never another value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Final

from data_contracts.evaluation import MOST_SAMPLE_KEYS
from data_contracts.spec import PROMISE
from models.vocabulary import RuleAction, RuleState, RuleTier
from pipelines.report.markup import Html, element, join, page
from pipelines.words.numbers import count_of

_TIERS: Final = {
    RuleTier.FILE.value: "Files",
    RuleTier.SCHEMA.value: "Columns",
    RuleTier.ROW.value: "Rows, one by one",
    RuleTier.SET.value: "Rows together",
    RuleTier.DRIFT.value: "Drift against the past",
}
_VERDICTS: Final = {"pass": "passes", "hold": "is held", None: "no files"}
#: From the worst to the best.
_STATES: Final = (RuleState.ERRORED.value, RuleState.FAILED.value, RuleState.SKIPPED.value, RuleState.PASSED.value)
_CONSEQUENCES: Final = {
    RuleAction.BLOCK.value: "Holds the KPIs that require it: their last good values stay until it is corrected.",
    RuleAction.QUARANTINE.value: "Sets these records aside: eligible, not measured, so that coverage drops. They come "
    "back by themselves when corrected data arrive; too many of them hold the KPIs that count them.",
    RuleAction.WARN.value: "Only warns: nothing is held or set aside.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRule:
    """What one rule found.

    Attributes:
        tier: when it is evaluated: file, schema, row, set or drift.
        remedy: what to do, beyond what the message says.
        counted: what its counts are of: row, or a period; `promise` where one is kept or not.
        sample_keys: keys of some rows that broke it.
        query: SELECT that lists all rows that broke it.
        metrics: KPIs that it protects, named briefly.
    """

    rule: str
    contract: str
    tier: str
    action: str
    state: str
    evaluated_count: int
    failed_count: int
    message: str
    remedy: str
    sample_keys: Sequence[str]
    query: str | None
    metrics: Sequence[str]
    counted: str = "row"

    @property
    def is_broken(self) -> bool:
        """Whether it failed, or could not be evaluated."""
        return self.state in (RuleState.FAILED.value, RuleState.ERRORED.value)


@dataclass(frozen=True, slots=True)
class CheckedDomain:
    """A domain's verdict and rules. `verdict` is None where no file of it ever came."""

    domain: str
    verdict: str | None
    summary: str
    rules: Sequence[CheckedRule]


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file that is not read, and what to do."""

    place: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class HeldMetric:
    """A KPI that keeps its last good values, and why."""

    metric: str
    label: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """All that the page shows."""

    home: str
    audited_at: datetime
    domains: Sequence[CheckedDomain]
    refused: Sequence[RefusedFile]
    held: Sequence[HeldMetric]


def render_checks(audit: Audit) -> str:
    """The page, as HTML."""
    title = f"Checks of {audit.home}"
    style = resources.files("pipelines.report").joinpath("checks.css").read_text(encoding="utf-8")
    return page(
        title,
        style,
        element(
            "header",
            element("h1", title),
            element("p", f"Audited {audit.audited_at:%Y-%m-%d %H:%M} UTC, without changing anything.", class_="quiet"),
            element("ul", *(_domain_card(domain) for domain in audit.domains), class_="cards"),
        ),
        element("main", _held(audit), _refused(audit), *(_domain(domain) for domain in audit.domains)),
        element(
            "footer",
            element(
                "p",
                "Counts and keys are all that is shown of the data. A query lists every row that broke a rule; run it "
                "in the build database while no run is under way.",
            ),
        ),
    )


def _domain_card(domain: CheckedDomain) -> Html:
    counts = {state: sum(rule.state == state for rule in domain.rules) for state in _STATES}
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    return element(
        "li",
        element("a", domain.domain, href=f"#{domain.domain}"),
        " ",
        _badge(_VERDICTS.get(domain.verdict, str(domain.verdict)), domain.verdict or "skipped"),
        element("div", told or "no rule was asked", class_="quiet"),
        class_=f"card {domain.verdict or 'none'}",
    )


def _badge(text: str, kind: str) -> Html:
    return element("span", text, class_=f"badge {kind}")


def _held(audit: Audit) -> Html:
    if not audit.held:
        return element("section", element("h2", "Held KPIs"), element("p", "None: every KPI may be published."))
    reasons: dict[str, list[HeldMetric]] = {}
    for metric in audit.held:
        reasons.setdefault(metric.reason, []).append(metric)
    groups = [
        join(
            element("p", reason),
            element(
                "ul", *(element("li", metric.label, " ", element("code", metric.metric)) for metric in metrics),
                class_="names",
            ),
        )
        for reason, metrics in reasons.items()
    ]  # fmt: skip
    count = len(audit.held)
    told = f"{count} {'KPI keeps its' if count == 1 else 'KPIs keep their'} last good values until this is put right:"
    return element("section", element("h2", "Held KPIs"), element("p", told), *groups, class_="held")


def _refused(audit: Audit) -> Html:
    if not audit.refused:
        return Html("")
    rows = [
        element("div", element("code", file.place), " ", _badge(file.code, "failed"), element("p", file.message),
                class_="rule")
        for file in audit.refused
    ]  # fmt: skip
    what = "They stay where they are; everything else went on."
    return element("section", element("h2", "Refused files"), element("p", what), *rows)


def _domain(domain: CheckedDomain) -> Html:
    parts: list[Html] = [
        element("h2", domain.domain, " ", _badge(_VERDICTS.get(domain.verdict, ""), domain.verdict or "skipped")),
        element("p", domain.summary),
    ]
    for tier, heading in _TIERS.items():
        rules = sorted(
            (rule for rule in domain.rules if rule.tier == tier),
            key=lambda rule: (_STATES.index(rule.state), -rule.failed_count, rule.rule),
        )
        if rules:
            parts += [element("h3", heading), *(_rule(rule) for rule in rules)]
    return element("section", *parts, id=domain.domain)


def _rule(rule: CheckedRule) -> Html:
    return element(
        "details",
        element(
            "summary",
            _badge(rule.state, rule.state),
            " ",
            element("code", rule.rule),
            " ",
            element("span", _found(rule), class_="found"),
            *([element("span", f" · {rule.action}", class_="found")] if rule.is_broken else []),
        ),
        element("dl", *_facts(rule)),
        class_="rule",
        open="" if rule.is_broken else None,
    )


def _found(rule: CheckedRule) -> str:
    if rule.state not in (RuleState.PASSED.value, RuleState.FAILED.value) or rule.counted == PROMISE:
        return ""
    if not rule.failed_count:
        return count_of(rule.evaluated_count, rule.counted)
    return f"{rule.failed_count:,} of {count_of(rule.evaluated_count, rule.counted)} ({_share(rule)})"


def _share(rule: CheckedRule) -> str:
    """A share that says 0 % or 100 % only where it is exactly that."""
    if not rule.evaluated_count:
        return "no rows"
    share = rule.failed_count * 100 / rule.evaluated_count
    if 0 < share < 0.05:
        return "< 0.1 %"
    return "> 99.9 %" if 99.95 <= share < 100 else f"{share:.1f} %".replace(".0 %", " %")


def _facts(rule: CheckedRule) -> Iterator[Html]:
    def fact(name: str, *value: str) -> Html:
        return join(element("dt", name), element("dd", *value))

    yield fact("Meaning", rule.message)
    if rule.is_broken:
        yield fact("What to do", rule.remedy)
    yield fact("If broken", _CONSEQUENCES.get(rule.action, ""))
    if rule.sample_keys:
        keys = [element("code", key) for key in rule.sample_keys]
        listed = join(*(part for key in keys for part in (key, Html(" "))))
        yield fact("Such as", listed, "and more" if len(keys) >= MOST_SAMPLE_KEYS else "")
    if rule.metrics:
        names = [part for name in rule.metrics for part in (element("code", name), Html(" "))]
        yield fact("Protects", join(*names))
    yield fact("Contract", element("code", rule.contract))
    if rule.query:
        yield fact("All of them", element("pre", element("code", rule.query)))
