"""Addresses in the Data Store: what they say, and which ones lead elsewhere."""

from __future__ import annotations

import pytest
from huggingface_hub import HfUri

from nemo_local.common.hub_uri import parse_hub_uri


@pytest.mark.parametrize(
    ("uri", "parsed"),
    [
        ("hf://datasets/ns/name", HfUri("dataset", "ns/name")),
        ("hf://datasets/ns/name@v1", HfUri("dataset", "ns/name", "v1")),
        ("hf://datasets/ns/name@exp%2Flora/a.jsonl", HfUri("dataset", "ns/name", "exp/lora", "a.jsonl")),
        ("hf://datasets/ns/name/a/b@1.jsonl", HfUri("dataset", "ns/name", None, "a/b@1.jsonl")),
    ],
)
def test_datasets(uri: str, parsed: HfUri) -> None:
    assert parse_hub_uri(uri, "dataset", with_path=True) == parsed


@pytest.mark.parametrize("uri", ["hf://ns/name@cust-1", "hf://models/ns/name@cust-1"])
def test_models(uri: str) -> None:
    assert parse_hub_uri(uri, "model") == HfUri("model", "ns/name", "cust-1")


@pytest.mark.parametrize(
    "uri",
    [
        "hf://datasets/ns/name/../../other/x.jsonl",
        "hf://datasets/ns/name/a/./x.jsonl",
        "hf://datasets/ns/name/..\\x.jsonl",
        "hf://datasets/ns/name//x.jsonl",
        "hf://datasets/ns/name/",
        "hf://datasets/../name",
        "hf://datasets/name",
        "hf://datasets/ns/name@",
        "hf://datasets/ns/name@..%2F..%2Fmain",
        "hf://datasets/ns/name@%2Fmain",
        "hf://datasets/ns/name/a\0.jsonl",
        "hf://datasets/ns/name/\ud83d.jsonl",
        "hf://dataset/ns/name",
        "hf://models/ns/name",
        "hf://ns/name",
        "hf://buckets/ns/name",
        "hf://",
        "https://huggingface.co/datasets/ns/name",
        "huggingface.co/datasets/ns/name",
        "file:///etc/passwd",
        "/etc/passwd",
        "",
    ],
)
def test_what_is_not_the_address_of_a_dataset_is_refused_with_the_form(uri: str) -> None:
    with pytest.raises(ValueError, match=r"hf://datasets/<namespace>/<name>\[@<revision>\]\[/<path"):
        parse_hub_uri(uri, "dataset", with_path=True)


@pytest.mark.parametrize(("uri", "kind"), [("hf://datasets/ns/name/x.jsonl", "dataset"), ("hf://ns/name/x", "model")])
def test_a_path_is_refused_where_a_repository_is_asked_for(uri: str, kind: str) -> None:
    with pytest.raises(ValueError, match="is not the address of a"):
        parse_hub_uri(uri, kind)
