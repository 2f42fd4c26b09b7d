"""The KPIs of Elevate Marketing computed a second time, straight from the CSVs: pandas and whole numbers.

Shares nothing with the pipeline's SQL. Money is counted in cents (every amount in the files has two decimals, so its
digits alone are its cents), conversions in hundredths, dollars in millionths (cents × ten-thousandths of a rate):
nothing is rounded before the end.
"""

from __future__ import annotations

import io
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd

EURO = [10769, 10715, 10706, 10968, 10868, 10840, 11058, 10909, 10684, 10563, 10808, 10903]
"""Ten-thousandths of a dollar per euro, by month."""


def reference(folder):
    """(month, platform, campaign) → {impressions, clicks, conversions, spent, revenue} (see above for the units)."""
    rows = pd.concat([_facebook(folder), _google(folder), _youtube(folder)], ignore_index=True)
    rate = [
        10_000 if currency == "USD" else EURO[month - 1]
        for currency, month in zip(rows.currency, rows.month, strict=True)
    ]
    rows["spent"] = rows.spent * rate
    rows["revenue"] = rows.revenue * rate
    sums = rows.groupby(["month", "platform", "campaign"])[
        ["impressions", "clicks", "conversions", "spent", "revenue"]
    ].sum()
    return {key: {name: int(value) for name, value in row.items()} for key, row in sums.iterrows()}


def unique_rows(folder):
    """How many different rows each platform has, without what is no row."""
    return {
        name: len(read(folder))
        for name, read in (("Facebook", _facebook), ("Google Ads", _google), ("YouTube Ads", _youtube))
    }


def rounded(value, digits):
    """A number rounded half up, as BigQuery's ROUND does for what is positive."""
    return Decimal(value).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def _facebook(folder):
    frame = pd.read_csv(folder / "Facebook_2023.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    frame = frame.map(str.strip).drop_duplicates()
    return _table(
        frame,
        "Facebook",
        campaign="Campaign name",
        month=pd.to_datetime(frame["Day"], format="%Y-%m-%d").dt.month,
        currency=frame["Currency"],
        impressions="Impressions",
        clicks="Link clicks",
        conversions=_digits(frame["Purchases"]) * 100,
        spent="Amount spent",
        revenue="Purchases conversion value",
    )


def _google(folder):
    text = (folder / "GoogleAds_2023.csv").read_text("utf-8").replace("\ufeff", "")
    header, *lines = text.split("\n")
    data = [line for line in lines if line and not line.startswith(("Campaign,Ad group", "Total: "))]
    frame = pd.read_csv(io.StringIO("\n".join([header, *data])), dtype=str, keep_default_na=False)
    frame = frame.map(str.strip).drop_duplicates()
    return _table(
        frame,
        "Google Ads",
        campaign="Campaign",
        month=frame["Day"].str[3:5].astype(int),
        currency=frame["Currency code"],
        impressions="Impr.",
        clicks="Clicks",
        conversions="Conversions",
        spent="Cost",
        revenue="Conv. value",
    )


def _youtube(folder):
    frame = pd.read_csv(folder / "YoutubeAds_2023.csv", dtype=str, keep_default_na=False)
    frame = frame.map(str.strip).drop_duplicates()
    return _table(
        frame,
        "YouTube Ads",
        campaign="Campaign",
        month=frame["Date"].str[:3].map({name: i for i, name in enumerate(_MONTHS, start=1)}),
        currency=frame["Cost"].str[0].map({"$": "USD", "€": "EUR"}),
        impressions="Impressions",
        clicks="Clicks",
        conversions=_digits(frame["Conversions"]) * 100,
        spent="Cost",
        revenue="Conversion value",
    )


_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def _table(frame, platform, *, campaign, month, currency, **numbers):
    columns = {name: _digits(frame[source]) if isinstance(source, str) else source for name, source in numbers.items()}
    return pd.DataFrame(
        {"platform": platform, "campaign": frame[campaign], "month": month, "currency": currency, **columns}
    )


def _digits(texts):
    """The digits of each text as one whole number; nothing (``--``) is 0."""
    return texts.str.replace(r"\D", "", regex=True).replace("", "0").astype("int64")
