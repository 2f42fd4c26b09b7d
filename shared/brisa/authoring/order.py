"""The order of a DAG's tasks, and the circle that stands in its way."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence

from brisa.errors import CycleError, Location


def topological(tasks: Mapping[str, Sequence[str]], locate: Callable[[str], Location]) -> list[str]:
    """Ids in topological order, ties by the order of ``tasks`` (id → ids directly above).

    Raises :class:`CycleError`, which names the circle and is located at its first task, when there is none.
    """
    place = {task_id: index for index, task_id in enumerate(tasks)}
    below: dict[str, list[str]] = {task_id: [] for task_id in tasks}
    waits = {}
    for task_id, above in tasks.items():
        waits[task_id] = len(above)
        for upper in above:
            below[upper].append(task_id)
    ready = [place[task_id] for task_id, count in waits.items() if not count]
    heapq.heapify(ready)
    ids = list(tasks)
    order = []
    while ready:
        task_id = ids[heapq.heappop(ready)]
        order.append(task_id)
        for lower in below[task_id]:
            waits[lower] -= 1
            if not waits[lower]:
                heapq.heappush(ready, place[lower])
    if len(order) < len(ids):
        circle = find_cycle({task_id: below[task_id] for task_id in ids if waits[task_id]}, set(order))
        raise CycleError(f"the dependencies run in a circle: {' >> '.join(circle)}", locate(circle[0]))
    return order


def find_cycle(below: Mapping[str, Sequence[str]], done: set[str]) -> list[str]:
    """One circle among tasks that can't be ordered (id → ids directly below), first and last the same."""
    above: dict[str, str] = {}
    for upper, lowers in below.items():
        for lower in lowers:
            if lower not in done:
                above.setdefault(lower, upper)
    # Everything left waits for something left, so going up never ends: it must come round.
    path: dict[str, int] = {}
    task_id = next(iter(below))
    while task_id not in path:
        path[task_id] = len(path)
        task_id = above[task_id]
    circle = list(path)[path[task_id] :][::-1]
    place = {task_id: index for index, task_id in enumerate(below)}
    start = min(range(len(circle)), key=lambda index: place[circle[index]])
    circle = circle[start:] + circle[:start]
    return [*circle, circle[0]]
