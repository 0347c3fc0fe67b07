"""One platform and its runs of the course, for all tests of the notebooks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from course_support import Course, Finished


@pytest.fixture(scope="session")
def course(tmp_path_factory) -> Iterator[Course]:
    course = Course(tmp_path_factory.mktemp("course"))
    course.flywheel("up")
    yield course
    course.flywheel("webui", "down")
    course.flywheel("down")


@pytest.fixture(scope="session")
def first(course) -> Finished:
    """The course run on an empty platform."""
    return course.run("first")


@pytest.fixture(scope="session")
def second(course, first) -> Finished:
    """The course run again, where everything is there."""
    return course.run("second")
