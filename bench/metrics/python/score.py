"""Scores the pairs of a JSON file with the reference programs: a name comes in by stdin, seconds and scores go out."""

import json
import sys
import time

import sacrebleu
from rouge_score import rouge_scorer


def rouge(is_stemmed):
    # A scorer keeps nothing from pair to pair, so making one costs nothing that counts.
    scorer = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=is_stemmed)
    return lambda predictions, references: [
        scorer.score(reference, prediction)["rougeL"].fmeasure
        for prediction, reference in zip(predictions, references)
    ]


# The functions of sacrebleu make a metric anew each time, so that no tokens are kept from round to round. `force`
# spares a warning about sentences that end in " ."; the score is the same.
SCORERS = {
    "bleu": lambda predictions, references: [sacrebleu.corpus_bleu(predictions, [references], force=True).score],
    "chrf": lambda predictions, references: [sacrebleu.corpus_chrf(predictions, [references]).score],
    "ter": lambda predictions, references: [sacrebleu.corpus_ter(predictions, [references]).score],
    "rougeL": rouge(False),
    "rougeL:stemmer=true": rouge(True),
}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        pairs = json.load(file)
    predictions = [prediction for prediction, _ in pairs]
    references = [reference for _, reference in pairs]
    print("ready", flush=True)
    for line in sys.stdin:
        score = SCORERS[line.strip()]
        start = time.perf_counter()
        scores = score(predictions, references)
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "scores": scores}), flush=True)


main()
