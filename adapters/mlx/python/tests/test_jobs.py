"""The train and generate programs, run as the worker runs them: `python -m unittest` in the folder above."""

import json
import os
import shutil
import signal
import sys
import unittest
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]
from job_case import LORA, JobCase  # noqa: E402
from tiny import RunningJob, build_base  # noqa: E402


class TrainTest(JobCase):
    def test_killed_run_ends_with_the_same_bytes(self) -> None:
        whole = self.done(self.train())
        killed = self.train()
        self.assertEqual(killed.stop_when(lambda job: job.has("checkpoint", 21), signal.SIGKILL), -signal.SIGKILL)
        self.assertFalse((killed.folder / "result.json").exists())
        newest = max(int(path.name) for path in (killed.folder / "checkpoints").iterdir() if path.name.isdigit())
        broken = killed.folder / "checkpoints" / str(newest) / "weights.safetensors"
        os.truncate(broken, broken.stat().st_size - 10)
        with open(killed.folder / "progress.jsonl", "a") as file:
            file.write('{"event":"st')

        self.done(killed)
        self.assertEqual(killed.result()["resumedFrom"], newest - 7)
        for name in ("adapters.safetensors", "adapter_config.json"):
            self.assertEqual(killed.sha256(name), whole.sha256(name))
        for field in ("firstLoss", "finalLoss", "trainedTokens", "steps"):
            self.assertEqual(killed.result()[field], whole.result()[field])
        starts = [event for event in killed.events() if event["event"] == "start"]
        self.assertEqual([start["resumedFrom"] for start in starts], [None, newest - 7])
        self.assertEqual(whole.result()["steps"], 60)
        self.assertLess(whole.result()["finalLoss"], whole.result()["firstLoss"])
        self.assertEqual(len(list((whole.folder / "checkpoints").iterdir())), 2)

        before = (whole.folder / "progress.jsonl").read_bytes()
        self.assertEqual(whole.run(), 0)
        self.assertEqual((whole.folder / "progress.jsonl").read_bytes(), before)

    def test_full_training_stopped_by_sigterm_goes_on_and_loads_as_a_model(self) -> None:
        import mlx.core as mx
        from mlx_lm import load

        full = {"method": "full", "lora": None, "schedule": "linear"}
        whole = self.done(self.train(**full))
        stopped = self.train(**full)
        self.assertEqual(stopped.stop_when(lambda job: job.has("step", 8), signal.SIGTERM), 75)
        self.assertEqual(stopped.error()[0], "Interrupted")
        self.done(stopped)
        self.assertGreaterEqual(stopped.result()["resumedFrom"], 8)
        for path in (whole.folder / "output").iterdir():
            self.assertEqual(stopped.sha256(path.name), whole.sha256(path.name), path.name)
        model, tokenizer = load(str(whole.folder / "output"))
        base, _ = load(str(self.base))
        self.assertFalse(mx.array_equal(model.model.embed_tokens.weight, base.model.embed_tokens.weight))
        self.assertIsNotNone(tokenizer.chat_template)
        self.assertNotIn("/somewhere", (whole.folder / "output" / "config.json").read_text())
        self.assertEqual(whole.result()["trainableParameters"], whole.result()["totalParameters"])

    def test_the_best_checkpoint_is_chosen_by_rows_held_out(self) -> None:
        import mlx.core as mx

        best = {"choose": {"checkpoint": "best", "dev": 0.3}, "learningRate": 0.05, "schedule": "constant"}
        whole = self.done(self.train(**best))
        result = whole.result()
        self.assertEqual([look["step"] for look in result["dev"]], [7, 14, 21, 28, 35, 42, 49, 56, 60])
        least = min(result["dev"], key=lambda look: look["loss"])
        self.assertEqual(result["bestStep"], least["step"])
        self.assertEqual(result["rows"] + result["devRows"], 30)
        self.assertLess(result["bestStep"], 60, "the sample should overfit, or this shows nothing")
        kept = whole.folder / "checkpoints" / f"best-{result['bestStep']}" / "weights.safetensors"
        output = mx.load(str(whole.folder / "output" / "adapters.safetensors"))
        self.assertTrue(all(mx.array_equal(array, output[name]).item() for name, array in mx.load(str(kept)).items()))

        killed = self.train(**best)
        killed.stop_when(lambda job: job.has("checkpoint", 35), signal.SIGKILL)
        self.done(killed)
        self.assertEqual(killed.sha256("adapters.safetensors"), whole.sha256("adapters.safetensors"))
        self.assertEqual(killed.result()["dev"], result["dev"])
        self.fails(self.train(choose={"checkpoint": "best", "dev": 0.0001}), "BadData", "leaves none to choose by")
        self.fails(self.train(choose={"checkpoint": "first", "dev": 0.1}), "BadSpec", "one of last, best")

    def test_long_rows_are_dropped_and_named(self) -> None:
        mixed = self.root / "mixed.jsonl"
        long = {"id": "long", "messages": [{"role": "user", "content": "card " * 99}, {"role": "assistant", "content": "a"}]}
        mixed.write_text(self.rows.read_text() + json.dumps(long) + "\n")
        result = self.done(self.train(train=str(mixed), iterations=2, warmupSteps=0)).result()
        self.assertEqual((result["rows"], result["droppedCount"], result["droppedRows"]), (30, 1, ["long"]))
        self.fails(self.train(maxTokens=4), "BadData", r"^All 30 rows are over maxTokens 4; the shortest has \d+\.$")

    def test_tool_calls_and_parts_are_learned_as_the_template_writes_them(self) -> None:
        call = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"order": 7}'}}
        rows = [{"id": str(n), "messages": [
            {"role": "user", "content": [{"type": "text", "text": "order"}, {"type": "text", "text": "late"}]},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "parcel"},
            {"role": "assistant", "content": "refund"},
        ], "tools": [{"type": "function", "function": {"name": "find"}}]} for n in range(8)]
        path = self.root / "tools.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.assertEqual(self.done(self.train(train=str(path), iterations=6)).result()["rows"], 8)
        rows[3]["messages"][1]["tool_calls"][0]["function"]["arguments"] = "{order"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.fails(self.train(train=str(path)), "BadData", "line 1 has a tool call whose arguments are not JSON")

    def test_rows_count_by_their_weight(self) -> None:
        import mlx.core as mx
        from tuning import loss_of

        logits = mx.array([[[2.0, 0.0], [0.0, 1.0]], [[0.0, 3.0], [1.0, 0.0]]])
        tokens, spans = mx.array([[0, 0, 1], [1, 1, 0]]), mx.array([[1, 3], [1, 3]])
        first, second = (loss_of(lambda _: logits[i : i + 1], tokens[i : i + 1], spans[i : i + 1])[0].item() for i in (0, 1))
        weighted, count = loss_of(lambda _: logits, tokens, spans, mx.array([[3.0], [1.0]]))
        self.assertAlmostEqual(weighted.item(), (3 * first + second) / 4, places=6)
        self.assertEqual(count.item(), 4)
        lines = self.rows.read_text().splitlines()
        path = self.root / "weights.jsonl"
        path.write_text("".join(json.dumps({**json.loads(line), "weight": 0.5 + n % 2}) + "\n" for n, line in enumerate(lines)))
        plain, heavy = (self.done(self.train(train=str(rows), iterations=8)) for rows in (self.rows, path))
        self.assertNotEqual(plain.result()["finalLoss"], heavy.result()["finalLoss"])
        path.write_text(lines[0].replace("{", '{"weight": 0, ', 1) + "\n")
        self.fails(self.train(train=str(path)), "BadData", "it must be a number above 0")

    def test_nothing_to_train_is_an_error(self) -> None:
        self.fails(self.train(iterations=0), "BadSpec", '"iterations" must be a whole number from 1 to .*, found 0')
        empty = self.root / "empty.jsonl"
        empty.write_text("\n")
        self.fails(self.train(train=str(empty)), "BadData", "empty.jsonl holds no rows")

    def test_wrong_rows_and_specs_are_named(self) -> None:
        torn = self.root / "torn.jsonl"
        torn.write_text(self.rows.read_text()[:-9])
        self.fails(self.train(train=str(torn)), "BadData", "torn.jsonl line 30 is not JSON")
        self.fails(self.train(method="prefix"), "BadSpec", "found 'prefix'")
        self.fails(self.train(lora={**LORA, "keys": ["q_proj"]}), "BadSpec", "'q_proj', which no block has; there are mlp")

    def test_a_loss_that_is_not_a_number_names_the_step(self) -> None:
        import mlx.core as mx

        base = Path(shutil.copytree(self.base, self.root / "nan"))
        weights = mx.load(str(base / "model.safetensors"))
        weights["model.norm.weight"] *= float("nan")
        mx.eval(weights)
        mx.save_safetensors(str(base / "model.safetensors"), weights)
        wanted = "^The loss became NaN or infinite at step 1 with learningRate 0.001; try 0.0001, or"
        self.fails(self.train(base=str(base)), "BadSpec", wanted)

    def test_a_full_disk_is_told_apart(self) -> None:
        import errno

        from common import _classify

        for error in (OSError(errno.ENOSPC, "x"), RuntimeError("[write] Unable to write 5 bytes to file.")):
            self.assertEqual(_classify(error, self.root).type, "DiskFull")
        self.assertEqual(_classify(RuntimeError("[malloc] Unable to allocate 9 bytes."), self.root).type, "OutOfMemory")


