"""Check digits of Chinese numbers. The one file that touches python-stdnum."""

from stdnum.cn import ric, uscc


def is_credit_code(text: str) -> bool:
    """Whether the text is a 统一社会信用代码 (GB 32100-2015) with a right check digit."""
    return bool(uscc.is_valid(text))


def is_identity_number(text: str) -> bool:
    """Whether the text is a resident identity number (GB 11643-1999) with a right check digit."""
    return bool(ric.is_valid(text))
