"""Jobs to look at: services and the runner write them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin

from access.administration import ReadOnlyAdmin, ReadOnlyInline
from jobs.models import Job, JobAttempt, JobChunk, SourceFile


class ChunkInline(ReadOnlyInline):
    """The parts of a job that are applied one by one."""

    model = JobChunk
    fields = ("first", "last", "state", "applied", "conflicts", "applied_at")


class AttemptInline(ReadOnlyInline):
    """Each try at a piece of the work."""

    model = JobAttempt
    fields = readonly_fields = ("work", "chunk", "worker", "started_at", "ended_at", "error")


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Jobs with their chunks and attempts."""

    list_display = ("id", "title", "kind", "status", "awaits", "actor", "created_at", "heartbeat_at")
    list_filter = ("status", "kind")
    list_select_related = ("actor",)
    search_fields = ("title",)
    inlines: ClassVar = [ChunkInline, AttemptInline]


@admin.register(SourceFile)
class SourceFileAdmin(ReadOnlyAdmin):
    """What was uploaded, by its hash. The files themselves are handed out by the batch pages alone."""

    list_display = ("sha256", "format", "size", "created_at")
    fields = ("sha256", "format", "size", "created_at")
    ordering = ("-id",)
