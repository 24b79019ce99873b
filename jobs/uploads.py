"""Refusing an upload that is too large while it arrives, so that it costs neither memory nor disk and the sender still gets an answer."""

from __future__ import annotations

from typing import IO, Any, Final

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

_FORM_FIELDS: Final = 1 << 20
"""Bytes of a multipart body that may belong to the other fields of the form."""


class UploadLimit(FileUploadHandler):
    """Throws away what comes of a file over `UPLOAD_MAX_BYTES`; `size` then says how large it is (in bytes, as far as known), else it is 0.

    A body that declares more than the limit is not written down at all. The rest of the form is still read, so nothing typed is lost.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.size = 0
        self.name = ""
        self._declared = 0
        self._seen = 0

    def handle_raw_input(
        self,
        input_data: IO[bytes],  # noqa: ARG002  # Django's signature
        META: dict[str, str],  # noqa: ARG002, N803
        content_length: int,
        boundary: str,  # noqa: ARG002
        encoding: str | None = None,  # noqa: ARG002
    ) -> None:
        """Take note of the length that the body declares."""
        self._declared = content_length

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        """Refuse the file at once when the whole body is longer than any file may be."""
        super().new_file(field_name, file_name, *args, **kwargs)
        self._seen = 0
        self.name = file_name
        if self._declared > settings.UPLOAD_MAX_BYTES + _FORM_FIELDS:
            self.size = self._declared
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:  # noqa: ARG002
        """Pass a piece on to the next handler, until there are too many."""
        self._seen += len(raw_data)
        if self._seen > settings.UPLOAD_MAX_BYTES:
            self.size = max(self._seen, self._declared - _FORM_FIELDS)
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:  # noqa: ARG002
        """The next handler has the file."""
        return


def limit_upload(request: HttpRequest) -> UploadLimit:
    """Watch the files of `request`; call it before anything reads the form."""
    limit = UploadLimit(request)
    request.upload_handlers.insert(0, limit)
    return limit
