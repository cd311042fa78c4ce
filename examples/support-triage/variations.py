"""The one exercise that make-writer.py practises: two rows of a class, and a third that is made of them."""

import json
import random
import re
from collections import Counter
from pathlib import Path

from lessons import Corpus, words_of

_WORD_SWAPPED = 0.35  # share of the words with relatives that give way to one of them
_COMMON = 70  # words that hold sentences together and stay as they are
_SENTENCE_LEFT_OUT = 0.3
_SENTENCE_BORROWED = 0.3  # from the other example
_OPENED, _CLOSED = 0.25, 0.25
_ASKED_AGAIN = 0.1
_OPENERS = ["hi,", "hello,", "hey,", "good morning,", "hi there,", "sorry,", "quick question:", "just wondering,", "please help:"]
_CLOSERS = ["thanks!", "thank you.", "please help.", "is that possible?", "what now?", "asap please.", "how?", "cheers", "it is urgent."]


def rows_by_queue(path: Path) -> dict[str, list[str]]:
    """Messages in lower case by their queue: the tokenizer knows no other."""
    by_queue: dict[str, list[str]] = {}
    for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        by_queue.setdefault(row["queue"], []).append(row["message"].lower())
    return by_queue


def as_line(message: str, queue: str) -> str:
    """A row as the prompts of `anneal` show it."""
    return json.dumps({"message": message, "queue": queue}, ensure_ascii=False, separators=(",", ":"))


class Variations:
    """Draws prompts and answers without end."""

    def __init__(self, corpus: Corpus, by_queue: dict[str, list[str]], chance: random.Random):
        self._chance = chance
        self._by_queue = by_queue
        # What customers say in the dialogues has no queue. With any of them it teaches to repeat the one that is shown.
        self._loose = [customer.lower() for customer, _ in corpus.dialogues]
        common = Counter(word for text in corpus.messages for word in words_of(text)).most_common(_COMMON)
        glue = {word for word, _ in common}
        self._relatives: dict[str, list[str]] = {}
        for group in ([word for word in group if word not in glue] for group in corpus.groups):
            for word in group:
                self._relatives.setdefault(word, []).extend(other for other in group if other != word)

    def draw(self) -> tuple[str, str]:
        """A conversation up to the answer, in the words of the writer's chat template, and the answer."""
        queue = self._chance.choice(list(self._by_queue))
        texts = self._loose if self._chance.random() < 0.3 else self._by_queue[queue]
        first, second = self._chance.sample(texts, 2)
        shown = [first, second]
        self._chance.shuffle(shown)
        lines = "".join(as_line(text, queue) + "\n" for text in shown)
        head = f"<|im_start|>user\n{lines}<|im_end|>\n"
        if self._chance.random() < _ASKED_AGAIN:
            head += f"<|im_start|>assistant\n{self._answer(first, second, queue)[:-1]}<|im_end|>\n<|im_start|>user\n<|im_end|>\n"
        return f"{head}<|im_start|>assistant\n", self._answer(first, second, queue)

    def _answer(self, first: str, second: str, queue: str) -> str:
        return f'{{"rows":[{as_line(self.vary(first, second), queue)}]}}'

    def vary(self, text: str, other: str) -> str:
        """The text with some words, sentences or a greeting changed; never as it was."""
        for _ in range(20):
            varied = self._varied(text, other)
            if varied != text:
                return varied
        return f"{self._chance.choice(_OPENERS)} {text}"

    def _varied(self, text: str, other: str) -> str:
        sentences = _sentences(text)
        if len(sentences) > 1 and self._chance.random() < _SENTENCE_LEFT_OUT:
            sentences.pop(self._chance.randrange(len(sentences)))
        if self._chance.random() < _SENTENCE_BORROWED:
            sentences.append(self._chance.choice(_sentences(other)))
        said = re.sub(r"[a-z]+", self._swapped, " ".join(sentences))
        if self._chance.random() < _OPENED:
            said = f"{self._chance.choice(_OPENERS)} {said}"
        if self._chance.random() < _CLOSED:
            said = f"{said} {self._chance.choice(_CLOSERS)}"
        return said

    def _swapped(self, match: re.Match[str]) -> str:
        relatives = self._relatives.get(match[0])
        return self._chance.choice(relatives) if relatives and self._chance.random() < _WORD_SWAPPED else match[0]


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?]) +", text)
