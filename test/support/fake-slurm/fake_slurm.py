"""sbatch, squeue, sacct and scancel, as far as slurm.py uses them. Jobs are files in FAKE_SLURM, run at once.

What is to go wrong with the jobs of a name stands in FAKE_SLURM/NAME.faults, as JSON: `stuck` (PENDING for ever),
`slowStart` (seconds), `lostReply` (takes the job, says that it timed out), `quota` (refusals before it is taken),
`malformed` (of so many answers of sbatch).
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PLACE = Path(os.environ["FAKE_SLURM"])


def faults(name: str) -> dict:
    path = PLACE / f"{name}.faults"
    return json.loads(path.read_text()) if path.exists() else {}


def spend(name: str, fault: str) -> bool:
    """Takes one of the times that something goes wrong."""
    left = faults(name)
    if not left.get(fault):
        return False
    (PLACE / f"{name}.faults").write_text(json.dumps({**left, fault: left[fault] - 1}))
    return True


def write(job: dict) -> None:
    aside = PLACE / f".{job['id']}.{os.getpid()}"
    aside.write_text(json.dumps(job))
    os.replace(aside, PLACE / f"{job['id']}.job")


def jobs() -> list[dict]:
    return [json.loads(path.read_text()) for path in sorted(PLACE.glob("*.job"))]


def fail(text: str) -> int:
    print(text, file=sys.stderr)
    return 1


def sbatch(words: list[str]) -> int:
    options = dict(word[2:].split("=", 1) for word in words if word.startswith("--") and "=" in word)
    script = next(word for word in words if not word.startswith("--"))
    name = options["job-name"]
    if options.get("partition") == "nowhere":
        return fail("sbatch: error: invalid partition specified: nowhere")
    if spend(name, "quota"):
        return fail("sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit)")
    number = os.open(PLACE / "lock", os.O_CREAT | os.O_RDWR)
    os.lockf(number, os.F_LOCK, 0)
    job = {"id": 100 + len(jobs()), "name": name, "state": "PENDING", "code": 0, "pid": 0}
    write(job)
    os.close(number)
    command = [sys.executable, __file__, "run", str(job["id"]), script, options["chdir"], options["output"]]
    subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                     stderr=subprocess.DEVNULL)
    if spend(name, "lostReply"):
        return fail("sbatch: error: Batch job submission failed: Socket timed out on send/recv operation")
    print("something else" if spend(name, "malformed") else job["id"])
    return 0


def run(words: list[str]) -> int:
    """The node: a job from its start to its end."""
    number, script, folder, output = words
    job = json.loads((PLACE / f"{number}.job").read_text())
    wrong = faults(job["name"])
    time.sleep(wrong.get("slowStart", 0))
    while wrong.get("stuck") and PLACE.exists():
        time.sleep(0.2)
        if json.loads((PLACE / f"{number}.job").read_text())["state"] == "CANCELLED by 0":
            return 0
    with open(output, "a", encoding="utf-8") as log:
        child = subprocess.Popen(["sh", script], cwd=folder, stdout=log, stderr=log, start_new_session=True)
    write({**job, "state": "RUNNING", "pid": child.pid})
    code = child.wait()
    if json.loads((PLACE / f"{number}.job").read_text())["state"] != "CANCELLED by 0":
        write({**job, "state": "COMPLETED" if code == 0 else "FAILED", "code": max(code, 0)})
    return 0


def scancel(words: list[str]) -> int:
    job = next((job for job in jobs() if str(job["id"]) == words[0]), None)
    if job is None:
        return fail(f"scancel: error: Kill job error on job id {words[0]}: Invalid job id specified")
    if job["state"] in ("PENDING", "RUNNING"):
        write({**job, "state": "CANCELLED by 0"})
        if job["pid"]:
            os.killpg(job["pid"], signal.SIGKILL)
    return 0


def shown(words: list[str], active: bool) -> list[dict]:
    wanted = next((word[7:] for word in words if word.startswith("--jobs=")), None)
    return [
        job
        for job in jobs()
        if (wanted is None or str(job["id"]) == wanted) and (not active or job["state"] in ("PENDING", "RUNNING"))
    ]


def squeue(words: list[str]) -> int:
    found = shown(words, True)
    if any(word.startswith("--jobs=") for word in words):
        if not found:
            return fail("slurm_load_jobs error: Invalid job id specified")
        print(found[0]["state"])
    else:
        for job in found:
            print(f"{job['id']}|{job['name']}|{job['state']}")
    return 0


def sacct(words: list[str]) -> int:
    for job in shown(words, False):
        line = f"{job['state']}|{job['code']}:0"
        print(line if "--format=State,ExitCode" in words else f"{job['id']}|{job['name']}|{job['state']}")
    return 0


if __name__ == "__main__":
    PLACE.mkdir(parents=True, exist_ok=True)
    commands = {"sbatch": sbatch, "run": run, "scancel": scancel, "squeue": squeue, "sacct": sacct}
    sys.exit(commands[sys.argv[1]](sys.argv[2:]))
