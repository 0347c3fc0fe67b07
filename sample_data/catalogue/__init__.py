"""Every function of the sample, by domain."""

from __future__ import annotations

from sample_data.catalogue.arithmetic import ARITHMETIC
from sample_data.catalogue.astronomy import ASTRONOMY
from sample_data.catalogue.banking import BANKING
from sample_data.catalogue.business import BUSINESS
from sample_data.catalogue.calendar import CALENDAR
from sample_data.catalogue.devops import DEVOPS
from sample_data.catalogue.finance import FINANCE
from sample_data.catalogue.food import FOOD
from sample_data.catalogue.gardening import GARDENING
from sample_data.catalogue.geometry import GEOMETRY
from sample_data.catalogue.health import HEALTH
from sample_data.catalogue.maps import MAPS
from sample_data.catalogue.media import MEDIA
from sample_data.catalogue.messaging import MESSAGING
from sample_data.catalogue.science import SCIENCE
from sample_data.catalogue.shopping import SHOPPING
from sample_data.catalogue.smart_home import SMART_HOME
from sample_data.catalogue.sports import SPORTS
from sample_data.catalogue.statistics import STATISTICS
from sample_data.catalogue.stocks import STOCKS
from sample_data.catalogue.text_tools import TEXT_TOOLS
from sample_data.catalogue.travel import TRAVEL
from sample_data.catalogue.units import UNITS
from sample_data.catalogue.weather import WEATHER
from sample_data.spec import Domain

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
