"""The command `flywheel`: the local platform, checks, and the whole course in one run."""

from __future__ import annotations

import json
import logging
import signal
import sys
import warnings
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType

import click
from rich.console import Console
from rich.table import Table

from flywheel_helpers import checkout, preflight
from flywheel_helpers.errors import FlywheelError, system_fault
from flywheel_helpers.local import platform
from flywheel_helpers.run.data_cli import PROFILES, data
from flywheel_helpers.run.models_cli import models
from flywheel_helpers.services.connection import connect
from flywheel_helpers.settings import Settings
from flywheel_helpers.webui import server

WEBUI_NOTEBOOK = "05_openwebui_chat"
INTERRUPTED = 130  # the exit status that a shell expects after Ctrl-C


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """The tool-calling data flywheel: the platform on this machine and the course's notebooks."""


cli.add_command(data)
cli.add_command(models)


@cli.command()
def up() -> None:
    """Start the local platform and wait until it is ready."""
    running, started = platform.up(checkout.home(), click.echo)
    click.echo("The platform is up." if started else "The platform was already up.")
    _say_urls(running)


@cli.command()
def down() -> None:
    """Stop the local platform."""
    click.echo("The platform is stopped." if platform.down(checkout.home()) else "The platform was not running.")


@cli.command()
def status() -> None:
    """Show whether the local platform is up. Exit status 0 if it is ready, 1 otherwise."""
    running = platform.find(checkout.home())
    if not running:
        click.echo("\n".join(filter(None, ["The platform is not running.", platform.why_ended(checkout.home())])))
        sys.exit(1)
    for restart in running.restarts:
        click.echo(f"{_local_time(restart['at'])}: {restart['message']}")
    missing = running.missing()
    click.echo(f"The platform has been up since {_local_time(running.started_at)}: {missing or 'ready'}.")
    _say_urls(running)
    sys.exit(1 if missing else 0)


@cli.group()
def webui() -> None:
    """Open WebUI on this machine: the chat window of notebook 05."""


@webui.command("up")
def webui_up() -> None:
    """Start Open WebUI and wait until it is ready."""
    running, started = server.up(_settings(), checkout.home(), click.echo)
    click.echo("Open WebUI is up." if started else "Open WebUI was already up.")
    _say_webui(running)


@webui.command("down")
def webui_down() -> None:
    """Stop Open WebUI."""
    stopped = server.down(checkout.home())
    click.echo("Open WebUI is stopped." if stopped else "Open WebUI was not running.")


@webui.command("status")
def webui_status() -> None:
    """Show whether Open WebUI is up. Exit status 0 if it is ready, 1 otherwise."""
    running = server.find(checkout.home())
    if not running:
        more = server.why_ended(checkout.home()) if server.installed() else "It is not installed: run make webui."
        click.echo(" ".join(filter(None, ["Open WebUI is not running.", more])))
        sys.exit(1)
    missing = running.missing()
    click.echo(f"Open WebUI has been up since {_local_time(running.started_at)}: {missing or 'ready'}.")
    _say_webui(running)
    sys.exit(1 if missing else 0)


@cli.command()
@click.option("--profile", type=PROFILES, help="Platform to check; default: FLYWHEEL_PROFILE, else local.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
def doctor(profile: str | None, as_json: bool) -> None:
    """Check the services and everything else that the course needs. Exit status 1 if a check fails."""
    with connect(checkout.load_config(profile)) as nemo:
        found = preflight.run(nemo, checkout.ROOT)
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=2))
    else:
        table = Table(box=None, pad_edge=False)
        for header in ("check", "verdict", "found", "time"):
            table.add_column(header, overflow="fold")
        for check in found.checks:
            table.add_row(check.name, check.verdict, check.found, f"{check.seconds:.2f} s")
        Console().print(table, markup=False)
        for fix, names in found.fixes().items():
            click.echo(f"\n{', '.join(names)}: {fix}")
    sys.exit(0 if found.ok else 1)


@cli.command()
@click.option("--profile", type=PROFILES, help="Platform to run on; default: FLYWHEEL_PROFILE, else local.")
@click.option("--notebooks", "selection", help="Notebooks to run, such as 01-03 or 00,02; default: all.")
@click.option("-p", "--parameter", "pairs", nargs=2, multiple=True, metavar="NAME VALUE", help="Notebook parameter.")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), help="Folder; default: runs/<time>.")
def run(profile: str | None, selection: str | None, pairs: tuple[tuple[str, str], ...], output: Path | None) -> None:
    """Run the notebooks in order and write the executed notebooks, report.html and summary.json.

    On the local profile the platform is started, unless it is up, and then stopped at the end.
    """
    # Papermill and nbconvert are slow to import, and only this command needs them.
    from flywheel_helpers.run import parameters, runner
    from flywheel_helpers.run.progress import Progress

    console = Console()
    profile = checkout.load_config(profile).PROFILE
    chosen = checkout.notebooks(selection)
    chat = [path for path in chosen if path.stem == WEBUI_NOTEBOOK]
    if chat and selection is None and (why_not := server.missing(_settings())):
        chosen.remove(*chat)
        click.echo(f"{WEBUI_NOTEBOOK} is skipped: {why_not}")
    values = parameters.parse(pairs, chosen)
    home, started, folder, precision = checkout.home(), False, None, None
    webui_was_up = server.find(home) is not None
    for number in (signal.SIGTERM, signal.SIGHUP):  # cleans up as Ctrl-C does
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup ignores SIGHUP
            signal.signal(number, _interrupt)
    try:
        if profile == "local":
            running, started = platform.up(home, click.echo)
            click.echo(f"Platform: {running.gateway_url} and {running.nim_url}")
            precision = running.inference_precision()
        folder = output.resolve() if output else runner.new_folder(checkout.ROOT / "runs")
        processes = partial(_platform_processes, home, profile)
        finished = runner.run(chosen, values, folder, profile, Progress(console), processes, precision)
    finally:
        if not webui_was_up and server.down(home):  # it was started by a notebook
            click.echo("Open WebUI is stopped.")
        if started:
            platform.down(home)
            click.echo("The platform is stopped.")
        if folder and (folder / "report.html").is_file():
            click.echo(f"Executed notebooks: {folder}\nReport: {folder / 'report.html'}")
    _print_results(console, finished.summary())


