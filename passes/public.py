"""The door of the passes room for the rooms above it: judge, look up, issue, keys."""

from passes.application_queries import applicant_counts
from passes.catalogue import Catalogue, load_catalogue
from passes.catalogue_models import GoodsCategory, GoodsItem, PassKind, Regime, Road, Routing, Sector
from passes.change_messages import DRIVER_LINK, link_facts
from passes.change_queries import ending_count
from passes.judging import Judged, judge_pass, judge_text
from passes.keys import areas_without_private_key, ensure_keys, issuing_areas, list_key_file
from passes.live_passes import LivePass, live_passes, plate_digits
from passes.models import Application, Pass, PassRevision
from passes.pinned import complete_until, roots
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
    comes_through,
    counts_as_no_pass,
    default_colour,
    needs_refusal_reason,
    normalise_plate,
    parse_plate,
)
from passes.rules.batches import BATCH_MOVES
from passes.rules.notices import NOTICE_MOVES
from passes.rules.on_the_spot import HOURS as SPOT_HOURS
from passes.rules.on_the_spot import Spot, SpotRequest, spot_kind
from passes.schemas import Line, Phone
from passes.service.change import change_pass
from passes.service.issue import Holder, Issued, Tools, issue_pass
from passes.service.lookup import forget_tries, look_up, look_up_by_check_code
from passes.service.on_the_spot import CarriedPass, carried_passes, give_link, issue_on_the_spot
from passes.service.sheets import PDF, make_sheet, strip_pdf
from passes.sheet_jobs import press
from passes.symbols import QUIET_ZONE, make_symbol, read_symbol, symbol_path, text_symbol
from passes.trips import TripLine, trip_lines
from passes.trust import sign_trust
from passes.watches import Watch, unwatch_pass, watch_pass, watch_passes, watched_until
from passes.words import COLOUR_WORDS, LEVEL_WORDS, VERDICT_WORDS
from passes.workshop import catalogue, tools, workshop

__all__ = [
    "APPLICATION_MOVES",
    "BATCH_MOVES",
    "COLOUR_WORDS",
    "DRIVER_LINK",
    "LEVEL_WORDS",
    "NOTICE_MOVES",
    "PASS_MOVES",
    "PDF",
    "QUIET_ZONE",
    "SPOT_HOURS",
    "VERDICT_WORDS",
    "Application",
    "CarriedPass",
    "Catalogue",
    "Content",
    "Driver",
    "GoodsCategory",
    "GoodsItem",
    "Holder",
    "Issued",
    "Judged",
    "Level",
    "Line",
    "LivePass",
    "Pass",
    "PassAction",
    "PassKind",
    "PassReason",
    "PassRevision",
    "PassState",
    "Phone",
    "Place",
    "PlateColour",
    "PlateSeen",
    "Reading",
    "Regime",
    "Road",
    "Routing",
    "Sector",
    "Spot",
    "SpotRequest",
    "Tools",
    "TripLine",
    "Verdict",
    "VerdictCode",
    "Watch",
    "applicant_counts",
    "areas_without_private_key",
    "carried_passes",
    "catalogue",
    "change_pass",
    "comes_through",
    "complete_until",
    "counts_as_no_pass",
    "current_revision",
    "deciding_body",
    "default_colour",
    "ending_count",
    "ensure_keys",
    "find_pass",
    "forget_tries",
    "give_link",
    "issue_on_the_spot",
    "issue_pass",
    "issuing_areas",
    "judge_pass",
    "judge_readings",
    "judge_text",
    "link_facts",
    "list_key_file",
    "live_passes",
    "load_catalogue",
    "look_up",
    "look_up_by_check_code",
    "make_sheet",
    "make_symbol",
    "needs_refusal_reason",
    "normalise_plate",
    "parse_plate",
    "passes_of_plate",
    "plate_digits",
    "plate_of",
    "press",
    "queue_counts",
    "reaches",
    "read_symbol",
    "roots",
    "sign_trust",
    "spot_kind",
    "strip_pdf",
    "symbol_path",
    "text_symbol",
    "tools",
    "trip_lines",
    "unwatch_pass",
    "watch_pass",
    "watch_passes",
    "watched_until",
    "workshop",
]
