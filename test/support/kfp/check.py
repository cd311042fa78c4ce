"""Loads an exported PipelineJob as kfp does and runs it with kfp's own local orchestrator.

`check.py JOB.json ROOT` prints one JSON document: the tasks that ran, in their order. The containers' commands run as
they are, on this machine, so that PATH decides what `anneal` is. With ROOT left out nothing is run.
"""

import json
import logging
import subprocess
import sys

from google.protobuf import json_format
from kfp import components, local
from kfp.local import pipeline_orchestrator, status, subprocess_task_handler
from kfp.pipeline_spec import pipeline_spec_pb2

logging.disable(logging.CRITICAL)
job = json.load(open(sys.argv[1]))
# Unknown fields and wrong types are errors.
spec = json_format.ParseDict(job["pipelineSpec"], pipeline_spec_pb2.PipelineSpec())
for executor in job["pipelineSpec"]["deploymentSpec"]["executors"].values():
    json_format.ParseDict(executor, pipeline_spec_pb2.PipelineDeploymentConfig.ExecutorSpec())
json_format.ParseDict(
    {"parameterValues": job["runtimeConfig"]["parameterValues"]}, pipeline_spec_pb2.PipelineJob.RuntimeConfig()
)
loaded = components.load_component_from_text(json.dumps(job["pipelineSpec"]))
unknown = set(job["runtimeConfig"]["parameterValues"]) - set(loaded.component_spec.inputs or {})
assert not unknown, f"values for no input of the pipeline: {unknown}"

ran = []


class CommandHandler(subprocess_task_handler.SubprocessTaskHandler):
    """Runs what a container would run."""

    def __init__(self, image, full_command, pipeline_root, runner, env_vars=None):
        self.full_command = full_command

    def run(self):
        ran.append(self.full_command[2])
        done = subprocess.run(self.full_command, stdout=sys.stderr)
        return status.Status.SUCCESS if done.returncode == 0 else status.Status.FAILURE


if len(sys.argv) > 2:
    subprocess_task_handler.SubprocessTaskHandler = CommandHandler
    local.init(local.SubprocessRunner(use_venv=False), pipeline_root=sys.argv[2], raise_on_error=True)
    pipeline_orchestrator.run_local_pipeline(spec, dict(job["runtimeConfig"]["parameterValues"]))
print(json.dumps({"name": loaded.name, "inputs": sorted(loaded.component_spec.inputs), "ran": ran}))
