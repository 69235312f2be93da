"""Check digits of Chinese numbers. The one file that touches python-stdnum."""

import re

from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

IDENTITY = re.compile(r"[0-9]{17}[0-9X]")


def is_credit_code(text: str) -> bool:
    """Whether the text is a 统一社会信用代码 (GB 32100-2015) with a right check digit."""
    return bool(uscc.is_valid(text))


def is_identity_number(text: str) -> bool:
    """Whether the text is a resident identity number (GB 11643-1999): a day of birth and a right check digit.

    The county is not looked up: numbers were given to grown people from 1984 on, with the code of that time, and a
    table that asks which code was in use at birth refuses half of those born before.
    """
    number = ric.compact(text)
    if not IDENTITY.fullmatch(number) or number[-1] != ric.calc_check_digit(number):
        return False
    try:
        ric.get_birth_date(number)
    except ValidationError:
        return False
    return True
