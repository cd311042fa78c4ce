"""Finds a model in the Hugging Face cache, downloading it when it is missing: `python resolve.py --job <folder>`.

HF_HOME, HF_HUB_CACHE, HF_TOKEN and HF_HUB_OFFLINE work as everywhere. A cached
model is used as it is: its branch is not looked up again.
"""

import errno
import os
import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from base_model import check_base
from common import Job, JobError, bad_model, bad_spec, interrupted, run_job
from specs import ResolveSpec, resolve_spec

# Weights and texts only: no pickles, no code. Sub-folders hold other formats of the same model.
PATTERNS = ["*.safetensors", "*.json", "*.jinja", "*.model", "*.txt", "*.tiktoken"]
_SKIPPED = "consolidated*"  # Mistral's second copy of all weights
_NAME = re.compile(r"[\w][\w.-]{0,95}/[\w][\w.-]{0,95}", re.ASCII)


def resolve(job: Job, data: dict[str, Any]) -> dict[str, Any]:
    """Returns the snapshot's folder and commit. Throws BadModel when it is neither here nor reachable."""
    spec = resolve_spec(data)
    if not _NAME.fullmatch(spec.name):
        raise bad_spec(f'spec.json: "name" must look like org/name, found {spec.name!r}.')
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"  # they would fill the log
    folder = _cached(spec)
    if folder is None or _fault(folder):
        folder = _download(job, spec, folder)
        check_base(folder)
    else:
        job.start(0, 0)
    return {"folder": str(folder), "revision": folder.name}


def _cached(spec: ResolveSpec) -> Path | None:
    """The snapshot the cache holds for this revision, whole or not."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        path = snapshot_download(spec.name, revision=spec.revision, local_files_only=True, allow_patterns="config.json")
    except LocalEntryNotFoundError:
        return None
    return Path(path)


def _fault(folder: Path) -> str | None:
    """What an interrupted download left out of a snapshot."""
    try:
        check_base(folder)
    except JobError as error:
        return error.message
    return None


def _download(job: Job, spec: ResolveSpec, found: Path | None) -> Path:
    from huggingface_hub import constants, errors

    asked = spec.name + (f" at {spec.revision}" if spec.revision else "")
    cache = constants.HF_HUB_CACHE
    here = f"is not in the cache {cache}" if found is None else f"is not whole in the cache ({_fault(found)})"
    if constants.HF_HUB_OFFLINE:
        raise bad_model(f"{asked} {here}, and HF_HUB_OFFLINE is set; unset it, or fill the cache on a machine with a network.")
    try:
        return _fetch(job, spec)
    except JobError:
        raise
    except errors.GatedRepoError as error:
        raise bad_model(f"{asked} is gated; accept its terms on the Hugging Face hub and set HF_TOKEN.") from error
    except errors.RepositoryNotFoundError as error:
        raise bad_model(f"{asked} does not exist on the Hugging Face hub, or is private; check the name, or set HF_TOKEN.") from error
    except errors.RevisionNotFoundError as error:
        raise bad_model(f"{spec.name} has no revision {spec.revision!r}; name one of its branches, tags or commits.") from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        reason = " ".join(str(error).split())[:200]
        raise bad_model(f"{asked} {here}, and the Hugging Face hub did not deliver it ({reason}); connect and try again.") from error


def _fetch(job: Job, spec: ResolveSpec) -> Path:
    """File by file, so that there is progress to report; what is here already is not fetched twice."""
    from huggingface_hub import HfApi, hf_hub_download, snapshot_download

    info = HfApi().model_info(spec.name, revision=spec.revision, files_metadata=True)
    files = {entry.rfilename: entry.size or 0 for entry in info.siblings or [] if _wanted(entry.rfilename)}
    job.start(0, len(files))
    done = 0
    # Smallest first: a snapshot that has its weights then has all the rest.
    for number, (name, size) in enumerate(sorted(files.items(), key=lambda item: item[1]), 1):
        if job.stopping:
            raise interrupted(f"Stopped after {number - 1} of {len(files)} files; start the job again to go on.")
        hf_hub_download(spec.name, name, revision=info.sha)
        done += size
        job.step(number, len(files), 0.0, 0, bytes=done, totalBytes=sum(files.values()))
    # All is here now; this notes which commit the branch stands at, for the next look into the cache.
    return Path(snapshot_download(spec.name, revision=spec.revision, allow_patterns=sorted(files)))


def _wanted(name: str) -> bool:
    return "/" not in name and not fnmatch(name, _SKIPPED) and any(fnmatch(name, pattern) for pattern in PATTERNS)


if __name__ == "__main__":
    run_job("resolve", resolve)
