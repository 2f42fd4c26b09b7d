"""Makes the three exports of Elevate Marketing's year 2023, with the dirt that real exports have.

    python generate.py FOLDER [--seed 2023]

Eight campaigns, three platforms, a row per day × campaign × ad group × creative (or device) × country: about 135,000.
Invented, and the same bytes for the same seed on every machine and every Python: ``random.Random.random`` alone is
drawn from (its sequence is promised to stay), and everything after it is integer arithmetic.

What is wrong with the files, each as its platform would do it:

==================  ============================  ==================================  ==========================
what                Facebook_2023.csv             GoogleAds_2023.csv                  YoutubeAds_2023.csv
==================  ============================  ==================================  ==========================
how it came to be   one download for the year     twelve monthly downloads, appended  one download for the year
UTF-8 BOM           at the start                  at the start of every month         no
dates               2023-01-31                    31/01/2023                          "Jan 31, 2023"
numbers             "1,234.50"                    "1.234,50" (an account in Spanish)  "$1,234.50", "€1,234.50"
currency            own column, USD or EUR        own column, USD or EUR              the sign of each amount
renamed half-way    no                            "Cost" is "Spend" from July: the    from July "Views" is empty,
                                                  header comes again with each month  "TrueView views" has them
lines without data  two blank ones at the end     headers, "Total: Campaigns" after   one blank one at the end
                                                  each month, a blank one at the end
nothing measured    0                             --                                  0
text                commas and quotes in names,   commas and quotes in names          commas and quotes in names
                    spaces after some of them
missing days        10 to 12 April; single days   21 August; single days of single    5 and 6 November; single
                    of single campaigns           campaigns                           days of single campaigns
repeated rows       single ones and whole days    single ones and whole days          single ones and whole days
==================  ============================  ==================================  ==========================
"""

from __future__ import annotations

import argparse
import csv
import io
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

YEAR = 2023
RENAMED_FROM = 7
"""The month from which Google's cost and YouTube's views have their new name."""
COUNTRIES = {"ES": "EUR", "MX": "USD", "CO": "USD", "AR": "USD", "US": "USD"}
"""Country → the currency in which its ads are paid."""

Row = list[str]


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign: when it runs, how many impressions a row has on average, and what a purchase is worth in cents."""

    name: str
    first: date
    last: date
    reach: int
    value: int


CAMPAIGNS = (
    Campaign("Marca siempre activa", date(YEAR, 1, 1), date(YEAR, 12, 31), 2400, 5200),
    Campaign("Captación B2B, pymes", date(YEAR, 1, 1), date(YEAR, 12, 31), 700, 18900),
    Campaign("Remarketing carrito", date(YEAR, 1, 1), date(YEAR, 12, 31), 950, 7400),
    Campaign("Rebajas de invierno", date(YEAR, 1, 2), date(YEAR, 3, 15), 3100, 4300),
    Campaign('San Valentín, "Juntos"', date(YEAR, 1, 15), date(YEAR, 2, 28), 2700, 6100),
    Campaign('Verano 2023, "Sol y mar"', date(YEAR, 5, 15), date(YEAR, 9, 15), 3600, 4900),
    Campaign("Regreso a clases", date(YEAR, 7, 15), date(YEAR, 10, 15), 2900, 3800),
    Campaign("Black Friday y Navidad", date(YEAR, 10, 1), date(YEAR, 12, 31), 5200, 6800),
)


@dataclass(frozen=True, slots=True)
class Platform:
    """How one platform behaves. Rates are in hundred-thousandths, the price of a click in cents."""

    groups: Sequence[str]
    variants: Sequence[str]
    click_rate: int
    click_price: int
    purchase_rate: int
    no_data: frozenset[date]


FACEBOOK = Platform(
    ("Intereses", "Públicos similares", "Clientes 180 días"),
    ("Carrusel", "Vídeo corto"),
    1350,
    38,
    2600,
    frozenset(date(YEAR, 4, day) for day in (10, 11, 12)),
)
GOOGLE = Platform(
    ("Búsqueda, marca", "Búsqueda, genérico"),
    ("Mobile phones", "Computers", "Tablets"),
    3900,
    71,
    3900,
    frozenset({date(YEAR, 8, 21)}),
)
YOUTUBE = Platform(
    ("Afinidad", "En el mercado"),
    ("In-stream", "In-feed", "Bumper"),
    620,
    29,
    1500,
    frozenset({date(YEAR, 11, 5), date(YEAR, 11, 6)}),
)


@dataclass(frozen=True, slots=True)
class Fact:
    """What was measured for one row, before any platform writes it its own way. Money in cents of ``currency``."""

    day: date
    campaign: str
    group: str
    variant: str
    country: str
    currency: str
    impressions: int
    views: int
    clicks: int
    purchases: int
    cost: int
    value: int
    quirk: int
    """0 … 999: decides on per-row dirt."""


def generate(folder: Path, seed: int = YEAR) -> list[Path]:
    """Write the three files into ``folder`` (made if need be) and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, (name, platform, write) in enumerate(_FILES):
        facts = _facts(platform, random.Random(seed * 10 + number))
        path = folder / name
        path.write_bytes(write(facts).encode())
        paths.append(path)
    return paths


