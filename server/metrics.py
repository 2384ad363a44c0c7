"""What Prometheus is told: sums over all rooms, and histograms. docs/deployment.md says what to make of them.

No metric has a label for a room, a seat, a case or a person: whoever watches the counters of a room learns who
speaks in a private conversation. Nothing is counted for each packet: what is there anyway is read when
somebody asks.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from recordings.completeness import Lack
from recordings.model import EndCause
from recordings.recorder import UNMEANT, Recorder
from server.clerks import Clerks
from server.reconciling import Reconciler
from signaling.guard import Dropped
from signaling.probe import Probes
from signaling.switchboard import Switchboard
from storage.database import Database

GAPS: Final = (*sorted(UNMEANT), EndCause.CRASH)
JOINS: Final = (0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20)  # s; after 20 a connection is given up
WAYS: Final = (0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.7, 1, 2)  # s; from 0.4 on a line is weak, from 1 on full
COMMITS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 10)  # s; a room waits for 2

disable_created_metrics()  # type: ignore[no-untyped-call]  # `process_start_time_seconds` says it for all


class Metrics:
    """The metrics of one process. Its parts tell them how long things take."""

    content_type: Final = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(
        self,
        clerks: Clerks,
        switchboard: Switchboard,
        probes: Probes,
        recorder: Recorder,
        database: Database,
        reconciler: Reconciler,
    ) -> None:
        self._registry = CollectorRegistry()
        self._totals = _Totals(clerks, switchboard, probes, recorder, database, reconciler)
        self._registry.register(self._totals)
        ProcessCollector(registry=self._registry)
        switchboard.on_join = self._seconds("join", "From a browser's offer until its media flow.", JOINS)
        switchboard.on_way = self._seconds(
            "round_trip", "The way to each browser and back, once a second.", WAYS
        )
        self._committed = self._seconds("commit", "Changes of the database, with their wait.", COMMITS)
        self._failed = Counter(
            "heyi_commit_failures", "Changes that could not be committed.", registry=self._registry
        )
        database.on_write = self._written

    def exposition(self, disk_free: int, disk_size: int) -> bytes:
        """Return all of them as text; the arguments are bytes of the disk that has the data folder."""
        self._totals.disk = {"free": disk_free, "size": disk_size}
        return generate_latest(self._registry)

    def _seconds(self, what: str, says: str, buckets: tuple[float, ...]) -> Callable[[float], None]:
        made = Histogram(f"heyi_{what}_seconds", says, buckets=buckets, registry=self._registry)
        return made.observe

    def _written(self, seconds: float, committed: bool) -> None:
        if committed:
            self._committed(seconds)
        else:
            self._failed.inc()


class _Totals(Collector):
    """Reads what the parts of the service keep anyway."""

    def __init__(
        self,
        clerks: Clerks,
        switchboard: Switchboard,
        probes: Probes,
        recorder: Recorder,
        database: Database,
        reconciler: Reconciler,
    ) -> None:
        self.disk: Mapping[str, int] = {}
        self._clerks, self._switchboard, self._probes = clerks, switchboard, probes
        self._recorder, self._database, self._reconciler = recorder, database, reconciler

    def collect(self) -> Iterator[Metric]:
        yield from self._presence()
        yield from self._traffic()
        yield from self._recording()
        yield self._queues()
        for what, size in self.disk.items():
            yield GaugeMetricFamily(
                f"heyi_disk_{what}_bytes", f"The disk of the data folder: {what}.", value=size
            )

    def _presence(self) -> Iterator[Metric]:
        clerks = self._clerks.clerks
        pages = sum(len(clerk.pages) for clerk in clerks)
        yield GaugeMetricFamily("heyi_rooms", "Rooms in which somebody is.", value=len(clerks))
        yield GaugeMetricFamily("heyi_pages", "Pages that show a room.", value=pages)
        yield GaugeMetricFamily(
            "heyi_seats", "Seats whose media are connected.", value=self._switchboard.connected
        )

    def _traffic(self) -> Iterator[Metric]:
        found = self._switchboard.traffic + self._probes.traffic
        yield _counted(
            "heyi_media_packets",
            "Packets of sound and pictures, from browsers and to them.",
            "way",
            {"in": found.received, "out": found.sent},
        )
        yield _counted(
            "heyi_media_packets_lost",
            "Packets that were lost on the way from browsers and to them.",
            "way",
            {"in": found.missed, "out": found.lost},
        )
        yield _counted(
            "heyi_datagrams_dropped",
            "Datagrams that were not let in or could not be sent.",
            "cause",
            {cause.value: found.dropped[cause] for cause in Dropped},
        )

    def _recording(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "heyi_recorder_lag_seconds",
            "Age of the oldest medium that is to be recorded and is not on the disk.",
            value=self._recorder.lag(),
        )
        yield GaugeMetricFamily(
            "heyi_recorder_waiting_bytes", "What waits for the disk.", value=self._recorder.waiting
        )
        yield _counted(
            "heyi_recording_gaps",
            "How often somebody was recorded no longer, and nobody had asked for it.",
            "cause",
            {cause.value: self._recorder.gaps[cause] for cause in GAPS},
        )
        lacks = GaugeMetricFamily(
            "heyi_recordings_incomplete",
            "Segments and objects of which something is missing, as of the last look.",
            labels=["lack"],
        )
        for lack in Lack:
            lacks.add_metric([lack], self._reconciler.lacks[lack])
        yield lacks

    def _queues(self) -> Metric:
        clerks = self._clerks.clerks
        lengths = {
            "commands": sum(clerk.waiting for clerk in clerks),
            "messages": sum(clerk.pages.waiting for clerk in clerks),
            "database": self._database.waiting,
        }
        found = GaugeMetricFamily("heyi_queue_length", "What waits for its turn.", labels=["queue"])
        for queue, length in lengths.items():
            found.add_metric([queue], length)
        return found


def _counted(name: str, says: str, label: str, counts: Mapping[str, int]) -> Metric:
    """Return a counter of one label; each value is there from the beginning, so that a rise from 0 is seen."""
    family = CounterMetricFamily(name, says, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family
