"""Tags, attributes, relations, reasons and rules of the demo, and the scores that follow from the rules for the best known customers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from customers.measures import Span
from customers.models import (
    AttributeDefinition,
    LevelThreshold,
    LifecycleReason,
    LifecycleRule,
    RelationKind,
    ScoringRule,
    Tag,
)
from customers.services.scoring import score_span
from members.demo.chance import Calendar, chance
from members.demo.customers import Book

TAG_COLUMNS: Final = ("customer_id", "tag_id", "actor_id", "tagged_at")
RELATION_COLUMNS: Final = ("customer_id", "other_id", "kind_id", "begins_on", "note", "created_at", "updated_at")
SCORED: Final = 40
"""So many customers have a score from the start; the others get theirs in the first night."""

_TAGS: Final = (
    ("KEY", "Key account", "重点客户", "red"),
    ("CLOUD", "Cloud interest", "上云意向", "blue"),
    ("5G", "5G pilot", "5G试点", "purple"),
    ("CREDIT", "Good payer", "信用良好", "green"),
    ("RIVAL", "Courted by rivals", "竞争介入", "orange"),
    ("REFORM", "Merger under way", "机构改革", "yellow"),
)
_ATTRIBUTES: Final = (
    ("it_staff", "number", "IT staff", "信息化人员数", ()),
    (
        "network",
        "choice",
        "Main access",
        "主要接入方式",
        (("FTTH", "Fibre", "光纤宽带"), ("LINE", "Private line", "专线"), ("5G", "5G", "5G")),
    ),
    (
        "interests",
        "choices",
        "Interests",
        "意向业务",
        (("CLOUD", "Cloud", "云"), ("IOT", "IoT", "物联网"), ("LINE", "Private line", "专线"), ("SMS", "Messaging", "短信")),
    ),
    ("on_cloud", "yes_no", "On the cloud already", "是否已上云", ()),
    ("tender_on", "date", "Next tender", "下次招标日期", ()),
)
_KINDS: Final = (
    ("SUPPLIER", "supplier of", "供应商（供给）", "supplied by", "采购自"),
    ("PARTNER", "partner of", "合作伙伴", "", ""),
    ("RIVAL", "competitor of", "竞争对手", "", ""),
    ("OWNER", "same owner as", "同一实际控制人", "", ""),
)
_REASONS: Final = (
    ("PRICE", "Price", "资费因素", "warned"),
    ("QUALITY", "Network quality", "网络质量", "warned"),
    ("RIVAL", "Went to a rival", "转投竞争对手", "left"),
    ("CLOSED", "Closed down", "单位注销或停业", "left"),
    ("OFFER", "New offer signed", "签订新方案", "won_back"),
    ("VISIT", "Kept by a visit", "走访挽留", "saved"),
)
_RULES: Final = (
    ("members", "Live members", "在网成员", "members", 30, ((1, 20), (20, 40), (100, 60), (500, 80), (1000, 100))),
    ("revenue", "Monthly revenue", "月收入", "revenue", 30, ((1, 10), (1_000, 30), (10_000, 60), (50_000, 85), (200_000, 100))),
    ("years", "Years with us", "合作年限", "years", 10, ((0, 20), (1, 40), (3, 70), (5, 100))),
    ("credit", "Credit limit", "信用额度", "credit_limit", 10, ((1, 40), (50_000, 70), (200_000, 100))),
    ("people", "Key persons known", "关键人掌握", "key_people", 10, ((1, 60), (2, 80), (3, 100))),
    (
        "stage",
        "Lifecycle",
        "生命周期",
        "lifecycle",
        10,
        (("active", 100), ("saved", 80), ("won_back", 80), ("warned", 40), ("potential", 20)),
    ),
)
_LEVELS: Final = (("A1", 80), ("A2", 60), ("B1", 45), ("B2", 25), ("C", 0))
_STEPS: Final = (
    ("FIRST-MEMBER", "First member joined", "首位成员入网", "potential", "active", "members", 1, True),
    ("NO-MEMBERS", "No members for 30 days", "连续30天无在网成员", "active", "warned", "days_without_members", 30, True),
    ("EMPTY-90", "No members for 90 days", "连续90天无在网成员", "warned", "left", "days_without_members", 90, False),
)


class Records:
    """Keys of what was entered: tags and kinds of relations."""

    def __init__(self, tags: list[int], kinds: list[int]) -> None:
        self.tags = tags
        self.kinds = kinds


def enter_records() -> Records:
    """Enter the dictionaries, definitions and rules."""
    tags = [Tag(code=code, name_en=english, name_zh=chinese, colour=colour) for code, english, chinese, colour in _TAGS]
    kinds = [
        RelationKind(code=code, name_en=english, name_zh=chinese, inverse_en=inverse, inverse_zh=inverse_zh)
        for code, english, chinese, inverse, inverse_zh in _KINDS
    ]
    _enter_attributes()
    _enter_rules()
    return Records([tag.pk for tag in Tag.objects.bulk_create(tags)], [kind.pk for kind in RelationKind.objects.bulk_create(kinds)])


def _enter_attributes() -> None:
    for position, (key, kind, english, chinese, choices) in enumerate(_ATTRIBUTES):
        made = AttributeDefinition.objects.create(key=key, kind=kind, name_en=english, name_zh=chinese, position=position)
        for place, (code, choice_en, choice_zh) in enumerate(choices):
            made.choices.create(code=code, name_en=choice_en, name_zh=choice_zh, position=place)


def _enter_rules() -> None:
    for code, english, chinese, measure, weight, bands in _RULES:
        rule = ScoringRule.objects.create(code=code, name_en=english, name_zh=chinese, measure=measure, weight=weight)
        for start, points in bands:
            rule.bands.create(points=points, **({"value": start} if isinstance(start, str) else {"at_least": start}))
    LevelThreshold.objects.bulk_create([LevelThreshold(level=level, at_least=least) for level, least in _LEVELS])
    LifecycleReason.objects.bulk_create(
        [LifecycleReason(code=code, name_en=english, name_zh=chinese, to_state=state) for code, english, chinese, state in _REASONS]
    )
    for position, (code, english, chinese, before, after, measure, number, automatic) in enumerate(_STEPS):
        names = {"code": code, "name_en": english, "name_zh": chinese, "position": position}
        step = {"from_state": before, "to_state": after, "measure": measure, "number": number, "is_automatic": automatic}
        LifecycleRule.objects.create(**names, **step)


def attributes_of(seed: int) -> Iterator[dict[str, Any]]:
    """The attributes of one customer after another; some have none."""
    rng = chance(seed, "attributes")
    networks, interests = ("FTTH", "LINE", "5G"), ("CLOUD", "IOT", "LINE", "SMS")
    while True:
        bits = rng.getrandbits(32)
        found: dict[str, Any] = {}
        if bits & 3:
            found["it_staff"] = bits >> 2 & 31
            found["network"] = networks[(bits >> 7) % 3]
        if bits >> 10 & 1:
            found["interests"] = [code for place, code in enumerate(interests) if bits >> (11 + place) & 1] or ["CLOUD"]
        if bits >> 15 & 1:
            found["on_cloud"] = bool(bits >> 16 & 1)
        if bits >> 17 & 3 == 0:
            found["tender_on"] = f"2027-{1 + (bits >> 19) % 12:02d}-{1 + (bits >> 23) % 28:02d}"
        yield found


def tag_rows(book: Book, records: Records, calendar: Calendar) -> Iterator[tuple[Any, ...]]:
    """One or two tags for a third of the customers, in the order of `TAG_COLUMNS`."""
    rng = chance(book.seed, "tags")
    for index in range(book.count):
        bits = rng.getrandbits(24)
        count = 2 if index < 10 else (0, 0, 0, 0, 1, 1, 2)[bits % 7]
        for place in range(count):
            tag = records.tags[((bits >> 8) + place) % len(records.tags)]
            moment = f"{calendar.ago(min(book.since[index], 40))}T10:10:00+08:00"
            yield book.first_key + index, tag, book.managers[index] or None, moment


def relation_rows(book: Book, records: Records, calendar: Calendar) -> Iterator[tuple[Any, ...]]:
    """A relation to a neighbour for one customer in ten, and to two for the best known, in the order of `RELATION_COLUMNS`."""
    rng = chance(book.seed, "relations")
    for index in range(book.count):
        bits = rng.getrandbits(24)
        count = 2 if index < 10 else bits % 10 == 0
        for place in range(count):
            other = (index + 3 + place + (bits >> 4) % 5) % book.count
            if other != index:
                kind = records.kinds[((bits >> 10) + place) % len(records.kinds)]
                day = calendar.ago(min(book.since[index], 300))
                moment = f"{day}T10:20:00+08:00"
                yield book.first_key + index, book.first_key + other, kind, day, "", moment, moment


def score_best_known(book: Book, calendar: Calendar) -> None:
    """Score the first customers by the rules, as the night will score all."""
    score_span(Span(book.first_key, book.first_key + min(book.count, SCORED) - 1), day=calendar.today)
