"""What is read of one customer beside its fields: what happened to it, the group that it belongs to, and its whole file."""

from __future__ import annotations

from typing import Any, Final

from django.http import FileResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.requests import signed_in
from common.api import Refusal
from common.api.editing import problems_of
from common.api.entity_tags import answered, tag_of_content
from common.api.files import FileRenderer
from common.api.lists import CURSOR, LIMIT, ensure_parameters, rows_asked, strange_cursor
from common.api.schema import READ_ERRORS, WRITE_ERRORS
from common.keys import key_in
from common.limits import ApiLimit, ExportLimit
from common.lists import plain_text
from customers.bulk.family import DEEPEST
from customers.hierarchy import OPENED, above, family_of
from customers.models import Customer
from customers.timeline import read_page
from customers.timeline.reading import PAGE_SIZE, Cursor, Span
from customers.views.dossier import PDF, pdf_of
from customers.views.timeline import TimelineForm

FIGURES: Final = "figures"
LEVELS: Final = "levels"


class _OfCustomer(APIView):
    """Something of the customer in the address."""

    metadata_class: Any = None

    def customer(self, pk: int) -> Customer:
        """Raises Http404 when it is hidden."""
        return Customer.objects.get_visible(signed_in(self.request), pk)


# --- timeline --------------------------------------------------------------------------------------------------------------------------


class DetailSerializer(serializers.Serializer[Any]):
    """A value that changed."""

    label: Any = serializers.CharField()
    before = serializers.SerializerMethodField()
    after = serializers.SerializerMethodField()

    def get_before(self, detail: Any) -> str:
        """As people read it, masked where it is sensitive."""
        return plain_text(detail.before)

    def get_after(self, detail: Any) -> str:
        """As people read it, masked where it is sensitive."""
        return plain_text(detail.after)


class HappeningSerializer(serializers.Serializer[Any]):
    """Something that happened to a customer, in words of the request's language."""

    at = serializers.DateTimeField()
    kind = serializers.CharField(source="kind.key")
    text = serializers.CharField(source="entry.text")
    note = serializers.CharField(source="entry.note", help_text="A reason, a figure, or by which job.")
    actor = serializers.CharField(help_text="A name; empty: nobody, or the system itself.")
    details = DetailSerializer(source="entry.details", many=True)
    url = serializers.CharField(source="entry.url", help_text="The page in the browser; empty: none that you may open.")


class TimelinePageSerializer(serializers.Serializer[Any]):
    """Some of it, the newest first."""

    next = serializers.URLField(allow_null=True, help_text="The address of what happened before.")
    results = HappeningSerializer(many=True)


class TimelineView(_OfCustomer):
    """What happened to a customer."""

    @extend_schema(
        operation_id="customers_timeline",
        summary="Read a customer's timeline",
        description="What happened to the customer, the newest first, of all kinds that your roles open. A page may be shorter than "
        "`limit`, and still have a next one.",
        parameters=[
            OpenApiParameter("kind", str, many=True, description="Only of these kinds, such as `ownership`; may be repeated."),
            OpenApiParameter("first", OpenApiTypes.DATE, description="From this day on."),
            OpenApiParameter("last", OpenApiTypes.DATE, description="Up to this day."),
            OpenApiParameter(LIMIT, int, description=f"1 to 500. Default: {PAGE_SIZE}."),
            OpenApiParameter(CURSOR, str, description="A place in the timeline, from `next`."),
        ],
        responses={200: TimelinePageSerializer, **WRITE_ERRORS},
    )
    def get(self, request: Request, pk: int) -> Response:
        """Answer a page."""
        user, customer = signed_in(request), self.customer(pk)
        form = TimelineForm(request.query_params, user=user)
        ensure_parameters(request.query_params, {*form.fields, LIMIT, CURSOR})
        if not form.is_valid():
            raise exceptions.ValidationError(problems_of(form))
        place = request.query_params.get(CURSOR, "")
        before = Cursor.parse(place)
        if place and before is None:
            raise strange_cursor()
        given = form.cleaned_data
        span = Span(given["first"], given["last"])
        page = read_page(customer, user, kinds=given["kind"], span=span, before=before, size=rows_asked(request, PAGE_SIZE))
        facts = {"next": self._following(page.following), "results": page.entries}
        content = dict(TimelinePageSerializer(facts).data)
        return answered(request, content, tag_of_content(content))

    def _following(self, cursor: str) -> str | None:
        if not cursor:
            return None
        query = self.request.query_params.copy()
        query[CURSOR] = cursor
        return self.request.build_absolute_uri(f"{self.request.path}?{query.urlencode()}")


