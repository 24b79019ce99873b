"""The history of one object: what was changed when by whom, and putting an old value back.

An app registers each kind of object with `register_subject` and names its two addresses with `history_view` and `restore_view`.
"""

from access.history.parts import Part, register_parts
from access.history.subjects import Subject, register_subject
from access.history.views import history_context, history_view, restore_view

__all__ = ["Part", "Subject", "history_context", "history_view", "register_parts", "register_subject", "restore_view"]
