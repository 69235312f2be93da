"""Permissions, roles and the one matrix that joins them; the acting party is an `Actor`."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Permission(StrEnum):
    """What may be done, as `thing:deed`; the same word stands in the audit tag."""

    ACCOUNT_OWN = "account:own"
    PERSON_MANAGE = "person:manage"
    FIRM_MANAGE = "firm:manage"
    FIRM_OWN = "firm:own"
    FIRM_READ = "firm:read"
    IDENTITY_READ = "identity:read"
    APPLICATION_APPLY = "application:apply"
    APPLICATION_REVIEW = "application:review"
    PASS_READ = "pass:read"
    PASS_SUSPEND = "pass:suspend"
    PASS_REVOKE = "pass:revoke"
    PASS_SURRENDER = "pass:surrender"
    SEAL_UPLOAD = "seal:upload"
    SEAL_APPROVE = "seal:approve"
    SCAN_RECORD = "scan:record"
    PASS_LOOK_UP = "pass:look_up"
    PASS_ISSUE_ON_THE_SPOT = "pass:issue_on_the_spot"
    DEVICE_MANAGE = "device:manage"
    AUDIT_READ = "audit:read"
    MESSAGE_MANAGE = "message:manage"
    NOTICE_SEND = "notice:send"


class Role(StrEnum):
    """The people of design.md 1."""

    APPLICANT = "applicant"
    FIRM_LEAD = "firm_lead"
    ISSUING_OFFICER = "issuing_officer"
    CONTROL_OFFICER = "control_officer"
    CHECKPOINT_STAFF = "checkpoint_staff"
    CHECKPOINT_LEAD = "checkpoint_lead"
    OPERATOR = "operator"
    LIAISON = "liaison"
    INSPECTOR = "inspector"
    COMMAND = "command"
    ADMINISTRATOR = "administrator"


FIRM_ROLES = frozenset({Role.APPLICANT, Role.FIRM_LEAD})
"""Roles of people who apply; everybody else belongs to a body."""

_OFFICE = frozenset({Permission.ACCOUNT_OWN, Permission.PASS_READ, Permission.PASS_LOOK_UP})
_ISSUING = _OFFICE | {
    Permission.APPLICATION_REVIEW,
    Permission.PASS_SUSPEND,
    Permission.PASS_REVOKE,
    Permission.SEAL_UPLOAD,
    Permission.IDENTITY_READ,
}
_APPLYING = frozenset({Permission.ACCOUNT_OWN, Permission.APPLICATION_APPLY, Permission.PASS_SURRENDER})
_ROADSIDE = frozenset(
    {
        Permission.ACCOUNT_OWN,
        Permission.SCAN_RECORD,
        Permission.PASS_LOOK_UP,
        Permission.PASS_ISSUE_ON_THE_SPOT,
    }
)

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.APPLICANT: _APPLYING,
    Role.FIRM_LEAD: _APPLYING | {Permission.FIRM_OWN},
    Role.ISSUING_OFFICER: _ISSUING,
    Role.CONTROL_OFFICER: _ISSUING | _ROADSIDE,
    Role.CHECKPOINT_STAFF: _ROADSIDE,
    Role.CHECKPOINT_LEAD: _ROADSIDE | {Permission.DEVICE_MANAGE},
    Role.OPERATOR: frozenset({Permission.ACCOUNT_OWN, Permission.PASS_LOOK_UP}),
    Role.LIAISON: frozenset({Permission.ACCOUNT_OWN}),
    Role.INSPECTOR: frozenset({Permission.ACCOUNT_OWN, Permission.PASS_LOOK_UP}),
    Role.COMMAND: _OFFICE
    | {
        Permission.AUDIT_READ,
        Permission.PASS_SUSPEND,
        Permission.PASS_REVOKE,
        Permission.MESSAGE_MANAGE,
        Permission.NOTICE_SEND,
    },
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.ACCOUNT_OWN,
            Permission.PERSON_MANAGE,
            Permission.FIRM_MANAGE,
            Permission.SEAL_APPROVE,
            Permission.DEVICE_MANAGE,
            Permission.AUDIT_READ,
            Permission.MESSAGE_MANAGE,
        }
    ),
}
"""The one matrix: guards, menus and the generated tests read it."""


class ActorKind(StrEnum):
    """What kind of party acts."""

    PERSON = "person"
    DEVICE = "device"
    FIRM_TOKEN = "firm_token"
    EXCHANGE = "exchange"
    COMMAND_LINE = "command_line"
    SYSTEM = "system"


SCOPES: dict[ActorKind, frozenset[Permission]] = {
    ActorKind.DEVICE: frozenset(
        {Permission.SCAN_RECORD, Permission.PASS_LOOK_UP, Permission.PASS_ISSUE_ON_THE_SPOT}
    ),
    # What a person of a firm reads by having an account, a program of the firm reads by this scope.
    ActorKind.FIRM_TOKEN: frozenset(
        {Permission.FIRM_READ, Permission.APPLICATION_APPLY, Permission.PASS_SURRENDER}
    ),
    ActorKind.EXCHANGE: frozenset({Permission.PASS_READ, Permission.PASS_LOOK_UP}),
}
"""The most a bearer token of each kind can do; a scope is a permission by its own word."""


def permissions_of_scopes(kind: ActorKind, scopes: Iterable[str]) -> frozenset[Permission]:
    """What a token may do: its scopes, as far as its kind allows them. Unknown words give nothing."""
    given = frozenset(scopes)
    return frozenset(permission for permission in SCOPES[kind] if str(permission) in given)


@dataclass(frozen=True)
class Actor:
    """Who acts, and what that party may do and reach.

    `area` is the area of the person's body: an officer reaches objects of bodies in the same area only by being
    of the body; command and administrators of an area reach every body below it.

    `ended` and `ended_at` (UTC): a device whose token was revoked (`token_revoked`) or has run out (`token_expired`)
    and which still hands in what it recorded; None for everybody else.
    """

    kind: ActorKind
    id: UUID | None = None
    permissions: frozenset[Permission] = field(default_factory=frozenset)
    roles: frozenset[Role] = field(default_factory=frozenset)
    body_id: UUID | None = None
    firm_id: UUID | None = None
    area: str | None = None
    checkpoint_code: str | None = None
    ended: str | None = None
    ended_at: datetime | None = None

    def may(self, permission: Permission) -> bool:
        """Whether the matrix gives this party the permission at all."""
        return permission in self.permissions


SYSTEM = Actor(ActorKind.SYSTEM, permissions=frozenset(Permission))
"""The clock and the jobs."""
COMMAND_LINE = Actor(ActorKind.COMMAND_LINE, permissions=frozenset(Permission))
"""Whoever has a shell on the server; the operating system has checked him."""


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """All that the roles together allow."""
    return frozenset().union(*(ROLE_PERMISSIONS[role] for role in roles))


def covers(area: str | None, other: str) -> bool:
    """Whether `other` is `area` itself or lies below it, by the digits of GB/T 2260 (province 2, prefecture 4)."""
    return area is not None and other.startswith(area_prefix(area))


def area_prefix(area: str) -> str:
    """The digits that every area in `area` starts with."""
    return area.removesuffix("0000") if area.endswith("0000") else area.removesuffix("00")
