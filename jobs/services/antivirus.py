"""Asking a ClamAV daemon about an upload, over its INSTREAM command."""

from __future__ import annotations

import logging
import socket
import struct
from typing import IO, Final
from urllib.parse import urlsplit

from django.conf import settings

from jobs.errors import JobRefused

log = logging.getLogger(__name__)

_BLOCK: Final = 1 << 16
_SECONDS: Final = 60.0
_LONGEST_ANSWER: Final = 4096
_CLEAN: Final = "stream: OK"


def scan(stream: IO[bytes]) -> None:
    """Send `stream` to the daemon at `CLAMD_ADDRESS` from its beginning; nothing where none is configured.

    Raises JobRefused: infected_file; scanner_unavailable when the daemon does not answer or cannot tell, for then nobody has looked.
    """
    if not settings.CLAMD_ADDRESS:
        return
    stream.seek(0)
    try:
        answer = _ask(stream)
    except OSError as error:
        log.exception("the virus scanner does not answer")
        raise JobRefused("scanner_unavailable") from error
    if answer == _CLEAN:
        return
    log.warning("an upload was refused by the virus scanner: %s", answer)
    raise JobRefused("infected_file" if answer.endswith(" FOUND") else "scanner_unavailable")


def _ask(stream: IO[bytes]) -> str:
    address = urlsplit(f"//{settings.CLAMD_ADDRESS}")
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=_SECONDS) as daemon:
        daemon.sendall(b"zINSTREAM\0")
        while block := stream.read(_BLOCK):
            daemon.sendall(struct.pack("!I", len(block)) + block)
        daemon.sendall(struct.pack("!I", 0))
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < _LONGEST_ANSWER and (part := daemon.recv(_LONGEST_ANSWER)):
            answer += part
    return answer.rstrip(b"\0\n").decode(errors="replace")
