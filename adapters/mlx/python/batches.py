"""Which rows a step trains on, computed from the step's number alone: a resumed run needs no position."""

from functools import lru_cache

import numpy as np

from chat import Example

# Columns come in multiples of this: fewer shapes to compile on a GPU against less padding to compute on a CPU.
PAD_TO = 16


@lru_cache(maxsize=4)
def row_order(seed: int, epoch: int, rows: int) -> np.ndarray:
    """The permutation of one epoch."""
    return np.random.default_rng([seed, epoch]).permutation(rows)


def batch_rows(step: int, batch_size: int, rows: int, seed: int) -> list[int]:
    """Row numbers of a step (the first is 1); a batch may span two epochs or, with few rows, many."""
    first = (step - 1) * batch_size
    places = range(first, first + batch_size)
    return [int(row_order(seed, place // rows, rows)[place % rows]) for place in places]


def pad_batch(examples: list[Example]) -> tuple[np.ndarray, np.ndarray]:
    """Tokens, rows × (columns + 1), zeros on the right; and for each row [first, end) of the tokens to learn."""
    longest = max(len(example.tokens) for example in examples)
    columns = -(-(longest - 1) // PAD_TO) * PAD_TO + 1  # the last token is a target only
    tokens = np.zeros((len(examples), columns), np.int32)
    for line, example in zip(tokens, examples):
        line[: len(example.tokens)] = example.tokens
    spans = np.array([[example.answer, len(example.tokens)] for example in examples], np.int32)
    return tokens, spans


def row_weights(examples: list[Example]) -> np.ndarray:
    """How much each row of a batch counts, as one column."""
    return np.array([[example.weight] for example in examples], np.float32)
