"""Who has solved which exercise: one record for each in the person's namespace, where a host can see the whole room.

A record is a project of the Entity Store, named after its exercise. It is created by one request, which finds it there
the second time: two notebooks that are open at once cannot undo each other's records, as they could in a shared one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from flywheel_helpers.errors import Conflict, FlywheelError
from flywheel_helpers.services import entity_store, evaluator
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
        evaluation: whether an evaluation was completed.
    """

    namespace: str
    solved: dict[str, str] = field(default_factory=dict)
    dataset: bool = False
    model: bool = False
    evaluation: bool = False

    def count(self, notebook: str) -> str:
        """How many of a notebook's exercises are solved, such as "1/2"."""
        names = EXERCISES[notebook]
        return f"{sum(name in self.solved for name in names)}/{len(names)}"


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
    once = nemo.with_retries(0)  # whoever works on an exercise should not wait for a platform that is not up
    try:
        entity_store.ensure_namespace(once)
        once.json(entity_store.SERVICE, "POST", "/v1/projects", json=body)
    except Conflict:
        pass  # solved before
    except FlywheelError as error:
        return f"{said}\n(`flywheel progress` will not show it: {error.message.splitlines()[0]})"
    return said


def own(nemo: Connection) -> Attendee:
    """The exercises that the person of config.py has solved.

    Raises:
        FlywheelError: the Entity Store cannot be reached, or refuses.
    """
    namespace = nemo.settings.namespace
    return Attendee(namespace, _solved(nemo).get(namespace, {}))


def room(nemo: Connection) -> list[Attendee]:
    """What everybody on this platform has done, by namespace.

    These are the namespaces that the course made, and those with a solved exercise that an administrator made.

    Raises:
        FlywheelError: the Entity Store or the Evaluator cannot be reached, or refuses.
    """
    solved = _solved(nemo)
    made = {one["id"] for one in nemo.all_pages(entity_store.SERVICE, "/v1/namespaces") if entity_store.owner(one)}
    people = {name: Attendee(name, solved.get(name, {})) for name in sorted(made | solved.keys())}
    # An entity of somebody else may come without a namespace: the API does not promise one.
    for dataset in nemo.all_pages(entity_store.SERVICE, "/v1/datasets"):
        if person := people.get(dataset.get("namespace")):
            person.dataset = True
    for model in entity_store.list_models(nemo):
        if (person := people.get(model.get("namespace"))) and model.get("peft"):
            person.model = True
    for job in nemo.all_pages(evaluator.SERVICE, "/v1/evaluation/jobs"):
        if (person := people.get(job.get("namespace"))) and job.get("status") == "completed":
            person.evaluation = True
    return list(people.values())


def _solved(nemo: Connection) -> dict[str, dict[str, str]]:
    """By namespace: when each exercise was solved."""
    found: dict[str, dict[str, str]] = {}
    for project in nemo.all_pages(entity_store.SERVICE, "/v1/projects"):
        if exercise := (project.get("custom_fields") or {}).get(_FIELD):
            found.setdefault(project["namespace"], {})[exercise] = project["created_at"]
    return found
