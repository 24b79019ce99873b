"""Message catalogues without the gettext programs: extraction, update, check and compilation, by Babel.

Every app keeps the strings of its Python files and of `templates/<app>/` in `<app>/locale/`; all else is the project's, in `locale/`.
The source language is English.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

LANGUAGE: Final = "zh_Hans"
KEYWORDS: Final[dict[str, tuple[object, ...] | None]] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
HEADER: Final = f"""msgid ""
msgstr ""
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Language: {LANGUAGE}\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
_PROJECT_MODULES: Final = ("common", "crm_site")

Key: TypeAlias = tuple[str | None, str]


@dataclass(frozen=True, slots=True)
class Unit:
    """One catalogue: where it is kept, and the files whose strings it holds."""

    name: str
    path: Path
    files: tuple[Path, ...]


def units_of(root: Path) -> list[Unit]:
    """The project's catalogue first, then one for every business app below `root`."""
    apps = sorted(path.parent.name for path in root.glob("*/apps.py") if path.parent.name not in _PROJECT_MODULES)
    templates = sorted((root / "templates").rglob("*.html"))
    own = {app: [path for path in templates if path.is_relative_to(root / "templates" / app)] for app in apps}
    taken = {path for paths in own.values() for path in paths}
    project = [*_python_files(root, *_PROJECT_MODULES), *(path for path in templates if path not in taken)]
    return [
        Unit("project", _catalogue_path(root), tuple(project)),
        *(Unit(app, _catalogue_path(root / app), (*_python_files(root, app), *own[app])) for app in apps),
    ]


def _catalogue_path(folder: Path) -> Path:
    return folder / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"


def _python_files(root: Path, *modules: str) -> list[Path]:
    return [path for module in modules for path in sorted((root / module).rglob("*.py")) if "migrations" not in path.parts]


def extract_from(unit: Unit, root: Path) -> Catalog:
    """The strings that the unit's files hold, without translations."""
    found = Catalog(locale=LANGUAGE, fuzzy=False)
    for path in unit.files:
        place = path.relative_to(root).as_posix()
        for message in _strings_in(path):
            found.add(message[0], locations=[(place, 0)], context=message[1])
    return found


def _strings_in(path: Path) -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # Django turns a template into text that reads as Python; its indentation is the template's and means nothing.
        source = "\n".join(line.lstrip() for line in templatize(source, origin=str(path)).splitlines())
    for _line, message, _comments, context in extract("python", io.BytesIO(source.encode()), keywords=KEYWORDS):  # type: ignore[arg-type]
        yield message, context


