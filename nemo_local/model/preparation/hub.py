"""A model in a repository of a Hub: what it offers, and its download, which continues what an earlier one began.

(``snapshot_download`` begins a file anew in each process, and the weights of a small model are one file.)
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import httpx
from huggingface_hub import HfApi, hf_hub_url
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers

from nemo_local.common.errors import is_disk_full
from nemo_local.common.hub_uri import HUGGING_FACE
from nemo_local.model.preparation.contents import Contents, PreparationError, wanted
from nemo_local.model.preparation.source import HubSource
from nemo_local.model.tokenizer_files import read_json

log = logging.getLogger(__name__)

# Attempts to download, in each of which the client itself reconnects five times, and seconds between the first two;
# each further pause is twice as long.
ATTEMPTS, PAUSE = 3, 5.0
# Which commit the folder's files, and the unfinished one, are of.
REVISION = ".revision"
_Result = TypeVar("_Result")


def look(source: HubSource, folder: Path, token: str | None) -> Contents:
    """What the repository offers. Its ``config.json`` is downloaded into ``folder``, where files of another commit are
    deleted.

    Args:
        source: the repository.
        folder: the folder for its files.
        token: of an account on that Hub, sent with each request.

    Raises:
        PreparationError: there is no such repository, it needs an account, or its Hub does not answer.
        ModelRefused: it has no ``config.json``.
    """
    api = HfApi(endpoint=source.endpoint, token=token or False)
    info = _asked(lambda: api.model_info(source.repo_id, revision=source.revision, files_metadata=True), source, token)
    # Files in folders are other formats of the same model.
    sizes = wanted({file.rfilename: file.size or 0 for file in info.siblings or [] if "/" not in file.rfilename})
    note = folder / REVISION
    if not note.is_file() or note.read_text(encoding="utf-8") != info.sha:
        shutil.rmtree(folder)
        folder.mkdir()
        note.write_text(info.sha, encoding="utf-8")
    named = [tag.removeprefix("license:") for tag in info.tags or [] if tag.startswith("license:")]
    contents = Contents({}, sizes, info.sha, named[0] if named else None)
    _asked(lambda: _download(source, contents, "config.json", folder, token), source, token)
    return replace(contents, config=read_json(folder / "config.json"))


def fetch(source: HubSource, contents: Contents, folder: Path, token: str | None) -> None:
    """Download the files into ``folder``, which may hold some of them, and a part of one, from an attempt before.

    Raises:
        PreparationError: the download broke off again and again.
        OSError: the disk is full.
    """
    for attempt in range(ATTEMPTS):
        try:
            for name in contents.sizes:
                _download(source, contents, name, folder, token)
            break
        # A connection that breaks off is reported in many ways, among them as an OSError about the size of a file.
        except (HfHubHTTPError, httpx.HTTPError, OSError) as error:
            if is_disk_full(error) or isinstance(error, RepositoryNotFoundError | OfflineModeIsEnabled):
                raise _explained(error, source, token) from error
            log.warning("the download broke off (attempt %d of %d): %s", attempt + 1, ATTEMPTS, error)
            if attempt + 1 == ATTEMPTS:
                raise PreparationError(
                    f"The download of {source} from {source.endpoint} broke off {ATTEMPTS} times, the last time with: "
                    f"{_short(error)}. What was downloaded is kept. Check the connection and try again: the download "
                    "then continues."
                ) from error
            time.sleep(PAUSE * 2**attempt)


def _download(source: HubSource, contents: Contents, name: str, folder: Path, token: str | None) -> None:
    """Download one file, unless it is there, or the rest of it."""
    if (folder / name).is_file():
        return
    url = hf_hub_url(source.repo_id, name, revision=contents.revision, endpoint=source.endpoint)
    unfinished = folder / f".{name}.part"
    with unfinished.open("ab") as file:
        there = file.tell()
        headers = build_hf_headers(token=token or False)
        http_get(url, file, resume_size=there, headers=headers, expected_size=contents.sizes[name] or None)
    unfinished.rename(folder / name)


def _asked(request: Callable[[], _Result], source: HubSource, token: str | None) -> _Result:
    """The answer to a request that nothing has been downloaded before, with errors explained."""
    try:
        return request()
    except (HfHubHTTPError, httpx.HTTPError, OSError) as error:
        raise _explained(error, source, token) from error


def _explained(error: Exception, source: HubSource, token: str | None) -> Exception:
    """An error of the Hub's client as one that says what to do. A full disk stays what it is."""
    if is_disk_full(error):
        return error
    page = f"{source.endpoint}/{source.repo_id}"
    if isinstance(error, GatedRepoError):
        account = "the account of the HF_TOKEN has not been granted access" if token else "no HF_TOKEN is set"
        return PreparationError(
            f"The model {source.repo_id} is gated, and {account}. Accept its licence at {page}, and set HF_TOKEN where "
            "the platform runs: stop it (flywheel down), and start it (flywheel up) with the variable in its "
            "environment. Then try again."
        )
    if isinstance(error, RevisionNotFoundError):
        return PreparationError(f"The model {source.repo_id} has no revision {source.revision!r} at {source.endpoint}.")
    if isinstance(error, RepositoryNotFoundError):
        if source.is_data_store:
            return PreparationError(
                f"There is no model {source.repo_id} in this platform's Data Store, where a model without hf_endpoint "
                f"is looked for. Upload it there, or set hf_endpoint to {HUGGING_FACE}."
            )
        return PreparationError(
            f"There is no model {source.repo_id} at {source.endpoint}, or it is private. Check the name; for a private "
            "one, set HF_TOKEN where the platform runs."
        )
    response = getattr(error, "response", None)
    if isinstance(error, HfHubHTTPError) and response is not None:
        return PreparationError(
            f"{source.endpoint} answered {response.status_code} about {source.repo_id}: {_short(error)}. Try again "
            "later."
        )
    if isinstance(error, httpx.HTTPError | OfflineModeIsEnabled):
        return PreparationError(
            f"{source.endpoint} cannot be reached from this machine ({_short(error)}). Without a network, download the "
            "model elsewhere, copy its folder to this machine, and give the folder in place of the name."
        )
    return PreparationError(f"{source} cannot be read from {source.endpoint}: {_short(error)}")


def _short(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:300].rstrip(" .")