def _facts(platform: Platform, chance: random.Random) -> Iterator[Fact]:
    """All measured rows, day by day, some of them twice."""
    draw = chance.random
    day = date(YEAR, 1, 1)
    again: list[Fact] = []
    while day.year == YEAR:
        for campaign in CAMPAIGNS:
            if not campaign.first <= day <= campaign.last or day in platform.no_data or draw() < 0.01:
                continue
            facts = [
                _fact(platform, campaign, day, group, variant, country, draw)
                for group in platform.groups
                for variant in platform.variants
                for country in COUNTRIES
            ]
            for fact in facts:
                yield fact
                if draw() < 0.003:
                    yield fact
            if draw() < 0.01:
                again += facts
        day += timedelta(days=1)
        if day.day == 1:  # days that were downloaded twice come again at the end of their month
            yield from again
            again = []


def _fact(
    platform: Platform,
    campaign: Campaign,
    day: date,
    group: str,
    variant: str,
    country: str,
    draw: Callable[[], float],
) -> Fact:
    weekday = (100, 97, 98, 103, 118, 131, 124)[day.weekday()]
    season = (92, 95, 97, 99, 102, 104, 106, 101, 98, 103, 127, 139)[day.month - 1]
    impressions = campaign.reach * weekday * season // 10_000 * (500 + int(draw() * 1000)) // 1000
    clicks = _share(impressions, platform.click_rate, draw)
    purchases = _share(clicks, platform.purchase_rate, draw)
    cost = clicks * platform.click_price * (700 + int(draw() * 600)) // 1000
    value = purchases * campaign.value * (600 + int(draw() * 800)) // 1000
    return Fact(
        day,
        campaign.name,
        group,
        variant,
        country,
        COUNTRIES[country],
        impressions,
        impressions * (18 + int(draw() * 20)) // 100,
        clicks,
        purchases,
        cost,
        value,
        int(draw() * 1000),
    )


