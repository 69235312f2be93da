"""The door of the passes room for the rooms above it: judge, look up, issue, keys."""

from passes.application_queries import applicant_counts
from passes.catalogue import Catalogue, load_catalogue
from passes.catalogue_models import GoodsCategory, GoodsItem, PassKind, Regime, Road, Routing, Sector
from passes.change_queries import ending_count
from passes.judging import Judged, judge_pass, judge_text
from passes.keys import areas_without_private_key, ensure_keys, issuing_areas, list_key_file
from passes.models import Application, Pass, PassRevision
from passes.queries import current_revision, deciding_body, find_pass, passes_of_plate, plate_of, reaches
from passes.queue_queries import queue_counts
from passes.rejudging import Reading, judge_readings
from passes.rules import (
    APPLICATION_MOVES,
    PASS_MOVES,
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
from passes.rules.batches import BATCH_MOVES
from passes.rules.notices import NOTICE_MOVES
from passes.service.change import change_pass
from passes.service.issue import Holder, Issued, Tools, issue_pass
from passes.service.lookup import forget_tries, look_up, look_up_by_check_code
from passes.symbols import read_symbol
from passes.trips import TripLine, trip_lines
from passes.trust import sign_trust
from passes.words import LEVEL_WORDS, VERDICT_WORDS
from passes.workshop import catalogue, tools, workshop

__all__ = [
    "APPLICATION_MOVES",
    "BATCH_MOVES",
    "LEVEL_WORDS",
    "NOTICE_MOVES",
    "PASS_MOVES",
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
    "Reading",
    "Regime",
    "Road",
    "Routing",
    "Sector",
    "Tools",
    "TripLine",
    "Verdict",
    "VerdictCode",
    "applicant_counts",
    "areas_without_private_key",
    "catalogue",
    "change_pass",
    "counts_as_no_pass",
    "current_revision",
    "deciding_body",
    "default_colour",
    "ending_count",
    "ensure_keys",
    "find_pass",
    "forget_tries",
    "issue_pass",
    "issuing_areas",
    "judge_pass",
    "judge_readings",
    "judge_text",
    "list_key_file",
    "load_catalogue",
    "look_up",
    "look_up_by_check_code",
    "needs_refusal_reason",
    "normalise_plate",
    "parse_plate",
    "passes_of_plate",
    "plate_of",
    "queue_counts",
    "reaches",
    "read_symbol",
    "sign_trust",
    "tools",
    "trip_lines",
    "workshop",
]
