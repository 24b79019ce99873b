"""What the API gives and takes of jobs, and of changes and files of many rows."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from common.api.fields import ResourceSerializer
from common.lists import plain_text, show
from common.lists.export import CSV, XLSX
from common.lists.selection import MOST_BOXES
from jobs.errors import describe
from jobs.models import Job, JobFile
from jobs.services.bulk_changes import may_be_undone


class JobResourceSerializer(ResourceSerializer):
    """A job of any kind. Batches of numbers tell more at `provisioning-jobs/`."""

    id = serializers.IntegerField(read_only=True)
    kind = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    status = serializers.CharField(read_only=True)
    is_finished = serializers.BooleanField(read_only=True)
    actor = serializers.CharField(source="actor.username", read_only=True, help_text="A login.")
    rows = serializers.IntegerField(read_only=True)
    eligible = serializers.IntegerField(read_only=True)
    applied = serializers.IntegerField(read_only=True, help_text="Written at the end of the run.")
    failed = serializers.IntegerField(read_only=True)
    conflicts = serializers.IntegerField(read_only=True, help_text="Rows left alone because somebody had changed them meanwhile.")
    undo_of = serializers.IntegerField(source="undo_of_id", read_only=True, allow_null=True)
    may_be_undone = serializers.SerializerMethodField(help_text="Whether `undo/` takes it back.")
    created_at = serializers.DateTimeField(read_only=True)
    finished_at = serializers.DateTimeField(read_only=True, allow_null=True)

    def get_may_be_undone(self, job: Job) -> bool:
        """Whether it is a change of many rows that is over."""
        return may_be_undone(job)


class JobInFullSerializer(JobResourceSerializer):
    """A job, with what keeps it from going on and the file that it made."""

    error = serializers.SerializerMethodField()
    file = serializers.SerializerMethodField(help_text="The id of its file, for whoever began it, as long as the file is kept.")

    def get_error(self, job: Job) -> dict[str, str] | None:
        """In the language of the request."""
        if not job.error:
            return None
        return {"code": job.error["code"], "reason": describe(job.error["code"], job.error.get("figures", {}))}

    def get_file(self, job: Job) -> int | None:
        """The key of the file."""
        if job.actor_id != self.context["user"].pk:
            return None
        return JobFile.objects.filter(job=job, expires_at__gt=timezone.now()).values_list("pk", flat=True).first()


class SelectionSerializer(serializers.Serializer[Any]):
    """Which rows of a list: some by their ids, or all that match."""

    rows = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False, max_length=MOST_BOXES)
    everything = serializers.BooleanField(default=False, help_text="All that match `query`, however many.")
    query = serializers.CharField(default="", allow_blank=True, help_text="Filters and search as in an address: `level=A1&q=hospital`.")
    scope = serializers.DictField(
        child=serializers.CharField(), default=dict, help_text='Ids of the rows that narrow the list: `{"customer": 127}`.'
    )


class NewChangeSerializer(SelectionSerializer):
    """A change of many rows."""

    data: Any = serializers.DictField(help_text="What the operation asks, by its fields. References go by id.")
    seen = serializers.CharField(required=False, help_text="The `fingerprint` of the preview; without it, the preview is all that happens.")


class NewExportSerializer(SelectionSerializer):
    """A file of many rows."""

    form = serializers.ChoiceField([XLSX, CSV], default=XLSX)
    columns = serializers.ListField(child=serializers.CharField(), allow_empty=False)


class SampleSerializer(serializers.Serializer[Any]):
    """A row of the preview."""

    name = serializers.CharField()
    old = serializers.SerializerMethodField()
    new = serializers.SerializerMethodField()

    def get_old(self, sample: Any) -> str:
        """The present value as people read it."""
        return plain_text(show(sample.old))

    def get_new(self, sample: Any) -> str:
        """The value after the change."""
        return plain_text(show(sample.new))


class PreviewSerializer(serializers.Serializer[Any]):
    """What a change would do."""

    title = serializers.CharField()
    total = serializers.IntegerField(help_text="Rows that were chosen and are seen.")
    closed = serializers.IntegerField(help_text="Those of them that you may not change.")
    holding = serializers.IntegerField(help_text="Those that hold the value already.")
    obstacles = serializers.SerializerMethodField()
    changing = serializers.IntegerField(help_text="Rows that would change.")
    sample = SampleSerializer(many=True)
    fingerprint = serializers.CharField(help_text="What the change is bound to: send it as `seen`.")

    def get_obstacles(self, shown: Any) -> list[dict[str, Any]]:
        """Reasons with the number of rows that each keeps from being changed."""
        return [{"reason": reason, "rows": rows} for reason, rows in shown.obstacles]
