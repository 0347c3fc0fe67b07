"""Dataset addresses and files: what is read, and what is refused with file, line and reason."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nemo_local.common.errors import Invalid
from nemo_local.evaluator import datasets
from nemo_local.evaluator.datasets import (
    DatasetError,
    DatasetUnavailable,
    Row,
    Source,
    fetch,
    parse_files_url,
    read_rows,
)


def parse(url: str) -> Source:
    return parse_files_url(url, None, "files_url")


def test_addresses() -> None:
    assert parse("hf://datasets/ns/name/testing/x.jsonl") == Source("ns/name", None, "testing/x.jsonl", None)
    assert parse("hf://datasets/ns/name@v1/x.CSV") == Source("ns/name", "v1", "x.CSV", None)
    assert parse("hf://datasets/ns/name") == Source("ns/name", None, None, None)


@pytest.mark.parametrize(
    "url",
    [
        "hf://datasets/ns/name/../../other/x.jsonl",
        "hf://datasets/ns/name/a/../x.jsonl",
        "hf://datasets/../name/x.jsonl",
        "hf://datasets/ns/name//etc/x.jsonl",
        "hf://datasets/ns/name/..\\x.jsonl",
        "hf://models/ns/name/x.jsonl",
        "file:///etc/x.jsonl",
        "/etc/x.jsonl",
        "hf://datasets/name",
        "hf://datasets/ns/name/",
        "",
    ],
)
def test_an_address_that_is_no_file_of_a_repository_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="hf://datasets/<namespace>/<name>"):
        parse(url)


def test_other_kinds_of_file_are_refused() -> None:
    with pytest.raises(Invalid, match=".jsonl, .json, .csv"):
        parse("hf://datasets/ns/name/x.parquet")


@pytest.mark.parametrize("endpoint", ["http://hub:80a0", "ftp://hub", "http://ada:secret@hub"])
def test_an_endpoint_that_is_no_address_of_a_hub_is_refused(endpoint: str) -> None:
    with pytest.raises(Invalid, match="the address of a Hub"):
        parse_files_url("hf://datasets/ns/name/x.jsonl", endpoint, "files_url")


def test_the_token_goes_to_the_hugging_face_hub_over_https_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = []
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setattr(datasets, "hf_hub_download", lambda *_, token, **__: sent.append(token) or "x.jsonl")
    for endpoint in (None, "http://huggingface.co", "https://hub.example.com", "https://huggingface.co"):
        source = parse_files_url("hf://datasets/ns/name/x.jsonl", endpoint, "files_url")
        fetch(source, "http://127.0.0.1:8080/v1/hf", tmp_path)
    assert sent == [False, False, False, "hf_secret"]


def rows(tmp_path: Path, name: str, content: str | bytes, limit: int | None = None) -> list[Row]:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_rows(path, name, limit)


def test_jsonl(tmp_path: Path) -> None:
    assert rows(tmp_path, "x.jsonl", '\ufeff{"a": 1}\n\n{"a": 2}\n') == [
        Row("x.jsonl, line 1", {"a": 1}),
        Row("x.jsonl, line 3", {"a": 2}),
    ]


def test_json(tmp_path: Path) -> None:
    assert [row.item for row in rows(tmp_path, "x.json", '[{"a": 1}, {"a": 2}]')] == [{"a": 1}, {"a": 2}]


def test_csv_with_line_breaks_in_a_cell(tmp_path: Path) -> None:
    assert rows(tmp_path, "x.csv", 'q,a\n"one\ntwo",2\nthree,4\n') == [
        Row("x.csv, line 3", {"q": "one\ntwo", "a": "2"}),
        Row("x.csv, line 4", {"q": "three", "a": "4"}),
    ]


@pytest.mark.parametrize(("name", "content"), [("x.jsonl", '{"a":1}\n{"a":2}\nbroken'), ("x.csv", "a\n1\n2\n3,4\n")])
def test_the_limit_stops_the_reading(tmp_path: Path, name: str, content: str) -> None:
    assert len(rows(tmp_path, name, content, limit=2)) == 2


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.jsonl", '{"a": 1}\n{"a": \n', r"x\.jsonl, line 2: not valid JSON"),
        ("x.jsonl", "[1]\n", r"x\.jsonl, line 1: must be an object, not \[1\]"),
        ("x.jsonl", '{"a": NaN}\n', r"x\.jsonl, line 1: .*NaN is not JSON"),
        ("x.jsonl", "\n", r"x\.jsonl: no rows"),
        ("x.jsonl", b'{"a": "\xff"}\n', r"x\.jsonl: not UTF-8"),
        ("x.json", '{"a": 1}', r"x\.json: must hold one array"),
        ("x.json", "[1]", r"x\.json, row 1: must be an object"),
        ("x.json", "[", r"x\.json: not valid JSON"),
        ("x.csv", "a,b\n1,2\n3\n", r"x\.csv, line 3: has another number of columns"),
        ("x.csv", "a,b\n1,2,3\n", r"x\.csv, line 2: has another number of columns"),
        ("x.csv", 'a\n"b\n', r"x\.csv, line 2: not valid CSV"),
        ("x.csv", "a,b\n", r"x\.csv: no rows"),
    ],
)
def test_malformed_rows(tmp_path: Path, name: str, content: str | bytes, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        rows(tmp_path, name, content)


@pytest.mark.parametrize("path", ["x.jsonl", None])
def test_a_data_store_that_is_down_may_be_asked_again(tmp_path: Path, path: str | None) -> None:
    with pytest.raises(DatasetUnavailable, match="ns/name cannot be fetched from http://127.0.0.1:1"):
        fetch(Source("ns/name", None, path, None), "http://127.0.0.1:1/v1/hf", tmp_path)


@pytest.mark.parametrize("path", ["x.jsonl", None])
def test_a_hub_that_refuses_may_be_asked_again(tmp_path: Path, path: str | None) -> None:
    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(403)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(DatasetUnavailable, match="cannot be fetched from .*403"):
            fetch(Source("ns/name", None, path, None), f"http://127.0.0.1:{server.server_port}/v1/hf", tmp_path)
        server.shutdown()
