"""Values in a few printable words, exactly as libs/schema/src/printable.ts writes them."""

import re
import unicodedata

MISSING = object()
"""Stands for a key that is not there."""


def code_units(text: str) -> int:
    """The length of the text as JavaScript counts it."""
    return len(text) + sum(character > "\uffff" for character in text)


def printable(text: str, most: int) -> str:
    """The text on one line, with control characters escaped, cut at `most` code units."""
    shown: list[str] = []
    length = 0
    for character in text:
        piece = character
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            raw = character.encode("utf-16-be", "surrogatepass")
            pairs = range(0, len(raw), 2)
            piece = "".join(f"\\u{raw[at]:02x}{raw[at + 1]:02x}" for at in pairs)
        if length + code_units(piece) >= most:
            return "".join(shown) + "\u2026"
        shown.append(piece)
        length += code_units(piece)
    return "".join(shown)


def number_text(value: int | float) -> str:
    """The number as JavaScript writes it."""
    number = to_double(value)
    if number != number:
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "-0" if str(number)[0] == "-" else "0"
    sign = "-" if number < 0 else ""
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    # The value is 0.DIGITS times ten to the power of `point`.
    leading = len(whole + fraction) - len(digits)
    point = len(whole) - leading + int(exponent or 0)
    digits = digits.rstrip("0") or "0"
    if len(digits) <= point <= 21:
        return sign + digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    power = point - 1
    head = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{sign}{head}e{'+' if power > 0 else '-'}{abs(power)}"


def to_double(value: int | float) -> float:
    """The number as JSON.parse reads it."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def describe(value: object, most: int) -> str:
    """A JSON value in a few words: text in quotes, numbers, the kind of the rest."""
    if value is MISSING:
        return "nothing"
    if isinstance(value, str):
        return printable(f'text "{value}"', most)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {number_text(value)}"
    return f"an array of length {len(value)}" if isinstance(value, list) else "an object"


def is_storable(text: str) -> bool:
    """Whether Postgres's text takes it: no NUL and no lone surrogate."""
    return "\0" not in text and (text.isascii() or re.search("[\ud800-\udfff]", text) is None)
