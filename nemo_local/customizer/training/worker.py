"""The process of one training job: ``python -m nemo_local.customizer.training.worker <job directory>``.

It reads ``job.json``, appends to ``events.jsonl`` (which the scheduler follows), writes ``result.json`` when training
has finished, and then publishes the model. Started again after a stop, it resumes: from the checkpoint, or with
publishing if the training was done.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
from filelock import FileLock, Timeout

from nemo_local.common.documents import utc_now
from nemo_local.common.errors import caused_by_full_disk
from nemo_local.common.files import write_json
from nemo_local.common.parent import end_with_parent
from nemo_local.customizer.target_modules import expand_target_modules
from nemo_local.customizer.training.datasets import RowFiles, prepare_rows
from nemo_local.customizer.training.errors import JobError
from nemo_local.customizer.training.publish import publish
from nemo_local.customizer.worker_process import EXIT_DISK_FULL, EXIT_FAILED, OUT_OF_MEMORY_ADVICE
from nemo_local.model.base_model import BaseModelMissing
from nemo_local.model.errors import ModelRefused
from nemo_local.model.registry import BaseModels, UnknownModel
from nemo_local.settings import Settings

T = TypeVar("T")

log = logging.getLogger("nemo_local.customizer.training.worker")

# Seconds that an earlier worker of the same job has to end; it soon notices the loss of its scheduler.
LOCK_TIMEOUT = 60
# Seconds between attempts to reach the platform's stores. A platform that stops closes them some seconds before it ends
# its trainings, which must not fail because of that.
STORE_PAUSES = (1, 2, 4, 6, 8)
# Errors with a message for the user, who needs no traceback.
EXPECTED = (JobError, BaseModelMissing, ModelRefused, UnknownModel)


class EventLog:
    """Appends events to ``events.jsonl``, each with its time, and writes them to the process's log.

    Args:
        path: the file; what an earlier worker wrote is kept.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        if self._file.tell():
            self._file.write("\n")  # an earlier worker may have been killed in the middle of a line

    def __call__(self, event: dict[str, Any]) -> None:
        if event["type"] != "progress":
            log.info("%s", " ".join(f"{key}={value}" for key, value in event.items() if key != "stack_trace"))
        self._file.write(json.dumps({**event, "time": utc_now()}) + "\n")
        self._file.flush()


def main(job_dir: Path) -> int:
    """Run the job in ``job_dir``; returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for every request would hide the job's own
    order = json.loads((job_dir / "job.json").read_text(encoding="utf-8"))
    end_with_parent(order["scheduler_pid"])  # nothing would read the events or could stop the process
    emit: Callable[[dict[str, Any]], None] | None = None
    try:
        with FileLock(job_dir / "worker.lock", timeout=LOCK_TIMEOUT):
            emit = EventLog(job_dir / "events.jsonl")
            run(order, job_dir, emit)
            return 0
    except Timeout:
        log.error("an earlier process of this job is still running and did not end within %d s", LOCK_TIMEOUT)
        return EXIT_FAILED
    except Exception as error:  # the outermost frame of the process: whatever the error is, the job must report it
        disk_full = caused_by_full_disk(error)
        log.error("the job failed: %s", error, exc_info=None if disk_full or isinstance(error, EXPECTED) else error)
        if disk_full:
            return EXIT_DISK_FULL
        if emit is not None:
            emit(failure(error))
        return EXIT_FAILED


def run(order: dict[str, Any], job_dir: Path, emit: Callable[[dict[str, Any]], None]) -> None:
    """Check the data, train, publish. Any error ends the job."""
    result_file = job_dir / "result.json"
    if not result_file.exists():
        emit({"type": "stage", "message": f"Downloading and checking the dataset {order['dataset']['label']}"})
        seed = order["hyperparameters"]["seed"]
        rows = with_patience(lambda: prepare_rows(order["dataset"], job_dir / "data", seed))
        training, validation = rows.counts()
        split = "a tenth held out for validation" if rows.held_out else "with validation files of its own"
        emit({"type": "stage", "message": f"{training} training rows, {validation} validation rows ({split})"})
        emit({"type": "stage", "message": "Loading the base model"})
        # Imported late: torch takes seconds, and a malformed dataset should be reported at once.
        from nemo_local.customizer.training.learner import TrainingSpec
        from nemo_local.customizer.training.loop import train

        models = BaseModels(Settings(home=Path(order["home"]), models=Path(order["models_dir"])))
        base = models.get(order["base_model"])
        values = training_values(order, job_dir, rows, base.facts.num_layers)
        spec = TrainingSpec(**values, model_dir=models.hf_folder(base.name), base_model_name=base.hub_name)

        def on_event(event: dict[str, Any]) -> None:
            emit(event)
            if event["type"] == "started" and spec.warmup_steps >= event["total_steps"]:
                message = f"warmup_steps={spec.warmup_steps} spans the whole training: learning_rate is never reached"
                emit({"type": "warning", "message": message})

        result = train(spec, on_event)
        emit({"type": "result", **result})
        write_json(result_file, result)
    result = json.loads(result_file.read_text(encoding="utf-8"))
    if order["output"] is None:
        emit({"type": "published", "message": "Without output_model no model is registered; the adapter stays on disk"})
        return
    emit({"type": "stage", "message": "Uploading the adapter to the Data Store"})
    model = with_patience(lambda: publish(order, job_dir / "adapter", result))
    emit({"type": "published", "message": f"Registered the model {model} in the Entity Store"})


def with_patience(work: Callable[[], T]) -> T:
    """Do some work with the platform's stores, again after each of `STORE_PAUSES` if the connection failed."""
    for pause in STORE_PAUSES:
        try:
            return work()
        except JobError as error:
            if not _connection_failed(error):
                raise
            log.warning("trying again in %d s: %s", pause, error)
            time.sleep(pause)
    return work()


