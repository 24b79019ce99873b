"""What the tests of the batch pages share: a person's browser, the forms as the pages send them, and a worker in this process."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from access.models import User
from jobs.models import Job
from members.services.batch_run import run_here
from tests.members.conftest import Shop, numbers

HTMX = {"HX-Request": "true"}


def sign_in(user: User) -> Client:
    """The browser of `user`."""
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def post_file(client: Client, shop: Shop, content: bytes, name: str = "numbers.csv") -> Any:
    """Answer the first step with a file."""
    address = f"{reverse('members:batch_new')}?customer={shop.groups.own.pk}"
    data = {"customer": f"{shop.groups.own.code} · x", "numbers": "", "file": SimpleUploadedFile(name, content)}
    return client.post(address, data)


def new_batch(client: Client, shop: Shop, content: bytes = b"", name: str = "numbers.csv") -> Job:
    """Upload, and let the worker look into the source."""
    response = post_file(client, shop, content or ("手机号码\n" + "\n".join(n[2:] for n in numbers(3))).encode(), name)
    assert response.status_code == 302, response.content.decode()
    job = Job.objects.latest("pk")
    assert response["Location"] == reverse("members:batch_actions", args=[job.pk])
    return work(job)


def choices(**changes: object) -> dict[str, object]:
    """Step 2 as the page sends it: join, and VNET under V10 with its offer."""
    chosen = {
        "membership": "join",
        "kind": ["subscribe"],
        "product": ["VNET"],
        "tariff": ["VNET|V10"],
        "offer": [""],
        "effective_on": "2030-01-01",
        "expires_on": "",
        "mode": "valid",
        "column-0": "number",
    }
    return {name: value for name, value in {**chosen, **changes}.items() if value is not None}


def work(job: Job) -> Job:
    """Do what a worker would do, from how the job stands now."""
    job.refresh_from_db()
    return run_here(job)


def text_of(response: Any) -> str:
    """The page."""
    return str(response.content.decode())


def checked(client: Client, shop: Shop, content: bytes, **changes: object) -> Job:
    """A batch whose rows are checked and wait for approval."""
    job = new_batch(client, shop, content)
    answer = client.post(reverse("members:batch_actions", args=[job.pk]), choices(**changes))
    assert answer.status_code == 302, text_of(answer)
    return work(job)


def content_of(response: Any) -> bytes:
    """The whole of a file that is sent in pieces."""
    return b"".join(response.streaming_content)
