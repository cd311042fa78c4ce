"""Reads rows of messages from a JSONL file; anything else in it throws BadData with the line."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common import bad_data

ROLES = ("system", "developer", "user", "assistant", "tool")


@dataclass(frozen=True)
class Row:
    """`messages` and `tools` as chat templates take them: plain texts, arguments of tool calls as objects."""

    id: str
    messages: list[dict[str, Any]]
    tools: list[Any] | None
    weight: float


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
    tools = data.get("tools")
    if tools is not None and not isinstance(tools, list):
        raise bad_data(f'{where} has "tools" that are no list; write one object a tool.')
    weight = data.get("weight", 1)
    if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not 0 < weight <= 1000:
        raise bad_data(f'{where} has the "weight" {weight!r}; it must be a number above 0, at most 1000.')
    id = _text(data, "id", where)
    return Row(id=id, messages=[_message(message, where) for message in messages], tools=tools, weight=float(weight))


def _message(data: Any, where: str) -> dict[str, Any]:
    role = data.get("role") if isinstance(data, dict) else None
    if role not in ROLES:
        raise bad_data(f"{where} has a message of role {role!r}; roles are {', '.join(ROLES)}.")
    message: dict[str, Any] = {"role": role}
    calls = data.get("tool_calls")
    content = data.get("content")
    if content is None and calls:
        message["content"] = ""
    elif isinstance(content, list):
        message["content"] = "\n".join(_part(part, where) for part in content)
    else:
        message["content"] = _text(data, "content", where)
    if calls:
        message["tool_calls"] = [_call(call, where) for call in calls]
    for name in ("name", "tool_call_id"):
        if isinstance(data.get(name), str):
            message[name] = _text(data, name, where)
    return message


def _part(part: Any, where: str) -> str:
    if not isinstance(part, dict) or part.get("type") != "text":
        raise bad_data(f"{where} has a part that is no text; this trainer learns from texts only.")
    return _text(part, "text", where)


def _call(call: Any, where: str) -> dict[str, Any]:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise bad_data(f"{where} has a tool call without a function name; name it.")
    arguments = function.get("arguments", "{}")
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except (ValueError, RecursionError) as error:
            raise bad_data(f"{where} has a tool call whose arguments are not JSON ({error}); mend them.") from error
    return {**call, "type": "function", "function": {"name": function["name"], "arguments": arguments}}


def _text(data: dict[str, Any], name: str, where: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise bad_data(f'{where} has the "{name}" {value!r}; it must be a text.')
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:  # half an emoji, left by a cut in another program
        raise bad_data(f'{where} has half a character in "{name}" (a lone surrogate); repair the text.') from error
    return value
