"""Data Store: the storage of dataset files. It speaks the Hugging Face Hub protocol, so we use `huggingface_hub`."""

from __future__ import annotations

import hashlib
import json
import ssl
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils.sha import git_hash

from flywheel_helpers.errors import Conflict, DataError, NotFound, ServiceError
from flywheel_helpers.failures import causes_of, request_line, status_error, transport_error
from flywheel_helpers.services import entity_store
from flywheel_helpers.services.connection import Connection
from flywheel_helpers.services.tls import origin, wrong_links_hint

SERVICE = "Data Store"
FILES = ("training/training.jsonl", "validation/validation.jsonl", "testing/xlam-test.jsonl")
# A second exam, which a dataset may have: other questions about the functions of the training rows.
PRACTISED_FILE = "testing/practised-test.jsonl"


@dataclass(frozen=True)
class Upload:
    """The result of `upload_dataset`.

    Args:
        files_url: address of the dataset, for jobs.
        uploaded: paths of the files that were sent.
        unchanged: paths of the files that were stored already, with the same content.
        revision: see `dataset_revision`.
    """

    files_url: str
    uploaded: list[str]
    unchanged: list[str]
    revision: str


def hub(nemo: Connection) -> HfApi:
    """A Hub client for the Data Store. Certificates and proxies are those that `tls.set_up_hub` was told.

    Its token is the Data Store's own. Without one it must be `False`, or huggingface_hub would send the user's HF_TOKEN
    to a server that must not see it.
    """
    settings = nemo.settings
    return HfApi(endpoint=f"{settings.data_store_url}/v1/hf", token=settings.token(SERVICE) or False)


def ensure_namespace(nemo: Connection) -> bool:
    """Create the namespace of config.py in the Data Store, if it is missing.

    Returns:
        whether it was created now.
    """
    try:
        nemo.request(
            SERVICE, "POST", "/v1/datastore/namespaces", data={"namespace": nemo.settings.namespace}, retry=True
        )
    except Conflict:
        return False
    return True


def upload_dataset(nemo: Connection, folder: Path) -> Upload:
    """Upload a folder with `FILES`, and `PRACTISED_FILE` if it has one, and register it in the Entity Store.

    Namespaces and repository are created if they are missing. Files are sent one by one, and only if they differ from
    what is stored, so that an interrupted upload continues with the first missing file.

    Args:
        folder: contains the files. A stored `PRACTISED_FILE` that it does not contain is removed.

    Raises:
        DataError: a file is missing.
        ServiceError: the Data Store or the Entity Store failed; files sent before that stay stored.
    """
    folder = Path(folder)
    missing = [path for path in FILES if not (folder / path).is_file()]
    if missing:
        raise DataError(
            f"{folder} does not contain {', '.join(missing)}.",
            "Write the dataset files first (notebook 01_data_preparation).",
        )
    settings = nemo.settings
    entity_store.ensure_namespace(nemo)
    ensure_namespace(nemo)
    api = hub(nemo)
    with hub_errors(nemo):
        api.create_repo(settings.dataset, repo_type="dataset", exist_ok=True)
        stored = {file.path: file for file in _files(api, settings.dataset)}
        present = [*FILES, PRACTISED_FILE] if (folder / PRACTISED_FILE).is_file() else list(FILES)
        changed = [path for path in present if path not in stored or not _same(folder / path, stored[path])]
        for path in changed:
            api.upload_file(
                path_or_fileobj=folder / path,
                path_in_repo=path,
                repo_id=settings.dataset,
                repo_type="dataset",
                commit_message=f"Upload {path}",
            )
        if PRACTISED_FILE in stored and PRACTISED_FILE not in present:
            api.delete_file(PRACTISED_FILE, settings.dataset, repo_type="dataset")
    record = entity_store.register_dataset(nemo)
    return Upload(
        files_url=record.get("files_url", ""),
        uploaded=changed,
        unchanged=[path for path in present if path not in changed],
        revision=dataset_revision(nemo),
    )


def list_files(nemo: Connection) -> dict[str, int]:
    """Paths of the stored dataset's files and their sizes in bytes.

    Raises:
        NotFound: the dataset has not been uploaded yet.
    """
    with hub_errors(nemo):
        return {file.path: file.size for file in _files(hub(nemo), nemo.settings.dataset)}


