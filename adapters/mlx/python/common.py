"""What every job program shares: its errors, crash-safe files, progress lines and the frame around the work.

Imports the standard library only, so that a wrong spec is reported before the
second it takes to import mlx-lm.
"""

import argparse
import errno
import fcntl
import json
import os
import re
import shutil
import signal
import sys
import time
import traceback
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, Iterator, NoReturn

EXIT_DONE = 0
EXIT_ERROR = 1
EXIT_INTERRUPTED = 75  # EX_TEMPFAIL: start the same job again and it goes on

_OUT_OF_MEMORY = re.compile(r"unable to allocate|attempting to allocate|insufficient memory|out of memory", re.I)
_UNWRITTEN = re.compile(r"\[write\] Unable to write")  # all that MLX says about a full disk


class JobError(Exception):
    """An error the caller can act on; `type` is one of the contract's names, `message` one sentence."""

    def __init__(self, type: str, message: str):
        super().__init__(message)
        self.type = type
        self.message = message


def bad_spec(message: str) -> JobError:
    return JobError("BadSpec", message)


def bad_model(message: str) -> JobError:
    return JobError("BadModel", message)


def bad_data(message: str) -> JobError:
    return JobError("BadData", message)


def interrupted(message: str) -> JobError:
    return JobError("Interrupted", message)


def fsync_path(path: Path) -> None:
    """Waits until a file, or a folder's list of names, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def to_json(value: Any, indent: int | None = None) -> str:
    """JSON that every reader accepts: no NaN, text as it is."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)


def write_atomic(path: Path, text: str) -> None:
    """Readers see the old file or the whole new one, never a part."""
    aside = path.with_name(path.name + ".tmp")
    aside.write_text(text, encoding="utf-8")
    fsync_path(aside)
    os.replace(aside, path)
    fsync_path(path.parent)


@contextmanager
def new_folder(final: Path) -> Iterator[Path]:
    """A folder to fill aside; it takes its name, replacing an old one, once all of it is on the disk."""
    aside = final.with_name(final.name + ".tmp")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
        for path in (*sorted(aside.rglob("*")), aside):
            fsync_path(path)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)  # on a full disk, its half would keep the disk full
        raise
    shutil.rmtree(final, ignore_errors=True)
    os.rename(aside, final)
    fsync_path(final.parent)


def append_lines(path: Path, lines: list[str]) -> None:
    """Appends whole lines and waits for the disk."""
    with open(path, "ab") as file:
        file.write("".join(line + "\n" for line in lines).encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())


def end_torn_line(path: Path) -> None:
    """Ends a line that a crash cut off, so that the next append starts on its own line."""
    if not path.exists() or path.stat().st_size == 0:
        return
    with open(path, "rb+") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.write(b"\n")


