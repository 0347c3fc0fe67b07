"""Every function of the sample, by domain."""

from __future__ import annotations

from ..spec import Domain
from .arithmetic import ARITHMETIC
from .calendar import CALENDAR
from .finance import FINANCE
from .statistics import STATISTICS
from .stocks import STOCKS
from .travel import TRAVEL
from .weather import WEATHER

DOMAINS: tuple[Domain, ...] = (ARITHMETIC, CALENDAR, FINANCE, STATISTICS, STOCKS, TRAVEL, WEATHER)
