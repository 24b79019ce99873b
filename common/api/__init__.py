"""The building blocks of the API: how it refuses, pages, chooses fields, tells versions apart, and makes a resource of a list."""

from common.api.paging import Paging
from common.api.refusals import ErrorSerializer, Refusal, TooLarge, exception_handler

__all__ = ["ErrorSerializer", "Paging", "Refusal", "TooLarge", "exception_handler"]
