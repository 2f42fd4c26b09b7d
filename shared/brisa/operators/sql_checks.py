"""Checks of data by SQL: a check that does not pass fails its task, and says what was found.

The names and meanings are those of Airflow's SQL provider (seen in version 2.4.0); statements and words are brisa's.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

from brisa.authoring.source import here
from brisa.errors import AuthoringError
from brisa.operators.sql import BaseSQLOperator

Context = Mapping[str, Any]


class _Query(BaseSQLOperator):
    """What the checks of one query have in common."""

    template_ext: Sequence[str] = (".hql", ".sql")
    template_fields_renderers: ClassVar[dict[str, str]] = {"sql": "sql"}
    ui_color = "#fff7e6"

    def __init__(self, *, sql: str, parameters: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sql = sql
        self.parameters = parameters

    def first_row(self) -> Sequence[Any]:
        """The first row; none is a failure."""
        row = self.get_db_hook().get_first(self.sql, self.parameters)
        if not row:
            raise self.failed(f"The following query returned zero rows: {self.sql}")
        found: Sequence[Any] = row
        return found


class SQLCheckOperator(_Query):
    """Fails unless every value of the first row that ``sql`` gives is true: 0, '' and NULL are not."""

    template_fields: Sequence[str] = ("sql", *BaseSQLOperator.template_fields)

    def execute(self, context: Context) -> None:
        """Check."""
        row = self.first_row()
        if not all(row):
            raise self.failed(f"the check failed: not all of {tuple(row)} is true. Query: {self.sql}")
        self.log.info("The check passed: %s", tuple(row))


class SQLValueCheckOperator(_Query):
    """Fails unless every value of the first row equals ``pass_value``, numbers within ``tolerance`` (0.1: 10 %)."""

    template_fields: Sequence[str] = ("sql", "pass_value", *BaseSQLOperator.template_fields)

    def __init__(self, *, pass_value: Any, tolerance: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pass_value = pass_value
        self.tolerance = tolerance

    def execute(self, context: Context) -> None:
        """Check."""
        row = self.first_row()
        if not all(self._passes(value) for value in row):
            margin = f" within {float(self.tolerance):.1%}" if self.tolerance is not None else ""
            raise self.failed(
                f"the check failed: not all of {tuple(row)} is {self.pass_value!r}{margin}. Query: {self.sql}"
            )
        self.log.info("The check passed: %s", tuple(row))

    def _passes(self, value: Any) -> bool:
        wanted = _number(self.pass_value)
        if wanted is None:
            return str(value) == str(self.pass_value)
        number = _number(value)
        return number is not None and abs(number - wanted) <= _margin(wanted, self.tolerance)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _margin(wanted: float, tolerance: Any) -> float:
    return abs(wanted) * float(tolerance or 0)


class SQLThresholdCheckOperator(_Query):
    """Fails unless the first value that ``sql`` gives is between two thresholds: numbers, or SQL that gives one."""

    template_fields: Sequence[str] = ("sql", "min_threshold", "max_threshold", *BaseSQLOperator.template_fields)

    def __init__(self, *, min_threshold: Any, max_threshold: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.min_threshold = min_threshold
        self.max_threshold = max_threshold

    def execute(self, context: Context) -> None:
        """Check."""
        least, most = self._threshold(self.min_threshold), self._threshold(self.max_threshold)
        value = self.first_row()[0]
        number = _number(value)
        if number is None or least is None or most is None or not least <= number <= most:
            raise self.failed(f"the check failed: {value!r} is not between {least} and {most}. Query: {self.sql}")
        self.log.info("The check passed: %s <= %s <= %s", least, value, most)

    def _threshold(self, threshold: Any) -> float | None:
        number = _number(threshold)
        if number is not None:
            return number
        row = self.get_db_hook().get_first(threshold)
        return _number(row[0]) if row else None


_RATIOS: Final[Mapping[str, Callable[[float, float], float]]] = {
    "max_over_min": lambda now, then: max(now, then) / min(now, then),
    "relative_diff": lambda now, then: abs(now - then) / abs(then),
}


class SQLIntervalCheckOperator(BaseSQLOperator):
    """Fails if a metric of ``table`` is too different from that of ``days_back`` days before.

    ``metrics_thresholds``: SQL expression → what the ratio must be below. The ratio is ``max_over_min``, or
    ``relative_diff``. A metric that is 0 on either day has no ratio, and passes with ``ignore_zero``.
    """

    template_fields: Sequence[str] = ("sql1", "sql2", *BaseSQLOperator.template_fields)
    template_ext: Sequence[str] = (".hql", ".sql")
    template_fields_renderers: ClassVar[dict[str, str]] = {"sql1": "sql", "sql2": "sql"}
    ui_color = "#fff7e6"

    def __init__(
        self,
        *,
        table: str,
        metrics_thresholds: Mapping[str, float],
        date_filter_column: str | None = "ds",
        days_back: int = -7,
        ratio_formula: str | None = "max_over_min",
        ignore_zero: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if ratio_formula not in _RATIOS:
            raise AuthoringError(f"ratio_formula is one of {', '.join(_RATIOS)}, not {ratio_formula!r}", here())
        self.ratio_formula = ratio_formula
        self.ignore_zero = ignore_zero
        self.table = table
        self.metrics_thresholds = metrics_thresholds
        self.metrics_sorted = sorted(metrics_thresholds)
        self.date_filter_column = date_filter_column
        self.days_back = -abs(days_back)
        query = f"SELECT {', '.join(self.metrics_sorted)} FROM {table} WHERE {date_filter_column}="  # noqa: S608  theirs
        self.sql1 = f"{query}'{{{{ ds }}}}'"
        self.sql2 = f"{query}'{{{{ macros.ds_add(ds, {self.days_back}) }}}}'"

    def execute(self, context: Context) -> None:
        """Check."""
        hook = self.get_db_hook()
        rows = [hook.get_first(sql) for sql in (self.sql1, self.sql2)]
        for row, sql in zip(rows, (self.sql1, self.sql2), strict=True):
            if not row:
                raise self.failed(f"The following query returned zero rows: {sql}")
        bad = []
        for metric, now, then in zip(self.metrics_sorted, *rows, strict=True):
            ratio = self._ratio(now, then)
            threshold = self.metrics_thresholds[metric]
            passed = self.ignore_zero if ratio is None else ratio < threshold
            line = f"{metric}: {now} now, {then} before; ratio {ratio}, threshold {threshold}"
            self.log.info("%s", line)
            if not passed:
                bad.append(line)
        if bad:
            raise self.failed("the check failed: " + "; ".join(bad))

    def _ratio(self, now: Any, then: Any) -> float | None:
        return _RATIOS[str(self.ratio_formula)](now, then) if now and then else None


_MEASURES: Final = {
    "null_check": "SUM(CASE WHEN {0} IS NULL THEN 1 ELSE 0 END)",
    "distinct_check": "COUNT(DISTINCT {0})",
    "unique_check": "COUNT({0}) - COUNT(DISTINCT {0})",
    "min": "MIN({0})",
    "max": "MAX({0})",
}
"""What a column can be checked for → SQL that measures it."""
_COMPARE: Final[Mapping[str, tuple[Callable[[Any, Any], bool], int]]] = {
    "greater_than": (operator.gt, -1),
    "geq_to": (operator.ge, -1),
    "less_than": (operator.lt, 1),
    "leq_to": (operator.le, 1),
}
"""How the measure is compared, and on which side the tolerance gives way."""


class SQLColumnCheckOperator(BaseSQLOperator):
    """Fails unless columns of ``table`` are as they should be.

    ``column_mapping``: column → check → conditions. Checks are ``null_check`` (how many NULLs), ``distinct_check`` (how
    many different values), ``unique_check`` (how many repeated ones), ``min`` and ``max``. Conditions are ``equal_to``,
    or ``greater_than`` or ``geq_to``, ``less_than`` or ``leq_to``; with ``tolerance`` (0.1: 10 %) and
    ``partition_clause``, a WHERE of the check's own. ``accept_none``: no value counts as 0.
    """

    template_fields: Sequence[str] = ("table", "partition_clause", "sql", *BaseSQLOperator.template_fields)
    template_fields_renderers: ClassVar[dict[str, str]] = {"sql": "sql"}

    def __init__(
        self,
        *,
        table: str,
        column_mapping: Mapping[str, Mapping[str, Mapping[str, Any]]],
        partition_clause: str | None = None,
        accept_none: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for checks in column_mapping.values():
            for check, conditions in checks.items():
                _verify(check, conditions)
        self.table = table
        self.column_mapping = column_mapping
        self.partition_clause = partition_clause
        self.accept_none = accept_none
        self.sql = " UNION ALL ".join(
            f"SELECT {_text(column)} AS col_name, {_text(check)} AS check_type, "  # noqa: S608  the author's own words
            f"{_MEASURES[check].format(column)} AS check_result "
            f"FROM {table}{_where(partition_clause, conditions.get('partition_clause'))}"
            for column, checks in column_mapping.items()
            for check, conditions in checks.items()
        )

    def execute(self, context: Context) -> None:
        """Check."""
        bad = []
        for column, check, value in self.get_db_hook().get_records(self.sql) or ():
            conditions = self.column_mapping[column][check]
            shown = ", ".join(f"{name} {wanted}" for name, wanted in conditions.items() if name != "partition_clause")
            self.log.info("%s %s: %s (%s)", column, check, value, shown)
            if not self._passes(value, conditions):
                bad.append(f"{column} {check} is {value}, not {shown}")
        if bad:
            raise self.failed(f"the check of table {self.table} failed: " + "; ".join(bad))

    def _passes(self, value: Any, conditions: Mapping[str, Any]) -> bool:
        if value is None:
            if not self.accept_none:
                return False
            value = 0
        tolerance = conditions.get("tolerance")
        if "equal_to" in conditions:
            wanted = conditions["equal_to"]
            return bool(abs(value - wanted) <= _margin(wanted, tolerance)) if tolerance else bool(value == wanted)
        return all(
            compare(value, conditions[name] + side * _margin(conditions[name], tolerance))
            if tolerance
            else compare(value, conditions[name])
            for name, (compare, side) in _COMPARE.items()
            if name in conditions
        )


def _verify(check: str, conditions: Mapping[str, Any]) -> None:
    """An error for conditions that can't be."""
    if check not in _MEASURES:
        raise AuthoringError(f"Invalid column check: {check}. There are {', '.join(_MEASURES)}", here())
    given = {"equal_to", *_COMPARE} & set(conditions)
    if not given:
        raise AuthoringError(f"{check} needs one of equal_to, {', '.join(_COMPARE)}", here())
    for one, other in (("greater_than", "geq_to"), ("less_than", "leq_to")):
        if {one, other} <= given:
            raise AuthoringError(f"Only supply one of {one} or {other} in {check}", here())
    if "equal_to" in given and len(given) > 1:
        raise AuthoringError(f"equal_to goes with no other condition in {check}", here())


