"""The EFRAG VSME digital template: which defined name holds which fact of the contract, declared once.

The defined names below are the same in the editions 1.1.1, 1.2.0 and 1.3.0 while their addresses moved, so none needs an
alias. Three things have no name of their own and stand at a fixed distance from one that has: the hours worked, the
categories of scope 3 and the lines of the fuel converter.

Source: EFRAG, VSME Digital Template, editions 1.1.1 (2025-11-27), 1.2.0 (2026-02-27) and 1.3.0 (2026-06-11).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ANNUAL",
    "EDITIONS",
    "FUELS",
    "FUEL_UNITS",
    "MARKS",
    "MONEY",
    "NACE",
    "POLLUTANTS",
    "SCOPES",
    "TOLD",
    "Place",
    "Told",
    "every_name",
]

EDITIONS = ("1.1.1", "1.2.0", "1.3.0")
"""Editions that were compared name by name; another one is read with a notice."""

NACE = "NACE2.1"
"""The classification of all editions: its last section is V, which NACE Rev.2 (A to U) does not have."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a fact stands: ``down`` lines below the first line of a defined name, negative above."""

    name: str
    down: int = 0

    def __str__(self) -> str:
        """Return the place for the lineage: the name, and the distance where there is one."""
        return f"{self.name} {self.down:+d}" if self.down else self.name


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the contract has no column for: said in a notice where it is filled in; ``{}`` is its value."""

    name: str
    table: str
    en: str
    zh: str


EDITION = Place(name="template_reporting_template_version")
NAME = Place(name="template_reporting_entity_name")
SCHEME = Place(name="template_reporting_entity_identifier_scheme")
IDENTIFIER = Place(name="template_reporting_entity_identifier")
CURRENCY = Place(name="template_currency")
START = Place(name="template_reporting_period_startdate")
END = Place(name="template_reporting_period_enddate")
NACE_CODES = Place(name="NaceSectorClassificationCodes")
COUNTRY = Place(name="CountryOfPrimaryOperationsAndLocationOfSignificantAssets")
COUNTRY_NAMES = Place(name="enum_ListCountriesName")
COUNTRY_CODES = Place(name="enum_ListCountiesCode")

MARKS = (EDITION.name, IDENTIFIER.name, NACE_CODES.name, "TotalEnergyConsumption")
"""Names by which a workbook is told to be this form."""

ANNUAL: Mapping[str, Place] = MappingProxyType(
    {
        "revenue": Place(name="Turnover"),
        "total_assets": Place(name="Assets"),
        "employees": Place(name="NumberOfEmployees"),
        "water_withdrawn": Place(name="TotalAmountOfWaterWithdrawnFromAllSites"),
        "injuries": Place(name="NumberOfRecordableWorkRelatedAccidentsInTheReportingPeriod"),
        # The line above the rate of accidents is the hours that it divides by.
        "hours_worked": Place(name="RateOfRecordableWorkRelatedAccidentsInTheReportingPeriod", down=-1),
    }
)
"""Column of ``annual`` to its place: money in the form's currency, water in m3, hours in h."""

MONEY = ("revenue", "total_assets")

WASTE_TYPE = Place(name="TypeOfWasteAxis")
WASTE_UNIT = Place(name="WasteDivertedToRecycleOrReuseMass_unit")
WASTE_RECYCLED = Place(name="WasteDivertedToRecycleOrReuseMass")
WASTE_DISPOSED = Place(name="WasteDirectedToDisposalMass")

ENERGY_TOTAL = Place(name="TotalEnergyConsumption")
BOUGHT_RENEWABLE = Place(name="EnergyConsumptionFromElectricity_RenewableEnergyMember")
BOUGHT_OTHER = Place(name="EnergyConsumptionFromElectricity_NonRenewableEnergyMember")
OWN_RENEWABLE = Place(name="EnergyConsumptionFromSelfGeneratedElectricity_RenewableEnergyMember")
OWN_OTHER = Place(name="EnergyConsumptionFromSelfGeneratedElectricity_NonRenewableEnergyMember")
FUELS_RENEWABLE = Place(name="EnergyConsumptionFromFuels_RenewableEnergyMember")
FUELS_OTHER = Place(name="EnergyConsumptionFromFuels_NonRenewableEnergyMember")
ENERGY_PARTS = (BOUGHT_RENEWABLE, BOUGHT_OTHER, OWN_RENEWABLE, OWN_OTHER, FUELS_RENEWABLE, FUELS_OTHER)

SCOPES: Mapping[str, Place] = MappingProxyType(
    {
        "1": Place(name="GrossScope1GreenhouseGasEmissions"),
        "2-location": Place(name="GrossLocationBasedScope2GreenhouseGasEmissions"),
        "2-market": Place(name="GrossMarketBasedScope2GreenhouseGasEmissions"),
    }
)
"""Scope to its place, in tCO2e."""

SCOPE_3 = Place(name="GrossScope3GreenhouseGasEmissions_CurrentlyStatedMember")
SCOPE_3_CATEGORIES: Mapping[int, Place] = MappingProxyType(
    {category: Place(name=SCOPE_3.name, down=category - 16) for category in range(1, 16)}
)
"""Category of scope 3 to its place: the fifteen lines above the total, in tCO2e."""

