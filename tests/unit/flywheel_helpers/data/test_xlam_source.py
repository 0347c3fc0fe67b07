"""Where xLAM rows come from and go to: the gated set, a file, an honest split, JSONL."""

from __future__ import annotations

import json

import httpx
import pytest
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError

from flywheel_helpers.data import splits, xlam
from flywheel_helpers.errors import DataError

ROWS = [{"id": 1, "query": "How is it in Oslo?", "answers": "[]", "tools": "[]"}]


def test_write_jsonl(tmp_path):
    path = tmp_path / "deep" / "rows.jsonl"
    assert xlam.write_jsonl([{"a": "é"}, {"b": [1]}], path) == 2
    assert path.read_bytes() == '{"a": "é"}\n{"b": [1]}\n'.encode()


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "\ud83d", {1}], ids=repr)
def test_what_json_cannot_hold_is_refused_before_anything_is_written(tmp_path, value):
    path = tmp_path / "rows.jsonl"
    with pytest.raises(DataError, match=r"row 2 of rows\.jsonl cannot be written"):
        xlam.write_jsonl([{"a": 1}, {"a": [value]}], path)
    assert not path.exists()


class TestSplit:
    def rows(self):
        tools = [{"name": f"f.{i}", "description": "", "parameters": {}} for i in range(40)]
        made = []
        for i in range(2000):
            offered = [tools[i % 40], tools[(i * 7 + 3) % 40]] if i % 3 else [tools[i % 40]]
            answers = [] if i % 10 == 0 else [{"name": offered[0]["name"], "arguments": {}}]
            made.append({"query": f"q{i}", "tools": json.dumps(offered), "answers": json.dumps(answers)})
        return made

    def test_functions_called_in_testing_are_unknown_to_training(self):
        data = splits.split(self.rows())
        assert min(len(rows) for rows in data.splits().values()) > 30
        known = self.offered(data.training + data.validation + data.practised)
        exam, choosing = self.called(data.testing), self.called(data.development)
        assert exam and choosing and not exam & choosing
        assert not known & (exam | choosing)
        assert not self.offered(data.testing) & choosing and not self.offered(data.development) & exam
        queries = [one["query"] for rows in data.splits().values() for one in rows]
        assert len(queries) == len(set(queries))

    def offered(self, rows):
        return {tool["name"] for one in rows for tool in json.loads(one["tools"])}

    def called(self, rows):
        return {answer["name"] for one in rows for answer in json.loads(one["answers"])}

    def test_practised_rows_ask_for_one_call_that_training_shows(self):
        data = splits.split(self.rows())
        assert all(len(json.loads(one["answers"])) == 1 for one in data.practised)
        assert self.called(data.practised) <= self.called(data.training)

    def test_a_question_that_is_asked_twice_is_not_practised(self):
        twice = [{**one, "query": "Q1" if i % 2 else "q1 "} for i, one in enumerate(self.rows())]
        assert splits.split(twice).practised == []

    def test_a_function_with_one_row_stays_in_training(self):
        tools = json.dumps([{"name": name, "description": "", "parameters": {}} for name in ("f", "g")])
        rows = [
            {"query": name, "tools": tools, "answers": f'[{{"name": "{name}", "arguments": {{}}}}]'} for name in "fg"
        ]
        data = splits.split(rows, held_out=0, development=0, validation=0, practised=1)
        assert len(data.training) == 2 and not data.practised

    def test_the_seed_decides(self):
        assert splits.split(self.rows()) == splits.split(self.rows())
        assert splits.split(self.rows()) != splits.split(self.rows(), seed=1)

    def test_malformed_rows_are_left_out(self):
        bad = {"query": "bad", "tools": "[", "answers": "[]"}
        data = splits.split([*self.rows(), bad, "text"])
        assert all(one != "text" and one["query"] != "bad" for rows in data.splits().values() for one in rows)


class TestRealXlam:
    TOKEN = "hf_" + "x" * 34

    def response(self, status):
        return httpx.Response(status, request=httpx.Request("GET", f"https://huggingface.co/?token={self.TOKEN}"))

    def test_without_a_token_the_error_says_how_to_get_one(self, monkeypatch):
        monkeypatch.delenv("HF_TOKEN", raising=False)
        with pytest.raises(DataError) as raised:
            xlam.load_xlam()
        for part in ("HF_TOKEN is not set", "huggingface.co/settings/tokens", xlam.XLAM_REPOSITORY, "sample"):
            assert part in str(raised.value)

    @pytest.mark.parametrize(
        ("status", "said"), [(401, "Ask for access"), (403, "Ask for access"), (503, "Try again"), (None, "connection")]
    )
    def test_every_failure_is_explained_without_the_token(self, monkeypatch, status, said):
        def fail(*args, **kwargs):
            assert kwargs["token"] == self.TOKEN
            if status is None:
                raise httpx.ConnectError(f"no route, {self.TOKEN}")
            kind = GatedRepoError if status == 403 else HfHubHTTPError
            raise kind(f"failed with {self.TOKEN}", response=self.response(status))

        monkeypatch.setenv("HF_TOKEN", self.TOKEN)
        monkeypatch.setattr(xlam, "hf_hub_download", fail)
        with pytest.raises(DataError) as raised:
            xlam.load_xlam()
        assert said in str(raised.value)
        assert self.TOKEN not in str(raised.value)
        assert raised.value.__suppress_context__, "the cause, which may quote the token, must not be shown"

    def test_the_downloaded_file_is_read(self, monkeypatch, tmp_path):
        path = tmp_path / "xlam.json"
        path.write_text(json.dumps(ROWS))
        monkeypatch.setenv("HF_TOKEN", self.TOKEN)
        monkeypatch.setattr(xlam, "hf_hub_download", lambda *args, **kwargs: str(path))
        assert xlam.load_xlam() == ROWS
        monkeypatch.delenv("HF_TOKEN")
        assert xlam.load_xlam(path) == ROWS

    @pytest.mark.parametrize("text", ["not json", '{"a": 1}', "[" * 100_000])
    def test_a_file_of_something_else(self, tmp_path, text):
        path = tmp_path / "xlam.json"
        path.write_text(text)
        with pytest.raises(DataError, match="is not"):
            xlam.load_xlam(path)
