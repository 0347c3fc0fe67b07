"""Addresses of repositories, ``hf://[datasets/]<namespace>/<name>[@<revision>][/<path>]``, and of the Hubs that have
them."""

from __future__ import annotations

import os
import re
from typing import Literal

from huggingface_hub import HfUri, parse_hf_uri

from nemo_local.common.urls import split_url

HUGGING_FACE = "https://huggingface.co"
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


def parse_endpoint(text: str) -> str:
    """The address of a Hub as somebody wrote it, without a slash at its end.

    Raises:
        ValueError: it is no address, or has a user name or a password in it.
    """
    parts = split_url(text)
    if parts is None:
        raise ValueError(f"{text!r} is not the address of a Hub, such as {HUGGING_FACE}.")
    if parts.username or parts.password:
        raise ValueError("the address of a Hub must not hold a user name or password.")
    return text.rstrip("/")


def takes_token(endpoint: str) -> bool:
    """Whether ``HF_TOKEN`` may be sent to a Hub: to Hugging Face's, over https, and to the operator's own mirror of it
    (``HF_ENDPOINT``), and to no address that only a client named."""
    return endpoint in (HUGGING_FACE, os.environ.get("HF_ENDPOINT", HUGGING_FACE).rstrip("/"))


def _has_odd_parts(path: str) -> bool:
    return not {"", ".", ".."}.isdisjoint(re.split(r"[/\\]", path))
