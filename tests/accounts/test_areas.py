"""Areas: their words, what lies below, and what a typed name means."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from accounts.public import (
    administrative_path,
    area_words,
    area_words_many,
    bodies_for,
    body_by_code,
    find_area,
)


def test_an_area_is_called_by_all_the_names_above_it(session: Session) -> None:
    assert area_words(session, "220102") == "吉林省长春市南关区"
    assert area_words(session, "220000") == "吉林省"


def test_a_county_right_under_its_province_is_found_by_its_parent(session: Session) -> None:
    assert area_words(session, "110115") == "北京市大兴区"
    assert administrative_path(session, "110115") == ("110115", "110000")
    assert administrative_path(session, "220102") == ("220102", "220100", "220000")
    assert administrative_path(session, "999999") == ()


def test_many_areas_are_named_at_once_and_unknown_ones_stand_for_themselves(session: Session) -> None:
    assert area_words_many(session, ["220102", "999999"]) == {
        "220102": "吉林省长春市南关区",
        "999999": "999999",
    }
    assert area_words_many(session, []) == {}


def test_a_name_is_found_by_as_much_of_it_as_tells_it_apart(session: Session) -> None:
    for text in ("220102", "南关区", "长春市南关区", "吉林省 长春市 南关区", "２２０１０２"):
        assert find_area(session, text) == "220102", text


def test_a_name_that_several_areas_share_is_not_guessed(session: Session) -> None:
    assert find_area(session, "朝阳区") is None
    assert find_area(session, "长春市朝阳区") == "220104"
    assert find_area(session, "北京市朝阳区") == "110105"
    assert find_area(session, "没有这个区") is None
    assert find_area(session, "999999") is None
    assert find_area(session, "") is None


def test_where_a_county_is_asked_for_a_prefecture_does_not_do(session: Session) -> None:
    assert find_area(session, "长春市") == "220100"
    assert find_area(session, "长春市", lowest=True) is None
    assert find_area(session, "南关区", lowest=True) == "220102"


def test_the_choice_of_areas_goes_down_level_by_level(client: FlaskClient) -> None:
    provinces = client.get("/areas/0.json")
    assert {"code": "220000", "name": "吉林省", "leaf": False} in (provinces.json or [])
    assert "max-age" in provinces.headers["Cache-Control"]
    counties = client.get("/areas/220100.json").json or []
    assert {"code": "220102", "name": "南关区", "leaf": True} in counties
    assert client.get("/areas/220102.json").status_code == 404
    assert client.get("/areas/nonsense.json").status_code == 404


def test_the_bodies_for_an_area_are_its_own_and_then_those_above(session: Session) -> None:
    found = bodies_for(session, "220102", "issuing")
    path = administrative_path(session, "220102")
    places = [path.index(body.area) for body in found]
    assert places == sorted(places)
    assert {body.duty for body in found} == {"issuing"}
    transport = body_by_code(session, "changchun-transport")
    assert transport in bodies_for(session, "220102", "issuing", transport.sector if transport else None)
