"""What a job keeps on disk, so that nothing is lost when it is cancelled, fails, or the platform stops."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

from nemo_local.common.files import write_json
from nemo_local.evaluator.endpoints import Endpoint


class JobFiles:
    """The directory of one job.

    Args:
        directory: made when missing.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._samples = directory / "samples.jsonl"
        self._log = directory / "job.log"

    @property
    def download(self) -> Path:
        """Where archives for download are written."""
        path = self._directory / "download"
        path.mkdir(exist_ok=True)
        return path

    def dataset(self, number: int) -> Path:
        """Directory for the dataset of the task with that number. Numbers, because a name may hold anything."""
        return self._directory / "datasets" / str(number)

    def keep_endpoint(self, endpoint: Endpoint | None) -> None:
        """Note where the model is asked, for a resumed job; of a key only that there was one."""
        known = endpoint and {"url": endpoint.url, "model_id": endpoint.model_id, "key": bool(endpoint.api_key)}
        write_json(self._directory / "endpoint.json", known)

    def endpoint(self) -> Endpoint | None:
        """The endpoint noted before.

        Raises:
            LookupError: it needs a key, and keys are not kept.
        """
        known = json.loads((self._directory / "endpoint.json").read_text(encoding="utf-8"))
        if known and known["key"]:
            raise LookupError("the target needs an api_key, and keys are not kept on disk")
        return Endpoint(known["url"], known["model_id"]) if known else None

    def append(self, record: dict) -> None:
        """Keep the record of one row."""
        with self._samples.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")

    def records(self) -> list[dict]:
        """The records kept so far. A last line cut short by a crash is removed: its row is asked again."""
        if not self._samples.exists():
            return []
        text = self._samples.read_bytes()
        whole, newline, rest = text.rpartition(b"\n")
        if rest:
            with self._samples.open("r+b") as file:
                file.truncate(len(whole) + len(newline))
        return [json.loads(line) for line in whole.splitlines()]

    def log(self, message: str) -> None:
        """Add a line, with the time in UTC, to the job's log."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._log.open("a", encoding="utf-8") as file:
            file.write(f"{now} {message}\n")

    def read_log(self) -> str:
        """All lines of the job's log."""
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    def remove(self) -> None:
        """Delete everything."""
        shutil.rmtree(self._directory, ignore_errors=True)
