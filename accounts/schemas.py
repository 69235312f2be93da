"""The shape of what people type into the pages of this room. Problems carry codes; words are in `words.py`."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import Email, Length, OneOf, Range, Regexp

from accounts.numbers import is_credit_code, is_identity_number
from accounts.permissions import FIRM_ROLES, Role
from accounts.rules import CHECKPOINT, CODE_DIGITS, PASSWORD_MOST, PHONE, TOKEN_DAYS_MOST
from foundation.i18n import LOCALES
from foundation.parsing import InputSchema

NAME_MOST = 60
TEXT_MOST = 200


def _text(most: int = TEXT_MOST) -> fields.String:
    return fields.String(required=True, validate=Length(1, most, error="text.too_long"))


def _password() -> fields.String:
    return _text(PASSWORD_MOST)


def _phone() -> fields.String:
    return fields.String(required=True, validate=Regexp(PHONE.pattern + r"\Z", error="phone.format"))


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


class NewTokenInput(InputSchema):
    """A token for a device at a checkpoint."""

    name = _text(NAME_MOST)
    checkpoint_code = _checkpoint(required=True)
    days = fields.Integer(required=True, validate=Range(1, TOKEN_DAYS_MOST, error="number.range"))
