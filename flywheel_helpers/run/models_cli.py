"""`flywheel models`: the base models that the platform can train."""

from __future__ import annotations

import os

import click
from rich.console import Console
from rich.table import Table

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
    """List the base models, what they need, and how long the default training takes."""
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
    table = Table(box=None, pad_edge=False)
    for header in ("model", "version", "status", "parameters", "licence", "context", "memory to train"):
        table.add_column(header, overflow="fold")
    table.add_column(f"{base_models.ROWS} rows take", overflow="fold")
    for model in found:
        table.add_row(*_cells(model))
    Console().print(table, markup=False)
    for model in found:
        if model.message:
            click.echo(f"{model.name}: {model.message}")
    if in_use not in [model.name for model in found]:
        click.echo(f"BASE_MODEL in config.py is {in_use}, which this platform does not have.")


def _cells(model: BaseModel) -> tuple[str, ...]:
    if model.minutes:
        time = f"about {model.minutes:.0f} minutes"
    else:
        time = "not measured yet" if model.status == "ready" else "-"
    return (
        model.name,
        "\n".join(model.versions) or "-",
        model.status,
        f"{model.parameters / 1e6:,.0f} million" if model.parameters else "-",
        model.license or "-",
        f"{model.context_length:,} tokens" if model.context_length else "-",
        f"{model.training_bytes / 2**30:.1f} GiB" if model.training_bytes else "-",
        time,
    )
