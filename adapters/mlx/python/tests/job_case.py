"""What the tests of the train and generate programs share."""

import shutil
import tempfile
import unittest
from pathlib import Path
from typing import Any

from tiny import RunningJob, build_base, write_rows

LORA = {"rank": 4, "scale": 20.0, "dropout": 0.1, "layers": -1, "keys": None}


class JobCase(unittest.TestCase):
    """Builds one base for all tests of a class."""

    jobs = 0

    @classmethod
    def setUpClass(cls) -> None:
        cls.root = Path(tempfile.mkdtemp())
        cls.base = build_base(cls.root / "base")
        cls.rows = write_rows(cls.root / "train.jsonl", 30, answered=True)
        cls.prompts = write_rows(cls.root / "test.jsonl", 40, answered=False)

    @classmethod
    def tearDownClass(cls) -> None:
        shutil.rmtree(cls.root)

    def train(self, **changed: Any) -> RunningJob:
        return self.job(self.spec(**changed))

    def spec(self, **changed: Any) -> dict[str, Any]:
        """A training order."""
        return {
            "kind": "train", "base": str(self.base), "train": str(self.rows), "method": "lora", "lora": LORA,
            "iterations": 60, "batchSize": 8, "learningRate": 1e-3, "schedule": "cosine", "warmupSteps": 5,
            "weightDecay": 0.01, "gradientClip": 1.0, "maxTokens": 64, "maskPrompt": True, "seed": 1,
            "checkpointEvery": 7, "reportEvery": 4, "warmStart": None, **changed,
        }

    def generate(self, **changed: Any) -> RunningJob:
        decoding = {"maxTokens": 12, "temperature": 0, "topP": 1, "seed": 0, "stop": [], **changed.pop("decoding", {})}
        return self.job({
            "kind": "generate", "base": str(self.base), "adapter": None, "prompts": str(self.prompts),
            "decoding": decoding, "batchSize": 4, **changed,
        })

    def job(self, spec: dict[str, Any]) -> RunningJob:
        JobCase.jobs += 1
        return RunningJob(self.root / f"job-{JobCase.jobs}", spec)

    def done(self, job: RunningJob) -> RunningJob:
        self.assertEqual(job.run(), 0, (job.folder / "log.txt").read_text())
        return job

    def fails(self, job: RunningJob, type: str, message: str) -> None:
        self.assertEqual(job.run(), 1)
        self.assertEqual(job.error()[0], type)
        self.assertRegex(job.error()[1], message)
        self.assertFalse((job.folder / "result.json").exists())
