"""Answers prompts with a base and, if given, its adapter: `python generate.py --job <folder>`.

Batches are cut from the whole list, never from what is left of it, so that a
resumed run answers every row in the company it would have had.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common import Job, append_lines, interrupted, new_folder, offline, run_job, to_json, write_atomic
from rows import check_unique, read_rows
from specs import GenerateSpec, generate_spec


@dataclass(frozen=True)
class Prompt:
    id: str
    tokens: list[int]


def generate(job: Job, data: dict[str, Any]) -> dict[str, Any]:
    """From spec to output/predictions.jsonl, in the prompts' order; returns the result."""
    spec = generate_spec(data)
    rows = read_rows(spec.prompts)
    check_unique(rows, spec.prompts)
    offline()
    from base_model import apply_adapter, check_tokens, device, load_base
    from chat import Chat

    base = load_base(spec.base)
    if spec.adapter:
        apply_adapter(base, spec.adapter)
    chat = Chat(base)
    prompts = [Prompt(row.id, chat.prompt(row)) for row in rows]
    for prompt in prompts:
        check_tokens(base, prompt.tokens, prompt.id)
    done = _finished(job.folder / "predictions.jsonl", {prompt.id for prompt in prompts})
    rate = _answer_all(job, spec, base, prompts, done)
    _write_output(job.folder, [done[prompt.id] for prompt in prompts], _timings(job.folder / "timings.jsonl"))
    return {
        "rows": len(prompts),
        "promptTokens": sum(answer["promptTokens"] for answer in done.values()),
        "completionTokens": sum(answer["completionTokens"] for answer in done.values()),
        "seconds": round(job.seconds(), 3),
        "tokensPerSecond": round(rate, 1),
        "chatTemplateSha256": chat.template_sha256,
        "tokenizerSha256": chat.tokenizer_sha256,
        "device": device(),
    }


def make_batches(prompts: list[Prompt], size: int) -> list[list[Prompt]]:
    """Neighbours in length go together, for the least padding; a tie keeps the order of the file."""
    ordered = sorted(prompts, key=lambda prompt: len(prompt.tokens))
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


def _finished(path: Path, ids: set[str]) -> dict[str, dict[str, Any]]:
    """Answers that an earlier run left; a line that a crash tore is taken out of the file."""
    if not path.exists():
        return {}
    lines = path.read_bytes().split(b"\n")
    answers = [answer for line in lines[:-1] if (answer := _answer(line)) and answer["id"] in ids]
    done = {answer["id"]: answer for answer in answers}
    if len(done) != len(lines) - 1 or lines[-1]:
        write_atomic(path, "".join(to_json(answer) + "\n" for answer in done.values()))
    return done


def _answer(line: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(line)
    except ValueError:
        return None
    whole = isinstance(answer, dict) and {"id", "text", "promptTokens", "completionTokens", "finishReason"} <= set(answer)
    return answer if whole else None


def _answer_all(job: Job, spec: GenerateSpec, base: Any, prompts: list[Prompt], done: dict[str, dict[str, Any]]) -> float:
    """Fills `done` batch by batch; returns completion tokens a second of this process."""
    first, tokens, began = len(done), 0, time.monotonic()
    job.start(first, len(prompts))
    for number, batch in enumerate(make_batches(prompts, spec.batch_size)):
        if all(prompt.id in done for prompt in batch):
            continue
        answers, seconds = answer_batch(job, spec, base, batch, number)
        new = [answer for answer in answers if answer["id"] not in done]
        # Before the answers, which say that a row is done; in a file of its own, since no two runs take the same time.
        append_lines(job.folder / "timings.jsonl", [to_json(one) for one in seconds])
        append_lines(job.folder / "predictions.jsonl", [to_json(answer) for answer in new])
        done.update((answer["id"], answer) for answer in new)
        tokens += sum(answer["completionTokens"] for answer in answers)
        job.step(len(done), len(prompts), tokens / (time.monotonic() - began), first)
    return tokens / max(time.monotonic() - began, 1e-9)


def answer_batch(
    job: Job, spec: GenerateSpec, base: Any, batch: list[Prompt], number: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The answers to one batch, in its order, and the seconds each took. Throws Interrupted when asked to stop: its
    rows are then done again."""
    import mlx.core as mx
    from mlx_lm.generate import BatchGenerator
    from mlx_lm.sample_utils import make_sampler

    mx.random.seed(spec.seed * 1_000_003 + number)  # sampling depends on the batch, not on the batches before
    generator = BatchGenerator(
        base.model,
        stop_tokens=[[token] for token in sorted(base.tokenizer.eos_token_ids)],
        sampler=make_sampler(spec.temperature, spec.top_p),
        prefill_batch_size=len(batch),
        completion_batch_size=len(batch),
    )
    names = generator.insert([prompt.tokens for prompt in batch], [spec.max_tokens] * len(batch))
    tokens: dict[int, list[int]] = {name: [] for name in names}
    reasons: dict[int, str] = {}
    ended: dict[int, float] = {}
    began = time.monotonic()
    while responses := generator.next_generated():
        if job.stopping:
            raise interrupted("Stopped between two batches; the predictions so far are kept; start the job again to go on.")
        for response in responses:
            if response.finish_reason != "stop":  # the end token itself is no text
                tokens[response.uid].append(response.token)
            if response.finish_reason:
                reasons[response.uid] = response.finish_reason
            elif _ends_with_stop(base.tokenizer, tokens[response.uid], spec.stop):
                generator.remove([response.uid])
                reasons[response.uid] = "stop"
            if response.uid in reasons:
                ended[response.uid] = time.monotonic()
    generator.close()
    answers = [_prediction(base, spec, prompt, tokens[name], reasons[name]) for name, prompt in zip(names, batch)]
    return answers, [{"id": prompt.id, "seconds": round(ended[name] - began, 4)} for name, prompt in zip(names, batch)]


def _ends_with_stop(tokenizer: Any, tokens: list[int], stop: list[str]) -> bool:
    """Looks at the last tokens only: a character takes four tokens at most, one a byte."""
    if not stop:
        return False
    tail = tokenizer.decode(tokens[-4 * max(map(len, stop)) - 4 :])
    return any(text in tail for text in stop)


def _prediction(base: Any, spec: GenerateSpec, prompt: Prompt, tokens: list[int], reason: str) -> dict[str, Any]:
    text = base.tokenizer.decode(tokens)
    cuts = [place for stop in spec.stop if (place := text.find(stop)) >= 0]
    return {
        "id": prompt.id,
        "text": text[: min(cuts)] if cuts else text,
        "promptTokens": len(prompt.tokens),
        "completionTokens": len(tokens),
        "finishReason": "stop" if cuts else reason,
    }


def _timings(path: Path) -> dict[str, float]:
    """Seconds by row; a row that was done again took what it took last."""
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return {one["id"]: one["seconds"] for line in lines if (one := _timing(line))}


def _timing(line: bytes) -> dict[str, Any] | None:
    try:
        timing = json.loads(line)
    except ValueError:  # torn by a crash
        return None
    return timing if isinstance(timing, dict) and {"id", "seconds"} <= set(timing) else None


def _write_output(folder: Path, answers: list[dict[str, Any]], timings: dict[str, float]) -> None:
    known = [{"id": answer["id"], "seconds": timings[answer["id"]]} for answer in answers if answer["id"] in timings]
    with new_folder(folder / "output") as aside:
        for name, lines in (("predictions", answers), ("timings", known)):
            (aside / f"{name}.jsonl").write_text("".join(to_json(line) + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    run_job("generate", generate)
