"""The shape of what people type into the pages of this room. Problems carry codes; words are in `words.py`."""

import unicodedata
from typing import Any

from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import Email, Length, OneOf, Range, Regexp

from accounts.numbers import is_credit_code, is_identity_number
from accounts.permissions import FIRM_ROLES, SCOPES, ActorKind, Role
from accounts.rules import CHECKPOINT, CODE_DIGITS, PASSWORD_MOST, PHONE, TOKEN_DAYS_MOST
from foundation.i18n import LOCALES
from foundation.parsing import InputSchema

NAME_MOST = 60
TEXT_MOST = 200


def _text(most: int = TEXT_MOST) -> fields.String:
    return fields.String(required=True, validate=Length(1, most, error="text.too_long"))


def _password() -> fields.String:
    return _text(PASSWORD_MOST)


class _Phone(fields.String):
    """A phone number as it is dialled: full-width digits and spaces are typing habits."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = unicodedata.normalize("NFKC", super()._deserialize(value, attr, data, **options))
        return "".join(text.split())


def _phone() -> fields.String:
    return _Phone(required=True, validate=Regexp(PHONE.pattern + r"\Z", error="phone.format"))


def _email() -> fields.String:
    return fields.String(load_default=None, validate=Email(error="email.format"))


def _digits(count: int) -> fields.String:
    return fields.String(required=True, validate=Regexp(rf"[0-9]{{{count}}}\Z", error="code.format"))


def _roles() -> "fields.List[str]":
    known = OneOf([str(role) for role in Role if role not in FIRM_ROLES], error="choice.unknown")
    return fields.List(
        fields.String(validate=known), required=True, validate=Length(1, len(Role), error="role.needed")
    )


def _checkpoint(*, required: bool) -> fields.String:
    shape = Regexp(CHECKPOINT.pattern + r"\Z", error="checkpoint.format")
    return (
        fields.String(required=True, validate=shape)
        if required
        else fields.String(load_default=None, validate=shape)
    )


def _credit_code(text: str) -> None:
    if not is_credit_code(text):
        raise ValidationError("credit_code.wrong")


def _identity(text: str) -> None:
    if not is_identity_number(text):
        raise ValidationError("identity.wrong")


class LogInInput(InputSchema):
    """A login and a password; `next` is where to go on to."""

    login = _text()
    password = _password()
    next = fields.String(load_default=None)


class SecondStepInput(InputSchema):
    """Six digits of an authenticator."""

    code = _digits(6)
    next = fields.String(load_default=None)


class NewPassword(InputSchema):
    """A password, typed twice."""

    password = _password()
    password_again = _password()

    @validates_schema(skip_on_field_errors=True)
    def _same(self, data: dict[str, Any], **_more: Any) -> None:
        if data["password"] != data["password_again"]:
            raise ValidationError({"password_again": ["password.not_same"]})


class ChangePasswordInput(NewPassword):
    """A new password under the old one."""

    current = _password()


class ProfileInput(InputSchema):
    """What a person may change of the own data."""

    name = _text(NAME_MOST)
    phone = _phone()
    email = _email()
    locale = fields.String(required=True, validate=OneOf(LOCALES, error="choice.unknown"))


class SwitchTotpOnInput(InputSchema):
    """The secret the page showed, and the digits that prove that it was taken over."""

    code = _digits(6)
    next = fields.String(load_default=None)


class PasswordOnlyInput(InputSchema):
    """The password once more, before something that must not happen behind a forgotten screen."""

    current = _password()


class AskCodeInput(InputSchema):
    """Who wants a code."""

    login = _text()


class ResetInput(NewPassword):
    """A code and the new password."""

    login = _text()
    code = _digits(CODE_DIGITS)


class RegisterPersonInput(NewPassword):
    """A person who applies without a firm."""

    login = _text()
    name = _text(NAME_MOST)
    phone = _phone()
    email = _email()
    identity_number = fields.String(required=True, validate=_identity)
    area = _text(NAME_MOST)


class RegisterFirmInput(NewPassword):
    """A firm and the first person of it."""

    firm_name = _text()
    credit_code = fields.String(required=True, validate=_credit_code)
    area = _text(NAME_MOST)
    login = _text()
    name = _text(NAME_MOST)
    phone = _phone()
    email = _email()


class RolesInput(InputSchema):
    """The roles of a person of a body, and the checkpoint they are for."""

    roles = _roles()
    checkpoint_code = _checkpoint(required=False)


class NewPersonInput(RolesInput):
    """A person of a body, made by an administrator. The first password is a reset code, so none is typed here."""

    login = _text()
    name = _text(NAME_MOST)
    phone = _phone()
    email = _email()
    body = fields.UUID(required=True)
    totp_required = fields.Boolean(load_default=False)


class ReasonInput(InputSchema):
    """Why something is done."""

    reason = _text()


def _days() -> fields.Integer:
    return fields.Integer(required=True, validate=Range(1, TOKEN_DAYS_MOST, error="number.range"))


def _scopes(kind: ActorKind) -> "fields.List[str]":
    known = OneOf([str(scope) for scope in SCOPES[kind]], error="choice.unknown")
    return fields.List(
        fields.String(validate=known),
        required=True,
        validate=Length(1, len(SCOPES[kind]), error="scope.needed"),
    )


class NewTokenInput(InputSchema):
    """A token for a device at a checkpoint."""

    name = _text(NAME_MOST)
    checkpoint_code = _checkpoint(required=True)
    days = _days()


class FirmTokenInput(InputSchema):
    """A token for a program of a firm."""

    name = _text(NAME_MOST)
    scopes = _scopes(ActorKind.FIRM_TOKEN)
    days = _days()


class ExchangeTokenInput(InputSchema):
    """A token for another system that reads passes."""

    name = _text(NAME_MOST)
    scopes = _scopes(ActorKind.EXCHANGE)
    days = _days()


def _firm_role() -> fields.String:
    known = OneOf([str(role) for role in Role if role in FIRM_ROLES], error="choice.unknown")
    return fields.String(required=True, validate=known)


class InviteInput(InputSchema):
    """Who is invited to a firm, and as what."""

    name = _text(NAME_MOST)
    email = _email()
    role = _firm_role()


class FirmRoleInput(InputSchema):
    """The role of a person of a firm."""

    role = _firm_role()


class AcceptInvitationInput(NewPassword):
    """The account of an invited person."""

    login = _text()
    name = _text(NAME_MOST)
    phone = _phone()
    email = _email()


class WebhookInput(InputSchema):
    """The address of a firm's own server; whether it can be one is for the rules."""

    url = _text(300)