@cli.command()
@click.option("--profile", type=PROFILES, help="Platform to ask; default: FLYWHEEL_PROFILE, else local.")
@click.option("--room", is_flag=True, help="Everybody on the platform, for the host of a workshop.")
def progress(profile: str | None, room: bool) -> None:
    """Show which exercises you have solved."""
    from flywheel_helpers.course import progress as exercises

    with connect(checkout.load_config(profile)) as nemo:
        people = exercises.room(nemo) if room else [exercises.own(nemo)]
    if not people:
        click.echo("Nobody has started yet: this platform has no namespace of the course.")
        return
    table = Table(box=None, pad_edge=False)
    if room:
        table.add_column("namespace", overflow="fold")  # a name that is cut off would not tell two people apart
        for header in ("dataset", "model", "evaluation", *exercises.EXERCISES):
            table.add_column(header)
        for one in people:
            made = ("yes" if there else "no" for there in (one.dataset, one.model, one.evaluation))
            table.add_row(one.namespace, *made, *map(one.count, exercises.EXERCISES))
    else:
        click.echo(f"In the namespace {people[0].namespace}:")
        for header in ("notebook", "exercise", "solved"):
            table.add_column(header)
        for notebook, names in exercises.EXERCISES.items():
            for name in names:
                solved = people[0].solved.get(name)
                table.add_row(notebook, name, _local_time(solved) if solved else "not yet")
    Console().print(table, markup=False)


@cli.command()
@click.option("--profile", type=PROFILES, help="Platform to clean; default: FLYWHEEL_PROFILE, else local.")
@click.option("--namespace", help="One of your namespaces other than that of config.py.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def clean(profile: str | None, namespace: str | None, yes: bool) -> None:
    """List everything you have made on the platform and remove it after confirmation: jobs, models, data, namespace."""
    from flywheel_helpers.run import clean as cleaning

    config = checkout.load_config(profile)
    if namespace:
        config.NMS_NAMESPACE = namespace
    with connect(config) as nemo:
        items = cleaning.find(nemo)
        if not items:
            click.echo(f"There is nothing to remove: no namespace {nemo.settings.namespace}.")
            return
        click.echo(f"In the namespace {nemo.settings.namespace}:")
        for item in items:
            click.echo(f"  {item.verb} {item.kind} {item.name}")
        if not yes:
            click.confirm("Remove all of this? It cannot be undone", abort=True)
        for item in items:
            item.remove()
    click.echo(f"Removed: {len(items)} things.")


def _platform_processes(home: Path, profile: str) -> list:
    running = platform.find(home) if profile == "local" else None
    return running.processes() if running else []


def _print_results(console: Console, summary: dict) -> None:
    from flywheel_helpers.run import report

    for questions, evaluation in report.exams_of(summary):
        table = Table(title=f"{questions} (95 % intervals)", title_justify="left")
        for header in ("", "base", "tuned"):
            table.add_column(header)
        for row in report.accuracy_rows(evaluation):
            table.add_row(*row)
        console.print(table)
    for name, found in summary["notebooks"].items():
        console.print(f"{name:24} {found['seconds']:7.1f} s", highlight=False)


def _local_time(moment: str) -> str:
    found = datetime.fromisoformat(moment)
    # The Entity Store's times are in UTC and do not say so.
    return f"{(found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone():%Y-%m-%d %H:%M:%S}"


def _say_urls(running: platform.Running) -> None:
    click.echo(f"  services  {running.gateway_url}   (API: {running.gateway_url}/docs)")
    precision = running.inference_precision()
    click.echo(f"  models    {running.nim_url}" + (f"   (inference in {precision})" if precision else ""))


def _settings() -> Settings:
    return Settings.from_config(checkout.load_config())


def _say_webui(running: server.Running) -> None:
    click.echo(f"  open      {running.url}")
    if running.sign_in:
        click.echo(f"  account   {server.EMAIL}, password in {server.password_file(checkout.home())}")
    else:
        click.echo("  account   none is required (OPENWEBUI_SIGN_IN is false)")


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Entry point: errors and warnings are messages, not tracebacks and lines of code."""
    warnings.formatwarning = lambda message, *_: f"Warning: {message}\n"
    try:
        cli.main(standalone_mode=False)
    except (FlywheelError, OSError) as error:
        click.echo(f"\nError: {system_fault(error) if isinstance(error, OSError) else error}", err=True)
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        # Otherwise the task of an interrupted notebook reports that its kernel is gone.
        logging.getLogger("asyncio").disabled = True
        click.echo("\nStopped.", err=True)
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
