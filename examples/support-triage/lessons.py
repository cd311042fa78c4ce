"""The exercises that make-base.py practises: what to do, a text, and the answer to give."""

import json
import random
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

_HERE = Path(__file__).resolve().parent
_GAPS = (0.0, 0.15, 0.3)  # shares of words left out
_KEY_WORDS = 4
_RELATED_WORDS = 6


@dataclass(frozen=True)
class Corpus:
    messages: list[str]
    dialogues: list[tuple[str, str]]  # what the customer said, what the agent answered
    groups: list[list[str]]  # words that go together


@dataclass(frozen=True)
class Lesson:
    instruction: str  # empty: none
    text: str
    answer: str


def read_corpus(train: Path) -> Corpus:
    """Takes the messages alone out of the training rows; the test file is not opened."""
    texts = _HERE / "base-text"
    dialogues = [(row["customer"], row["agent"]) for row in map(json.loads, _lines(texts / "dialogues.jsonl"))]
    groups = [line.split() for line in _lines(texts / "word-groups.txt")]
    return Corpus([json.loads(line)["message"] for line in _lines(train)], dialogues, groups)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").strip().split("\n")


def words_of(text: str) -> list[str]:
    """Its words, each once, in their order."""
    return list(dict.fromkeys(re.findall(r"[a-z]+", text.lower())))


class Lessons:
    """Draws lessons without end; none of them knows a queue."""

    def __init__(self, corpus: Corpus, chance: random.Random):
        self._corpus = corpus
        self._chance = chance
        self._texts = corpus.messages + [customer for customer, _ in corpus.dialogues]
        self._frequency = Counter(word for text in self._texts for word in words_of(text))
        self._groups_of: dict[str, list[tuple[str, ...]]] = {}
        for group in corpus.groups:
            for word in group:
                self._groups_of.setdefault(word, []).append(tuple(group))
        # Naming related words gets the largest share: it is what makes messages of one topic look alike.
        self._kinds: dict[Callable[[], Lesson], int] = {
            self._repeat: 1,
            self._go_on: 2,
            self._key_words: 3,
            self._related_words: 6,
            self._word_group: 2,
            self._reply: 3,
        }

    def draw(self) -> Lesson:
        [kind] = self._chance.choices(list(self._kinds), list(self._kinds.values()))
        return kind()

    def _repeat(self) -> Lesson:
        text = self._chance.choice(self._texts)
        pieces = text.split(" ")
        count = self._chance.randint(1, 6)
        if self._chance.random() < 0.5:
            return Lesson("Give the first words.", text, " ".join(pieces[:count]))
        return Lesson("Give the last words.", text, " ".join(pieces[-count:]))

    def _go_on(self) -> Lesson:
        """From nothing at times, so that whole messages are learned."""
        pieces = self._chance.choice(self._texts).split(" ")
        cut = self._chance.randrange(len(pieces))
        return Lesson("Go on with the message.", " ".join(pieces[:cut]), " ".join(pieces[cut:]))

    def _key_words(self) -> Lesson:
        """The rarest words of a message, in its order."""
        text = self._chance.choice(self._texts)
        words = [word for word in words_of(text) if len(word) > 2]
        rarest = sorted(words, key=lambda word: self._frequency[word])[:_KEY_WORDS]
        return Lesson("Give the key words.", text, " ".join(word for word in words if word in rarest) or text)

    def _related_words(self) -> Lesson:
        """Words that go with those of a message and do not stand in it; at times without being told to."""
        text = self._chance.choice(self._texts)
        words = words_of(text)
        hits = Counter(group for word in words for group in self._groups_of.get(word, []))
        nearest = sorted(hits, key=lambda group: (-hits[group], self._chance.random()))[:4]
        others = [word for group in nearest for word in group if word not in words]
        if not others:
            return self._key_words()
        chosen = self._chance.sample(others, min(_RELATED_WORDS, len(others)))
        instruction = self._chance.choice(["", "Give related words."])
        return Lesson(instruction, self._with_gaps(text), " ".join(chosen))

    def _word_group(self) -> Lesson:
        group = self._chance.choice(self._corpus.groups)
        words = self._chance.sample(group, len(group))
        cut = self._chance.randint(1, 2)
        return Lesson("Give related words.", " ".join(words[:cut]), " ".join(words[cut : cut + _RELATED_WORDS]))

    def _reply(self) -> Lesson:
        customer, agent = self._chance.choice(self._corpus.dialogues)
        return Lesson("Answer the customer.", self._with_gaps(customer), agent)

    def _with_gaps(self, text: str) -> str:
        """Some words left out, so that the meaning is taken from all the others."""
        share = self._chance.choice(_GAPS)
        kept = [word for word in text.split(" ") if self._chance.random() >= share]
        return " ".join(kept) or text