class Job:
    """One job folder: its spec, its progress lines, and whether it was asked to stop."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.stopping = False
        self.started = time.monotonic()
        self._progress = folder / "progress.jsonl"
        end_torn_line(self._progress)

    def read_spec(self, kind: str) -> dict[str, Any]:
        """The spec as JSON; its fields are checked in `specs.py`. Throws BadSpec."""
        path = self.folder / "spec.json"
        try:
            spec = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise bad_spec(f"{path} cannot be read as JSON ({error}); write the spec before starting the job.") from error
        found = spec.get("kind") if isinstance(spec, dict) else None
        if found != kind:
            raise bad_spec(f'{path} has kind {found!r}, but this program does "{kind}"; start the program of that kind.')
        return spec

    def event(self, event: str, **fields: Any) -> None:
        """Appends one progress line."""
        at = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        append_lines(self._progress, [to_json({"event": event, "at": at, **fields})])

    def start(self, step: int, steps: int) -> None:
        """`step` is where the work goes on: 0 for a new job."""
        self.event("start", pid=os.getpid(), step=step, steps=steps, resumedFrom=step or None)

    def step(self, step: int, steps: int, rate: float, first_step: int, **fields: Any) -> None:
        """`rate` is tokens a second; `first_step` is where this process began, for the time left."""
        done = step - first_step
        eta = self.seconds() / done * (steps - step) if done > 0 else None
        self.event(
            "step", step=step, steps=steps, **fields, tokensPerSecond=round(rate, 1),
            etaSeconds=None if eta is None else round(eta, 1),
        )

    def seconds(self) -> float:
        """Wall seconds since this process began."""
        return time.monotonic() - self.started


def offline() -> None:
    """Train and generate read local files only; must run before the first Hugging Face import."""
    os.environ.update(
        HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TRANSFORMERS_VERBOSITY="error",
        HF_HUB_DISABLE_TELEMETRY="1", TOKENIZERS_PARALLELISM="false",
    )
    os.environ.pop("MLXLM_USE_MODELSCOPE", None)


def run_job(kind: str, work: Callable[[Job, dict[str, Any]], dict[str, Any]]) -> NoReturn:
    """Runs `work(job, spec)` on the folder given by --job and exits with the contract's code."""
    parser = argparse.ArgumentParser(description=f"Runs one {kind} job.")
    parser.add_argument("--job", required=True, type=Path, help="the job's folder, holding spec.json")
    folder = parser.parse_args().job.resolve()
    if not folder.is_dir():
        print(f"--job {folder} is not a folder", file=sys.stderr)
        sys.exit(EXIT_ERROR)
    lock = _take_lock(folder)
    if (folder / "result.json").exists():
        sys.exit(EXIT_DONE)
    if lock is None:
        print(f"Another process works on {folder}; nothing done.", file=sys.stderr)
        sys.exit(EXIT_INTERRUPTED)
    job = Job(folder)
    signal.signal(signal.SIGTERM, lambda *_: setattr(job, "stopping", True))
    sys.exit(_run(job, kind, work))


def _take_lock(folder: Path) -> Any:
    """Two processes in one folder would overwrite each other's checkpoints; the kernel drops the lock on any death.

    The file says who holds it, so that a worker finds a program that was started by one that is dead.
    """
    lock = open(folder / "lock", "a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    lock.truncate(0)
    lock.write(f"{os.getpid()} {_born()}\n")
    lock.flush()
    return lock


def _born() -> str:
    """When this process started, in clock ticks since boot, as in field 22 of stat; "-" where there is no /proc."""
    try:
        return Path("/proc/self/stat").read_text().rpartition(") ")[2].split()[19]
    except OSError:
        return "-"


def _run(job: Job, kind: str, work: Callable[[Job, dict[str, Any]], dict[str, Any]]) -> int:
    try:
        result = work(job, job.read_spec(kind))
        job.event("done")
        write_atomic(job.folder / "result.json", to_json(result, indent=2) + "\n")
        return EXIT_DONE
    except Exception as error:
        traceback.print_exc()
        failure = _classify(error, job.folder)
        try:
            job.event("error", type=failure.type, message=failure.message)
        except OSError as unwritten:  # a full disk takes no progress line either
            print(f"{failure.type}: {failure.message} (not recorded: {unwritten})", file=sys.stderr)
        return EXIT_INTERRUPTED if failure.type == "Interrupted" else EXIT_ERROR


def _classify(error: Exception, folder: Path) -> JobError:
    if isinstance(error, JobError):
        return error
    text = " ".join(str(error).split())[:300]
    if isinstance(error, MemoryError) or _OUT_OF_MEMORY.search(text):
        return JobError("OutOfMemory", f"Memory ran out ({text}); lower batchSize or maxTokens, or take a smaller base.")
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if full or _UNWRITTEN.search(text):
        free = shutil.disk_usage(folder).free // 2**20
        return JobError("DiskFull", f"No space left for {folder} ({free} MiB free); free some and start the job again.")
    return JobError("Internal", f"{type(error).__name__}: {text}; the job's log has the details.")
