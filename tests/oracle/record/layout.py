"""Put the recordings of several Airflow versions into one table.

    python record/layout.py OUT.json FIRST.json SECOND.json …

A row that is the same in all of them is kept once; ``airflow`` names the versions it holds for.
"""

import json
import sys
from pathlib import Path
from typing import Any


def layout(document):
    """JSON text with one line per header entry and per row."""
    parts = []
    for name, value in document.items():
        if isinstance(value, list):
            rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in value)
            parts.append(f'"{name}": [\n{rows}\n]')
        else:
            lines = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in value.items())
            parts.append(f'"{name}": {{\n{lines}\n}}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def together(documents):
    """One document: headers joined, equal rows joined."""
    versions = [d["header"]["airflow"] for d in documents]
    joined: dict[str, Any] = {"header": {"airflow": ", ".join(versions)}}
    for key in dict.fromkeys(k for d in documents for k in d["header"] if k != "airflow"):
        values = {v: d["header"][key] for v, d in zip(versions, documents, strict=True) if key in d["header"]}
        first = next(iter(values.values()))
        joined["header"][key] = first if all(v == first for v in values.values()) else values
    for table in documents[0]:
        if table != "header":
            found: dict[str, tuple[dict, list[str], tuple[int, int]]] = {}
            for position, (version, document) in enumerate(zip(versions, documents, strict=True)):
                for place, row in enumerate(document[table]):
                    key = json.dumps(row, sort_keys=True)
                    found.setdefault(key, (row, [], (place, position)))[1].append(version)
            ordered = sorted(found.values(), key=lambda f: beside(f[0], documents, table, f[2]))
            joined[table] = [{**row, "airflow": ", ".join(held)} for row, held, _ in ordered]
    return joined


NAMES = ("name", "case", "template", "run", "rule", "upstream", "task_id", "try_number")


def beside(row, documents, table, place):
    """Sort key: answers to the same question stand beside each other, in the order of the last document."""
    asked = [row.get(n) for n in NAMES]
    for index, other in enumerate(documents[-1][table]):
        if [other.get(n) for n in NAMES] == asked:
            return (index, *place)
    return (len(documents[-1][table]), *place)


if __name__ == "__main__":
    out, *paths = sys.argv[1:]
    Path(out).write_text(layout(together([json.loads(Path(path).read_text("utf-8")) for path in paths])), "utf-8")
