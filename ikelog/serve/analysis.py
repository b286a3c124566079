"""Analyse what was pasted or dropped, in memory alone."""

import io
from collections.abc import Iterator

from ikelog.batch.archives.reading import read_stream
from ikelog.batch.archives.stream import Stream
from ikelog.batch.limits import Layer, Limits
from ikelog.batch.members import Member, Skipped
from ikelog.pipeline import Options, analyze
from ikelog.reading.foreign import whose_log
from ikelog.reading.sources import SourceText, text_source
from ikelog.report import Report
from ikelog.reporting.safe import visible
from ikelog.serve.types import Answer, Format, Job

# So many times the size of a request may come out of the archives in it.
_EXPANDED = 8
_MEMBERS = 10_000
_DEPTH = 6


def perform(job: Job) -> Answer:
    """Analyse a job's logs and those in its archives, and return the report in the format that is asked for."""
    sources, skipped = _read(job)
    if not sources:
        return Answer(422, "; ".join(skipped) or "there is nothing to analyse")
    report = analyze(sources, Options(audit=job.audit))
    if not any(source.ike_lines for source in report.sources):
        return Answer(422, _nothing_in(sources, skipped))
    return Answer(200, render(report, sources, job.format), tuple(skipped))


def render(report: Report, sources: list[SourceText], form: Format) -> str:
    """Return a report as text of a format."""
    out = io.StringIO()
    if form == "json":
        from ikelog.reporting import json_report

        json_report.render(report, out)
    elif form == "markdown":
        from ikelog.reporting import markdown

        markdown.render(report, out)
    elif form == "html":
        from ikelog.reporting import html

        html.render(report, sources, out)
    else:
        from ikelog.reporting import terminal

        terminal.render(report, out, width=0, colour=False, verbose=0, quiet=False)
    return out.getvalue()


def _read(job: Job) -> tuple[list[SourceText], list[str]]:
    sources: list[SourceText] = []
    skipped: list[str] = []
    for item in _items(job):
        if isinstance(item, Skipped):
            skipped.append(f"{item.name}: {item.detail}")
        else:
            data = b"".join(item.blocks)
            if data.strip():
                sources.append(text_source(_free(item.name, sources), data))
            else:
                skipped.append(f"{item.name}: is empty")
    return sources, skipped


def _items(job: Job) -> Iterator[Member | Skipped]:
    """Yield the logs of a job, those in archives by the names that they have there."""
    total = _EXPANDED * job.body_bytes
    layer = Layer(Limits(total, job.body_bytes, depth=_DEPTH, members=_MEMBERS, held_bytes=job.body_bytes))
    for name, data in job.logs:
        yield from read_stream(Stream(iter([data]), len(data), io.BytesIO(data)), visible(name), layer)


def _free(name: str, sources: list[SourceText]) -> str:
    """Return a name that no other source has."""
    taken = {source.name for source in sources}
    return next(free for n in range(1, len(taken) + 2) if (free := name if n == 1 else f"{name} ({n})") not in taken)


def _nothing_in(sources: list[SourceText], skipped: list[str]) -> str:
    lines = sum(source.count for source in sources)
    whose = next((found for source in sources if (found := whose_log(source.text))), None)
    looks = f"; it looks like a log of {whose}" if whose else ""
    said = f"no IKE or IPsec line recognised in {lines:,} {'line' if lines == 1 else 'lines'}{looks}"
    return "; ".join([said, *skipped])
