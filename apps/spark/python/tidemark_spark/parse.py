"""JSON as JavaScript's JSON.parse takes it."""

import json
import threading
from typing import Any

DEEP_STACK_BYTES = 512 * 1024 * 1024
DEEPEST = 70_000
"""Levels of nesting: a value has at most 65,536 bytes."""


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _parse_integer(text: str) -> int | float:
    # Python's integers have no negative zero.
    if text == "-0":
        return -0.0
    # Python limits the digits of an integer; JavaScript reads all of them as a double.
    return int(text) if len(text) < 400 else float(text)


def parse_json(text: str) -> Any:
    """The value. Raises ValueError for what is no JSON."""
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_int=_parse_integer)
    except RecursionError:
        return _parse_deep(text)


def _parse_deep(text: str) -> Any:
    import sys

    result: list[Any] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            result.append(
                json.loads(text, parse_constant=_refuse_constant, parse_int=_parse_integer)
            )
        except BaseException as error:
            failure.append(error)

    limit, size = sys.getrecursionlimit(), threading.stack_size(DEEP_STACK_BYTES)
    sys.setrecursionlimit(DEEPEST * 2)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(limit)
        threading.stack_size(size)
    if failure:
        raise failure[0]
    return result[0]
