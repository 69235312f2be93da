"""The door of the checkpoints room for the rooms above it."""

from checkpoints.facts import REFUSAL, REFUSAL_UNDONE
from checkpoints.models import Action, Checkpoint, RoadsideFact, Scan, ServiceArea
from checkpoints.queries import find_scan, scan_page, service_areas
from checkpoints.register import Point, register
from checkpoints.rules import RefusalReason, RoadsideAction
from checkpoints.service import Outcome, take_in
from checkpoints.words import ACTION_WORDS, REASON_WORDS

__all__ = [
    "ACTION_WORDS",
    "REASON_WORDS",
    "REFUSAL",
    "REFUSAL_UNDONE",
    "Action",
    "Checkpoint",
    "Outcome",
    "Point",
    "RefusalReason",
    "RoadsideAction",
    "RoadsideFact",
    "Scan",
    "ServiceArea",
    "find_scan",
    "register",
    "scan_page",
    "service_areas",
    "take_in",
]
