"""The addresses of the product, and the list that `docs/contribute.md` shows as an example."""

from typing import Any

from django.urls import include, path

from tests.docs.pages import blocks_of

example: dict[str, Any] = {"__name__": __name__}
exec(blocks_of("docs/contribute.md", "python")[0], example)

urlpatterns = [path("", include("crm_site.urls")), *example["urlpatterns"]]
