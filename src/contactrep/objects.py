"""Objects in object storage (s3, gs, az) and files on web servers: found, read, and written whole.

obstore sends the requests and retries temporary failures. Credentials come from where each service usually
has them (the environment, its files, the machine's role) and are never in a message: a URL is shown without
what is before `@` and after `?`.

A signal cannot interrupt a running request. Requests therefore run on a thread while the main thread waits.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from configparser import ConfigParser, Error
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import cached_property, partial
from glob import has_magic
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from contactrep.errors import ContactrepError, InputProblem, OutputProblem
from contactrep.jobs import Job
from contactrep.machine import scratch

if TYPE_CHECKING:
    from obstore.store import ObjectStore

SCHEMES: Final = ("s3", "gs", "az", "http", "https")
"""The kinds of addresses that this machine reads itself."""

OPEN_IN_EXCEL: Final = "~$"
"""What Excel puts before the name of an open workbook, for a file that says who has opened it."""

HIDDEN: Final = (".", "_", OPEN_IN_EXCEL)
"""How names begin of what a folder has for other programs."""

_URL: Final = re.compile(rf"({'|'.join(SCHEMES)}):/{{1,2}}(?=[^/])", re.IGNORECASE)
_WEB: Final = ("http", "https")
_MISSING: Final = "needs obstore: install it with python -m pip install 'contactrep[cloud]'"
_CREDENTIALS: Final = {
    "s3": "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}
_PROBLEMS: Final = {
    "NoSuchBucket": "no such bucket: check the address",
    "FileNotFoundError": "no such object: check the address",
    "PermissionDeniedError": "access denied: check ACCESS",
    "UnauthenticatedError": "access denied: check ACCESS",
    "PreconditionError": "it was written to while it was read: try again when that is done",
    "Content-Length": "the server does not say how long it is: download it first, with curl -o",
    "empty path segment": "a key with // cannot be read: copy the object to a key without",
}
"""What the error of a request means, by the first of these that is in its class or text."""

_CLIENT: Final = {"connect_timeout": "10s", "read_timeout": "30s", "timeout": "1day"}
_RETRIES: Final = {
    "max_retries": 4,
    "retry_timeout": timedelta(minutes=2),
    "backoff": {"init_backoff": timedelta(milliseconds=200), "max_backoff": timedelta(seconds=5), "base": 2},
}
_PIECE: Final = 1 << 20  # bytes
_WEAK: Final = "W/"
"""The prefix of a weak ETag. Servers must not accept a weak ETag as the version that is requested."""

_Answer = TypeVar("_Answer")


def is_url(text: str) -> bool:
    """Whether the text names an object or a web server's file."""
    return "://" in text and _URL.match(text) is not None


def url_of(path: Path) -> str | None:
    """The URL that was given as a path, which has lost one of its slashes; None for a local path."""
    found = _URL.match(str(path))
    return None if found is None else f"{found[1]}://{str(path)[found.end() :]}"


def shown(url: str) -> str:
    """The URL without credentials."""
    parts = _split(url)
    path = re.sub(r"\?[^/]*=.*", "", parts.path)  # a signature after a key
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{path}"


def named(path: Path) -> str:
    """A path for messages: the URL that was given as one, without credentials, or the path itself."""
    url = url_of(path)
    return shown(url) if url else str(path)


def _split(url: str) -> SplitResult:
    """The parts of a URL; InputProblem if it is not valid. In the keys of s3 and gs, `?` and `#` are ordinary
    characters."""
    scheme, _, rest = url.partition("://")
    if scheme.lower() not in ("s3", "gs"):
        try:
            return urlsplit(url)
        except ValueError:  # such as an unclosed bracket; the error's text may contain a password
            public = rest.partition("?")[0].rpartition("@")[2]
            raise InputProblem(f"{scheme}://{public}: its host is not valid: check the address") from None
    bucket, slash, key = rest.partition("/")
    return SplitResult(scheme.lower(), bucket, slash + key, "", "")


