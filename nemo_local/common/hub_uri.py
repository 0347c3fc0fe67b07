"""Addresses of repositories in the Data Store: ``hf://[datasets/]<namespace>/<name>[@<revision>][/<path>]``."""

from __future__ import annotations

import re
from typing import Literal

from huggingface_hub import HfUri, parse_hf_uri

_FORMS = {
    "dataset": "hf://datasets/<namespace>/<name>[@<revision>]",
    "model": "hf://<namespace>/<name>[@<revision>]",
}


def parse_hub_uri(uri: str, kind: Literal["dataset", "model"], *, with_path: bool = False) -> HfUri:
    """Parse an address that somebody wrote into an entity or a job.

    `huggingface_hub.parse_hf_uri` also accepts web addresses, which are of another Hub, and paths that leave the
    repository; neither is accepted here.

    Args:
        uri: The address.
        kind: The kind of repository it must name.
        with_path: Whether the path of a file may follow.

    Raises:
        ValueError: It is not such an address; the message says what one looks like.
    """
    form = f"{_FORMS[kind]}[/<path to the file>]" if with_path else _FORMS[kind]
    refusal = f"{uri!r} is not the address of a {kind}; write {form}, without '..' in it."
    # A revision may be percent-encoded in the address, so its parts are looked at once it is decoded.
    if not (uri.startswith("hf://") and uri.isprintable()) or _has_odd_parts(uri.removeprefix("hf://")):
        raise ValueError(refusal)
    try:
        parsed = parse_hf_uri(uri)
    except ValueError:
        raise ValueError(refusal) from None
    if parsed.type != kind or (parsed.path_in_repo and not with_path) or _has_odd_parts(parsed.revision or "main"):
        raise ValueError(refusal)
    return parsed


def _has_odd_parts(path: str) -> bool:
    return not {"", ".", ".."}.isdisjoint(re.split(r"[/\\]", path))
