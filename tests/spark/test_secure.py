"""A server that wants a token, behind TLS: the right ones work, others are one line without any secret."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from tests.spark import cluster, secure

TOKEN, OTHER = "hunter2", "swordfish"
TRUST = "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"


@dataclass(frozen=True)
class Guarded:
    """Ports of a server that wants TOKEN: its own, and that of TLS before it; the certificate of that one,
    and a Parquet file of one event."""

    plain: int
    tls: int
    certificate: Path
    events: Path


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """The server, for all tests of this module."""
    if why := cluster.lacking():
        pytest.skip(why)
    if shutil.which("openssl") is None:
        pytest.skip("no openssl")
    folder = tmp_path_factory.mktemp("secure")
    events = folder / "events.parquet"
    with duckdb.connect() as connection:
        event = "SELECT now() AS timestamp, 'added' AS event, '1' AS contact_id"
        connection.execute(f"COPY ({event}) TO '{events}' (FORMAT parquet)")
    made, key = secure.certificate(folder)
    with cluster.local(token=TOKEN) as spark:
        port = int(spark.url.rpartition(":")[2])
        with secure.tls_before(port, made, key) as tls:
            yield Guarded(port, tls, made, events)


def overview(server: str, events: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A process of its own: gRPC looks for certificates once."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("GRPC_", "SPARK_"))
    }
    address, _, parameters = server.partition(";")
    store = f"{address}/parquet:{events};unique=true;{parameters}"
    command = [sys.executable, "-m", "contactrep", "overview", "--range", "all", "--timezone", "UTC"]
    return subprocess.run(
        [*command, "--format", "json", "--store", store],
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("parameters", "environment"),
    [
        (f";use_ssl=true;token={TOKEN}", {}),
        (f";token={TOKEN}", {}),
        (";use_ssl=true", {"SPARK_CONNECT_AUTHENTICATE_TOKEN": TOKEN}),
    ],
)
def test_the_right_token_is_let_in(guarded: Guarded, parameters: str, environment: dict[str, str]) -> None:
    """With TLS, by a certificate that the environment names; the token may be there too."""
    trusted = {TRUST: str(guarded.certificate)} | environment
    result = overview(f"sc://127.0.0.1:{guarded.tls}{parameters}", guarded.events, **trusted)
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout)["metrics"]["added"]["count"] == 1


@pytest.mark.parametrize(
    ("port", "parameters", "trusts", "said"),
    [
        ("tls", f";use_ssl=true;token={OTHER}", True, "it requires a token: add ;token=TOKEN after"),
        ("tls", ";use_ssl=true", True, "it requires a token: add ;token=TOKEN after"),
        (
            "tls",
            f";use_ssl=true;token={TOKEN}",
            False,
            f"its certificate is not trusted: set {TRUST} to the path",
        ),
        ("plain", f";use_ssl=true;token={TOKEN}", True, "it does not use TLS"),
        ("plain", "", True, "it requires a token"),
    ],
)
def test_whoever_is_not_let_in_is_told(
    guarded: Guarded, port: str, parameters: str, trusts: bool, said: str
) -> None:
    """One line says why and what to do, with no token in it."""
    trusted = {TRUST: str(guarded.certificate)} if trusts else {}
    server = f"sc://127.0.0.1:{getattr(guarded, port)}"
    result = overview(f"{server}{parameters}", guarded.events, **trusted)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: no connection to {server}: ")
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert not any(secret in result.stderr for secret in (TOKEN, OTHER))