class SQLTableCheckOperator(BaseSQLOperator):
    """Fails unless each of ``checks`` holds in ``table``: name → ``check_statement``, a condition in SQL.

    The condition is one of the whole table (``COUNT(*) > 10``), or one that every row must meet (``a > b``). Each check
    may have a ``partition_clause``, a WHERE of its own.
    """

    template_fields: Sequence[str] = ("table", "partition_clause", "sql", *BaseSQLOperator.template_fields)
    template_fields_renderers: ClassVar[dict[str, str]] = {"sql": "sql"}

    def __init__(
        self,
        *,
        table: str,
        checks: Mapping[str, Mapping[str, Any]],
        partition_clause: str | None = None,
        accept_none: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.table = table
        self.checks = checks
        self.partition_clause = partition_clause
        self.accept_none = accept_none
        self.sql = " UNION ALL ".join(
            f"SELECT {_text(name)} AS check_name, MIN(held) AS check_result FROM ("  # noqa: S608  the author's own words
            f"SELECT CASE WHEN {check['check_statement']} THEN 1 ELSE 0 END AS held "
            f"FROM {table}{_where(partition_clause, check.get('partition_clause'))}) AS checked"
            for name, check in checks.items()
        )

    def execute(self, context: Context) -> None:
        """Check."""
        found = dict(self.get_db_hook().get_records(self.sql) or ())
        self.log.info("Checked table %s: %s", self.table, found)
        bad = [name for name, held in found.items() if not (self.accept_none if held is None else int(held))]
        if bad:
            told = "; ".join(f"{name} ({self.checks[name]['check_statement']})" for name in bad)
            raise self.failed(f"the check of table {self.table} failed: {told}")


def _where(*clauses: str | None) -> str:
    given = [f"({clause})" for clause in clauses if clause]
    return f" WHERE {' AND '.join(given)}" if given else ""


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
