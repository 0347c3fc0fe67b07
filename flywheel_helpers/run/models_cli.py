"""`flywheel models`: the base models that the platform can train."""

from __future__ import annotations

import os
from collections.abc import Iterator

import click

from flywheel_helpers import checkout
from flywheel_helpers.run.data_cli import PROFILES
from flywheel_helpers.services import base_models
from flywheel_helpers.services.base_models import BaseModel
from flywheel_helpers.services.connection import connect

_HUB = "https://huggingface.co"
_profile = click.option("--profile", type=PROFILES, help="Platform to ask; default: FLYWHEEL_PROFILE, else local.")


@click.group(invoke_without_command=True)
@_profile
@click.pass_context
def models(context: click.Context, profile: str | None) -> None:
    """List the base models that can be trained; add and remove some (docs/base_models.md)."""
    context.obj = profile
    if context.invoked_subcommand is None:
        _list(profile)


@models.command("list")
@_profile
@click.pass_obj
def list_(inherited: str | None, profile: str | None) -> None:
    """List the base models, what they need, and how long training takes."""
    _list(profile or inherited)


@models.command("add")
@click.argument("source", metavar="FOLDER-OR-HUB-ID")
@click.option("--name", help="What to call it, namespace/name; default: its own name, in lower case.")
@click.pass_obj
def add(profile: str | None, source: str, name: str | None) -> None:
    """Add a model to the platform on this machine: from a folder, or from the Hugging Face Hub by its id.

    The platform checks whether it can use the model before it downloads or copies it, and keeps a copy of its own.
    """
    with connect(checkout.load_config(profile)) as nemo:
        hub = os.environ.get("HF_ENDPOINT", _HUB).rstrip("/")
        added = base_models.add(nemo, source, name, hub, click.echo)
    click.echo(f"{added.name} is ready. To use it, set in config.py (profile local):")
    click.echo(f'    BASE_MODEL = "{added.name}"')
    click.echo(f'    BASE_MODEL_VERSION = "{added.versions[0]}"')


@models.command("remove")
@click.argument("name")
@click.pass_obj
def remove(profile: str | None, name: str) -> None:
    """Remove a model that was added, with its files. Refused while an adapter, a job or a configuration uses it."""
    with connect(checkout.load_config(profile)) as nemo:
        base_models.remove(nemo, name)
    click.echo(f"{name} is removed.")


def _list(profile: str | None) -> None:
    with connect(checkout.load_config(profile)) as nemo:
        found = base_models.list_base_models(nemo)
        in_use = nemo.settings.base_model
    for model in found:
        click.echo(f"{model.name}{'  (BASE_MODEL in config.py)' if model.name == in_use else ''}")
        for line in lines(model):
            click.echo(f"    {line}")
    if in_use not in [model.name for model in found]:
        click.echo(f"BASE_MODEL in config.py is {in_use}, which this platform does not have.")


def lines(model: BaseModel) -> Iterator[str]:
    """What is known of a model, for the lines below its name."""
    yield ", ".join([model.status, *model.versions])
    about = [
        f"{model.parameters / 1e6:,.0f} million parameters" if model.parameters else "",
        f"context of {model.context_length:,} tokens" if model.context_length else "",
        f"licence {model.license}" if model.license else "",
    ]
    if any(about):
        yield ", ".join(filter(None, about))
    training = [
        f"{model.training_bytes / 2**30:.1f} GiB of memory" if model.training_bytes else "",
        f"about {model.minutes:.0f} minutes for {base_models.ROWS} rows" if model.minutes else "",
    ]
    if any(training):
        yield f"training takes {' and '.join(filter(None, training))}"
    if model.training_bytes and not model.minutes:  # the platform measures when it is first asked
        yield "the training time is not known yet: list the models again in a minute, with nothing else running"
    if model.message:
        yield model.message
