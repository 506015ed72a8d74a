"""Where the PostgreSQL database is: an address without a password, and a password from the environment.

Nothing here is stored, and nothing that people see has a password in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pipelines.publish.target import PublishError

URL_VARIABLE: Final = "KPI_POSTGRESQL_URL"
PASSWORD_VARIABLE: Final = "KPI_POSTGRESQL_PASSWORD"

_CONNECT_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Address:
    """A database.

    Attributes:
        conninfo: how to connect, with the password if one is set. Never to be shown.
        place: the same for people.
        user: role that publishes; empty if it is whoever runs this.
    """

    conninfo: str = field(repr=False)
    place: str
    user: str


def address_of(url: str | None, environment: Mapping[str, str] = os.environ) -> Address:
    """The address that the environment names, else that of `kpi.toml`.

    The password is that of the environment; else that of the address in the environment, or what PostgreSQL's own
    programs would take (PGPASSWORD, ~/.pgpass).

    Raises:
        PublishError: there is none, or it is no address.
    """
    given = environment.get(URL_VARIABLE) or url
    if not given:
        raise PublishError(
            "kpi.toml names the target postgresql, but not its database. Write url into [publish.postgresql], such as "
            f"'postgresql://kpi@db.example.com:5432/analytics', or set the environment variable {URL_VARIABLE}."
        )
    try:
        parts = conninfo_to_dict(given)
    except psycopg.ProgrammingError as error:
        source = URL_VARIABLE if environment.get(URL_VARIABLE) else "url of [publish.postgresql] in kpi.toml"
        raise PublishError(
            f"{source} is not the address of a PostgreSQL database; write one such as "
            "'postgresql://kpi@db.example.com:5432/analytics'."
        ) from error
    password = environment.get(PASSWORD_VARIABLE)
    if password:
        parts["password"] = password
    parts.setdefault("connect_timeout", _CONNECT_SECONDS)
    parts.setdefault("application_name", "kpi")
    user = str(parts.get("user") or "")
    host = parts.get("host") or parts.get("hostaddr") or "localhost"
    place = f"postgresql://{host}:{parts.get('port') or 5432}/{parts.get('dbname') or user}"
    return Address(make_conninfo(**parts), place, user)


@contextmanager
def connected(address: Address) -> Iterator[psycopg.Connection]:
    """A connection on which every statement commits by itself, unless it stands in a transaction.

    Raises:
        PublishError: there is no connection, it breaks, or what is asked for is not allowed.
    """
    try:
        connection = psycopg.connect(address.conninfo, autocommit=True)
    except psycopg.OperationalError as error:
        raise PublishError(_cannot_connect(address, error)) from error
    try:
        with connection:
            yield connection
    except psycopg.errors.InsufficientPrivilege as error:
        who = address.user or "the role that publishes"
        raise PublishError(
            f"{address.place}: {who} may not do this: {first_line(error)}. It needs the right to make schemas, and "
            "must own "
            f"what it published before. Somebody with more rights runs: GRANT CREATE ON DATABASE ... TO {who};"
        ) from error
    except psycopg.OperationalError as error:
        raise PublishError(
            f"{address.place}: the connection broke: {first_line(error)}. Readers see the old publication; the next "
            "run tries again."
        ) from error


def first_line(error: Exception) -> str:
    """What an error says, without its details."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def _cannot_connect(address: Address, error: psycopg.OperationalError) -> str:
    told = first_line(error)
    if "password" in told or "authentication" in told:
        remedy = f"Set {PASSWORD_VARIABLE}, or keep the password in ~/.pgpass; it never belongs into kpi.toml."
    elif "does not exist" in told:
        remedy = "Make it, or correct the address."
    else:
        remedy = "Is the server running, and does it accept connections from here?"
    return f"{address.place} cannot be reached: {told}. {remedy} The next run tries again."
