"""The door of the audit for the other rooms."""

from audit.models import AuditEvent, AuditHead
from audit.queries import PAGE, history, newest_events, oldest_unsealed
from audit.record import record, record_many
from audit.sealer import ChainReport, chain_head, seal_pending, verify_chain

__all__ = [
    "PAGE",
    "AuditEvent",
    "AuditHead",
    "ChainReport",
    "chain_head",
    "history",
    "newest_events",
    "oldest_unsealed",
    "record",
    "record_many",
    "seal_pending",
    "verify_chain",
]
