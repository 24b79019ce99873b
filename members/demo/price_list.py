"""What the invented operator sells: products, their rules, tariffs with fees over time, and discounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from products.models import DiscountKind, ProductKind, TariffUnit

MONTH: Final = TariffUnit.MONTH
ONCE: Final = TariffUnit.ONCE
USE: Final = TariffUnit.USE


@dataclass(frozen=True, slots=True)
class TariffEntry:
    """A tariff. `fees` are (CNY, since how many days ago), the oldest first; the last holds without end."""

    code: str
    english: str
    chinese: str
    fees: tuple[tuple[str, int], ...]
    unit: str = MONTH
    retired_days_ago: int | None = None


@dataclass(frozen=True, slots=True)
class ProductEntry:
    """A product with its tariffs. `excludes` and `requires` name other products' codes."""

    code: str
    english: str
    chinese: str
    kind: str
    tariffs: tuple[TariffEntry, ...]
    member_level: bool = True
    min_members: int = 0
    excludes: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    retired_days_ago: int | None = None
    description: str = ""


def _one(code: str, english: str, chinese: str, fee: str, unit: str = MONTH) -> TariffEntry:
    return TariffEntry(code, english, chinese, ((fee, 1600),), unit)


PRODUCTS: Final = (
    ProductEntry(
        "VNET",
        "Group V-net",
        "集团V网",
        ProductKind.VNET,
        (
            _one("VNET5", "V-net 5", "V网 5 元套餐", "5.00"),
            TariffEntry("VNET10", "V-net 10", "V网 10 元套餐", (("12.00", 1600), ("10.00", 700))),
            _one("VNET20", "V-net 20", "V网 20 元套餐", "20.00"),
            TariffEntry("VNET15", "V-net 15 (closed)", "V网 15 元套餐（停售）", (("15.00", 1600),), MONTH, 400),
        ),
        min_members=5,
        description="集团成员间通话优惠，可设 3 至 6 位短号",
    ),
    ProductEntry(
        "CAMPUSVNET",
        "Campus V-net",
        "校园V网",
        ProductKind.VNET,
        (_one("CAMPUS3", "Campus V-net 3", "校园V网 3 元套餐", "3.00"), _one("CAMPUS8", "Campus V-net 8", "校园V网 8 元套餐", "8.00")),
        min_members=20,
        excludes=("VNET",),
        description="面向学校师生，与集团V网互斥",
    ),
    ProductEntry(
        "CRBT",
        "Group ring-back tone",
        "集团彩铃",
        ProductKind.RING_BACK,
        (_one("CRBT3", "Ring-back tone 3", "集团彩铃 3 元", "3.00"), _one("CRBT5", "Ring-back tone 5", "集团彩铃 5 元（视频）", "5.00")),
        description="统一企业形象铃音",
    ),
    ProductEntry(
        "DATA5G",
        "5G app-data pack",
        "5G定向流量包",
        ProductKind.DATA,
        (
            _one("DATA5G10", "30 GB app data", "5G定向 30GB", "10.00"),
            TariffEntry("DATA5G25", "100 GB app data", "5G定向 100GB", (("30.00", 1600), ("25.00", 300))),
        ),
        requires=("VNET",),
        description="需先订购集团V网",
    ),
    ProductEntry(
        "DATA5GMAX",
        "5G unlimited pack",
        "5G畅享流量包",
        ProductKind.DATA,
        (_one("DATA5GMAX59", "5G unlimited 59", "5G畅享 59 元", "59.00"),),
        excludes=("DATA5G",),
    ),
    ProductEntry(
        "WORKPHONE",
        "Work phone",
        "工作手机",
        ProductKind.CUSTOM,
        (
            _one("WORKPHONE29", "Work phone 29", "工作手机 29 元", "29.00"),
            _one("WORKPHONE49", "Work phone 49", "工作手机 49 元（含录音）", "49.00"),
        ),
        requires=("VNET",),
    ),
    ProductEntry(
        "MOBILEOA", "Mobile office (ADC)", "ADC移动办公", ProductKind.MESSAGING, (_one("OA5", "Mobile office 5", "移动办公 5 元", "5.00"),)
    ),
    ProductEntry(
        "CARDSMS",
        "Business-card message",
        "挂机名片",
        ProductKind.MESSAGING,
        (_one("CARDSMS2", "Business card 2", "挂机名片 2 元", "2.00"),),
    ),
    ProductEntry(
        "CLOUDPC",
        "Cloud desktop",
        "云桌面",
        ProductKind.CLOUD,
        (
            _one("CLOUDPC45", "Cloud desktop 2C4G", "云桌面 2核4G", "45.00"),
            _one("CLOUDPC88", "Cloud desktop 4C8G", "云桌面 4核8G", "88.00"),
        ),
    ),
    ProductEntry(
        "IOTCARD",
        "IoT card",
        "物联网卡",
        ProductKind.IOT,
        (
            _one("IOT2", "IoT 30 MB", "物联网 30MB", "2.00"),
            _one("IOT8", "IoT 1 GB", "物联网 1GB", "8.00"),
            _one("IOTPOOL3", "IoT pooled 100 MB", "物联网流量池 100MB", "3.00"),
        ),
    ),
    ProductEntry(
        "SIPLINE",
        "Office line",
        "商务固话",
        ProductKind.CUSTOM,
        (_one("SIP15", "Office line 15", "商务固话 15 元", "15.00"),),
    ),
    ProductEntry(
        "MOBILENEWS",
        "Mobile newspaper",
        "集团手机报",
        ProductKind.MESSAGING,
        (_one("NEWS3", "Mobile newspaper 3", "手机报 3 元", "3.00"),),
        retired_days_ago=500,
    ),
    ProductEntry(
        "MAS",
        "Message gateway (MAS)",
        "企业短信MAS",
        ProductKind.MESSAGING,
        (_one("MAS300", "MAS 5,000 messages", "MAS 5000 条包", "300.00"), _one("MASUSE", "MAS by message", "MAS 按条计费", "0.08", USE)),
        member_level=False,
    ),
    ProductEntry(
        "MMS",
        "Multimedia messages",
        "企业彩信",
        ProductKind.MESSAGING,
        (_one("MMS500", "2,000 multimedia messages", "彩信 2000 条包", "500.00"),),
        member_level=False,
    ),
    ProductEntry(
        "BROADBAND",
        "Enterprise broadband",
        "企业宽带",
        ProductKind.BROADBAND,
        (
            _one("BB200", "Broadband 200M", "企业宽带 200M", "480.00"),
            TariffEntry("BB500", "Broadband 500M", "企业宽带 500M", (("1500.00", 1600), ("1200.00", 500))),
            _one("BB1000", "Broadband 1000M", "企业宽带 1000M", "2200.00"),
            _one("BBSETUP", "Broadband installation", "宽带安装费", "300.00", ONCE),
        ),
        member_level=False,
    ),
    ProductEntry(
        "LINE",
        "Internet private line",
        "互联网专线",
        ProductKind.PRIVATE_LINE,
        (
            _one("LINE100", "Private line 100M", "互联网专线 100M", "3800.00"),
            _one("LINE500", "Private line 500M", "互联网专线 500M", "9800.00"),
        ),
        member_level=False,
    ),
    ProductEntry(
        "DATALINE",
        "Data private line",
        "数据专线",
        ProductKind.PRIVATE_LINE,
        (_one("DATALINE50", "Data line 50M", "数据专线 50M", "4600.00"),),
        member_level=False,
    ),
    ProductEntry(
        "IOTPOOL",
        "IoT data pool",
        "物联网流量池",
        ProductKind.IOT,
        (_one("POOL100", "Pool of 100 GB", "流量池 100GB", "900.00"), _one("POOL1000", "Pool of 1 TB", "流量池 1TB", "6800.00")),
        member_level=False,
    ),
    ProductEntry(
        "HOTLINE400",
        "400 hotline",
        "400热线",
        ProductKind.CUSTOM,
        (_one("H400", "400 hotline 300", "400热线 300 元", "300.00"),),
        member_level=False,
    ),
    ProductEntry(
        "CLOUDHOST",
        "Cloud host",
        "云主机",
        ProductKind.CLOUD,
        (_one("CLOUD380", "Cloud host 8C16G", "云主机 8核16G", "380.00"),),
        member_level=False,
    ),
)