def _share(whole: int, rate: int, draw: Callable[[], float]) -> int:
    """About ``rate`` hundred-thousandths of ``whole``, rounded up or down by chance."""
    parts = whole * rate * (600 + int(draw() * 800)) // 1000
    return min(whole, parts // 100_000 + (int(draw() * 100_000) < parts % 100_000))


def _english(cents: int) -> str:
    return f"{cents // 100:,}.{cents % 100:02d}"


def _spanish(cents: int) -> str:
    return f"{cents // 100:,}".replace(",", ".") + f",{cents % 100:02d}"


def _facebook(facts: Iterator[Fact]) -> str:
    header = "Campaign name,Ad set name,Ad name,Country,Day,Currency,Impressions,Link clicks,Purchases,Amount spent,"
    text, write = _sheet("\ufeff" + header + "Purchases conversion value\n")
    for fact in facts:
        write(
            [
                fact.campaign + "  " * (fact.quirk < 5),
                fact.group,
                fact.variant,
                fact.country,
                fact.day.isoformat(),
                fact.currency,
                f"{fact.impressions:,}",
                f"{fact.clicks:,}",
                f"{fact.purchases:,}",
                _english(fact.cost),
                _english(fact.value),
            ]
        )
    text.write("\n\n")
    return text.getvalue()


def _google(facts: Iterator[Fact]) -> str:
    text, write = _sheet("")
    month, impressions, clicks = 0, 0, 0
    for fact in facts:
        if fact.day.month != month:
            if month:
                write(_google_total(impressions, clicks))
            month, impressions, clicks = fact.day.month, 0, 0
            cost = "Spend" if month >= RENAMED_FROM else "Cost"
            text.write("\ufeffCampaign,Ad group,Device,Country,Day,Currency code,Impr.,Clicks,Conversions,")
            text.write(f"{cost},Conv. value\n")
        impressions, clicks = impressions + fact.impressions, clicks + fact.clicks
        # Google shares a purchase out among the ads that led to it: its conversions have decimals.
        conversions = fact.purchases * (100 - 5 * (fact.quirk % 4))
        write(
            [
                fact.campaign,
                fact.group,
                fact.variant,
                fact.country,
                fact.day.strftime("%d/%m/%Y"),
                fact.currency,
                f"{fact.impressions:,}".replace(",", "."),
                f"{fact.clicks:,}".replace(",", "."),
                _spanish(conversions) if conversions else "--",
                _spanish(fact.cost),
                _spanish(fact.value) if conversions else "--",
            ]
        )
    write(_google_total(impressions, clicks))
    text.write("\n")
    return text.getvalue()


def _google_total(impressions: int, clicks: int) -> Row:
    shown = [f"{number:,}".replace(",", ".") for number in (impressions, clicks)]
    return ["Total: Campaigns", "--", "--", "--", "--", "--", *shown, "--", "--", "--"]


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""Not ``%b``, which speaks the language of the machine."""


def _youtube(facts: Iterator[Fact]) -> str:
    header = "Date,Campaign,Ad group,Ad format,Country,Impressions,Views,Clicks,Conversions,Cost,Conversion value,"
    text, write = _sheet(header + "TrueView views\n")
    for fact in facts:
        renamed = fact.day.month >= RENAMED_FROM
        sign = "€" if fact.currency == "EUR" else "$"
        views = f"{fact.views:,}"
        write(
            [
                f"{_MONTHS[fact.day.month - 1]} {fact.day.day}, {fact.day.year}",
                fact.campaign,
                fact.group,
                fact.variant,
                fact.country,
                f"{fact.impressions:,}",
                "" if renamed else views,
                f"{fact.clicks:,}",
                f"{fact.purchases:,}",
                sign + _english(fact.cost),
                sign + _english(fact.value),
                views if renamed else "",
            ]
        )
    text.write("\n")
    return text.getvalue()


def _sheet(header: str) -> tuple[io.StringIO, Callable[[Row], object]]:
    text = io.StringIO(newline="")
    text.write(header)
    return text, csv.writer(text, lineterminator="\n").writerow


_FILES: tuple[tuple[str, Platform, Callable[[Iterator[Fact]], str]], ...] = (
    ("Facebook_2023.csv", FACEBOOK, _facebook),
    ("GoogleAds_2023.csv", GOOGLE, _google),
    ("YoutubeAds_2023.csv", YOUTUBE, _youtube),
)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the three campaign exports of the year 2023.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=YEAR, help="another seed makes other numbers")
    options = parser.parse_args()
    for file in generate(options.folder, options.seed):
        print(file)
