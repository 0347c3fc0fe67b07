"""Every function of the sample, by domain."""

from __future__ import annotations

from ..spec import Domain
from .arithmetic import ARITHMETIC
from .astronomy import ASTRONOMY
from .banking import BANKING
from .business import BUSINESS
from .calendar import CALENDAR
from .devops import DEVOPS
from .finance import FINANCE
from .food import FOOD
from .gardening import GARDENING
from .geometry import GEOMETRY
from .health import HEALTH
from .maps import MAPS
from .media import MEDIA
from .messaging import MESSAGING
from .science import SCIENCE
from .shopping import SHOPPING
from .smart_home import SMART_HOME
from .sports import SPORTS
from .statistics import STATISTICS
from .stocks import STOCKS
from .text_tools import TEXT_TOOLS
from .travel import TRAVEL
from .units import UNITS
from .weather import WEATHER

DOMAINS: tuple[Domain, ...] = (
    ARITHMETIC,
    ASTRONOMY,
    BANKING,
    BUSINESS,
    CALENDAR,
    DEVOPS,
    FINANCE,
    FOOD,
    GARDENING,
    GEOMETRY,
    HEALTH,
    MAPS,
    MEDIA,
    MESSAGING,
    SCIENCE,
    SHOPPING,
    SMART_HOME,
    SPORTS,
    STATISTICS,
    STOCKS,
    TEXT_TOOLS,
    TRAVEL,
    UNITS,
    WEATHER,
)
