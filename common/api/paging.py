"""Pages of the API's lists that are no list of a page: found by the last row seen."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.pagination import CursorPagination


class Paging(CursorPagination):
    """Pages found by the last row seen, so that any page costs the same and none shifts when rows are added."""

    ordering = "-id"
    page_size = 50
    max_page_size = 500
    page_size_query_param = "limit"
    invalid_cursor_message = gettext_lazy("This cursor is of another list. Begin at the first page.")  # type: ignore[assignment]  # the stubs want plain text

    def decode_cursor(self, request: Any) -> Any:
        """Read the cursor of the address. Raises ValidationError when it is not one of ours."""
        try:
            return super().decode_cursor(request)
        except exceptions.NotFound as error:
            raise exceptions.ValidationError({self.cursor_query_param: [self.invalid_cursor_message]}) from error
