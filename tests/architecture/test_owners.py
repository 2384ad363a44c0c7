"""Every queue has a bound, and every task and thread an owner: read from the source, file by file."""

import ast
from functools import cache
from typing import Final

import pytest

from tests.builders.house import PACKAGES, ROOT
from tests.builders.ownership import unbounded, unowned

LOOKED_AT: Final = (*PACKAGES, "bench")

# What has no bound of its own, and what bounds it. An entry that nothing needs any more fails as well.
BOUNDED_ELSEWHERE: Final = {
    "recordings/desk.py: Desk._jobs": "Desk.submit counts bytes up to MOST_WAITING; the rest is two jobs an object",
    "recordings/desk.py: Desk._since": "one number a job of Desk._jobs",
    "storage/database.py: Database._writer": "Database._submit refuses beyond MAX_WAITING",
    "storage/database.py: Database._readers": "Database._submit refuses beyond MAX_WAITING",
    "recordings/muxer.py: WebmWriter._blocks": "a cluster is written before it has more than MOST_CLUSTER bytes",
    "recordings/frames.py: Vp8Frames._parts": "a picture of more than MOST_FRAME bytes is given up",
    "recordings/objects.py: ObjectReader._starts": "one number a record of a file that lies on the disk",
    "recordings/objects.py: ObjectReader._offsets": "one number a record of a file that lies on the disk",
    "recordings/objects.py: ObjectReader._lengths": "one number a record of a file that lies on the disk",
    "recordings/scan.py: Scan.sizes": "one number a record of a file that lies on the disk",
    "recordings/scan.py: Scan.cues": "one a record of a file that lies on the disk",
    "recordings/tape.py: Tape._inbox": "worked on at MOST_WAITING, and at each tick",
    "recordings/tape.py: Tape._held": "a segment begins at MOST_HELD bytes or after HOLD seconds",
}

# What is kept in a way that the test cannot follow, and who waits for it.
OWNED_ELSEWHERE: Final = {
    "storage/database.py: Database._submit": "read and write await it; aclose shuts the pool down, which waits",
}


@cache
def sources() -> tuple[tuple[str, ast.Module], ...]:
    found = (path for package in LOOKED_AT for path in sorted((ROOT / package).rglob("*.py")))
    return tuple((str(path.relative_to(ROOT)), ast.parse(path.read_text())) for path in found)


@cache
def queues() -> tuple[tuple[str, int], ...]:
    """Return each queue without a bound of its own, and its line."""
    return tuple(found for file, tree in sources() for found in unbounded(file, tree))


@cache
def begun() -> tuple[tuple[str, int, str], ...]:
    """Return where a task or a thread is begun that nobody owns, its line, and what is missing."""
    return tuple(found for file, tree in sources() for found in unowned(file, tree))


def test_every_queue_has_a_bound() -> None:
    strangers = [f"{name}, line {line}" for name, line in queues() if name not in BOUNDED_ELSEWHERE]
    assert not strangers, "no bound of its own, and no word on what bounds it:\n" + "\n".join(strangers)


def test_every_task_and_thread_has_a_name_and_an_owner() -> None:
    strangers = [
        f"{place}, line {line}: {why}" for place, line, why in begun() if place not in OWNED_ELSEWHERE
    ]
    assert not strangers, "begun, and left alone:\n" + "\n".join(strangers)


def test_every_exception_is_needed() -> None:
    assert set(BOUNDED_ELSEWHERE) <= {name for name, _ in queues()}
    assert set(OWNED_ELSEWHERE) <= {place for place, _, _ in begun()}


@pytest.mark.parametrize(
    "line",
    [
        "self.q = asyncio.Queue()",
        "self.q = Queue(0)",
        "self.q = Queue(maxsize=0)",
        "self.q: Queue[int] = Queue[int]()",
        "self.q = SimpleQueue()",
        "self.q = deque()",
        "self.q = deque([1])",
        "self.q = deque(maxlen=None)",
        "self.q = field(default_factory=lambda: deque())",
        "self.q = ThreadPoolExecutor(1)",
        "self.q = []; self.q.append(1)",
    ],
)
def test_a_queue_without_a_bound_is_found(line: str) -> None:
    assert [name for name, _ in unbounded("here.py", in_a_class(line))] == ["here.py: A.q"]


@pytest.mark.parametrize(
    "line",
    [
        "self.q = Queue(64)",
        "self.q = Queue(maxsize=MOST)",
        "self.q = deque([], 5)",
        "self.q = deque(maxlen=MOST)",
        "self.q = []",
    ],
)
def test_a_queue_with_a_bound_is_let_be(line: str) -> None:
    assert not list(unbounded("here.py", in_a_class(line)))


@pytest.mark.parametrize(
    "lines",
    [
        "create_task(work(), name='x')",
        "t = create_task(work(), name='x')",
        "self.t = create_task(work(), name='x')",
        "self.t.add(create_task(work(), name='x'))",
        "t = create_task(work(), name='x'); self.t.add(t)",
        "t = create_task(work(), name='x'); self.t.add(t); t.add_done_callback(self.t.discard)",
        "t = create_task(work(), name='x'); self.t.add(t); await wait(self.t)",
        "self.t = create_task(work()); await self.t",
        "loop.run_in_executor(None, work)",
        "asyncio.ensure_future(work())",
        "asyncio.to_thread(work)",
        "Thread(target=work, name='x').start()",
        "self.t = Thread(target=work); self.t.join()",
    ],
)
def test_a_task_that_is_left_alone_is_found(lines: str) -> None:
    assert [place for place, _, _ in unowned("here.py", in_a_class(lines))] == ["here.py: A.f"]


@pytest.mark.parametrize(
    "lines",
    [
        "await create_task(work(), name='x')",
        "await asyncio.to_thread(work)",
        "t = create_task(work(), name='x'); await t",
        "t = create_task(work(), name='x'); t.cancel()",
        "self.t = create_task(work(), name='x'); self.t.cancel()",
        "self.t = (create_task(work(), name='x'), 1)\n  for t in self.t: t.cancel()",
        "self.t[1] = create_task(work(), name='x'); await shield(self.t[1])",
        "t = create_task(work(), name='x'); self.t.add(t); t.add_done_callback(self.t.discard); await wait(self.t)",
        "async with TaskGroup() as g: g.create_task(work(), name='x')",
        "self.t = Thread(target=work, name='x'); self.t.join()",
    ],
)
def test_a_task_with_an_owner_is_let_be(lines: str) -> None:
    assert not list(unowned("here.py", in_a_class(lines)))


def in_a_class(lines: str) -> ast.Module:
    return ast.parse(f"class A:\n async def f(self):\n  {lines}\n")
