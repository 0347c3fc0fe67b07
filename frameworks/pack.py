"""Pack the two frameworks for the import wizard of Private Cloud AI: `make frameworks`.

The upstream charts come from frameworks/vendor/ or, where that has them not, from their repositories.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from frameworks.helm import HelmError, helm

HERE = Path(__file__).resolve().parent
VALUES = HERE / "values"
RELEASES = ("25.8.0", "25.12.1")
_yaml = YAML()
_yaml.width = 200
_yaml.indent(mapping=2, sequence=4, offset=2)
_yaml.preserve_quotes = True


@dataclass(frozen=True)
class Framework:
    """One packed chart.

    Args:
        folder: its chart, below this file's folder; also the folder of its overlays.
        key: the variable with the key of the upstream chart's repository; empty where it asks for none.
        namespace: the one that the course's addresses name.
    """

    folder: str
    key: str
    namespace: str


FRAMEWORKS = (Framework("nemo", "NGC_API_KEY", "nemo"), Framework("open-webui", "", "open-webui"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Pack both, and say what to click."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", default=RELEASES[0], choices=RELEASES, help="of NeMo Microservices")
    parser.add_argument("--overlays", nargs="*", default=[], help="names of files in frameworks/values/")
    parser.add_argument(
        "--revision",
        type=int,
        choices=range(1, 100),
        metavar="1..99",
        help="raises the versions, where these were uploaded before: 2 makes 25.8.2 of 25.8.0",
    )
    parser.add_argument("--dist", type=Path, default=HERE.parent / "dist")
    parser.add_argument("--vendor", type=Path, default=HERE / "vendor")
    options = parser.parse_args(arguments)
    try:
        overlays = check_overlays(options.overlays)
        for framework in FRAMEWORKS:
            release = options.release if framework.folder == "nemo" else None
            packed = pack(framework, release, overlays, options.dist, options.vendor, options.revision)
            print(_what_to_click(framework, packed))
    except HelmError as error:
        sys.exit(str(error))
    print("Then, in a terminal of the course: flywheel doctor --profile pcai. It is the proof that all of it works.")


def check_overlays(names: Sequence[str]) -> list[str]:
    """The names, if each is an overlay of some framework.

    Raises:
        HelmError: one is not.
    """
    known = sorted({path.stem for path in VALUES.glob("*/*.yaml")} - {release[:-2] for release in RELEASES})
    for name in names:
        if name not in known:
            raise HelmError(f'There is no overlay "{name}". Choose from: {", ".join(known)}.')
    return list(names)


def overlay_files(framework: str, release: str | None, names: Sequence[str]) -> list[Path]:
    """The values files to merge, in order: the release's, then those that were asked for."""
    names = [*([release.rpartition(".")[0]] if release else []), *names]
    return [path for name in names if (path := VALUES / framework / f"{name}.yaml").exists()]


def pack(
    framework: Framework, release: str | None, overlays: Sequence[str], dist: Path, vendor: Path, revision: int | None
) -> Path:
    """Pack one framework with its upstream chart inside.

    Args:
        framework: which one.
        release: of the upstream chart; None for the one in Chart.yaml.
        overlays: names of overlays, in the order in which they are merged.
        dist: the folder for the packed chart.
        vendor: the folder with upstream charts.
        revision: what the version is raised by; None for the first upload.

    Raises:
        HelmError: the upstream chart cannot be had, or a value is wrong.
    """
    with tempfile.TemporaryDirectory() as temporary:
        chart = stage(framework, release, overlays, Path(temporary) / framework.folder, vendor, revision)
        helm("lint", "--strict", chart, "--namespace", framework.namespace)
        dist.mkdir(parents=True, exist_ok=True)
        words = helm("package", chart, "--destination", dist)
    return Path(words.strip().rpartition(": ")[2])


def stage(
    framework: Framework,
    release: str | None,
    overlays: Sequence[str],
    chart: Path,
    vendor: Path,
    revision: int | None = None,
) -> Path:
    """Put a chart together in a folder: the overlays merged into its values, the upstream chart in charts/."""
    shutil.copytree(HERE / framework.folder, chart, ignore=shutil.ignore_patterns("charts"))
    about = _yaml.load(chart / "Chart.yaml")
    upstream = about["dependencies"][0]
    if release:
        upstream["version"] = about["appVersion"] = release
    about["version"] = packed_version(upstream["version"], revision or 0)
    _yaml.dump(about, chart / "Chart.yaml")
    values = _yaml.load(chart / "values.yaml")
    for path in overlay_files(framework.folder, release, overlays):
        merge(values, _yaml.load(path))
    _yaml.dump(values, chart / "values.yaml")
    (chart / "charts").mkdir()
    shutil.copy(find_upstream(upstream, vendor, framework.key), chart / "charts")
    return chart


def packed_version(upstream: str, revision: int) -> str:
    """The version of a packed chart. Its last number leaves room for 99 revisions of each upstream version.

    A suffix would not do: to SemVer, 25.8.0-2 comes before 25.8.0, and an update needs a higher version.
    """
    major, minor, patch = upstream.split(".")
    return f"{major}.{minor}.{int(patch) * 100 + revision}"


def merge(values: CommentedMap, overlay: CommentedMap) -> None:
    """Put an overlay over values as Helm does: maps are merged, everything else is replaced. Comments stay."""
    for key, value in overlay.items():
        below = values.get(key)
        if isinstance(value, dict) and isinstance(below, dict) and below:
            if below.anchor.value:  # shared with other places, which must not change
                below = values[key] = CommentedMap(below)
            merge(below, value)
        else:
            values[key] = value


def find_upstream(upstream: CommentedMap, vendor: Path, key: str) -> Path:
    """The packed upstream chart, fetched into the vendor folder if it is not there.

    Raises:
        HelmError: it is not there, and there is no key or no way to its repository.
    """
    wanted = vendor / f"{upstream['name']}-{upstream['version']}.tgz"
    if wanted.exists():
        return wanted
    advice = f"Or put the file {wanted.name} into {vendor} yourself."
    if key and not os.environ.get(key):
        raise HelmError(
            f"The chart {upstream['name']} {upstream['version']} is not here, and its repository wants a key. Export "
            f"{key}, with your key for NVIDIA's NGC catalogue. {advice}"
        )
    vendor.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        here = {"HELM_REPOSITORY_CONFIG": f"{folder}/repositories.yaml", "HELM_REPOSITORY_CACHE": folder}
        # By standard input: other people see a command line.
        login = ["--username", "$oauthtoken", "--password-stdin"] if key else []
        try:
            helm("repo", "add", "upstream", upstream["repository"], *login, stdin=os.environ.get(key), **here)
            chart = f"upstream/{upstream['name']}"
            helm("pull", chart, "--version", upstream["version"], "--destination", vendor, **here)
        except HelmError as error:
            raise HelmError(f"{upstream['repository']}: {error}. {advice}") from None
    return wanted


def _what_to_click(framework: Framework, packed: Path) -> str:
    logo = HERE / framework.folder / "logo.png"
    return f"""
{packed}
  Tools & Frameworks, Import Framework:
    name        {framework.folder}
    namespace   {framework.namespace}
    chart       {packed.name}
    logo        {logo.relative_to(HERE.parent)}
    values      as they are; the file explains each. Before: the secrets that it names (frameworks/README.md)
"""


if __name__ == "__main__":
    main()
