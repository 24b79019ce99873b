"""Uploads pass the virus scanner, where there is one: a small server that speaks as ClamAV's daemon does."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crm_site.embedded.processes import free_port
from jobs.models import Job, SourceFile
from tests.api.conftest import JOBS, Api

pytestmark = pytest.mark.django_db
BAD = b"INFECTED-FOR-THE-TEST"


class Daemon(socketserver.BaseRequestHandler):
    """One INSTREAM."""

    def handle(self) -> None:
        file = self.request.makefile("rb")
        assert file.read(10) == b"zINSTREAM\0"
        content = b""
        while length := struct.unpack("!I", file.read(4))[0]:
            content += file.read(length)
        self.server.seen.append(content)  # type: ignore[attr-defined]
        answer = b"INSTREAM size limit exceeded. ERROR\0" if b"TOO LARGE" in content else b"stream: OK\0"
        self.request.sendall(b"stream: Test.Signature FOUND\0" if BAD in content else answer)


@pytest.fixture
def seen(settings: Any) -> Iterator[list[bytes]]:
    """What the daemon was sent."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Daemon) as server:
        server.seen = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.CLAMD_ADDRESS = f"127.0.0.1:{server.server_address[1]}"
        yield server.seen  # type: ignore[attr-defined]
        server.shutdown()


def kept_files(settings: Any) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_a_clean_upload_is_taken(api: Api, wanted: dict[str, Any], seen: list[bytes]) -> None:
    assert api.post(JOBS, wanted).status_code == 201
    assert b"13912340001" in seen[0]


def test_an_infected_one_is_refused_and_nothing_kept(api: Api, wanted: dict[str, Any], seen: list[bytes], settings: Any) -> None:
    answer = api.post(JOBS, {**wanted, "numbers": f"13912340001\n{BAD.decode()}\n"})
    assert (answer.status_code, answer.json()["code"]) == (400, "infected_file")
    assert "Signature" not in answer.content.decode()
    assert len(seen) == 1
    assert not Job.objects.exists()
    assert not SourceFile.objects.exists()
    assert kept_files(settings) == []


def test_what_the_scanner_cannot_tell_is_refused(api: Api, wanted: dict[str, Any], seen: list[bytes]) -> None:
    answer = api.post(JOBS, {**wanted, "numbers": "13912340001\nTOO LARGE\n"})
    assert (answer.status_code, answer.json()["code"]) == (503, "scanner_unavailable")


def test_without_an_answer_nothing_is_taken(api: Api, wanted: dict[str, Any], settings: Any) -> None:
    settings.CLAMD_ADDRESS = f"127.0.0.1:{free_port()}"
    answer = api.post(JOBS, wanted)
    assert (answer.status_code, answer.json()["code"]) == (503, "scanner_unavailable")
    assert not Job.objects.exists()
    assert kept_files(settings) == []