def read_catalogue(path: Path) -> Catalog:
    """The catalogue kept at `path`; an empty one where there is none yet."""
    if not path.exists():
        return Catalog(locale=LANGUAGE, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def updated(kept: Catalog, found: Catalog, memory: dict[Key, str | tuple[str, ...]], *, prune: bool = False) -> Catalog:
    """`found` with the translations of `kept`, then those that `memory` knows from other catalogues.

    Strings that are gone stay as obsolete entries, so that a renamed string's translation can be taken up again; `prune` drops them.
    """
    result = Catalog(locale=LANGUAGE, fuzzy=False)
    known = {**memory, **_translations(list(kept.obsolete.values())), **_translations(_messages(kept))}
    for message in _messages(found):
        result.add(message.id, known.get(_key(message), ""), locations=sorted(set(message.locations)), context=message.context)
    if not prune:
        present = {_key(message) for message in _messages(result)}
        gone = [*kept.obsolete.values(), *_messages(kept)]
        for message in gone:
            if _key(message) not in present and is_translated(message):
                result.obsolete[_key(message)[1]] = message
    return result


def write_catalogue(catalog: Catalog, path: Path) -> bool:
    """Write `catalog`, sorted and without dates or line numbers, so that a diff shows only what changed. Returns whether it did."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=120, sort_output=True, omit_header=True, include_lineno=False)
    text = HEADER + buffer.getvalue().decode().strip() + "\n"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True


def translation_memory(catalogues: list[Catalog]) -> dict[Key, str | tuple[str, ...]]:
    """Every translation that some catalogue holds, by context and text."""
    memory: dict[Key, str | tuple[str, ...]] = {}
    for catalog in catalogues:
        memory = {**_translations(_messages(catalog)), **memory}
    return memory


def problems_of(unit: Unit, root: Path) -> list[str]:
    """What keeps the unit's catalogue from being complete, one line each: missing, untranslated, fuzzy, obsolete, or wrong placeholders."""
    kept, found = read_catalogue(unit.path), extract_from(unit, root)
    by_key = {_key(message): message for message in _messages(kept)}
    wanted = {_key(message) for message in _messages(found)}
    lines = [f"missing: {_shown(key)}" for key in sorted(wanted - by_key.keys(), key=str)]
    lines += [f"obsolete: {_shown(key)}" for key in sorted(by_key.keys() - wanted, key=str)]
    lines += [f"obsolete: {_shown(_key(message))}" for message in kept.obsolete.values()]
    for key in sorted(wanted & by_key.keys(), key=str):
        message = by_key[key]
        if not is_translated(message):
            lines.append(f"untranslated: {_shown(key)}")
        elif message.fuzzy:
            lines.append(f"fuzzy: {_shown(key)}")
        elif wrong := _wrong_placeholders(message):
            lines.append(f"placeholders differ ({wrong}): {_shown(key)}")
    return [f"{unit.name}: {line}" for line in lines]


def contradictions(root: Path) -> list[str]:
    """Strings that two catalogues translate differently: at run time one of them would win everywhere."""
    seen: dict[Key, dict[str | tuple[str, ...], list[str]]] = {}
    for unit in units_of(root):
        for key, text in _translations(_messages(read_catalogue(unit.path))).items():
            seen.setdefault(key, {}).setdefault(text, []).append(unit.name)
    return [
        f"{_shown(key)}: " + "; ".join(f"{text} ({', '.join(names)})" for text, names in texts.items())
        for key, texts in sorted(seen.items(), key=str)
        if len(texts) > 1
    ]


def compile_catalogue(unit: Unit) -> Path | None:
    """Write the `.mo` file beside the unit's catalogue. Returns its path, None where there is no catalogue."""
    if not unit.path.exists():
        return None
    target = unit.path.with_suffix(".mo")
    buffer = io.BytesIO()
    write_mo(buffer, read_catalogue(unit.path))
    # Whole or not at all: another process may be reading it.
    part = target.with_name(f"{target.name}.{os.getpid()}")
    part.write_bytes(buffer.getvalue())
    part.replace(target)
    return target


def _messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def _key(message: Message) -> Key:
    return message.context, message.id if isinstance(message.id, str) else message.id[0]


def is_translated(message: Message) -> bool:
    """Whether every form of `message` has a text."""
    return all(_texts(message))


def _texts(message: Message) -> tuple[str, ...]:
    """The translations: one, or one for each plural form."""
    if message.string is None or isinstance(message.string, str):
        return (message.string or "",)
    return tuple(message.string)


def _translations(messages: list[Message]) -> dict[Key, str | tuple[str, ...]]:
    return {_key(message): texts[0] if isinstance(message.id, str) else texts for message in messages if all(texts := _texts(message))}


_PLACEHOLDER: Final = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def _wrong_placeholders(message: Message) -> str:
    sources = [message.id] if isinstance(message.id, str) else list(message.id)
    texts = _texts(message)
    wanted = {name for source in sources for name in _PLACEHOLDER.findall(source)}
    given = {name for text in texts for name in _PLACEHOLDER.findall(text)}
    # A plural may leave its number out of one form, so a missing placeholder is wrong only where there is one form.
    differing = (given - wanted) | (wanted - given if len(sources) == 1 else set())
    return ", ".join(sorted(differing))


def _shown(key: Key) -> str:
    return f"{key[1]!r}" + (f" (context {key[0]!r})" if key[0] else "")
