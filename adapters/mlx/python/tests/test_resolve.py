"""The resolve program against a hub of our own that speaks the real one's protocol."""

import hashlib
import json
import shutil
import sys
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]
from tiny import RunningJob, build_base  # noqa: E402

_COMMIT = "0123456789abcdef0123456789abcdef01234567"
_OTHER_FILES = ("pytorch_model.bin", "modeling.py", "onnx/config.json")


class FakeHub(BaseHTTPRequestHandler):
    """One model, acme/tiny, whose files are those of `folder`."""

    folder: Path
    fetched: list[str]

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        path = self.path.split("?")[0]
        if path.startswith("/api/models/acme/tiny/tree/"):
            self._send(json.dumps(self._entries()).encode(), body)
        elif path.startswith("/api/models/acme/tiny"):
            files = [{"rfilename": entry["path"], "size": entry["size"]} for entry in self._entries()]
            self._send(json.dumps({"id": "acme/tiny", "sha": _COMMIT, "siblings": files}).encode(), body)
        elif path.startswith(f"/acme/tiny/resolve/{_COMMIT}/"):
            name = path.split("/", 5)[5]
            if body:
                self.fetched.append(name)
            self._send((self.folder / name).read_bytes(), body)
        else:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def _entries(self) -> list[dict[str, object]]:
        names = [path.name for path in self.folder.iterdir()]
        return [
            {"type": "file", "path": name, "oid": "0" * 40, "size": (self.folder / name).stat().st_size if name in names else 9}
            for name in (*names, *_OTHER_FILES)
        ]

    def _send(self, data: bytes, body: bool) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", _COMMIT)
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Quiet."""


class ResolveTest(unittest.TestCase):
    def setUp(self) -> None:
        self.root = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        FakeHub.folder = build_base(self.root / "base")
        FakeHub.fetched = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), FakeHub)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.environment = {
            "HF_HOME": str(self.root / "home"), "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1",
            "HF_ENDPOINT": f"http://127.0.0.1:{self.server.server_port}", "no_proxy": "*",
        }

    def resolve(self, name: str, **environment: str) -> RunningJob:
        job = RunningJob(self.root / f"job-{len(list(self.root.iterdir()))}", {"kind": "resolve", "name": name, "revision": None})
        job.code = job.run(**{**self.environment, **environment})
        return job

    def test_downloads_once_and_then_reads_the_cache(self) -> None:
        first = self.resolve("acme/tiny")
        self.assertEqual(first.code, 0, (first.folder / "log.txt").read_text())
        folder = Path(first.result()["folder"])
        self.assertEqual(first.result()["revision"], _COMMIT)
        wanted = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]
        self.assertEqual(sorted(path.name for path in folder.iterdir()), wanted)
        self.assertEqual(sorted(FakeHub.fetched), wanted)
        self.assertEqual([event["step"] for event in first.events() if event["event"] == "step"], [1, 2, 3, 4])

        again = self.resolve("acme/tiny", HF_HUB_OFFLINE="1", HF_ENDPOINT="http://127.0.0.1:9")
        self.assertEqual(again.result(), first.result())

        (folder / "model.safetensors").unlink()
        cut = self.resolve("acme/tiny", HF_HUB_OFFLINE="1")
        self.assertEqual(cut.code, 1)
        self.assertRegex(cut.error()[1], r"^acme/tiny is not whole in the cache .*has no model\*")
        self.assertEqual(self.resolve("acme/tiny").code, 0)

    def test_says_why_a_model_cannot_be_had(self) -> None:
        unknown = self.resolve("acme/nosuch")
        self.assertEqual(unknown.error()[0], "BadModel")
        self.assertRegex(unknown.error()[1], "^acme/nosuch does not exist on the Hugging Face hub, or is private")
        self.assertRegex(self.resolve("acme/tiny", HF_HUB_OFFLINE="1").error()[1], "HF_HUB_OFFLINE is set; unset it")
        unreachable = self.resolve("acme/tiny", HF_ENDPOINT="http://127.0.0.1:9").error()[1]
        self.assertRegex(unreachable, "is not in the cache .*, and the Hugging Face hub did not deliver it")
        self.assertEqual(self.resolve("../tiny").error()[0], "BadSpec")


if __name__ == "__main__":
    unittest.main()
