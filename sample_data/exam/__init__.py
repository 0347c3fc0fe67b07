"""The exam: domains of functions that neither the catalogue nor the assistant knows.

The exam is frozen. It was written after the catalogue's held-out functions had been looked at too often to be a fair
test of a recipe. It is measured at the end and never used for a choice, so nothing here follows from a measurement.
"""

from __future__ import annotations

from sample_data.exam.cars import CARS
from sample_data.exam.electronics import ELECTRONICS
from sample_data.exam.games import GAMES
from sample_data.exam.homes import HOMES
from sample_data.exam.library import LIBRARY
from sample_data.exam.mountains import MOUNTAINS
from sample_data.exam.music import MUSIC
from sample_data.exam.parcels import PARCELS
from sample_data.exam.pets import PETS
from sample_data.exam.photography import PHOTOGRAPHY
from sample_data.exam.school import SCHOOL
from sample_data.exam.town import TOWN
from sample_data.spec import Domain

DOMAINS: tuple[Domain, ...] = (
    CARS,
    ELECTRONICS,
    GAMES,
    HOMES,
    LIBRARY,
    MOUNTAINS,
    MUSIC,
    PARCELS,
    PETS,
    PHOTOGRAPHY,
    SCHOOL,
    TOWN,
)
