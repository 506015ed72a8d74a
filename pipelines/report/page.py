"""The executive report as one self-contained page: no script, nothing from elsewhere, light and dark, on paper too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any, Final

from metrics.registry import METRICS
from pipelines.report.charts import sparkline
from pipelines.report.completeness import describe_reaches, late_note
from pipelines.report.drawing import dark_rules, draw_svg, inline_svg, unchecked_charts
from pipelines.report.facts import ReportFacts
from pipelines.report.figures import Figure, Section, Table
from pipelines.report.headlines import Card, certainty, headline_cards, no_value_note, shown_value
from pipelines.report.markup import Html, element, join, page
from pipelines.report.sections import build_sections
from pipelines.report.sentences import summarize
from pipelines.words.numbers import format_instant
from pipelines.words.periods import sentence_case

#: Widths in pixels for which a chart is drawn: a phone, half a page, a whole page.
_NARROW: Final = 310
_HALF: Final = 430
_WIDE: Final = 920
_METRICS: Final = {metric.name: metric for metric in METRICS}


@unchecked_charts()
def render_report(facts: ReportFacts) -> str:
    """The report, as HTML."""
    period = facts.period
    name = facts.publication.home_name
    title = f"{name}: {period.label}" if period else name
    sections = build_sections(facts)
    shown = list(
        dict.fromkeys(metric for section in sections for figure in section.figures for metric in figure.metrics)
    )
    return page(
        title,
        _style(),
        element("a", "Skip to the content", href="#content", class_="skip"),
        _header(facts),
        element(
            "main",
            _summary(facts),
            _cards(headline_cards(facts)),
            _contents(sections),
            *(_section(section) for section in sections),
            _definitions(shown, facts),
            id="content",
        ),
        _footer(facts),
    )


def _style() -> str:
    css = resources.files("pipelines.report").joinpath("report.css").read_text(encoding="utf-8")
    return f"{css}\n@media screen and (prefers-color-scheme: dark) {{\n{dark_rules()}\n}}"


def _header(facts: ReportFacts) -> Html:
    period = facts.period
    data = describe_reaches(facts)
    return element(
        "header",
        element("p", facts.publication.home_name, class_="home"),
        element("h1", sentence_case(period.label) if period else "Nothing to report yet"),
        element("p", f"{period.days}. {data}." if period else f"{data}.", class_="quiet"),
    )


def _summary(facts: ReportFacts) -> Html:
    sentences = summarize(facts)
    return element(
        "section",
        element("h2", "Summary", id="summary-title"),
        *(element("p", sentence) for sentence in sentences),
        class_="summary",
        aria_labelledby="summary-title",
    )


def _cards(cards: Sequence[Card]) -> Html:
    return element("ul", *(_card(card) for card in cards), class_="cards", aria_label="Headline numbers")


def _card(card: Card) -> Html:
    points = [point for point in card.trend if point.value is not None]
    drawn = (
        inline_svg(draw_svg(sparkline(card.trend)), f"Trend of {card.label}", "chart spark")
        if len(points) > 1
        else Html("")
    )
    return element(
        "li",
        element("h3", element("a", card.label, href=f"#definition-{card.metric}")),
        element("p", card.value, class_="value"),
        *([element("p", card.period, class_="period")] if card.period else []),
        element("p", card.movement, element("span", f" {card.judgement}" if card.judgement else "", class_="verdict"),
                class_=f"movement {card.judgement.replace(' ', '-')}".rstrip()),
        *([element("p", card.target, class_=f"target {card.target_state}")] if card.target else []),
        drawn,
        *([element("p", card.certainty, class_="quiet small")] if card.certainty else []),
        *([element("p", card.late, class_="late")] if card.late else []),
        *([element("p", card.restated, class_="late restated")] if card.restated else []),
        *([element("p", card.held, class_="held")] if card.held else []),
        class_="card",
    )  # fmt: skip


def _contents(sections: Sequence[Section]) -> Html:
    if not sections:
        return Html("")
    links = [element("li", element("a", section.title, href=f"#{section.id}")) for section in sections]
    return element("nav", element("ul", *links), class_="contents", aria_label="Contents")


def _section(section: Section) -> Html:
    return element(
        "section",
        element("h2", section.title),
        *([element("p", section.lead, class_="quiet")] if section.lead else []),
        element("div", *(_figure(figure) for figure in section.figures), class_="figures"),
        id=section.id,
    )


def _figure(figure: Figure) -> Html:
    parts: list[Html] = [element("h3", figure.title)]
    parts += [element("p", sentence) for sentence in figure.sentences]
    if figure.draw is not None:
        for width, class_ in ((_WIDE if figure.is_wide else _HALF, "chart roomy"), (_NARROW, "chart narrow")):
            parts.append(inline_svg(draw_svg(figure.draw(width)), figure.alternative or figure.title, class_))
    if figure.table is not None and figure.is_table_open:
        parts.append(_table(figure.table, figure.title))
    elif figure.table is not None and figure.table.rows:
        parts.append(element("details", element("summary", "Data"), _table(figure.table, figure.title)))
    parts.append(_source(figure))
    return element("article", *parts, class_="figure wide" if figure.is_wide else "figure", id=figure.id)


def _table(table: Table, caption: str) -> Html:
    head = element("tr", *(element("th", name, scope="col", class_=_kind(table, name)) for name in table.columns))
    rows = [
        element(
            "tr",
            *(
                element("th", cell, scope="row", class_=_kind(table, name))
                if position == 0
                else element("td", cell, class_=_kind(table, name))
                for position, (name, cell) in enumerate(zip(table.columns, row, strict=True))
            ),
        )
        for row in table.rows[: table.most_rows]
    ]
    inner = element(
        "table", element("caption", caption, class_="unseen"), element("thead", head), element("tbody", *rows)
    )
    # Reachable by keyboard, because it scrolls where the page is narrow.
    scroll = element("div", inner, class_="scroll", tabindex="0", role="region", aria_label=caption)
    more = len(table.rows) - table.most_rows
    if more <= 0:
        return scroll
    return join(scroll, element("p", f"and {more:,} more; the command below gives all.", class_="quiet small"))


def _kind(table: Table, name: str) -> str | None:
    return "number" if name in table.numbers else None


def _source(figure: Figure) -> Html:
    parts: list[Html] = []
    if figure.metrics:
        links = [element("a", _label(metric), href=f"#definition-{metric}") for metric in figure.metrics[:4]]
        parts.append(element("p", "Definition: ", *_listed(links), class_="small"))
    if figure.answer is not None:
        parts.append(element("p", figure.answer.asked, class_="small"))
        parts.append(element("pre", element("code", figure.answer.command)))
    if not parts:
        return Html("")
    return element("details", element("summary", "Where this comes from"), *parts, class_="source")


def _listed(parts: Sequence[Html]) -> list[Html]:
    return [piece for index, part in enumerate(parts) for piece in ((Html(", "), part) if index else (part,))]


def _label(metric: str) -> str:
    return _METRICS[metric].label if metric in _METRICS else metric


def _definitions(metrics: Sequence[str], facts: ReportFacts) -> Html:
    found = [_METRICS[name] for name in metrics if name in _METRICS]
    if not found:
        return Html("")
    entries = [
        element(
            "div",
            element("h3", metric.label, " ", element("code", metric.name)),
            element("p", metric.meaning),
            element("p", f"How: {metric.formula}", class_="small"),
            element("p", f"Period: {metric.period_date}. ", *_in_the_period(facts.numbers.get(metric.name), facts),
                    f"Owner: {metric.owner}, version {metric.version}.", class_="small quiet"),
            element("p", element("code", f"kpi query --query metric_history --param metric={metric.name}")),
            class_="definition",
            id=f"definition-{metric.name}",
        )
        for metric in found
    ]  # fmt: skip
    return element("section", element("h2", "What the numbers mean"), *entries, id="definitions")


def _in_the_period(row: Mapping[str, Any] | None, facts: ReportFacts) -> list[Html]:
    """The value and how sure it is. Programs find all digits of the value, and its period, beside the rounded ones."""
    if row is None:
        return []
    period = facts.period_of(row["metric"])
    if period is None:
        return [join(f"{late_note(facts, row['metric'])} ")] if facts.is_late(row["metric"]) else []
    if row["value"] is None:
        return [join(f"In {period.label}: {no_value_note(facts, row['metric']) or 'no value.'} ")]
    currency = facts.publication.currency
    shown = element(
        "data", shown_value(row, currency), value=repr(row["value"]), data_metric=row["metric"],
        data_period=period.name,
    )  # fmt: skip
    late = [join(f"{late_note(facts, row['metric'])} ")] if facts.is_late(row["metric"]) else []
    return [join(f"In {period.label}: "), shown, join(f", {certainty(row, currency)}. "), *late]


def _footer(facts: ReportFacts) -> Html:
    publication = facts.publication
    return element(
        "footer",
        element(
            "p",
            f"Publication {publication.publication_id}, made {format_instant(publication.published_at)}. All numbers "
            "are read from the published file; the command under a figure gives the same rows.",
        ),
        element("p", "Content ", element("code", publication.content_hash)),
    )
