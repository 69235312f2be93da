"""The door of the passes room for the rooms above it: judge, look up, issue, keys."""

from passes.catalogue import Catalogue, load_catalogue
from passes.judging import Judged, judge_pass, judge_text
from passes.keys import areas_without_private_key, ensure_keys, issuing_areas, list_key_file
from passes.models import (
    Application,
    GoodsCategory,
    GoodsItem,
    Pass,
    PassKind,
    PassRevision,
    Regime,
    Road,
    Routing,
    Sector,
)
from passes.queries import current_revision, deciding_body, find_pass, passes_of_plate, plate_of
from passes.rules import (
    Content,
    Driver,
    Level,
    PassAction,
    PassReason,
    PassState,
    Place,
    PlateColour,
    PlateSeen,
    Verdict,
    VerdictCode,
    counts_as_no_pass,
    default_colour,
    needs_refusal_reason,
    normalise_plate,
    parse_plate,
)
from passes.service.change import change_pass
from passes.service.issue import Holder, Issued, Tools, issue_pass
from passes.symbols import read_symbol
from passes.trust import sign_trust
from passes.words import LEVEL_WORDS, VERDICT_WORDS
from passes.workshop import catalogue, tools, workshop

__all__ = [
    "LEVEL_WORDS",
    "VERDICT_WORDS",
    "Application",
    "Catalogue",
    "Content",
    "Driver",
    "GoodsCategory",
    "GoodsItem",
    "Holder",
    "Issued",
    "Judged",
    "Level",
    "Pass",
    "PassAction",
    "PassKind",
    "PassReason",
    "PassRevision",
    "PassState",
    "Place",
    "PlateColour",
    "PlateSeen",
    "Regime",
    "Road",
    "Routing",
    "Sector",
    "Tools",
    "Verdict",
    "VerdictCode",
    "areas_without_private_key",
    "catalogue",
    "change_pass",
    "counts_as_no_pass",
    "current_revision",
    "deciding_body",
    "default_colour",
    "ensure_keys",
    "find_pass",
    "issue_pass",
    "issuing_areas",
    "judge_pass",
    "judge_text",
    "list_key_file",
    "load_catalogue",
    "needs_refusal_reason",
    "normalise_plate",
    "parse_plate",
    "passes_of_plate",
    "plate_of",
    "read_symbol",
    "sign_trust",
    "tools",
    "workshop",
]
