"""Every function of the sample, by domain."""

from __future__ import annotations

from ..spec import Domain
from .calendar import CALENDAR
from .finance import FINANCE, STOCKS
from .maths import ARITHMETIC, STATISTICS
from .travel import TRAVEL
from .weather import WEATHER

DOMAINS: tuple[Domain, ...] = (ARITHMETIC, CALENDAR, FINANCE, STATISTICS, STOCKS, TRAVEL, WEATHER)