@dataclass(frozen=True, slots=True)
class DiscountEntry:
    """A discount; `limit` is the value above which a second person approves it."""

    code: str
    english: str
    chinese: str
    kind: str
    value: str
    stacking_group: str
    limit: str | None = None


DISCOUNTS: Final = (
    DiscountEntry("PCT10", "10 % off", "9 折", DiscountKind.PERCENT, "10", "price", "25"),
    DiscountEntry("PCT20", "20 % off", "8 折", DiscountKind.PERCENT, "20", "price", "25"),
    DiscountEntry("PCT30", "30 % off", "7 折", DiscountKind.PERCENT, "30", "price", "25"),
    DiscountEntry("MINUS2", "2 yuan off a month", "每月减免 2 元", DiscountKind.AMOUNT, "2", "price", "5"),
    DiscountEntry("MINUS100", "100 yuan off a month", "每月减免 100 元", DiscountKind.AMOUNT, "100", "price", "50"),
    DiscountEntry("FIX8", "Special price 8 yuan", "特惠价 8 元", DiscountKind.FIXED, "8", "price"),
    DiscountEntry("FREE1", "First month free", "首月免费", DiscountKind.FREE_MONTHS, "1", "months", "6"),
    DiscountEntry("FREE3", "First 3 months free", "首 3 月免费", DiscountKind.FREE_MONTHS, "3", "months", "6"),
    DiscountEntry("FREE12", "First year free", "首年免费", DiscountKind.FREE_MONTHS, "12", "months", "6"),
)
