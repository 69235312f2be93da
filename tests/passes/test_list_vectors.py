"""Trust and status lists: every shared vector, read as a scanner reads them."""

import json
from typing import Any

import pytest

from foundation.problems import DomainProblem
from passes.signing import key_from_jwk
from seeds.make_vectors import LISTS, lists_text
from tests.passes.reading_lists import Json, Keys, Status, Trust, read_status, read_trust

VECTORS: Json = json.loads(LISTS.read_text(encoding="utf-8"))


def by_kid(rows: list[Json]) -> Keys:
    return {row["kid"]: key_from_jwk(row["jwk"]) for row in rows}


ROOTS, STATUS_KEYS = by_kid(VECTORS["roots"]), by_kid(VECTORS["status_keys"])


def shown(case: Json) -> str:
    return ascii(case["name"])[1:60]


def moment(at: Any) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("case", VECTORS["trust"], ids=shown)
def test_every_trust_list_is_read_as_its_vector_says(case: Json) -> None:
    try:
        found = said_of_trust(case, read_trust(case["jws"], ROOTS))
    except DomainProblem as problem:
        found = {"problem": problem.code}
    assert found == case["expect"]


def said_of_trust(case: Json, trust: Trust) -> Json:
    held = None if case["held"] is None else read_trust(case["held"], ROOTS)
    asked = [name.split("/") for name in case["expect"].get("keys", {})]
    return {
        "compared": trust.compared_with(held),
        "seq": trust.seq,
        "issued_at": moment(trust.issued_at),
        "keys": {f"{area}/{key}": trust.key(area, int(key)) for area, key in asked},
    }


@pytest.mark.parametrize("case", VECTORS["status"], ids=shown)
def test_every_status_list_is_read_as_its_vector_says(case: Json) -> None:
    try:
        found = said_of_status(case, read_status(case["full"], case["delta"], STATUS_KEYS))
    except DomainProblem as problem:
        found = {"problem": problem.code}
    assert found == case["expect"]


def said_of_status(case: Json, status: Status) -> Json:
    held = case["held"]
    known = None if held is None else read_status(held["full"], held["delta"], STATUS_KEYS)
    return {
        "compared": status.compared_with(known),
        "seq": status.newest.seq,
        "server_time": moment(status.newest.server_time),
        "serials": {number: status.of(number) for number in case["expect"].get("serials", {})},
    }


def test_the_vectors_of_lists_are_many_and_differently_named() -> None:
    for group, least in (("trust", 60), ("status", 60)):
        names = [case["name"] for case in VECTORS[group]]
        assert len(names) >= least
        assert len(set(names)) == len(names)


def test_the_generator_gives_the_file_of_lists_that_is_kept() -> None:
    assert lists_text() == LISTS.read_text(encoding="utf-8")
