"""Answers questions over HTTP with a base and, if given, its adapter: `python serve.py --job <folder>`.

The server is mlx-lm's own. Around it: the model is loaded and checked as for training, the port is any free one
and stands in server.json once questions are answered, and the process ends by itself when nobody has touched the
file `touched` in the job's folder, or asked anything, for a while. So none is left behind by a worker that was killed.
"""

import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common import Job, JobError, interrupted, offline, run_job, to_json, write_atomic
from specs import ServeSpec, serve_spec

_LOOK_EVERY = 0.1  # seconds
_BACKLOG = 128  # connections that wait to be taken; mlx-lm's own 5 resets the others


@dataclass
class _State:
    """What the threads tell each other."""

    port: int | None = None
    provider: Any = None
    generator: Any = None
    failure: BaseException | None = None
    asking: int = 0
    last_asked: float = field(default_factory=time.time)

    def is_ready(self) -> bool:
        return self.port is not None and self.provider is not None and self.provider.model is not None


def serve(job: Job, data: dict[str, Any]) -> dict[str, Any]:
    """Serves until it is stopped or idle; always ends with Interrupted, so that the job can be taken up again."""
    spec = serve_spec(data)
    offline()
    state = _State()
    # Daemons, and so are the threads they start: none keeps a process alive that was told to end.
    threading.Thread(target=_run_server, args=(state, spec), daemon=True).start()
    is_announced = False
    while True:
        time.sleep(_LOOK_EVERY)
        if job.stopping:
            _stop(state)
            raise interrupted("Stopped; start the job again to serve on.")
        if state.failure is not None:
            raise state.failure if isinstance(state.failure, Exception) else JobError("Internal", repr(state.failure))
        if state.generator is not None and not state.generator.generation_available():
            raise JobError("Internal", "The thread that generates has ended; the job's log has the details.")
        if not is_announced and state.is_ready():
            pid, born = (job.folder / "lock").read_text().split()
            write_atomic(job.folder / "server.json", to_json({"pid": int(pid), "born": born, "port": state.port}) + "\n")
            job.event("checkpoint")
            is_announced = True
        if is_announced and _idle_seconds(job.folder, state) > spec.idle_seconds:
            _stop(state)
            raise interrupted(f"Nobody asked anything for {spec.idle_seconds:g} s; start the job again to serve on.")


def _idle_seconds(folder: Path, state: _State) -> float:
    if state.asking > 0:
        return 0
    try:
        touched = (folder / "touched").stat().st_mtime
    except OSError:
        touched = 0.0
    return time.time() - max(touched, state.last_asked)


def _stop(state: _State) -> None:
    """Lets the generating thread leave MLX before the interpreter goes; a long answer is not waited for."""
    if state.generator is not None:
        state.generator._stop = True
        state.generator._generation_thread.join(1)


def _run_server(state: _State, spec: ServeSpec) -> None:
    try:
        from mlx_lm import server

        server.ModelProvider = _provider_class(server, state, spec)
        server.run = lambda host, port, provider: _listen(server, state, host, port, provider)
        # Through its own command line, so that every option has mlx-lm's default. No page in a browser may ask.
        sys.argv[1:] = [
            "--model", str(spec.base), "--port", "0", "--allowed-origins", "http://127.0.0.1", "--log-level", "WARNING",
        ]
        server.main()
    except BaseException as failure:
        state.failure = failure


def _provider_class(server: Any, state: _State, spec: ServeSpec) -> type:
    class Provider(server.ModelProvider):
        """Has one model, whatever a request names: a request must not load another folder or fetch from the hub."""

        def load(self, *_: Any) -> tuple[Any, Any]:
            if self.model is None:
                try:
                    self._load_once()
                except BaseException as failure:
                    state.failure = failure
                    raise
            return self.model, self.tokenizer

        def _load_once(self) -> None:
            from base_model import apply_adapter, load_base
            from chat import Chat
            from mlx_lm.models.cache import make_prompt_cache

            base = load_base(spec.base)
            if spec.adapter:
                apply_adapter(base, spec.adapter)
            Chat(base)  # refuses a base without a template
            self.tokenizer = base.tokenizer
            self.is_batchable = all(hasattr(cache, "merge") for cache in make_prompt_cache(base.model))
            self.model_key = (str(spec.base), str(spec.adapter or ""), None)
            self.model = base.model
            state.provider = self

    return Provider


def _listen(server: Any, state: _State, host: str, port: int, provider: Any) -> None:
    class Listener(server.ThreadingHTTPServer):
        request_queue_size = _BACKLOG

        def server_activate(self) -> None:
            super().server_activate()
            state.port = self.server_address[1]

    class Handler(server.APIHandler):
        def log_message(self, *_: Any) -> None:
            """No line for each request: there are tens of thousands."""

        def do_POST(self) -> None:
            with lock:
                state.asking += 1
            try:
                super().do_POST()
            finally:
                with lock:
                    state.asking -= 1
                    state.last_asked = time.time()

    lock = threading.Lock()
    state.generator = server.ResponseGenerator(provider, server.LRUPromptCache(provider.cli_args.prompt_cache_size))
    server._run_http_server(host, port, state.generator, server_class=Listener, handler_class=Handler)


if __name__ == "__main__":
    run_job("serve", serve)
