"""The reference files agree with one another and with what was published."""

import json
import re
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

Row = dict[str, Any]
REFERENCE = Path(__file__).parents[2] / "seeds" / "reference"
FILES = (
    "areas",
    "bodies",
    "checkpoints",
    "goods",
    "hotline_lines",
    "kinds",
    "regime",
    "roads",
    "routing",
    "sectors",
    "service_areas",
)
JILIN = "220000"
# A slug is ascii, so that it can stand in addresses, tests and audit tags.
SLUG = re.compile(r"[a-z][a-z0-9_]*(-[a-z0-9_]+)*")


def whole(name: str) -> Row:
    content: Row = json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))
    return content


def rows(name: str) -> list[Row]:
    found: list[Row] = whole(name)["rows"]
    return found


def by_code(name: str) -> dict[str, Row]:
    return {row["code"]: row for row in rows(name)}


def counties_of_jilin() -> set[str]:
    return {row["code"] for row in rows("areas") if row["code"][:2] == "22" and row["level"] == "county"}


def prefectures_of_jilin() -> set[str]:
    return {row["code"] for row in rows("areas") if row["parent"] == JILIN and row["level"] == "prefecture"}


@pytest.mark.parametrize("name", FILES)
def test_every_file_says_where_it_comes_from_and_under_which_licence(name: str) -> None:
    content = whole(name)
    assert all(isinstance(content[field], str) and content[field] for field in ("source", "licence", "note"))
    assert content["rows"]


@pytest.mark.parametrize("name", FILES)
def test_made_up_content_is_marked_field_by_field(name: str) -> None:
    for row in rows(name):
        assert row.get("synthetic", True) is True, f"{row}: synthetic is true or absent"
        marked = row.get("synthetic_fields", [])
        assert not marked or row["synthetic"], f"{row}: marked fields without the mark"
        assert set(marked) <= set(row), f"{row}: marks a field it does not have"


@pytest.mark.parametrize(
    "name", ["areas", "bodies", "checkpoints", "goods", "kinds", "roads", "sectors", "service_areas"]
)
def test_codes_are_unique(name: str) -> None:
    assert [code for code, n in Counter(row["code"] for row in rows(name)).items() if n > 1] == []


def test_no_file_is_left_unchecked() -> None:
    assert {path.stem for path in REFERENCE.glob("*.json")} >= set(FILES)


# areas


def test_every_area_hangs_under_an_area_of_a_higher_level() -> None:
    areas, rank = by_code("areas"), {"province": 0, "prefecture": 1, "county": 2}
    for row in areas.values():
        assert re.fullmatch(r"[1-9][0-9]{5}", row["code"])
        if row["level"] == "province":
            assert row["parent"] is None
        else:
            assert rank[areas[row["parent"]]["level"]] < rank[row["level"]]
            assert row["parent"][:2] == row["code"][:2]


def test_china_has_34_provinces_and_every_prefecture_has_counties() -> None:
    levels = Counter(row["level"] for row in rows("areas"))
    parents = {row["parent"] for row in rows("areas")}
    assert (levels["province"], levels["prefecture"]) == (34, 329)
    # 2,853 of the mainland (the four cities without counties among them), 26 of the two special
    # administrative regions, and the board of Changbaishan.
    assert levels["county"] == 2880
    assert [row for row in rows("areas") if row["level"] == "prefecture" and row["code"] not in parents] == []


def test_only_taiwan_has_no_county_to_name_in_a_route() -> None:
    with_counties = {row["code"][:2] for row in rows("areas") if row["level"] == "county"}
    provinces = {row["code"][:2] for row in rows("areas") if row["level"] == "province"}
    assert provinces - with_counties == {"71"}


def test_jilin_has_nine_prefectures_and_sixty_counties_beside_the_board_of_changbaishan() -> None:
    published = {code for code in counties_of_jilin() if "synthetic" not in by_code("areas")[code]}
    assert len(prefectures_of_jilin()) == 9
    assert len(published) == 60
    assert counties_of_jilin() - published == {"229001"}


@pytest.mark.parametrize(
    ("code", "name", "parent"),
    [
        ("220184", "公主岭市", "220100"),
        ("220581", "梅河口市", "220500"),
        ("110115", "大兴区", "110000"),
        ("500243", "彭水苗族土家族自治县", "500000"),
        ("419001", "济源市", "410000"),
        ("659001", "石河子市", "650000"),
        ("441900", "东莞市", "440000"),
        ("620200", "嘉峪关市", "620000"),
        ("229001", "长白山保护开发区管理委员会", "220000"),
    ],
)
def test_the_places_that_lists_get_wrong_are_right(code: str, name: str, parent: str) -> None:
    area = by_code("areas")[code]
    assert (area["name"], area["level"], area["parent"]) == (name, "county", parent)


def test_meihekou_is_run_by_the_province_itself() -> None:
    assert by_code("areas")["220581"]["administered_by"] == JILIN


