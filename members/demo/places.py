"""The invented geography: two provinces with six cities each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Place:
    """A province or a city.

    Attributes:
        code: capital letters, unique among provinces and cities; a city's begins the codes of its customers.
        name: the Chinese name without 省 or 市.
        english: the name in Latin letters.
        weight: share of the operator's customers, in relation to the other cities; 0 for a province.
        area_code: the city's dialling code without the leading zero; empty for a province.
        districts: names of its four counties and districts.
    """

    code: str
    name: str
    english: str
    weight: int = 0
    area_code: str = ""
    districts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Province:
    """A province with its cities. `registry` is the made-up administrative code that its credit codes carry."""

    place: Place
    registry: str
    cities: tuple[Place, ...]


PROVINCES: Final = (
    Province(
        Place("JL", "江岚", "Jianglan"),
        "96",
        (
            Place("YJ", "云江", "Yunjiang", 30, "311", ("东城区", "西城区", "滨江区", "云溪县")),
            Place("QX", "清溪", "Qingxi", 14, "371", ("桥南区", "桥北区", "竹海县", "清泉县")),
            Place("LH", "临湖", "Linhu", 10, "377", ("湖滨区", "城中区", "莲塘县", "芦湾县")),
            Place("SY", "松岩", "Songyan", 7, "379", ("松林区", "岩前区", "石坪县", "青崖县")),
            Place("WH", "望海", "Wanghai", 9, "411", ("港口区", "东湾区", "盐田县", "渔浦县")),
            Place("DF", "丹枫", "Danfeng", 5, "431", ("枫林区", "新城区", "红叶县", "丹水县")),
        ),
    ),
    Province(
        Place("BL", "北澜", "Beilan"),
        "97",
        (
            Place("SU", "朔原", "Shuoyuan", 11, "512", ("中山区", "朔东区", "草原县", "白河县")),
            Place("YQ", "银桥", "Yinqiao", 8, "513", ("银河区", "桥头区", "长亭县", "古渡县")),
            Place("CL", "长澜", "Changlan", 6, "514", ("长宁区", "澜江区", "水西县", "沙洲县")),
            Place("BH", "白桦", "Baihua", 4, "516", ("桦东区", "桦西区", "雪岭县", "冰河县")),
            Place("PL", "平陵", "Pingling", 4, "518", ("平川区", "古城区", "陵阳县", "麦田县")),
            Place("TY", "铁岩", "Tieyan", 3, "519", ("钢城区", "矿山区", "铁山县", "石门县")),
        ),
    ),
)
CITIES: Final[tuple[Place, ...]] = tuple(city for province in PROVINCES for city in province.cities)
PROVINCE_OF: Final[tuple[int, ...]] = tuple(index for index, province in enumerate(PROVINCES) for _ in province.cities)
STREETS: Final = (
    "明湖路",
    "文昌路",
    "人民路",
    "建设大道",
    "解放路",
    "青年路",
    "和平街",
    "工业大道",
    "科技路",
    "迎宾大道",
    "滨河路",
    "学府路",
    "朝阳街",
    "长虹路",
    "金融街",
    "桂花巷",
)
