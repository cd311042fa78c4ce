"""Reads rows of messages from a JSONL file; anything else in it throws BadData with the line."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common import bad_data

ROLES = ("system", "user", "assistant")


@dataclass(frozen=True)
class Row:
    id: str
    messages: list[dict[str, str]]


def read_rows(path: Path) -> list[Row]:
    """All rows, in the file's order."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise bad_data(f"{path} cannot be read ({error.strerror}); write the rows before starting the job.") from error
    rows = [_row(line, f"{path.name} line {number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise bad_data(f"{path} holds no rows; give at least one.")
    return rows


def check_unique(rows: list[Row], path: Path) -> None:
    """Predictions are matched by id, so an id may occur once."""
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            raise bad_data(f"{path.name} has the id {row.id!r} twice; give every row its own id.")
        seen.add(row.id)


def _row(line: bytes, where: str) -> Row:
    try:
        data: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise bad_data(f"{where} is not JSON ({error}); write one object a line.") from error
    messages = data.get("messages") if isinstance(data, dict) else None
    if not isinstance(messages, list) or not messages:
        raise bad_data(f'{where} has no "messages" list; each row needs at least one message.')
    return Row(id=_text(data, "id", where), messages=[_message(message, where) for message in messages])


def _message(data: Any, where: str) -> dict[str, str]:
    role = data.get("role") if isinstance(data, dict) else None
    if role not in ROLES:
        raise bad_data(f"{where} has a message of role {role!r}; roles are {', '.join(ROLES)}.")
    return {"role": role, "content": _text(data, "content", where)}


def _text(data: dict[str, Any], name: str, where: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise bad_data(f'{where} has the "{name}" {value!r}; it must be a text.')
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:  # half an emoji, left by a cut in another program
        raise bad_data(f'{where} has half a character in "{name}" (a lone surrogate); repair the text.') from error
    return value