def test_provinces_and_the_whole_of_jilin_have_english_names() -> None:
    needed = [row for row in rows("areas") if row["level"] == "province" or row["code"][:2] == "22"]
    assert [row["code"] for row in needed if not row.get("name_en")] == []
    assert len({row["name_en"] for row in needed}) == len(needed)


def test_a_place_that_changed_its_rank_is_listed_once_under_its_present_code() -> None:
    areas = by_code("areas")
    ended = {
        "350403": "350404",
        "410381": "410307",
        "450127": "450181",
        "610322": "610305",
        "654223": "654203",
    }
    assert [old for old, new in ended.items() if old in areas or new not in areas] == []
    names = Counter((row["name"], row["parent"]) for row in areas.values())
    assert max(names.values()) == 1


def test_no_statistical_zone_and_no_placeholder_is_offered_as_a_county() -> None:
    counties = [row for row in rows("areas") if row["level"] == "county"]
    assert [
        row for row in counties if row["code"][4] == "7" or row["name"] == "市辖区" or "-" in row["name"]
    ] == []


# roads, checkpoints, service areas


def test_every_road_code_fits_the_credential() -> None:
    assert [row["code"] for row in rows("roads") if not re.fullmatch(r"[GSXYC][0-9]{1,4}", row["code"])] == []


def test_the_expressways_of_jilin_are_there_and_one_is_not_taken_for_another() -> None:
    roads = by_code("roads")
    assert {"G1", "G11", "G12", "G25", "G45", "G0102"} <= {
        c for c, row in roads.items() if row["through_jilin"]
    }
    assert (roads["G0102"]["name"], roads["G102"]["name"]) == ("长春绕城高速", "京抚线")


def test_every_checkpoint_stands_in_a_county_of_jilin_on_a_road_through_it() -> None:
    roads = by_code("roads")
    for row in rows("checkpoints"):
        assert row["county"] in counties_of_jilin()
        assert roads[row["road"]]["through_jilin"]
        assert re.fullmatch(r"K[0-9]{1,4}\+[0-9]{3}", row["stake"])
        assert 40.8 < row["latitude"] < 46.4
        assert 121.6 < row["longitude"] < 131.4


def test_the_forty_retained_checkpoints_are_at_the_border_or_the_two_cities_and_all_made_up() -> None:
    points = rows("checkpoints")
    assert len(points) == 40
    assert all(point["synthetic"] and "synthetic_fields" not in point for point in points)
    exits = {point["county"][:4] for point in points if point["kind"] == "city_exit"}
    assert exits == {"2201", "2202"}
    assert {point["kind"] for point in points} == {"province_border", "city_exit"}


def test_no_two_checkpoints_share_a_place_on_a_road() -> None:
    places = Counter((row["road"], row["stake"], row["direction"]) for row in rows("checkpoints"))
    assert max(places.values()) == 1


def test_the_eight_service_areas_that_test_are_those_of_the_press_conference() -> None:
    named = ["烟筒山", "公主岭", "四平", "敦化", "查干湖", "德惠", "英额布", "辽源西"]
    assert [row["name"] for row in rows("service_areas")] == [f"{name}服务区" for name in named]
    for row in rows("service_areas"):
        assert row["testing"]
        assert row["directions"] == ["up", "down"]
        assert row["county"] in counties_of_jilin()
        assert row["road"] is None or by_code("roads")[row["road"]]["through_jilin"]


def test_the_note_keeps_the_number_of_open_pairs() -> None:
    assert "81 pairs" in whole("service_areas")["note"]


# goods, sectors, routing, kinds


def test_goods_numbers_fit_six_bits_and_are_never_shared() -> None:
    numbers = [row["number"] for row in rows("goods")]
    assert len(set(numbers)) == len(numbers) <= 63
    assert min(numbers) >= 0
    assert max(numbers) <= 63


def test_every_item_has_a_category_and_a_plain_word_to_find_it_by() -> None:
    categories = {row["code"] for row in whole("goods")["categories"]}
    for row in rows("goods"):
        assert row["category"] in categories
        assert SLUG.fullmatch(row["code"])
        assert row["name"]
        assert row["name_en"]
        assert row["plain"]
    assert {row["category"] for row in rows("goods")} == categories


def test_the_published_categories_are_four_of_livelihood_four_of_production_and_foreign_trade() -> None:
    content = whole("goods")
    published = [row for row in content["categories"] if "synthetic" not in row]
    assert Counter(row["group"] for row in published) == {"livelihood": 4, "production": 4, "trade": 1}
    assert {row["group"] for row in content["categories"]} == {row["code"] for row in content["groups"]}


def test_sector_numbers_are_those_of_the_credential() -> None:
    assert [(row["number"], row["name"]) for row in rows("sectors")] == [
        (0, "交通运输"),
        (1, "发展改革"),
        (2, "工业和信息化"),
        (3, "公安"),
        (4, "商务"),
        (5, "农业农村"),
        (6, "邮政管理"),
    ]


