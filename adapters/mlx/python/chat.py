"""Turns messages into tokens, the same way for training and for generation.

A base without a chat template is refused: a rendering made up here would differ
from the one its server uses.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from base_model import Base
from common import bad_data, bad_model, to_json
from rows import Row

# Templates of some families print today's date: the same row would become other tokens
# tomorrow, and a resumed training would differ. The day is the one Llama 3 falls back on.
_FIXED_DATE = (
    "{%- macro strftime_now(format) -%}"
    "{{ {'%d %b %Y': '26 Jul 2024', '%d %B %Y': '26 July 2024', '%B %d, %Y': 'July 26, 2024'}"
    ".get(format, '2024-07-26') }}"
    "{%- endmacro -%}"
)


@dataclass(frozen=True)
class Example:
    """A training row: tokens before `answer` are read but not learned."""

    id: str
    tokens: list[int]
    answer: int
    weight: float = 1.0


class Chat:
    """The base's template and tokenizer."""

    def __init__(self, base: Base):
        self._tokenizer = base.tokenizer
        if not base.tokenizer.has_chat_template:
            raise bad_model(
                f"{base.folder} has no chat template; take the instruction-tuned variant of the model, "
                "or put a chat_template.jinja into the folder."
            )
        self._template = _template(base.tokenizer)
        self.template_sha256 = hashlib.sha256((self._template or _named(base.tokenizer)).encode("utf-8")).hexdigest()
        self.tokenizer_sha256 = _tokenizer_sha256(base)

    def prompt(self, row: Row) -> list[int]:
        """The tokens a model answers: everything up to where its answer starts."""
        if row.messages[-1]["role"] == "assistant":
            raise bad_data(f"Row {row.id!r} ends with an answer; a prompt ends with a message of the user.")
        return self._encode(self._render(row, row.messages, True))

    def example(self, row: Row, mask_prompt: bool) -> Example:
        """The row with its answer. Throws BadData when the answer's start cannot be found."""
        full = self._render(row, row.messages, False)
        if not mask_prompt:
            return Example(row.id, self._encode(full), 1, row.weight)  # the first token has nothing before it to predict it from
        if row.messages[-1]["role"] != "assistant" or len(row.messages) < 2:
            raise bad_data(f"Row {row.id!r} does not end with an answer to a message; add one, or set maskPrompt to false.")
        prompt = self._render(row, row.messages[:-1], True)
        if not full.startswith(prompt) or full == prompt:
            raise bad_data(
                f"Row {row.id!r}: the chat template renders the prompt differently once it is answered, so the "
                "answer's start is unknown; set maskPrompt to false or use a base whose template adds to the prompt."
            )
        head = self._encode(prompt)
        tokens = self._encode(full)
        if tokens[: len(head)] != head:
            # A token would span the border; at generation the prompt ends there, so split there as well.
            tokens = head + self._encode(full[len(prompt) :])
        return Example(row.id, tokens, max(len(head), 1), row.weight)

    def _render(self, row: Row, messages: list[dict[str, Any]], add_generation_prompt: bool) -> str:
        options: dict[str, Any] = {"add_generation_prompt": add_generation_prompt}
        if row.tools:
            options["tools"] = row.tools
        if self._template and "strftime_now" in self._template:
            options["chat_template"] = _FIXED_DATE + self._template
        try:
            # Rows hold answers without reasoning, so models that can think are asked for the answer at once.
            return self._tokenizer.apply_chat_template(messages, tokenize=False, enable_thinking=False, **options)
        except Exception as error:  # a template may raise anything about roles it does not take
            raise bad_data(f"Row {row.id!r} does not fit the base's chat template ({error}); change its roles.") from error

    def _encode(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False))


def _template(tokenizer: Any) -> str | None:
    """The Jinja text; None for the few families that mlx-lm renders in Python."""
    try:
        return tokenizer.get_chat_template()
    except ValueError:
        return None


def _named(tokenizer: Any) -> str:
    return to_json({"chat_template_type": tokenizer.init_kwargs.get("chat_template_type")})


def _tokenizer_sha256(base: Base) -> str:
    """Of tokenizer.json, or of the file that stands for it in older models."""
    names = ("tokenizer.json", "tokenizer.model", "vocab.json")
    path = next(base.folder / name for name in names if (base.folder / name).is_file())
    return hashlib.sha256(path.read_bytes()).hexdigest()
