"""A home: the folder that holds a team's settings, contracts, policies, exports and results.

Code and a team's data never mix; everything here is a path or a setting. `kpi init` makes a home
(`pipelines.scaffold`), contracts and policies are decoded in `data_contracts` and `pipelines.policies.loading`.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import parse_qs, urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from data_contracts.documents import DocumentError, Problem, find_toml_line, problems_of
from pipelines.words.commands import pasted

DEFAULT_HOME: Final = Path("home")
SETTINGS_FILE: Final = "kpi.toml"


class HomeError(Exception):
    """There is no usable home where one was expected."""


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"'{name}' is not an IANA time zone; write one such as 'Europe/Amsterdam'")
    return name


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HomeSection(_Section):
    """`[home]`: what this home is called."""

    name: str = Field(default="operations", min_length=1)


class ReportingSection(_Section):
    """`[reporting]`: the currency of all reporting amounts, and how periods and fiscal years are cut."""

    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    minor_unit_digits: int = Field(default=2, ge=0, le=4)
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    week_start: Literal["monday"] = "monday"
    fiscal_year_start_month: int = Field(default=1, ge=1, le=12)


class LandingSection(_Section):
    """`[landing]`: which files are too young or too large to be read."""

    settle_seconds: float = Field(default=0, ge=0)
    largest_file_megabytes: int = Field(default=20_000, ge=1)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ValueError("this is not the address of a PostgreSQL database; write one such as "
                         "'postgresql://kpi@db.example.com:5432/analytics'")  # fmt: skip
    if parts.password is not None or "password" in parse_qs(parts.query):
        raise ValueError(
            "a password does not belong into kpi.toml; leave it out and set the environment variable "
            "KPI_POSTGRESQL_PASSWORD, or use a ~/.pgpass file"
        )
    return url


class PostgresqlSection(_Section):
    """`[publish.postgresql]`: the database of the target `postgresql`, and who may read there.

    Attributes:
        take_over_from: id of another home whose publications this one may replace there.
    """

    url: Annotated[str, AfterValidator(_without_password)] | None = None
    reader_role: str | None = Field(default=None, min_length=1, max_length=63)
    schema_prefix: str = Field(default="", pattern=r"^([a-z][a-z0-9_]*)?$", max_length=20)
    patience_seconds: float = Field(default=60, ge=1)
    take_over_from: str | None = Field(default=None, min_length=1)


class PublishSection(_Section):
    """`[publish]`: where results go, how many old publications stay, and the version of what readers were promised."""

    targets: tuple[Literal["duckdb", "parquet", "report", "postgresql", "excel", "hyper"], ...] = (
        "duckdb",
        "parquet",
        "report",
    )
    keep: int = Field(default=3, ge=1)
    version: str = Field(default="1.0.0", pattern=r"^\d+\.\d+\.\d+$")
    postgresql: PostgresqlSection = PostgresqlSection()


class KnownIncident(_Section):
    """`[[gate.known_incidents]]`: days on which sources told more or less than usual, for a reason that is known."""

    from_date: date
    to_date: date
    reason: str

    @model_validator(mode="after")
    def _check_order(self) -> KnownIncident:
        if self.to_date < self.from_date:
            raise ValueError(f"to_date {self.to_date} lies before from_date {self.from_date}")
        return self


class GateSection(_Section):
    """`[gate]`: what the gate lets pass.

    Attributes:
        quarantine_limit_ratio: share of records that may be set aside before the metrics that count them are held.
        drift_window_days: how many days before the data's clock are held against the past of their source.
        known_incidents: days that are neither judged nor part of that past.
    """

    quarantine_limit_ratio: float = Field(default=0.05, ge=0, le=1)
    drift_window_days: int = Field(default=14, ge=1, le=92)
    known_incidents: tuple[KnownIncident, ...] = ()


class Settings(_Section):
    """`kpi.toml`, decoded strictly: an unknown key is an error."""

    home: HomeSection = HomeSection()
    reporting: ReportingSection = ReportingSection()
    landing: LandingSection = LandingSection()
    publish: PublishSection = PublishSection()
    gate: GateSection = GateSection()


@dataclass(frozen=True)
class Home:
    """The paths of a home, and its settings."""

    folder: Path

    @property
    def settings_file(self) -> Path:
        return self.folder / SETTINGS_FILE

    @property
    def contracts(self) -> Path:
        return self.folder / "contracts"

    @property
    def policies(self) -> Path:
        return self.folder / "policies"

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        return self.folder / "published"

    @property
    def published_file(self) -> Path:
        return self.published / "kpi.duckdb"

    @property
    def dagster(self) -> Path:
        return self.folder / ".dagster"

    @cached_property
    def settings(self) -> Settings:
        """The settings of `kpi.toml`.

        Raises:
            DocumentError: with file, line and remedy of everything that is wrong.
        """
        return load_settings(self.settings_file)

    def name_of(self, path: Path) -> str:
        """A path as people should read it: relative to the home, where it lies inside."""
        try:
            return path.relative_to(self.folder).as_posix()
        except ValueError:
            return str(path)


def find_home(option: str | Path | None = None) -> Home:
    """The home that `--home`, else `KPI_HOME`, else `./home` names.

    Raises:
        HomeError: there is none; the message says how to make one.
    """
    folder = Path(option or os.environ.get("KPI_HOME") or DEFAULT_HOME)
    home = Home(folder)
    if not home.settings_file.is_file():
        raise HomeError(
            f"There is no home in '{folder}': {SETTINGS_FILE} is missing. "
            f"Make one with 'kpi init {pasted(folder)}', try the demo with 'kpi demo', or name yours with --home or "
            "KPI_HOME."
        )
    return home


def load_settings(path: Path) -> Settings:
    """Decode `kpi.toml`; see `Home.settings`."""
    text = path.read_text(encoding="utf-8")
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        what = f"this is not TOML: {error}"
        problem = Problem(path.name, int(line[1]) if line else None, what, "Check quotes and brackets.")
        raise DocumentError([problem]) from error
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        found = problems_of(error, Settings, lambda location: find_toml_line(text, location), path.name)
        raise DocumentError(found) from error
