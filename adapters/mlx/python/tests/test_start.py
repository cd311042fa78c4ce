"""Training from an earlier tuned model (`warmStart`)."""

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
from tiny import build_base  # noqa: E402

_KEYS = ["self_attn.q_proj", "self_attn.v_proj"]
_FULL = {"method": "full", "lora": None}
_DORA = {"method": "dora", "lora": {**LORA, "keys": _KEYS}}


class StartTest(JobCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        case = cls()
        cls.first = case.done(case.train())
        cls.whole = case.done(case.train(**_FULL, iterations=20))

    def start(self) -> str:
        return str(self.first.folder / "output")

    def test_it_begins_where_the_earlier_training_ended(self) -> None:
        first = self.first.result()
        second = self.done(self.train(warmStart=self.start(), iterations=30))
        result = second.result()
        learned = first["firstLoss"] - first["finalLoss"]
        self.assertGreater(learned, 0.5, "the sample should learn, or this shows nothing")
        self.assertLess(abs(result["firstLoss"] - first["finalLoss"]), learned / 4)
        self.assertEqual((result["steps"], result["resumedFrom"]), (30, None))
        self.assertEqual(second.events()[0]["step"], 0)

    def test_the_first_weights_are_the_earlier_ones_to_the_last_bit(self) -> None:
        import mlx.core as mx

        dora = self.done(self.train(**_DORA, iterations=10))
        still = {"iterations": 1, "warmupSteps": 0, "learningRate": 1e-30, "weightDecay": 0}
        for earlier, method, file in (
            (self.first, {}, "adapters.safetensors"), (dora, _DORA, "adapters.safetensors"),
            (self.whole, _FULL, "model.safetensors"),
        ):
            with self.subTest(method):
                later = self.done(self.train(**{**method, **still}, warmStart=str(earlier.folder / "output")))
                old, new = (mx.load(str(job.folder / "output" / file)) for job in (earlier, later))
                self.assertEqual(set(old), set(new))
                # A weight of exactly 0 moves by the tiny step, all others stay.
                self.assertTrue(all(mx.allclose(old[name], new[name], rtol=0, atol=1e-29).item() for name in old))

    def test_the_seed_decides_and_the_place_of_the_earlier_model_does_not(self) -> None:
        short = {"iterations": 6, "warmupSteps": 0}
        elsewhere = shutil.copytree(self.start(), self.root / "elsewhere")
        one = self.done(self.train(**short, warmStart=self.start()))
        same = self.done(self.train(**short, warmStart=str(elsewhere)))
        other = self.done(self.train(**short, warmStart=self.start(), seed=2))
        self.assertEqual(one.sha256("adapters.safetensors"), same.sha256("adapters.safetensors"))
        self.assertNotEqual(one.sha256("adapters.safetensors"), other.sha256("adapters.safetensors"))

    def test_a_killed_run_goes_on_from_its_checkpoint_and_not_from_the_start_again(self) -> None:
        for method, earlier, file in ((None, self.first, "adapters.safetensors"), (_FULL, self.whole, "model.safetensors")):
            with self.subTest(file):
                gone = Path(shutil.copytree(earlier.folder / "output", self.root / f"gone-{file}"))
                settings = {**(method or {}), "warmStart": str(gone)}
                whole = self.done(self.train(**settings))
                killed = self.train(**settings)
                self.assertEqual(killed.stop_when(lambda job: job.has("checkpoint", 21), signal.SIGKILL), -signal.SIGKILL)
                shutil.rmtree(gone)  # whoever went back to it would fail
                self.done(killed)
                self.assertGreaterEqual(killed.result()["resumedFrom"], 21)
                self.assertEqual(killed.sha256(file), whole.sha256(file))
                self.assertEqual(killed.result()["firstLoss"], whole.result()["firstLoss"])

    def test_killed_before_the_first_checkpoint_it_starts_from_the_earlier_model_again(self) -> None:
        settings = {"warmStart": self.start(), "iterations": 40, "checkpointEvery": 40, "reportEvery": 1}
        whole = self.done(self.train(**settings))
        killed = self.train(**settings)
        self.assertEqual(killed.stop_when(lambda job: job.has("step", 3), signal.SIGKILL), -signal.SIGKILL)
        self.done(killed)
        self.assertIsNone(killed.result()["resumedFrom"])
        self.assertEqual(killed.sha256("adapters.safetensors"), whole.sha256("adapters.safetensors"))

    def test_a_model_that_does_not_fit_is_refused_before_the_first_step(self) -> None:
        job = self.train(warmStart=self.start(), lora={**LORA, "rank": 8})
        self.fails(job, "StartMismatch", (
            "^The model to start from has lora.rank 4, this training 8; set tune.lora.rank to 4, or train from the base model.$"
        ))
        self.assertEqual([event["event"] for event in job.events()], ["error"])
        missing = self.train(warmStart="/nowhere")
        self.fails(missing, "BadModel", "^/nowhere, to start from, is not the folder of a tuned model")

    def test_the_field_that_does_not_fit_is_named_with_both_values(self) -> None:
        adapter = Path(self.start())
        other = build_base(self.root / "other", hidden=64)
        dated = Path(shutil.copytree(adapter, self.root / "dated"))
        (dated / "anneal.json").write_text(json.dumps({"chatTemplateSha256": "old", "tokenizerSha256": "t"}))
        cut = Path(shutil.copytree(adapter, self.root / "cut"))
        os.truncate(cut / "adapters.safetensors", 900)
        full = self.whole.folder / "output"
        for said, start, changed in (
            ("lora.scale 20.0, this training 10.0; set tune.lora.scale to 20.0", adapter, {"lora": {**LORA, "scale": 10}}),
            ("lora.layers 2, this training 1; set tune.lora.layers to 2", adapter, {"lora": {**LORA, "layers": 1}}),
            ("lora.keys mlp.down_proj, .*, this training self_attn.q_proj, self_attn.v_proj; make", adapter, {"lora": _DORA["lora"]}),
            ("method lora, this training dora; set tune.method to lora", adapter, {"method": "dora"}),
            ("method lora, this training full; set tune.method to lora", adapter, _FULL),
            ("method full, this training lora; set tune.method to full", full, {}),
            (r"shape of .* \[4, 32\], this training \[4, 64\]; give the base model it was tuned from", adapter, {"base": str(other)}),
            (r"shape of .* \[\d+, 32\], this training \[\d+, 64\]; give the base", full, {**_FULL, "base": str(other)}),
            ("chatTemplateSha256 old, this training [0-9a-f]{64}; give the base", dated, {}),
            (r"adapters.safetensors has 900 bytes|not a whole safetensors", cut, {}),
        ):
            with self.subTest(said):
                error = self.refusal(start, **changed)
                self.assertEqual(error.type, "BadModel" if start == cut else "StartMismatch")
                self.assertRegex(error.message, said)
        # Dropout is no part of the weights, and a name for every module means the same as none.
        names = ["mlp.down_proj", "mlp.gate_proj", "mlp.up_proj", *(f"self_attn.{part}_proj" for part in "qkvo")]
        self.assertIsNone(self.refusal(adapter, lora={**LORA, "dropout": 0, "keys": names}))

    def refusal(self, start: Path, **changed: Any) -> Any:
        """What the order is refused with, without a process of its own; None when it is not."""
        from base_model import load_base
        from chat import Chat
        from common import JobError
        from specs import train_spec
        from start import start_from
        from tuning import make_trainable

        spec = train_spec(self.spec(warmStart=str(start), **changed))
        base = load_base(spec.base)
        make_trainable(base, spec)
        try:
            start_from(base, Chat(base), spec, spec.warm_start)
        except JobError as error:
            return error
        return None


if __name__ == "__main__":
    unittest.main()
