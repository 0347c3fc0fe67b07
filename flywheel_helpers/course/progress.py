"""Who has solved which exercise: one record for each in the person's namespace, where a host can see the whole room.

A record is a project of the Entity Store, named after its exercise. It is created by one request, which finds it there
the second time: two notebooks that are open at once cannot undo each other's records, as they could in a shared one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from flywheel_helpers.errors import Conflict, FlywheelError
from flywheel_helpers.services import entity_store
from flywheel_helpers.services.connection import Connection

# The exercises of each notebook, by the name of what the learner writes.
EXERCISES = {
    "01": ("required", "my_row"),
    "02": ("numbers_to_train", "merged"),
    "03": ("gained_and_lost", "my_metric"),
    "04": ("precision_and_recall", "may_pass"),
    "05": ("my_text", "read_calls"),
    "06": ("my_rule",),
}
_PREFIX = "exercise-"
_FIELD = "course_exercise"  # custom field of a record: the exercise


@dataclass
class Attendee:
    """What one person has done so far.

    Args:
        namespace: theirs.
        solved: when each exercise was solved for the first time (ISO 8601), by its name.
        dataset: whether a dataset is registered.
        model: whether a model was trained.
    """

    namespace: str
    solved: dict[str, str] = field(default_factory=dict)
    dataset: bool = False
    model: bool = False

    def count(self, notebook: str) -> str:
        """How many of a notebook's exercises are solved, such as "1 of 2"."""
        names = EXERCISES[notebook]
        return f"{sum(name in self.solved for name in names)} of {len(names)}"


def keep(nemo: Connection, exercise: str, said: str) -> str:
    """Record an exercise as solved if its check says so. Nothing of what the learner wrote is stored.

    Args:
        exercise: one of `EXERCISES`.
        said: what the check said; it begins with "Right: " when the exercise is solved.

    Returns:
        what the check said, and a line about the record if it could not be made: an exercise does not need the
        platform.

    Raises:
        ValueError: there is no such exercise.
    """
    if exercise not in (name for names in EXERCISES.values() for name in names):
        raise ValueError(f"there is no exercise {exercise!r}")
    if not said.startswith("Right: "):
        return said
    body = {
        "name": f"{_PREFIX}{exercise.replace('_', '-')}",
        "namespace": nemo.settings.namespace,
        "description": "An exercise of the tool-calling course, solved",
        "custom_fields": {_FIELD: exercise},
    }
    try:
        entity_store.ensure_namespace(nemo)
        nemo.json(entity_store.SERVICE, "POST", "/v1/projects", json=body, retry=True)
    except Conflict:
        pass  # solved before
    except FlywheelError as error:
        return f"{said}\n(`flywheel progress` will not show it: {error.message.splitlines()[0]})"
    return said


def own(nemo: Connection) -> Attendee:
    """What the person of config.py has done.

    Raises:
        FlywheelError: the Entity Store cannot be reached, or refuses.
    """
    return _attendees(nemo, [nemo.settings.namespace])[0]


def room(nemo: Connection) -> list[Attendee]:
    """What everybody on this platform has done, by namespace: those that the course made.

    Raises:
        FlywheelError: the Entity Store cannot be reached, or refuses.
    """
    namespaces = nemo.all_pages(entity_store.SERVICE, "/v1/namespaces")
    return _attendees(nemo, sorted(one["id"] for one in namespaces if entity_store.owner(one)))


def _attendees(nemo: Connection, namespaces: Iterable[str]) -> list[Attendee]:
    people = {name: Attendee(name) for name in namespaces}
    for project in nemo.all_pages(entity_store.SERVICE, "/v1/projects"):
        exercise = (project.get("custom_fields") or {}).get(_FIELD)
        if exercise and project["namespace"] in people:
            people[project["namespace"]].solved[exercise] = project["created_at"]
    for dataset in nemo.all_pages(entity_store.SERVICE, "/v1/datasets"):
        if dataset["namespace"] in people:
            people[dataset["namespace"]].dataset = True
    for model in entity_store.list_models(nemo):
        if model["namespace"] in people and model.get("peft"):
            people[model["namespace"]].model = True
    return list(people.values())