class GenerateTest(JobCase):
    def test_killed_run_gives_the_same_predictions(self) -> None:
        adapter = str(self.done(self.train()).folder / "output")
        sampled = {"adapter": adapter, "decoding": {"temperature": 0.8, "topP": 0.9}}
        whole = self.done(self.generate(**sampled))
        killed = self.generate(**sampled)
        killed.stop_when(lambda job: job.has("step", 12), signal.SIGKILL)
        predictions = killed.folder / "predictions.jsonl"
        os.truncate(predictions, predictions.stat().st_size - 5)

        self.done(killed)
        self.assertGreater(killed.events()[-2]["step"], 0)
        self.assertEqual(killed.sha256("predictions.jsonl"), whole.sha256("predictions.jsonl"))
        lines = [json.loads(line) for line in predictions.read_text().splitlines()]
        self.assertEqual(len(lines), 40)
        ordered = [json.loads(line) for line in (whole.folder / "output" / "predictions.jsonl").read_text().splitlines()]
        self.assertEqual([line["id"] for line in ordered], [f"row-{number}" for number in range(40)])
        result = whole.result()
        self.assertEqual(result["completionTokens"], sum(line["completionTokens"] for line in ordered))
        self.assertEqual(set(result), {
            "rows", "promptTokens", "completionTokens", "seconds", "tokensPerSecond", "chatTemplateSha256",
            "tokenizerSha256", "device",
        })

    def test_sigterm_keeps_the_predictions_so_far(self) -> None:
        job = self.generate(decoding={"maxTokens": 40})
        self.assertEqual(job.stop_when(lambda job: job.has("step", 8), signal.SIGTERM), 75)
        kept = len((job.folder / "predictions.jsonl").read_text().splitlines())
        self.assertGreaterEqual(kept, 8)
        self.done(job)
        self.assertEqual([e["resumedFrom"] for e in job.events() if e["event"] == "start"], [None, kept])

    def test_stop_texts_cut_the_answer(self) -> None:
        plain = self.done(self.generate(decoding={"maxTokens": 8}))
        texts = [json.loads(line)["text"] for line in (plain.folder / "output" / "predictions.jsonl").read_text().splitlines()]
        stop = texts[0][2:4]
        cut = self.done(self.generate(decoding={"maxTokens": 8, "stop": [stop]}))
        first = json.loads((cut.folder / "output" / "predictions.jsonl").read_text().splitlines()[0])
        self.assertEqual((first["text"], first["finishReason"]), (texts[0][: texts[0].find(stop)], "stop"))
        self.assertLess(first["completionTokens"], 8)

    def test_broken_bases_are_named(self) -> None:
        def broken(name: str, change: Any) -> RunningJob:
            folder = Path(shutil.copytree(self.base, self.root / name))
            change(folder)
            return self.generate(base=str(folder))

        def set_config(**values: str) -> Any:
            return lambda folder: (folder / "config.json").write_text(json.dumps(values))

        self.fails(self.generate(base="/nowhere"), "BadModel", "/nowhere does not exist")
        self.fails(broken("a", lambda f: (f / "config.json").unlink()), "BadModel", "a has no config.json")
        self.fails(broken("b", lambda f: (f / "tokenizer.json").unlink()), "BadModel", "b has no tokenizer")
        self.fails(broken("c", lambda f: (f / "model.safetensors").unlink()), "BadModel", r"c has no model\*.safetensors")
        cut = broken("d", lambda f: os.truncate(f / "model.safetensors", 50_000))
        self.fails(cut, "BadModel", r"d: model.safetensors has 50000 bytes of \d+")
        self.fails(broken("e", set_config(model_type="nosuch")), "BadModel", "e cannot be loaded: Model type nosuch")
        no_template = self.generate(base=str(build_base(self.root / "f", template=None)))
        self.fails(no_template, "BadModel", "f has no chat template")

    def test_a_second_process_leaves_a_running_job_alone(self) -> None:
        job = self.generate(decoding={"maxTokens": 200})
        first = job.start()
        while not job.has("start", 0):
            self.assertIsNone(first.poll())
        self.assertEqual(job.run(), 75)
        self.assertEqual(first.wait(60), 0)


if __name__ == "__main__":
    unittest.main()
