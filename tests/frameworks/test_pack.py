"""`make frameworks`: where the upstream charts come from, what is written, and what is said."""

from __future__ import annotations

import base64
import shutil
import tarfile
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import charts
import pytest
import yaml

from flywheel_helpers.checkout import ROOT
from frameworks import pack
from frameworks.helm import HelmError, helm

KEY = "ngc-key-of-a-test"


def run(tmp_path: Path, *arguments: str) -> None:
    pack.main(["--dist", str(tmp_path / "dist"), "--vendor", str(charts.upstream()), *arguments])


def read(packed: Path, name: str) -> dict:
    with tarfile.open(packed) as files:
        folder = files.getnames()[0].partition("/")[0]
        return yaml.safe_load(files.extractfile(f"{folder}/{name}"))


def test_both_are_packed_and_the_wizard_s_fields_are_printed(tmp_path, capsys):
    run(tmp_path)
    nemo, webui = (tmp_path / "dist" / name for name in ("flywheel-nemo-25.8.0.tgz", "flywheel-open-webui-16.0.0.tgz"))
    said = capsys.readouterr().out
    assert str(nemo) in said and str(webui) in said
    assert "namespace   nemo" in said and "namespace   open-webui" in said and "frameworks/nemo/logo.png" in said
    assert "flywheel doctor --profile pcai" in said
    about = read(nemo, "Chart.yaml")
    assert (about["version"], about["appVersion"], about["dependencies"][0]["version"]) == ("25.8.0",) * 3
    with tarfile.open(nemo) as files:
        names = {name.partition("/")[2] for name in files.getnames()}
    assert {"charts/nemo-microservices-helm-chart/Chart.yaml", "routes.yaml", "values.schema.json"} <= names
    # Helm takes the file as it is, and so does the Helm of Private Cloud AI.
    for version in (3, 4):
        assert charts.render(nemo, version=version)


def test_release_overlays_and_revision(tmp_path):
    run(tmp_path, "--release", "25.12.1", "--overlays", "h100", "clean-cluster", "--revision", "2")
    packed = tmp_path / "dist" / "flywheel-nemo-25.12.102.tgz"
    values = read(packed, "values.yaml")
    assert values["gpu"] == "H100" and values["nemo"]["volcano"]["enabled"] and values["tags"]["studio"]
    assert read(packed, "Chart.yaml")["appVersion"] == "25.12.1"
    assert (tmp_path / "dist" / "flywheel-open-webui-16.0.2.tgz").exists()
    with tarfile.open(packed) as files:
        text = files.extractfile("flywheel-nemo/values.yaml").read().decode()
    assert "# The kind of GPU on the nodes" in text, "the reasons stay beside the merged values"


def test_each_packed_version_is_higher_than_those_before():
    made = [pack.packed_version("25.8.0", revision) for revision in (0, 2, 10, 99)]
    made += [pack.packed_version("25.8.1", 0), pack.packed_version("25.12.1", 0), pack.packed_version("25.12.1", 2)]
    assert made == ["25.8.0", "25.8.2", "25.8.10", "25.8.99", "25.8.100", "25.12.100", "25.12.102"]
    numbers = [tuple(map(int, version.split("."))) for version in made]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("revision", ["0", "100"])
def test_a_revision_there_is_no_room_for(tmp_path, revision, capsys):
    with pytest.raises(SystemExit):
        run(tmp_path, "--revision", revision)
    assert "--revision" in capsys.readouterr().err


def test_an_overlay_that_is_not_there(tmp_path):
    with pytest.raises(SystemExit) as stopped:
        run(tmp_path, "--overlays", "h1000")
    assert str(stopped.value).startswith('There is no overlay "h1000". Choose from: air-gapped, clean-cluster, h100')


def test_without_key_and_file_it_says_which_file_goes_where(tmp_path, monkeypatch):
    monkeypatch.delenv("NGC_API_KEY", raising=False)
    with pytest.raises(SystemExit) as stopped:
        pack.main(["--vendor", str(tmp_path / "vendor"), "--dist", str(tmp_path)])
    said = str(stopped.value)
    assert "Export NGC_API_KEY" in said
    assert f"put the file nemo-microservices-helm-chart-25.8.0.tgz into {tmp_path / 'vendor'}" in said


@pytest.fixture
def repository(tmp_path) -> Iterator[str]:
    """A Helm repository that wants the key, as NVIDIA's does."""
    folder = tmp_path / "repository"
    folder.mkdir()
    shutil.copy(charts.upstream() / "nemo-microservices-helm-chart-25.8.0.tgz", folder)
    wanted = "Basic " + base64.b64encode(f"$oauthtoken:{KEY}".encode()).decode()

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments) -> None:
            super().__init__(*arguments, directory=str(folder))

        def do_GET(self) -> None:
            if self.headers.get("Authorization") == wanted:
                super().do_GET()
            else:
                self.send_error(401)

        def log_message(self, *arguments) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    url = f"http://127.0.0.1:{server.server_port}"
    helm("repo", "index", folder, "--url", url)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield url
    server.shutdown()


def find(repository: str, vendor: Path) -> Path:
    upstream = {"name": "nemo-microservices-helm-chart", "version": "25.8.0", "repository": repository}
    return pack.find_upstream(upstream, vendor, "NGC_API_KEY")


def test_with_a_key_the_chart_is_fetched_once(repository, tmp_path, monkeypatch):
    monkeypatch.setenv("NGC_API_KEY", KEY)
    fetched = find(repository, tmp_path / "vendor")
    assert fetched.read_bytes() == (charts.upstream() / fetched.name).read_bytes()
    monkeypatch.delenv("NGC_API_KEY")
    assert find("http://nowhere.test", tmp_path / "vendor") == fetched
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


def test_a_wrong_key_is_said_and_never_shown(repository, tmp_path, monkeypatch):
    monkeypatch.setenv("NGC_API_KEY", "another-key")
    with pytest.raises(HelmError) as refused:
        find(repository, tmp_path / "vendor")
    said = str(refused.value)
    assert "401" in said and "Or put the file nemo-microservices-helm-chart-25.8.0.tgz" in said
    assert "another-key" not in said


def test_upstream_charts_are_never_committed():
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "/frameworks/vendor/" in ignored and "/dist/" in ignored
    assert not [path for path in (ROOT / "frameworks").rglob("*.tgz") if "vendor" not in path.parts]
