"""The commands that the documents show run on the demo data as they stand there."""

import json
import shlex
from contextlib import suppress

import pytest
from django.core.management import call_command

from members.demo.loader import load_demo
from tests.docs.pages import code_of

pytestmark = pytest.mark.django_db
NAMES = ("demo_batch_file", "provision")


@pytest.mark.parametrize("document", ["README.md", "docs/use.md", "docs/use.zh.md"])
def test_commands_make_and_provision_a_roster(document, tmp_path, monkeypatch, settings, capsys):
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.chdir(tmp_path)
    load_demo(seed=7, customers=400, members=4_000)
    lines = [shlex.split(line) for line in code_of(document) if line.startswith("python manage.py ")]
    shown = [line[2:] for line in lines if line[2] in NAMES]
    assert {name for name, *_ in shown} == set(NAMES)
    written = {}
    for name, *arguments in shown:
        with suppress(SystemExit):  # with 1: done with errors, for there are bad rows
            call_command(name, *arguments)
        answer = json.loads(capsys.readouterr().out.splitlines()[-1])
        if name == "demo_batch_file":
            written = answer
    assert answer["status"] == "done_with_errors"
    assert answer["rows"] == written["rows"] == 2_000
    assert answer["applied"] == answer["eligible"] >= written["good"]
    assert answer["failed"] + answer["skipped"] > 0
    assert (tmp_path / "errors.xlsx").stat().st_size > 0