def _connection_failed(error: BaseException | None) -> bool:
    """Whether a failure comes from a lost connection.

    The Hub's library has a RuntimeError for that, too: for the upload of a file, and for the next request through a
    client that it closed when a connection failed.
    """
    while error and not isinstance(error, httpx.TransportError | RuntimeError):
        error = error.__cause__
    return error is not None


def training_values(order: dict[str, Any], job_dir: Path, rows: RowFiles, num_layers: int) -> dict[str, Any]:
    """The job's hyperparameters as the fields of ``TrainingSpec`` (but the two about the base model).

    Args:
        order: ``job.json``.
        job_dir: the job's directory.
        rows: of the job.
        num_layers: decoder layers of the base model.

    Raises:
        JobError: a name in ``target_modules`` matches none of its layers.
    """
    try:
        target_modules = expand_target_modules(order["hyperparameters"]["lora"]["target_modules"], num_layers)
    except ValueError as error:
        raise JobError(f"hyperparameters.lora.target_modules: {error}") from None
    values, lora = order["hyperparameters"], order["hyperparameters"]["lora"]
    flat = values["optimizer"] == "adamw_with_flat_lr"
    interval = values["val_check_interval"]
    if isinstance(interval, int) and interval * values["batch_size"] > rows.counts()[0]:
        interval = 1.0  # NeMo: more steps than an epoch has means once an epoch
    return {
        "training_file": rows.training,
        "validation_file": rows.validation,
        "output_dir": job_dir / "adapter",
        "checkpoint_dir": job_dir / "checkpoint",
        "adapter_dim": lora["adapter_dim"],
        "adapter_dropout": lora["adapter_dropout"],
        "alpha": lora["alpha"],
        "target_modules": tuple(target_modules),
        "max_steps": values.get("max_steps"),
        # A cosine between equal values is constant.
        "min_learning_rate": values["learning_rate"] if flat else values["min_learning_rate"],
        "val_check_interval": interval,
        "max_seq_length": order["max_seq_length"],
        **{
            name: values[name]
            for name in (
                "epochs",
                "batch_size",
                "learning_rate",
                "warmup_steps",
                "seed",
                "log_every_n_steps",
                "weight_decay",
                "adam_beta1",
                "adam_beta2",
            )
        },
    }


def failure(error: Exception) -> dict[str, Any]:
    """The event that says why the job failed. An error that its user can act on has no traceback."""
    message, trace = str(error), None
    if isinstance(error, EXPECTED):
        message = message[:1].upper() + message[1:]
    elif _is_out_of_memory(error):
        message = f"The training ran out of memory: {message}. {OUT_OF_MEMORY_ADVICE}"
    else:
        message, trace = f"{type(error).__name__}: {message}", "".join(traceback.format_exception(error))
    last = traceback.extract_tb(error.__traceback__)[-1:]
    return {
        "type": "failed",
        "message": message,
        "exception_type": type(error).__name__,
        "file": Path(last[0].filename).name if last else None,
        "line": last[0].lineno if last else None,
        "stack_trace": trace,
    }


def _is_out_of_memory(error: BaseException) -> bool:
    # PyTorch's allocators: the CPU's raises a RuntimeError, CUDA's one of a type that is not imported here.
    said = "can't allocate memory" in str(error) or type(error).__name__ == "OutOfMemoryError"
    return said or isinstance(error, MemoryError)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
