"""Keeping sources under their hash."""

from __future__ import annotations

import hashlib
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, BinaryIO, Final

from django.conf import settings
from django.core.files import File

from access.models import User
from jobs.errors import JobRefused
from jobs.models import SourceFile
from jobs.services.antivirus import scan
from jobs.services.quotas import bytes_left, record_upload

_BLOCK: Final = 1 << 20
FORMATS: Final = {".xlsx": "xlsx", ".xlsm": "xlsx", ".csv": "csv", ".txt": "csv", ".tsv": "csv"}


def format_of(name: str) -> str:
    """The format that a file name's ending stands for.

    Raises JobRefused: old_or_encrypted_workbook for `.xls`, file_type for anything else that is not taken.
    """
    ending = Path(name).suffix.lower()
    if ending == ".xls":
        raise JobRefused("old_or_encrypted_workbook")
    if ending not in FORMATS:
        raise JobRefused("file_type")
    return FORMATS[ending]


def keep_source(stream: BinaryIO, form: str, *, uploader: User | None = None) -> SourceFile:
    """Copy `stream` to the store, block by block, and return its record; the same content is kept once. It counts for `uploader`, if any.

    Raises JobRefused: empty_file, file_too_large (more than `UPLOAD_MAX_BYTES`), not_a_spreadsheet when the first bytes are not of `form`,
    upload_quota when `uploader` has uploaded too much within a day, infected_file, scanner_unavailable.
    """
    left = bytes_left(uploader) if uploader else settings.UPLOAD_MAX_BYTES
    digest = hashlib.sha256()
    size = 0
    settings.MEDIA_ROOT.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=settings.MEDIA_ROOT, prefix="incoming-") as kept:
        while block := stream.read(_BLOCK):
            if not size:
                _check_first_bytes(block, form)
            size += len(block)
            if size > settings.UPLOAD_MAX_BYTES:
                raise JobRefused("file_too_large", size=size, limit=settings.UPLOAD_MAX_BYTES)
            if size > left:
                raise JobRefused("upload_quota", limit=settings.UPLOAD_BYTES_PER_DAY)
            digest.update(block)
            kept.write(block)
        if not size:
            raise JobRefused("empty_file")
        kept.flush()
        if uploader:
            record_upload(uploader, size)
        scan(kept)
        kept.seek(0)
        return _record(kept, digest.hexdigest(), size, form)


def _record(kept: IO[bytes], sha256: str, size: int, form: str) -> SourceFile:
    known = SourceFile.objects.filter(sha256=sha256, format=form).first()
    if known is not None and Path(known.stored.path).exists():
        return known
    source = known or SourceFile(sha256=sha256, size=size, format=form)
    source.stored.save(f"{sha256[:2]}/{sha256}.{form}", File(kept), save=False)
    record, created = SourceFile.objects.get_or_create(sha256=sha256, format=form, defaults={"size": size, "stored": source.stored.name})
    if created:
        return record
    if not Path(record.stored.path).exists():
        SourceFile.objects.filter(pk=record.pk).update(stored=source.stored.name)
        record.refresh_from_db()
    elif record.stored.name != source.stored.name:  # the same content arrived twice at once
        source.stored.delete(save=False)
    return record


def _check_first_bytes(block: bytes, form: str) -> None:
    if block.startswith(b"\xd0\xcf\x11\xe0"):
        raise JobRefused("old_or_encrypted_workbook")
    if (form == "xlsx") != block.startswith(b"PK\x03\x04"):
        raise JobRefused("not_a_spreadsheet")
