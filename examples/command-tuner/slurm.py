#!/usr/bin/env python3
"""Hands trainings to Slurm, by the contract in docs/tuners.md. Standard library only.

    submit: [python3, ./slurm.py, submit, --partition=gpu, --gres=gpu:1, --, python3, ./train.py]
    poll:   [python3, ./slurm.py, poll]
    cancel: [python3, ./slurm.py, cancel]
    find:   [python3, ./slurm.py, find]

What stands between `submit` and `--` goes to sbatch as it is; what follows is the trainer. The folder of the job, the
base model and these files have to lie where both machines see them.
"""

import json
import os
import shlex
import subprocess
import sys

# Exit codes of docs/tuners.md.
FINAL, UNKNOWN, LATER = 78, 1, 75

STATES = {
    "pending": "PENDING CONFIGURING REQUEUED REQUEUE_FED REQUEUE_HOLD SPECIAL_EXIT SUSPENDED RESV_DEL_HOLD",
    "running": "RUNNING COMPLETING STAGE_OUT SIGNALING STOPPED RESIZING",
    "succeeded": "COMPLETED",
    "cancelled": "CANCELLED",
    "failed": "FAILED BOOT_FAIL DEADLINE NODE_FAIL OUT_OF_MEMORY TIMEOUT PREEMPTED REVOKED",
}
STATE_OF = {word: state for state, words in STATES.items() for word in words.split()}

# What sbatch says when the controller refuses for now; what all say when nobody answers, so that nothing is known.
REFUSED_FOR_NOW = ("limit", "QOSMax", "AssocMax", "try again", "temporarily")
NOBODY_KNOWS = ("timed out", "Unable to contact", "Communication", "Zero Bytes", "Connection")


def slurm(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run(words, capture_output=True, text=True, check=False)


def answer(**fields) -> None:
    print(json.dumps(fields))


def submit(words: list[str]) -> int:
    if "--" not in words or words[-1] == "--":
        print("expected: slurm.py submit [OPTIONS OF SBATCH] -- TRAINER [ARGUMENTS]", file=sys.stderr)
        return FINAL
    cut = words.index("--")
    options, trainer = words[:cut], words[cut + 1 :]
    job, label = os.environ["ANNEAL_JOB"], os.environ["ANNEAL_JOB_LABEL"]
    names = ("ANNEAL_JOB", "ANNEAL_JOB_LABEL", "ANNEAL_SPEC", "ANNEAL_OUTPUT")
    script = os.path.join(job, "slurm.sh")
    with open(script, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n")
        for name in names:
            file.write(f"export {name}={shlex.quote(os.environ[name])}\n")
        file.write(f"exec {shlex.join(trainer)}\n")
    done = slurm(
        "sbatch", "--parsable", f"--job-name={label}", f"--chdir={job}", f"--output={os.path.join(job, 'log.txt')}",
        "--open-mode=append", *options, script,
    )
    if done.returncode == 0:
        # JOBID, or JOBID;CLUSTER
        answer(name=done.stdout.strip().split("\n")[-1].split(";")[0])
        return 0
    print(done.stderr, file=sys.stderr)
    if any(words in done.stderr for words in NOBODY_KNOWS):
        return UNKNOWN
    return LATER if any(words in done.stderr for words in REFUSED_FOR_NOW) else FINAL


def poll(name: str) -> int:
    asked = [slurm("squeue", "--noheader", f"--jobs={name}", "--format=%T")]
    found, account = rows(asked[0]), []
    if not found or STATE_OF.get(found[0][0]) not in ("pending", "running"):
        # squeue forgets a job minutes after its end.
        asked.append(
            slurm("sacct", "--noheader", "--parsable2", "--allocations", f"--jobs={name}", "--format=State,ExitCode")
        )
        account = rows(asked[1])
    if not found and not account:
        if is_silent(asked):
            return UNKNOWN
        answer(state="gone", message="neither squeue nor sacct knows it")
        return 0
    # "CANCELLED by 1000"
    word = (account or found)[0][0].split(" ")[0].rstrip("+")
    state = STATE_OF.get(word)
    if state is None:
        print(f"Slurm says {word}, which slurm.py does not know", file=sys.stderr)
        return UNKNOWN
    fields = {"state": state, "vendorState": word}
    if state == "failed":
        fields["message"] = f"Slurm ended the job {name} as {word}."
        code = account[0][1].split(":")[0] if account and len(account[0]) > 1 else ""
        if code.isdigit() and code != "0":
            fields["exitCode"] = int(code)
    answer(**fields)
    return 0


def cancel(name: str) -> int:
    done = slurm("scancel", name)
    ended = ("Invalid job id", "already completing or completed")
    if done.returncode == 0 or any(words in done.stderr for words in ended):
        return 0
    print(done.stderr, file=sys.stderr)
    return UNKNOWN


def find(label: str) -> int:
    asked = [
        slurm("squeue", "--me", "--noheader", "--format=%i|%j|%T"),
        slurm(
            "sacct", "--noheader", "--parsable2", "--allocations", "--starttime=now-14days",
            "--format=JobID,JobName%64,State",
        ),
    ]
    if is_silent(asked) or asked[0].returncode != 0:
        print(asked[0].stderr, file=sys.stderr)
        return UNKNOWN
    jobs = {}
    # A cluster without accounting has no sacct: what squeue knows is then all.
    for row in [row for done in asked for row in rows(done)]:
        if len(row) == 3 and row[1].startswith(label or "anneal-"):
            state = STATE_OF.get(row[2].split(" ")[0].rstrip("+"), "pending")
            jobs.setdefault(row[0], {"name": row[0], "label": row[1], "state": state})
    answer(jobs=list(jobs.values()))
    return 0


def is_silent(asked: list[subprocess.CompletedProcess]) -> bool:
    """Whether one of them got no answer. A job that is not in the others may be there all the same."""
    silent = [done.stderr for done in asked if done.returncode != 0 and any(words in done.stderr for words in NOBODY_KNOWS)]
    print("".join(silent), end="", file=sys.stderr)
    return bool(silent)


def rows(done: subprocess.CompletedProcess) -> list[list[str]]:
    """The lines of an answer; a command that failed has none."""
    if done.returncode != 0:
        return []
    return [line.split("|") for line in done.stdout.splitlines() if line.strip()]


def main() -> int:
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command == "submit":
        return submit(sys.argv[2:])
    if command == "find":
        return find(os.environ.get("ANNEAL_JOB_LABEL", ""))
    if command in ("poll", "cancel"):
        return {"poll": poll, "cancel": cancel}[command](os.environ["ANNEAL_JOB_NAME"])
    print("expected: slurm.py submit|poll|cancel|find", file=sys.stderr)
    return 64


if __name__ == "__main__":
    sys.exit(main())