POLLUTANT = Place(name="TypeOfPollutantAxis")
POLLUTANT_UNIT = Place(name="AmountOfEmissionToAir_unit")
RELEASES: Mapping[str, Place] = MappingProxyType(
    {
        "air": Place(name="AmountOfEmissionToAir"),
        "water": Place(name="AmountOfEmissionToWater"),
        "soil": Place(name="AmountOfEmissionToSoil"),
    }
)
POLLUTANTS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("air", "Nitrogen oxides (NOx/NO2)"): "NOx",
        ("air", "Sulphur oxides (SOx/SO2)"): "SO2",
        ("air", "Particulate matter (PM)"): "PM",
    }
)
"""Medium and pollutant of the form to the contract's substance. Organic carbon is either C or COD/3 and ammonia is not
ammonia nitrogen, so neither is among them; greenhouse gases to air are inside scope 1 already."""

CONVERTER = Place(name="template_FUEL_CONVERTER")
CONVERTER_LINES = Place(name="template_FUEL_CONVERTER", down=9)
"""First of the ten lines of the converter: fuel, unit and amount side by side."""
CONVERTER_SWITCH = Place(name="template_FUEL_CONVERTER", down=22)
"""Line of the switch, three columns right of the name, that carries the converter's totals into the disclosure."""

FUELS: Mapping[str, str] = MappingProxyType(
    {
        "Anthracite": "anthracite",
        "Blast furnace gas": "blast_furnace_gas",
        "Coke oven coke & lignite coke": "coke",
        "Coke oven gas": "coke_oven_gas",
        "Gas/Diesel oil": "diesel",
        "Jet kerosene": "jet_kerosene",
        "Kerosene": "kerosene",
        "Landfill gas": "biogas",
        "Lignite": "lignite",
        "Liquefied Petroleum Gases (LPG)": "lpg",
        "Motor gasoline/Petrol": "gasoline",
        "Naphtha": "naphtha",
        "Natural gas": "natural_gas",
        "Oxygen steel furnace gas": "converter_gas",
        "Petroleum coke": "petroleum_coke",
        "Refinery Gas": "refinery_gas",
        "Residual fuel oil": "fuel_oil",
        "Sludge gas": "biogas",
        "Waste water treatment biogas": "biogas",
        "Wood/Wood waste": "biomass",
    }
)
"""Fuel of the form to the carrier that is the same fuel; what has no equal among the carriers is told in a notice."""

FUEL_UNITS: Mapping[str, str] = MappingProxyType(
    {
        "Gg - Gigagram": "kt",
        "t - tonne": "t",
        "Kg - Kilogram": "kg",
        "g - gram": "g",
        "m³ - cubic meters": "m3",
        "L - Liter": "L",
    }
)

TOLD: tuple[Told, ...] = (
    Told(
        name="DescriptionOfSustainabilityRelatedCertificationsOrLabels",
        table="certifications",
        en="Certificates stand in free text, which is no event of the ledger; hand them in as a table. The form says: {}",
        zh="证书为自由文本，不能作为证书台账事件，请以表格提交。原文：{}",
    ),
    Told(
        name=OWN_RENEWABLE.name,
        table="energy",
        en="{} MWh of self-generated renewable electricity: the form does not say from sun, wind or water, so it has no carrier and was left out.",
        zh="自发可再生电力 {} MWh：表中未说明为光伏、风电或水电，无对应能源品种，未读入。",
    ),
    Told(
        name=BOUGHT_RENEWABLE.name,
        table="energy",
        en="{} MWh of the purchased electricity are stated as renewable; without certificates they count as electricity like the rest.",
        zh="外购电力中 {} MWh 申报为可再生；无绿电证书，按一般电力计。",
    ),
    Told(
        name="EmployeeCountingMethodology",
        table="annual",
        en="The employees are counted: {}.",
        zh="从业人员统计口径：{}。",
    ),
    Told(
        name="TypeOfNumberOfEmployees",
        table="annual",
        en="The employees are given as: {}.",
        zh="从业人员计量方式：{}。",
    ),
    Told(
        name="BasisForReporting",
        table="firms",
        en="What the form covers: {}.",
        zh="报告范围：{}。",
    ),
    Told(
        name="TotalNumberOfConvictionsForTheViolationOfAntiCorruptionAndAntiBriberyLaws",
        table="incidents",
        en="Convictions for corruption or bribery: {}. The form gives no dates, so they are no incidents; look them up.",
        zh="腐败与贿赂定罪数：{}。表中无日期，不能作为事件，请另行核查。",
    ),
    Told(
        name="TotalAmountOfFinesForTheViolationOfAnticorruptionAndAntibriberyLaws",
        table="incidents",
        en="Fines for corruption or bribery, in the form's currency: {}. The form gives no dates, so they are no incidents.",
        zh="腐败与贿赂罚款（报表币种）：{}。表中无日期，不能作为事件。",
    ),
    Told(
        name="NumberOfFatalitiesAsAResultOfWorkRelatedInjuriesAndWorkRelatedIllHealth",
        table="incidents",
        en="Deaths from work: {}. The form gives no dates, so they are no incidents.",
        zh="工亡人数：{}。表中无日期，不能作为事件。",
    ),
)
"""Said for the first filled line of the name."""


def every_name() -> tuple[str, ...]:
    """Return every defined name that is read, in order of the alphabet."""
    places = [value for value in globals().values() if isinstance(value, Place)]
    for group in (ANNUAL, SCOPES, RELEASES):
        places += group.values()
    return tuple(sorted({place.name for place in places} | {told.name for told in TOLD} | set(MARKS)))
