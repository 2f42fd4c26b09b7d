"""Write the latest edition: what today's code makes of the scenes. Refused once it is released."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from brisa.adapters.sqlite import Database
from tests.upgrade import editions
from tests.upgrade.scenes import play_all


def without_chance(database: Database) -> None:
    """Numbers in place of random revisions and tokens: what is written again differs only where the code does."""
    with database.write() as connection:
        for table in editions.KINDS:
            connection.execute(f"UPDATE {table} SET rev = rowid")
        connection.execute("UPDATE attempts SET doc = json_set(doc, '$.token', 'token ' || rowid)")


def main() -> int:
    """Write the four files."""
    released = editions.EDITIONS[editions.LATEST]
    if released:
        print(f"edition {editions.LATEST} is what release {released} writes: add one to EDITIONS", file=sys.stderr)
        return 1
    folder = editions.HERE / editions.LATEST
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with TemporaryDirectory() as made:
        database = Database(Path(made) / "brisa.db")
        scene = play_all(database)
        without_chance(database)
        held, works = editions.records(database), editions.messages(database)
        variables = [*scene.store.variables(), *scene.store.variables("@")]
        texts = {
            "state.sql": editions.dumped(database),
            "firestore.json": editions.to_json(editions.in_firestore(held, variables)),
            "messages.json": editions.to_json(editions.bodies(works)),
            "shapes.json": editions.to_json(editions.shapes()),
        }
        scene.store.close()
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    print(f"{folder}: {len(held)} records, {len(works)} messages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
