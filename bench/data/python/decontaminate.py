"""Decontamination with plain Python sets: decontaminate.py TESTS ROWS GRAM, one text a line as JSON.

Prints the seconds that reading the test rows and holding the training rows against them took, how many
different runs of words there are, and the lines hit.
"""

import json
import re
import sys
import time

WORD = re.compile(r"[a-z0-9]+")


def grams(text, size):
    words = WORD.findall(text.lower())
    return [" ".join(words[i : i + size]) for i in range(len(words) - size + 1)]


def read(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


tests, rows, size = read(sys.argv[1]), read(sys.argv[2]), int(sys.argv[3])
start = time.perf_counter()
known = {gram for text in tests for gram in grams(text, size)}
indexing = time.perf_counter() - start
start = time.perf_counter()
hits = [line for line, text in enumerate(rows) if not known.isdisjoint(grams(text, size))]
print(
    json.dumps(
        {"indexing": indexing, "scanning": time.perf_counter() - start, "grams": len(known), "hits": hits}
    )
)