def test_every_category_is_routed_once_from_the_day_of_the_press_conference() -> None:
    routed = Counter(row["category"] for row in rows("routing"))
    assert routed == {row["code"]: 1 for row in whole("goods")["categories"]}
    for row in rows("routing"):
        assert row["sector"] in by_code("sectors")
        assert date.fromisoformat(row["effective_from"]) == date(2022, 4, 16)


def test_unclear_goods_go_to_transport() -> None:
    (unclear,) = [row for row in rows("routing") if row["category"] == "unclear"]
    assert by_code("sectors")[unclear["sector"]]["number"] == 0


def test_the_two_kinds_carry_their_names_numbers_and_longest_validity() -> None:
    national, provincial = rows("kinds")
    assert (national["number"], national["name"]) == (0, "重点物资运输车辆通行证")
    assert (provincial["number"], provincial["name"]) == (1, "吉林省疫情防控应急物资通行证")
    assert (national["max_hours"], provincial["max_hours"]) == (720, 168)
    assert (national["cross_province"], national["on_the_spot"]) == (True, False)
    assert (provincial["cross_province"], provincial["on_the_spot"]) == (False, True)


def test_a_kind_is_issued_by_a_role_that_bodies_have() -> None:
    roles = {row["role"] for row in rows("bodies")}
    for row in rows("kinds"):
        assert row["issued_by"] in roles
        assert set(row["sectors"]) <= set(by_code("sectors"))


# bodies, lines, regime


def test_every_sector_has_an_issuing_body_in_the_province_and_in_every_prefecture() -> None:
    held = Counter((row["area"], row["sector"]) for row in rows("bodies") if row["role"] == "issuing")
    areas = {JILIN, *prefectures_of_jilin()}
    expected = {(area, sector) for area in areas for sector in by_code("sectors")}
    assert expected <= set(held)
    assert max(held.values()) == 1


def test_every_county_has_its_own_issuing_bodies_but_shares_the_postal_one() -> None:
    sectors = set(by_code("sectors")) - {"post"}
    for county in counties_of_jilin():
        own = {row["sector"] for row in rows("bodies") if row["area"] == county and row["role"] == "issuing"}
        assert own == sectors


def test_every_prefecture_and_county_has_one_transport_control_group() -> None:
    groups = Counter(row["area"] for row in rows("bodies") if row["role"] == "control_group")
    assert groups == dict.fromkeys({JILIN, *prefectures_of_jilin(), *counties_of_jilin()}, 1)


def test_the_province_has_one_command_and_one_hotline() -> None:
    roles = Counter(row["role"] for row in rows("bodies") if row["area"] == JILIN)
    assert (roles["command"], roles["hotline"]) == (1, 1)
    assert {row["role"] for row in rows("bodies")} == {"issuing", "control_group", "hotline", "command"}


def test_bodies_bear_their_proper_names_once_each() -> None:
    bodies = by_code("bodies")
    assert bodies["jl-reform"]["name"] == "吉林省发展和改革委员会"
    assert bodies["changchun-transport"]["name"] == "长春市交通运输局"
    assert bodies["changchun-yushu-agriculture"]["name"] == "榆树市农业农村局"
    assert len({row["name"] for row in bodies.values()}) == len(bodies)
    assert [code for code in bodies if not SLUG.fullmatch(code)] == []


def test_a_made_up_phone_can_ring_nowhere() -> None:
    for row in rows("bodies"):
        invented = "phone" in row.get("synthetic_fields", [])
        assert invented == bool(re.fullmatch(r"04[0-9]{2}-0[0-9]{7}", row["phone"])), row["code"]
    assert len({row["phone"] for row in rows("bodies")}) == len(rows("bodies"))


def test_the_five_hotline_numbers_are_those_of_the_press_conference() -> None:
    numbers = [(row["line"], row["area_code"], row["number"]) for row in rows("hotline_lines")]
    published = ["85097301", "85097302", "85097303", "85097304", "85097305"]
    assert numbers == [(line, "0431", number) for line, number in enumerate(published, start=1)]
    assert [row["phone"] for row in rows("hotline_lines")] == [f"0431-{number}" for number in published]
    assert not any(row.get("synthetic") for row in rows("hotline_lines"))


def test_jilin_asks_for_both_kinds_from_the_day_of_the_press_conference_with_no_end() -> None:
    jilin = {row["kind"]: row for row in rows("regime") if row["area"] == JILIN}
    assert set(jilin) == set(by_code("kinds"))
    for row in jilin.values():
        assert datetime.fromisoformat(row["from"]) == datetime.fromisoformat("2022-04-15T16:00:00+00:00")
        assert row["to"] is None


def test_other_provinces_ask_for_the_cross_province_kind_alone_and_say_which_days_are_made_up() -> None:
    others = [row for row in rows("regime") if row["area"] != JILIN]
    assert others
    for row in others:
        assert by_code("areas")[row["area"]]["level"] == "province"
        assert by_code("kinds")[row["kind"]]["cross_province"]
    certain = {row["area"] for row in others if "synthetic" not in row}
    assert certain == {"350000"}