@dataclass(frozen=True)
class Object:
    """An object as it was when it was found: `size` in bytes, `modified` (aware; None: its server does not
    send it), and `etag`, which names its version. `url` is for messages."""

    url: str
    size: int
    modified: datetime | None
    etag: str | None
    key: str
    place: _Place

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders on its path."""
        quoted = self.place.scheme in _WEB
        parts = _split(self.url).path.split("/")[:-1]
        return tuple(unquote(part) if quoted else part for part in parts if part)

    def pieces(self) -> Iterator[bytes]:
        """The bytes of the object; InputProblem where they cannot be read, or the object has changed."""
        size, stream = 0, self.place.wait(self._stream)
        while piece := self.place.wait(partial(next, stream, b"")):
            size += len(piece)
            yield piece
        if size != self.size:
            raise InputProblem(
                f"{self.url}: the transfer was cut short ({size:,} of {self.size:,} bytes): try again"
            )

    def _stream(self) -> Iterator[bytes]:
        return map(bytes, self._get({}).stream(min_chunk_size=_PIECE))

    def part(self, start: int, end: int) -> bytes | None:
        """The bytes from `start` until before `end`, None where a web server gives no parts.

        Raises InputProblem as `pieces` does.
        """

        def read() -> bytes | None:
            try:
                return bytes(self._get({"range": (start, end)}).bytes())
            except self.place.module.exceptions.NotSupportedError:
                return None

        return self.place.wait(read)

    def _get(self, options: dict[str, Any]) -> Any:
        """The response to a request for this version of the object; PreconditionError if it has changed."""
        etag = self.etag or ""
        version = {} if etag.startswith(_WEAK) or not etag else {"if_match": etag}
        found = self.place.module.get(self.place.store, self.key, options={**options, **version})
        if etag.startswith(_WEAK) and (found.meta["e_tag"] or "").removeprefix(_WEAK) != etag[len(_WEAK) :]:
            raise self.place.module.exceptions.PreconditionError
        return found


@dataclass(frozen=True)
class _Place:
    """A bucket, container or web folder: where the objects of one URL are."""

    url: str

    @cached_property
    def module(self) -> Any:
        """obstore; ContactrepError with what to install."""
        try:
            import obstore
        except ImportError:
            raise ContactrepError(f"{shown(self.url)} {_MISSING}") from None
        return obstore

    @cached_property
    def scheme(self) -> str:
        return _split(self.url).scheme.lower()

    @cached_property
    def store(self) -> ObjectStore:
        """The store of obstore; ContactrepError where its settings are wrong."""
        scheme, parts, stores = self.scheme, _split(self.url), self.module.store
        # The general from_url refuses // in an address.
        from_url = stores.HTTPStore.from_url if scheme in _WEB else stores.from_url
        config = _aws_settings() if scheme == "s3" else {}
        options: dict[str, Any] = dict(_CLIENT)
        if scheme == "http" or str(config.get("endpoint", "")).startswith("http:"):
            options["allow_http"] = True
        base = f"{scheme}://{parts.netloc}"
        if scheme in _WEB:  # the whole path: obstore would quote a key again, and drop a slash at its end
            base += parts.path + (f"?{parts.query}" if parts.query else "")
        try:
            made: ObjectStore = from_url(base, client_options=options, retry_config=_RETRIES, **config)
        except Exception as error:
            raise self.problem(error) from None
        return made

    @cached_property
    def key(self) -> str:
        """The part of the URL that names objects, which may be a pattern; empty on a web server."""
        return "" if self.scheme in _WEB else _split(self.url).path.removeprefix("/")

    def objects(self, prefix: str) -> list[Object]:
        """All objects whose keys begin so, in folders of any depth, sorted."""

        def found() -> list[Any]:
            return [meta for batch in self.module.list(self.store, prefix=prefix or None) for meta in batch]

        return sorted(map(self.object, self.wait(found)), key=lambda one: one.key)

    def head(self) -> Object | None:
        """The object of the URL itself; None if there is none."""

        def found() -> Any:
            with suppress(FileNotFoundError):
                if self.scheme in _WEB:  # where an address may have been signed for GET alone
                    return self.module.get(self.store, self.key).meta
                return self.module.head(self.store, self.key)

        meta = self.wait(found)
        return None if meta is None else self.object(meta)

    def object(self, meta: Any) -> Object:
        """An object from the metadata that obstore gives."""
        url, key = shown(self.url), meta["path"]
        if self.scheme not in _WEB:
            url = f"{self.scheme}://{_split(url).netloc}/{key}"
        # obstore gives 1970 where the server sends no modification time.
        modified = meta["last_modified"] if meta["last_modified"].timestamp() else None
        return Object(url, meta["size"], modified, meta["e_tag"], key, self)

    def wait(self, work: Callable[[], _Answer]) -> _Answer:
        """The result of requests, made on another thread; ContactrepError where they fail."""
        job = Job.start(work)
        job.wait()
        if job.error is not None:
            raise self.problem(job.error)
        return job.answer

    def problem(self, error: BaseException) -> ContactrepError:
        """The error of a request, in one line without credentials."""
        if isinstance(error, ContactrepError):
            return error
        said = f"{type(error).__name__}: {error}"
        known = next((known for text, known in _PROBLEMS.items() if text in said), None)
        problem = known or f"{_reason(str(error))}: check the address and the network"
        names = _CREDENTIALS.get(self.scheme)
        access = f"the credentials ({names})" if names else "the address"
        return InputProblem(f"{shown(self.url)}: {problem.replace('ACCESS', access)}")


def _reason(said: str) -> str:
    """The cause in an error message of obstore, without addresses and without the answer of the server."""
    line = said.partition("\n")[0]
    line = re.sub(r".*?Error performing .*? - ", "", line)
    line = re.sub(r"\s*\S+://\S+", "", line).partition("<")[0]
    return line.strip(" :.") or "no reason given"


def _aws_settings() -> dict[str, str]:
    """Settings that obstore does not look up: the profile in AWS's files, and the address of the service.

    The environment overrides the files, as in AWS's own tools.
    """
    profile = os.environ.get("AWS_PROFILE", "default")
    credentials = _aws_file("AWS_SHARED_CREDENTIALS_FILE", "credentials", profile)
    config = _aws_file("AWS_CONFIG_FILE", "config", profile if profile == "default" else f"profile {profile}")
    in_files = {**config, **credentials}
    settings = {}
    if "AWS_ACCESS_KEY_ID" not in os.environ and "aws_access_key_id" in in_files:
        names = ("access_key_id", "secret_access_key", "session_token")
        settings = {name: in_files[f"aws_{name}"] for name in names if f"aws_{name}" in in_files}
    if not os.environ.keys() & {"AWS_REGION", "AWS_DEFAULT_REGION"}:
        settings["region"] = in_files.get("region", "us-east-1")
    variables = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
    endpoints = (*map(os.environ.get, variables), in_files.get("endpoint_url"))
    if endpoint := next(filter(None, endpoints), None):
        settings["endpoint"] = endpoint
    return settings


def _aws_file(variable: str, name: str, section: str) -> Mapping[str, str]:
    parser = ConfigParser(interpolation=None)
    try:
        parser.read(os.environ.get(variable) or Path.home() / ".aws" / name, encoding="utf-8")
        return dict(parser[section]) if parser.has_section(section) else {}
    except (OSError, RuntimeError, UnicodeError, Error):
        return {}


# Finding


def find(url: str, *, suffixes: Sequence[str]) -> list[Object]:
    """The objects behind a URL, sorted: of a pattern, those that match; of a folder, those with one of the
    `suffixes` in it and in its `key=value` folders.

    Raises:
        InputProblem: There is none, or it cannot be read.
        ContactrepError: obstore is not installed.
    """
    place = _Place(url)
    if place.scheme in _WEB:
        found = [one] if (one := place.head()) else []
    elif "[" in place.key and (one := place.head()):  # a name before a pattern, as for files
        found = [one]
    elif has_magic(place.key):
        pattern = place.key.split("/")
        prefix = "/".join(takewhile(lambda part: not has_magic(part), pattern))
        found = [one for one in place.objects(prefix) if _matches(one.key.split("/"), pattern)]
        if not found:
            raise InputProblem(f"{shown(url)}: no object matches: check the folder and the pattern")
    else:
        found = _folder(place, suffixes)
    if not found:
        raise InputProblem(f"{shown(url)}: no such object: check the address")
    return found


def _folder(place: _Place, suffixes: Sequence[str]) -> list[Object]:
    if place.key and not place.key.endswith("/") and (one := place.head()):
        return [one]
    prefix = place.key.rstrip("/")
    start = len(prefix.split("/")) if prefix else 0
    listed = ((one, one.key.split("/")[start:]) for one in place.objects(prefix))
    found = [(one, parts) for one, parts in listed if parts]  # without the empty object that marks a folder
    refuse_table(shown(place.url), {parts[0] for _, parts in found})
    return [one for one, parts in found if _is_read(parts, suffixes)]


def refuse_table(folder: str, names: Collection[str]) -> None:
    """Raise InputProblem if these entries are of a folder whose files keep rows that a table has deleted."""
    for log, table in (("_delta_log", "Delta Lake"), (".hoodie", "Hudi")):
        if log in names:
            raise InputProblem(
                f"{folder}: it is a {table} table, whose files keep deleted rows: export the table as Parquet"
                " or CSV, and load the export"
            )


def _is_read(parts: Sequence[str], suffixes: Sequence[str]) -> bool:
    """Whether an object with this path in a folder is one of the folder's files."""
    *folders, name = parts
    hidden = any(part.startswith(HIDDEN) for part in parts)
    return not hidden and all("=" in folder for folder in folders) and name.lower().endswith(tuple(suffixes))


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether a path has a pattern, part by part; `**` is any number of folders, and `*` no hidden name."""
    if not pattern or not parts:
        return not pattern and not parts
    first, *rest = pattern
    if first == "**":
        if not rest:
            return not any(part.startswith(".") for part in parts)
        return _matches(parts, rest) or (not parts[0].startswith(".") and _matches(parts[1:], pattern))
    hidden = parts[0].startswith(".") and not first.startswith(".")
    return not hidden and fnmatchcase(parts[0], first) and _matches(parts[1:], rest)


# Writing


@contextmanager
def uploading(url: str) -> Iterator[Path]:
    """Yield a temporary file. When the block ends without an error, the file is uploaded as the object; a
    failed upload leaves no part of it.

    Raises OutputProblem before yielding if the URL cannot be written, and after the block if the upload
    fails.
    """
    place = _Place(url)
    if place.scheme in _WEB:
        raise OutputProblem(
            f"cannot write {shown(url)}: web servers are only read: use s3://, gs:// or az://"
        )
    put, store = place.module.put, place.store
    if not place.key or place.key.endswith("/"):
        raise OutputProblem(f"cannot write {shown(url)}: it is a folder: name an object in it")
    with scratch() as folder:
        path = folder / "object"
        yield path
        try:
            place.wait(partial(put, store, place.key, path))
        except InputProblem as problem:
            raise OutputProblem(f"cannot write {problem}") from None
