"""Data Store: where dataset files live. It speaks the Hugging Face Hub protocol, so `huggingface_hub` does the work."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import httpx
from huggingface_hub import HfApi, constants, set_client_factory
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils import disable_progress_bars
from huggingface_hub.utils.sha import git_hash

from flywheel_helpers.errors import Conflict, DataError, NotFound, ServiceError
from flywheel_helpers.services import entity_store
from flywheel_helpers.services.connection import Connection
from flywheel_helpers.services.failures import causes_of, request_line, status_error, transport_error
from flywheel_helpers.services.tls import hub_client, origin, wrong_links_hint

SERVICE = "Data Store"
FILES = ("training/training.jsonl", "validation/validation.jsonl", "testing/xlam-test.jsonl")


@dataclass(frozen=True)
class Upload:
    """What `upload_dataset` found and did."""

    files_url: str
    uploaded: list[str]  # paths sent now
    unchanged: list[str]  # paths that were there already, byte for byte
    revision: str  # see `dataset_revision`


def hub(nemo: Connection) -> HfApi:
    """A Hub client aimed at the Data Store, with the course's certificates.

    The token is the Data Store's own. Were none given, huggingface_hub would send the user's HF_TOKEN to a server
    that has no business with it; `False` keeps it at home.
    """
    settings = nemo.settings
    disable_progress_bars()  # three small files; in a saved notebook the bars are noise
    # huggingface_hub sends large files to a Xet server without asking whether there is one. A Data Store has none.
    constants.HF_HUB_DISABLE_XET = True
    set_client_factory(lambda: hub_client(settings))
    return HfApi(endpoint=f"{settings.data_store_url}/v1/hf", token=settings.token(SERVICE) or False)


def ensure_namespace(nemo: Connection) -> bool:
    """Create the namespace of config.py in the Data Store where it is missing.

    Returns:
        True when it was created now, False when it was there.
    """
    try:
        nemo.request(
            SERVICE, "POST", "/v1/datastore/namespaces", data={"namespace": nemo.settings.namespace}, retry=True
        )
    except Conflict:
        return False
    return True


def upload_dataset(nemo: Connection, folder: Path) -> Upload:
    """Bring a folder with `FILES` to the Data Store and register it in the Entity Store.

    Namespaces and repository are created where missing. Files are sent one by one and only where they differ from
    what is there, so a broken upload goes on with the first file it missed.

    Args:
        folder: holds the three files of `FILES`.

    Raises:
        DataError: a file is missing.
        ServiceError: the Data Store or Entity Store refused; files sent before that stay stored.
    """
    folder = Path(folder)
    missing = [path for path in FILES if not (folder / path).is_file()]
    if missing:
        raise DataError(
            f"{folder} lacks {', '.join(missing)}.", "Write the dataset files first (notebook 01_data_preparation)."
        )
    settings = nemo.settings
    entity_store.ensure_namespace(nemo)
    ensure_namespace(nemo)
    api = hub(nemo)
    with hub_errors(nemo):
        api.create_repo(settings.dataset, repo_type="dataset", exist_ok=True)
        stored = {file.path: file for file in _files(api, settings.dataset)}
        changed = [path for path in FILES if path not in stored or not _same(folder / path, stored[path])]
        for path in changed:
            api.upload_file(
                path_or_fileobj=folder / path,
                path_in_repo=path,
                repo_id=settings.dataset,
                repo_type="dataset",
                commit_message=f"Upload {path}",
            )
    record = entity_store.register_dataset(nemo)
    return Upload(
        files_url=record.get("files_url", ""),
        uploaded=changed,
        unchanged=[path for path in FILES if path not in changed],
        revision=dataset_revision(nemo),
    )


def list_files(nemo: Connection) -> dict[str, int]:
    """Paths of the stored dataset and their sizes in bytes.

    Raises:
        NotFound: the dataset was not uploaded yet.
    """
    with hub_errors(nemo):
        return {file.path: file.size for file in _files(hub(nemo), nemo.settings.dataset)}


def dataset_revision(nemo: Connection, folders: Iterable[str] = ("training", "validation", "testing")) -> str:
    """A short digest of the stored files in these folders: equal exactly when their contents are.

    Training asks for the folders it reads, so that new test rows do not make a finished training look outdated.

    Raises:
        NotFound: the dataset was not uploaded yet.
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


def count_rows(nemo: Connection, path: str) -> int:
    """How many rows a stored JSON Lines file has.

    Args:
        path: one of `FILES`.
    """
    with tempfile.TemporaryDirectory() as folder, download(nemo, path, Path(folder)).open("rb") as lines:
        return sum(1 for line in lines if line.strip())


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


# What comes out of huggingface_hub, and of httpx where a link is tried directly.
_TRANSLATED = (RuntimeError, httpx.TransportError, httpx.HTTPStatusError, HfHubHTTPError)


class hub_errors:
    """Turns huggingface_hub's and httpx's errors into ours."""

    def __init__(self, nemo: Connection):
        self.settings = nemo.settings

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        # A failed upload of one file is a RuntimeError about nothing, with the cause behind it.
        causes = causes_of(error) if isinstance(error, _TRANSLATED) else []
        for cause in causes:
            if isinstance(cause, ServiceError):
                raise cause from None
            if isinstance(cause, HfHubHTTPError | httpx.HTTPStatusError) and cause.response is not None:
                raised = status_error(SERVICE, cause.response)
                if isinstance(raised, NotFound):
                    raised.hint = f"Upload the dataset {self.settings.dataset} first (notebook 01_data_preparation)."
                raise self._about_the_link(raised, str(cause.response.request.url)) from None
            if isinstance(cause, httpx.TransportError):
                sent = getattr(cause, "_request", None)
                url = str(sent.url) if sent else self.settings.data_store_url
                request = request_line(sent) if sent else f"GET {url}"
                raise self._about_the_link(transport_error(SERVICE, request, cause), url) from None

    def _about_the_link(self, error: ServiceError, url: str) -> ServiceError:
        """The Data Store makes the links for large files itself, and behind a gateway it may get them wrong."""
        ours, theirs = origin(self.settings.data_store_url), origin(url)
        if ours != theirs:
            error.hint = wrong_links_hint(ours, theirs)
        return error
