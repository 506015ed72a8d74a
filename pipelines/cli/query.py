"""`kpi query`: SQL on the published file, and the packaged analyst's questions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.cli.completing import complete_parameter, complete_question
from pipelines.cli.exits import CommandError
from pipelines.cli.file_formats import asked_format, choose_format
from pipelines.cli.options import chosen_home, common_options, json_option

if TYPE_CHECKING:
    import duckdb

    from pipelines.questions import Question

_NAME = re.compile(r"\w+")
#: What a file can be; its name ends in the same word.
_FILE_FORMATS = ("csv", "json", "parquet", "xlsx")
_FORMATS = ("table", *_FILE_FORMATS)


@click.command()
@click.argument("sql", required=False, metavar="[SQL | NAME]", shell_complete=complete_question)
@click.option(
    "--format", "output_format", type=click.Choice(_FORMATS), help="Else by the name of -o, else an aligned table."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the result to this file: .csv, .json, .parquet or .xlsx.",
)
@click.option("--file", "file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="SQL from a file.")
@click.option(
    "--query",
    "name",
    metavar="NAME",
    shell_complete=complete_question,
    help="Run a packaged query; --list lists them.",
)
@click.option(
    "--param",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=complete_parameter,
    help="Value of $NAME in the SQL. Repeatable.",
)
@click.option(
    "--rows", type=click.IntRange(0), default=40, metavar="N", help="Rows of a table, 0 for all. [default: 40]"
)
@click.option("--keep-formulas", is_flag=True, help="CSV texts as they are, even those a spreadsheet would run.")
@click.option("--list", "is_list", is_flag=True, help="List the packaged queries with their questions.")
@json_option
@common_options
def query(
    sql: str | None,
    output_format: str | None,
    output: Path | None,
    file: Path | None,
    name: str | None,
    params: tuple[str, ...],
    rows: int,
    keep_formulas: bool,
    is_list: bool,
    as_json: bool,
) -> None:
    """Run SQL on the published warehouse, read-only. The name of a packaged query does in place of SQL.

    Tables and views of mart, core and meta need no schema before their name. CSV, JSON and Parquet hold exact
    values: decimals are never floats, instants are ISO 8601 in UTC. In CSV a text that a spreadsheet would run as a
    formula gets an apostrophe before it. An Excel workbook has real numbers and dates, and a second sheet that says
    what was asked and as of when; what Excel cannot keep exactly stands as text, with a note.

    \b
    kpi query "FROM kpi_sla_attainment_ratio WHERE period_grain = 'month'"
    kpi query "SELECT * FROM fct_tickets WHERE team = \\$team" --param "team=Service Desk"
    kpi query "FROM metric_values" -o values.parquet
    kpi query sla_attainment_by_team -o attainment.xlsx
    kpi query "SHOW ALL TABLES"
    """
    if is_list:
        _list(as_json=as_json)
        return
    text, values, question = _what_to_run(sql, file, name, _read_params(params))
    asked = asked_format(output_format, as_json=as_json)
    chosen = choose_format(asked, output, _FILE_FORMATS, on_screen="table")
    _run(text, values, chosen, output, rows, question, keep_formulas=keep_formulas)


def _list(*, as_json: bool) -> None:
    from pipelines.cli.questions import list_questions
    from pipelines.cli.tables import Column, show_json, show_table

    questions = list_questions()
    if as_json:
        show_json(questions)
        return
    show_table(
        [Column("query"), Column("question"), Column("parameters")],
        [
            (question.name, question.question, ", ".join(parameter.name for parameter in question.parameters))
            for question in questions
        ],
    )
    click.echo()
    click.echo(click.style("Run one with 'kpi query --query NAME', its parameters with --param NAME=VALUE.", dim=True))


def _read_params(params: tuple[str, ...]) -> dict[str, str]:
    values: dict[str, str] = {}
    for param in params:
        name, equals, value = param.partition("=")
        if not equals or not name:
            raise CommandError(f"--param '{param}' has no value; write NAME=VALUE.")
        values[name.strip().lstrip("$")] = value
    return values


def _what_to_run(
    sql: str | None, file: Path | None, name: str | None, values: dict[str, str]
) -> tuple[str, dict[str, str], Question | None]:
    """The SQL of the one way in which it was given, its parameters, and the packaged question that it is, if any."""
    if sum(way is not None for way in (sql, file, name)) != 1:
        raise click.UsageError("Give SQL, or --file, or --query NAME: exactly one.", click.get_current_context())
    if name is None and sql is not None and _NAME.fullmatch(sql.strip()):
        name = _name_meant(sql.strip())
    if name is not None:
        from pipelines.cli.questions import fill_parameters, question_named

        question = question_named(name)
        return question.text, fill_parameters(question, values), question
    return (file.read_text(encoding="utf-8") if file is not None else str(sql)), values, None


def _name_meant(word: str) -> str | None:
    """The packaged question that a single word names; None if it is near none, and may be a statement.

    Raises:
        CommandError: a question is called nearly so.
    """
    from difflib import get_close_matches

    from pipelines.questions import packaged_questions

    questions = packaged_questions()
    near = [] if word in questions else get_close_matches(word, questions, n=1, cutoff=0.75)
    if near:
        raise CommandError(f"'{word}' is neither SQL nor a packaged query. Did you mean '{near[0]}'?")
    return word if word in questions else None


def _run(
    text: str,
    values: dict[str, str],
    chosen: str,
    output: Path | None,
    rows: int,
    question: Question | None,
    *,
    keep_formulas: bool,
) -> None:
    import duckdb

    from pipelines.cli import query_output
    from pipelines.cli.published import open_published, tell_other_version
    from pipelines.words.numbers import count_of
    from pipelines.working_apart import work_apart

    home = chosen_home()
    notes: list[str] = []
    reasons: list[str] = []
    with open_published(home) as connection:

        def answer() -> int:
            *preparing, reading = _one_reading_statement(text)
            for statement in preparing:
                connection.execute(statement)
            cursor = connection.execute(reading, values or None)
            if chosen == "table":
                count = query_output.write_table(cursor, rows)
            elif chosen == "parquet" and output is not None:
                count = query_output.write_parquet(cursor, output)
            elif chosen == "xlsx" and output is not None:
                from pipelines.cli.query_workbook import write_workbook

                count, told = write_workbook(connection, cursor, output, question, text, values)
                notes.extend(told)
            elif chosen == "csv":
                count = query_output.write_csv(cursor, output, keep_formulas=keep_formulas)
            else:
                count = query_output.write_json(cursor, output)
            if count == 0 and question is not None:
                from pipelines.cli.empty_answers import explain_no_rows

                reasons.extend(explain_no_rows(connection, question, values))
            return count

        try:
            count = work_apart(answer, stop=connection.interrupt)
        except duckdb.Error as error:
            is_lacking = isinstance(error, duckdb.BinderException | duckdb.CatalogException)
            hint = tell_other_version(connection) if is_lacking else ""
            if isinstance(error, duckdb.ParserException) and _NAME.fullmatch(text.strip()):
                hint = (
                    f'A table or view is read with: kpi query "FROM {text.strip()}". --list lists the packaged queries.'
                )
            raise CommandError("\n".join(filter(None, (_explain(error), hint)))) from error
    if output is not None:
        click.echo(f"Wrote {count_of(count, 'row')} to {output}", err=True)
        for note in notes:
            click.echo(f"  {note}", err=True)
    if question is not None and _is_at_limit(question, values, count):
        limit = values["row_limit"]
        click.echo(
            f"There may be more: these are the {limit} that row_limit allows. More: --param row_limit=N.", err=True
        )
    for reason in reasons:
        click.echo(reason, err=True)


def _is_at_limit(question: Question, values: dict[str, str], count: int) -> bool:
    """Whether a packaged query gave as many rows as it may."""
    limits = [parameter for parameter in question.parameters if parameter.name == "row_limit"]
    is_of_rows = any(limit.meaning.startswith("rows at most") for limit in limits)
    return is_of_rows and count > 0 and count >= float(values["row_limit"])


def _one_reading_statement(text: str) -> list[duckdb.Statement]:
    """The one statement of the text, after those into which DuckDB takes a PIVOT apart that finds its columns itself.

    Raises:
        CommandError: none, several, or one that does something else than read.
        duckdb.Error: it is not SQL.
    """
    import duckdb

    statements = duckdb.extract_statements(text)
    # What somebody wrote has its text; the temporary type with the columns of a pivot, which DuckDB puts before it, has
    # none.
    of_pivots = [each for each in statements[:-1] if each.type == duckdb.StatementType.CREATE and not each.query]
    if len(statements) != len(of_pivots) + 1:
        raise CommandError(
            "There is no SQL to run." if not statements else "One statement at a time: the text holds several."
        )
    if statements[-1].type not in (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN):
        raise CommandError(
            "kpi query only reads: write a SELECT, FROM, SHOW, DESCRIBE, SUMMARIZE or EXPLAIN. "
            "To keep a result, write it to a file with -o."
        )
    return statements


def _explain(error: duckdb.Error) -> str:
    """DuckDB's message, which shows the place in the SQL, without the name of its class."""
    message = str(error).strip()
    if "disabled by configuration" in message:
        return "kpi query reads the published warehouse only, no other files and no network."
    if "required for the prepared statement" in message or "Values were not provided" in message:
        return f"{message.splitlines()[0]}\nGive each $NAME of the SQL a value with --param NAME=VALUE."
    return message
