"""Addresses on a Spark cluster: a table, as `--store` takes it, and a folder to write to. Pure.

A text of an address never shows its credentials.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PosixPath
from typing import Final, Self
from urllib.parse import quote, unquote, urlsplit

from contactrep.errors import StoreProblem, UsageProblem
from contactrep.objects import SCHEMES

SCHEME: Final = "sc://"
FORM: Final = "sc://HOST:PORT/TABLE"
USUAL_PORT: Final = 15002

_FILES: Final = "parquet:"
_NAME: Final = re.compile(r"[^\s`;/.]+(\.[^\s`;/.]+){0,3}|(`[^`]+`)(\.`[^`]+`){0,3}")
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_OPEN: Final = ("use_ssl",)
"""The parameters of a connection that messages may show; all others, such as `token`, may be secret."""


@dataclass(frozen=True)
class ClusterTable:
    """A table that Spark Connect reads at `host`, either by its `name` or, as Parquet files, at a `path`.

    `connection` are the parameters for Spark Connect itself, such as token and use_ssl. `unique` says that no
    event is in the table twice, `day` is the column with the UTC day of each event, where there is one.
    """

    host: str
    port: int
    name: str | None
    path: str | None
    unique: bool = False
    day: str | None = None
    connection: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, text: str) -> Self | None:
        """The table that a store's text names; None for a path.

        UsageProblem for another address: as a path it would be a file below a folder such as `s3:`.
        """
        address = _ADDRESS.match(text)
        if address and address[0] != SCHEME:
            raise UsageProblem(f"{address[0]}: a store is a file or {FORM}: name a file by its path")
        return cls.parse(text) if address else None

    @classmethod
    def parse(cls, text: str) -> Self:
        """The table of an address. UsageProblem, which shows no parameter, where it is none."""
        address, *given = text.split(";")
        host, port, place = _place(address)
        parameters: dict[str, str] = {}
        for one in filter(None, given):
            key, equals, value = one.partition("=")
            if not equals or not re.fullmatch(r"[\w.-]+", key) or key in parameters:
                raise UsageProblem(
                    f"{address}: what follows the table must be name=value, each name once, after a ;"
                )
            parameters[key] = unquote(value)
        unique, day = parameters.pop("unique", "false"), parameters.pop("day", None)
        if unique not in ("true", "false"):
            raise UsageProblem(f"{address}: unique is true or false, not '{unique}'")
        if day == "":
            raise UsageProblem(f"{address}: day needs the name of a column, such as day=day")
        path = place.removeprefix(_FILES) if place.startswith(_FILES) else None
        if not (path if path is not None else _NAME.fullmatch(place)):
            raise UsageProblem(
                f"{address}: '{place}' is not a table: write {FORM} with catalog.schema.name, or"
                f" {_FILES}PATH for Parquet files"
            )
        name = place if path is None else None
        return cls(host, port, name, path, unique == "true", day, parameters)

    def __str__(self) -> str:
        """The address without its secrets."""
        shown = {key: value for key, value in self.connection.items() if key in _OPEN}
        shown |= {"unique": "true"} if self.unique else {}
        shown |= {"day": self.day} if self.day else {}
        parameters = "".join(f";{key}={quote(value)}" for key, value in shown.items())
        return f"{self.server}/{self.name or f'{_FILES}{self.path}'}{parameters}"

    @property
    def server(self) -> str:
        """The address of the server alone."""
        return f"{SCHEME}{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def url(self) -> str:
        """What Spark Connect opens, credentials and all."""
        parameters = "".join(f";{key}={quote(value, safe='')}" for key, value in self.connection.items())
        return f"{self.server}/{parameters}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that no message may show."""
        return tuple(value for key, value in self.connection.items() if value and key not in _OPEN)


def read_only(table: ClusterTable) -> StoreProblem:
    """The error for a command that would change a table, or that needs loads."""
    return StoreProblem(f"{table} is read only: a store to load into is a file: see --store")


def _place(address: str) -> tuple[str, int, str]:
    """Host, port and table of an address without parameters."""
    where, _, place = address.removeprefix(SCHEME).partition("/")
    if "@" in where:
        raise UsageProblem(f"a cluster takes no user before its host: write {FORM};token=…")
    try:
        split = urlsplit(f"//{where}")
        host, port = split.hostname, split.port or USUAL_PORT
    except ValueError:
        host, port = None, 0
    if not host or not place:
        what = "the table is missing" if host else "the host or its port is no such thing"
        raise UsageProblem(f"{address}: {what}: write {FORM}")
    return host, port, place


_FOLDER: Final = re.compile(
    rf"(?:(parquet|csv):(.+)|(?!(?:{'|'.join(SCHEMES)})://)[a-z][a-z0-9+.-]+://.+)", re.DOTALL
)


class ClusterFolder(PosixPath):
    """An output path that names a folder which a cluster writes: `parquet:PATH`, `csv:PATH`, or a URL of a
    file system that only a cluster knows, such as `s3a://lake/x`. URLs that this machine can write to
    itself, such as `s3://`, are not cluster folders.

    It can be passed wherever a path can. `place` is the folder, `form` its format if that was typed.
    """

    typed = ""
    place = ""
    form: str | None = None

    @classmethod
    def of(cls, text: str) -> Self | None:
        """The folder that a text names; None for another path."""
        found = _FOLDER.fullmatch(text)
        if found is None:
            return None
        folder = cls(text)
        folder.typed, folder.place, folder.form = text, found[2] or text, found[1]
        return folder

    @property
    def shown(self) -> str:
        """What was typed, without credentials."""
        return re.sub(r"//[^/]*@", "//", self.typed)

    def __str__(self) -> str:
        """What was typed."""
        return self.typed or super().__str__()