# --- hierarchy -------------------------------------------------------------------------------------------------------------------------


class NamedCustomerSerializer(serializers.Serializer[Any]):
    """A customer by its names."""

    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    level = serializers.CharField()


class RollUpSerializer(serializers.Serializer[Any]):
    """A figure that adds up along the hierarchy."""

    key = serializers.CharField()
    label: Any = serializers.CharField()
    is_money = serializers.BooleanField(help_text="Whether it is in CNY.")


class AmountSerializer(serializers.Serializer[Any]):
    """A figure of one customer, in decimal digits."""

    key = serializers.CharField(source="roll_up.key", help_text="That of one of `roll_ups`.")
    own = serializers.CharField(source="own_amount", help_text="Of the customer alone.")
    total = serializers.CharField(source="total_amount", help_text="With all below in your reach.")


class BranchSerializer(serializers.Serializer[Any]):
    """A customer of the tree."""

    customer = NamedCustomerSerializer()
    manager = serializers.CharField(source="customer.manager.username", allow_null=True, default=None, help_text="A login.")
    depth = serializers.IntegerField(help_text="Steps below the customer that was asked for.")
    below = serializers.IntegerField(help_text="How many customers in your reach lie below.")
    is_closed = serializers.BooleanField(help_text="Whether these do not follow here. Ask for this customer's own hierarchy.")
    figures = AmountSerializer(many=True, help_text="One for each of `roll_ups`; none where they are not asked for.")


class HierarchySerializer(serializers.Serializer[Any]):
    """The group that a customer belongs to."""

    above = NamedCustomerSerializer(many=True, help_text="The customers above, the highest first, up to one out of your reach.")
    branches = BranchSerializer(many=True, source="family.members", help_text="The customer and those below, in the order of reading.")
    roll_ups = RollUpSerializer(many=True, source="family.roll_ups")
    size = serializers.IntegerField(source="family.size", help_text="How many customers are added up.")
    is_cut = serializers.BooleanField(source="family.is_cut", help_text="Whether there are more than are added up.")
    has_hidden = serializers.BooleanField(source="family.has_hidden", help_text="Whether a part is out of your reach, and left out.")


class HierarchyView(_OfCustomer):
    """The customers above and below one."""

    @extend_schema(
        operation_id="customers_hierarchy",
        summary="Read the group that a customer belongs to",
        description="The chain above it, and the branches below with how many customers each holds; with `figures=yes` also with members, "
        "revenue and offers, each customer's own and with all below.",
        parameters=[
            OpenApiParameter(FIGURES, str, enum=["yes"], description="Also add the figures up, which takes counting."),
            OpenApiParameter(LEVELS, int, description=f"How many levels below are opened, 0 to {DEEPEST}. Default: {OPENED}."),
        ],
        responses={200: HierarchySerializer, **WRITE_ERRORS},
    )
    def get(self, request: Request, pk: int) -> Response:
        """Answer the tree."""
        user, customer = signed_in(request), self.customer(pk)
        ensure_parameters(request.query_params, {FIGURES, LEVELS})
        family = family_of(customer, user, with_figures=_figures_asked(request), opened=_levels_asked(request))
        content = dict(HierarchySerializer({"above": above(customer, user), "family": family}).data)
        return answered(request, content, tag_of_content(content))


def _figures_asked(request: Request) -> bool:
    if request.query_params.get(FIGURES, "yes") != "yes":
        raise Refusal("invalid", _("Use “yes”, or leave it out."), field=FIGURES)
    return FIGURES in request.query_params


def _levels_asked(request: Request) -> int:
    levels = key_in(request.query_params.get(LEVELS, str(OPENED)))
    if levels is None or levels > DEEPEST:
        raise Refusal("invalid", _("Use a number from 0 to %(most)s.") % {"most": DEEPEST}, field=LEVELS)
    return levels


# --- file ------------------------------------------------------------------------------------------------------------------------------


class _PdfRenderer(FileRenderer):
    media_type = PDF
    format = "pdf"


class FileView(_OfCustomer):
    """A customer's whole file."""

    throttle_classes: Any = (ApiLimit, ExportLimit)
    renderer_classes: Any = (_PdfRenderer, JSONRenderer)

    @extend_schema(
        operation_id="customers_file",
        summary="Take a customer's whole file as a PDF",
        description="As far as your roles let you take it out; masked as on paper. Each time is an event of the audit.",
        responses={(200, PDF): OpenApiTypes.BINARY, **READ_ERRORS},
    )
    def get(self, request: Request, pk: int) -> FileResponse:
        """Write the file and send it."""
        return pdf_of(pk, signed_in(request), request._request)
