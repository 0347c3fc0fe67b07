"""Where a base model may come from: a repository of a Hub, or a folder that the operator of the platform allowed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from nemo_local.common import hub_uri
from nemo_local.settings import Settings


@dataclass(frozen=True)
class HubSource:
    """A model repository.

    Args:
        repo_id: ``namespace/name`` there.
        revision: branch, tag or commit; None for the main branch.
        endpoint: base URL of the Hub.
        is_data_store: whether that is this platform's own Data Store.
    """

    repo_id: str
    revision: str | None
    endpoint: str
    is_data_store: bool

    @property
    def takes_token(self) -> bool:
        """Whether ``HF_TOKEN`` may be sent there: :func:`nemo_local.common.hub_uri.takes_token`."""
        return not self.is_data_store and hub_uri.takes_token(self.endpoint)

    def __str__(self) -> str:
        return f"{self.repo_id}{f'@{self.revision}' if self.revision else ''}"


@dataclass(frozen=True)
class FolderSource:
    """A folder of this machine.

    Args:
        folder: the folder, with no link left in its path.
        allowed: the folders below which each of its files has to be.
    """

    folder: Path
    allowed: tuple[Path, ...]

    def __str__(self) -> str:
        return str(self.folder)


def parse_source(model_uri: str, hf_endpoint: str | None, settings: Settings) -> HubSource | FolderSource:
    """Read ``model_uri`` and ``hf_endpoint`` of a target.

    Raises:
        ValueError: they name no repository, or a folder that is not allowed. The message is the same whether or not
            there is such a folder.
    """
    if model_uri.startswith("hf://"):
        uri = hub_uri.parse_hub_uri(model_uri, "model")
        data_store = f"{settings.gateway_url}/v1/hf"
        endpoint = hub_uri.parse_endpoint(hf_endpoint) if hf_endpoint else data_store
        return HubSource(uri.id, uri.revision, endpoint, endpoint == data_store)
    if not os.path.isabs(model_uri):
        raise ValueError(
            f"{model_uri!r} is neither the address of a repository nor a folder: write hf://<namespace>/<name>"
            "[@<revision>], or the absolute path of a folder of the machine that the platform runs on."
        )
    if hf_endpoint:
        raise ValueError("is a folder, which is on no Hub: leave hf_endpoint out.")
    return FolderSource(allowed_path(Path(model_uri), settings.model_folders), settings.model_folders)


def allowed_path(path: Path, allowed: tuple[Path, ...]) -> Path:
    """The path that ``path`` leads to, if that is below one of the allowed folders, or one of them.

    Raises:
        ValueError: it is not.
    """
    resolved = path.resolve()
    if not any(resolved.is_relative_to(folder) for folder in allowed):
        known = f"It may read below {', '.join(map(str, allowed))} only." if allowed else "No folder is allowed yet."
        raise ValueError(
            f"the platform may not read models from {path}. {known} Whoever runs the platform can allow a folder and "
            f"all that is below it: stop the platform (flywheel down), set FLYWHEEL_MODEL_FOLDERS={path.parent} in the "
            "environment, and start it again (flywheel up)."
        )
    return resolved