def dataset_revision(nemo: Connection, folders: Iterable[str] = ("training", "validation", "testing")) -> str:
    """A short digest of the stored files in these folders: equal if and only if their contents are.

    A training uses the folders that it reads, so that new test rows do not make a finished training look outdated.

    Raises:
        NotFound: the dataset has not been uploaded yet.
    """
    wanted = tuple(f"{folder}/" for folder in folders)
    with hub_errors(nemo):
        files = sorted(
            (file.path, _content_id(file))
            for file in _files(hub(nemo), nemo.settings.dataset)
            if file.path.startswith(wanted)
        )
    return hashlib.sha256(repr(files).encode()).hexdigest()[:12]


def download(nemo: Connection, path: str, target: Path) -> Path:
    """Copy one file of the stored dataset to `target`, a folder.

    Returns:
        the path of the copy.
    """
    with hub_errors(nemo):
        return Path(hub(nemo).hf_hub_download(nemo.settings.dataset, path, repo_type="dataset", local_dir=target))


def read_rows(nemo: Connection, path: str) -> list[dict[str, Any]]:
    """The rows of a stored JSON Lines file.

    Args:
        path: one of `list_files`.
    """
    with tempfile.TemporaryDirectory() as folder, download(nemo, path, Path(folder)).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def count_rows(nemo: Connection, path: str) -> int:
    """How many rows a stored JSON Lines file has.

    Args:
        path: one of `list_files`.
    """
    return len(read_rows(nemo, path))


def _files(api: HfApi, repo: str) -> list[RepoFile]:
    entries = api.list_repo_tree(repo, repo_type="dataset", recursive=True)
    return [entry for entry in entries if isinstance(entry, RepoFile)]


def _content_id(file: RepoFile) -> str:
    return file.lfs.sha256 if file.lfs else file.blob_id


def _same(path: Path, stored: RepoFile) -> bool:
    if path.stat().st_size != stored.size:
        return False
    content = path.read_bytes()
    if stored.lfs:
        return hashlib.sha256(content).hexdigest() == stored.lfs.sha256
    return git_hash(content) == stored.blob_id


@contextmanager
def hub_errors(nemo: Connection) -> Iterator[None]:
    """Translate the errors of huggingface_hub, and of httpx where a link is used directly, into ours.

    Raises:
        ServiceError: the subclass for the failure.
    """
    try:
        yield
    except (
        RuntimeError, LocalEntryNotFoundError, httpx.TransportError, httpx.HTTPStatusError, HfHubHTTPError
    ) as error:  # fmt: skip
        # A failed upload of one file is a RuntimeError that says nothing, and a failed download a missing entry of the
        # Hub's cache, each with the actual error as its cause.
        translated = next(filter(None, (_translate(nemo, cause) for cause in causes_of(error))), None)
        if translated is None:
            raise
        raise translated from None


def _translate(nemo: Connection, error: BaseException) -> ServiceError | None:
    if isinstance(error, ServiceError):
        return error
    if isinstance(error, HfHubHTTPError | httpx.HTTPStatusError) and error.response is not None:
        translated = status_error(SERVICE, error.response)
        if isinstance(translated, NotFound):
            translated.hint = f"Upload the dataset {nemo.settings.dataset} first (notebook 01_data_preparation)."
        return _about_the_link(nemo, translated, str(error.response.request.url))
    if isinstance(error, httpx.TransportError):
        sent = getattr(error, "_request", None)
        url = str(sent.url) if sent else nemo.settings.data_store_url
        request = request_line(sent) if sent else f"GET {url}"
        translated = transport_error(SERVICE, request, error)
        # An untrusted certificate needs the same advice wherever the link leads: CA_BUNDLE.
        untrusted = any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes_of(error))
        return translated if untrusted else _about_the_link(nemo, translated, url)
    return None


def _about_the_link(nemo: Connection, error: ServiceError, url: str) -> ServiceError:
    """The Data Store makes the links for large files itself, and behind a gateway they may be wrong."""
    ours, theirs = origin(nemo.settings.data_store_url), origin(url)
    if ours != theirs:
        error.hint = wrong_links_hint(ours, theirs)
    return error
