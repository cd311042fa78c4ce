"""Near-duplicates with a Python tool: near_duplicates.py TOOL DOCUMENTS, one text a line as JSON.

Prints the seconds from texts to shingles, those from shingles to decisions, and the lines dropped.
"""

import json
import sys
import time

THRESHOLD = 0.7
PERMUTATIONS = 128
SHINGLE = 5


def shingles(text):
    words = text.split()
    return list({" ".join(words[i : i + SHINGLE]) for i in range(max(1, len(words) - SHINGLE + 1))})


def with_datasketch(documents):
    from datasketch import MinHash, MinHashLSH

    start = time.perf_counter()
    documents = [[shingle.encode() for shingle in document] for document in documents]
    index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    dropped = []
    for line, document in enumerate(documents):
        sketch = MinHash(num_perm=PERMUTATIONS)
        sketch.update_batch(document)
        if index.query(sketch):
            dropped.append(line)
        else:
            index.insert(line, sketch)
    return time.perf_counter() - start, dropped


def with_rensa(documents):
    from rensa import RMinHash, RMinHashLSH

    start = time.perf_counter()
    index = RMinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS, num_bands=16)
    dropped = []
    for line, sketch in enumerate(RMinHash.from_token_sets(documents, PERMUTATIONS, 42)):
        if index.query(sketch):
            dropped.append(line)
        else:
            index.insert(line, sketch)
    return time.perf_counter() - start, dropped


def with_rensa_matrix(documents):
    """Its quickest way: no order, so that the earlier row of a pair is dropped, too."""
    from rensa import RMinHash, RMinHashLSH

    start = time.perf_counter()
    index = RMinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS, num_bands=16)
    matrix = RMinHash.digest_matrix_from_token_sets(documents, PERMUTATIONS, 42)
    flags = index.query_duplicate_flags_matrix_one_shot(matrix)
    return time.perf_counter() - start, [line for line, flag in enumerate(flags) if flag]


TOOLS = {"datasketch": with_datasketch, "rensa": with_rensa, "rensa-matrix": with_rensa_matrix}

tool, path = sys.argv[1:3]
with open(path, encoding="utf-8") as file:
    texts = [json.loads(line) for line in file]
start = time.perf_counter()
documents = [shingles(text) for text in texts]
splitting = time.perf_counter() - start
seconds, dropped = TOOLS[tool](documents)
print(json.dumps({"splitting": splitting, "seconds": seconds, "dropped": dropped}))
