"""Read what a stream holds: a log, or an archive or compressed data with logs inside, however deep."""

import io
from collections import deque
from collections.abc import Iterator

from ikelog.batch.archives.entry import Entry, Names, refused
from ikelog.batch.archives.expanding import expand
from ikelog.batch.archives.seven_zip import seven_zip_entries
from ikelog.batch.archives.show_tech import is_show_tech, log_sections
from ikelog.batch.archives.stream import Broken, Stream
from ikelog.batch.archives.tar import tar_entries
from ikelog.batch.archives.zip import zip_entries
from ikelog.batch.archives.zip_forward import forward_zip_entries
from ikelog.batch.limits import Layer
from ikelog.batch.members import Member, Skipped
from ikelog.reading.formats import ARCHIVES, COMPRESSED, format_of

# What a stream is told by.
_SAMPLE = 1 << 16
# More of them than one in so many bytes make no text: random bytes have one in nine, logs from telnet one a line.
_CONTROLS = bytes(code for code in range(32) if chr(code) not in "\a\b\t\n\v\f\r\x1b") + b"\x7f"
_TEXT_HAS_LESS = 12
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_stream(stream: Stream, name: str, layer: Layer) -> Iterator[Member | Skipped]:
    """Yield the logs that a stream holds, with what could not be read of it."""
    form = format_of(stream.peek(_SAMPLE)[:512])
    if form is None:
        alone = layer.parent is None  # a file as it is: nothing expands
        yield from _read_text(stream if alone else _limited(stream, layer), name)
    elif form not in COMPRESSED | ARCHIVES:
        yield Skipped(name, "unsupported", f"{form} data, which are not read")
    elif layer.stop:
        yield Skipped(name, layer.stop.reason, layer.stop.detail)
    elif layer.depth >= layer.limits.depth:
        yield Skipped(name, "too_deep", f"more than {layer.limits.depth} layers of archives and compression")
    elif form in COMPRESSED:
        inner = Layer(layer.limits, layer, run=True)
        inner.taken = stream.size or 0
        inner.read_so_far = None if stream.file else stream.tell
        expanded = Stream(_charged(expand(form, stream, layer.limits), inner))
        yield from read_stream(expanded, name, inner)
    else:
        yield from _read_archive(form, stream, name, Layer(layer.limits, layer))


def _read_text(stream: Stream, name: str) -> Iterator[Member | Skipped]:
    size = stream.size
    while (head := stream.peek(_SAMPLE)) and not head.strip(b"\0"):  # as a log that was cut while it was written has
        stream.block()
    if (nuls := len(head) - len(head.lstrip(b"\0"))) > 1:  # one begins UTF-16
        stream.read(nuls)
        head = stream.peek(_SAMPLE)
    if not head and stream.broken:
        pass
    elif stream.position and not head:
        yield Skipped(name, "binary", f"nothing but {stream.position} NUL bytes")
    elif _is_binary(head[:_SAMPLE]):
        yield Skipped(name, "binary", "no text")
    else:
        sections = is_show_tech(head[:_SAMPLE])
        yield Member(name, size, log_sections(stream.blocks()) if sections else stream.blocks())
    if stream.broken:
        yield Skipped(name, stream.broken.reason, stream.broken.detail, partial=bool(head))


def _is_binary(sample: bytes) -> bool:
    """Tell whether so much of a sample is control characters that it is no text, in UTF-16 neither."""
    count = len(sample) - len(sample.translate(None, _CONTROLS))
    if count * _TEXT_HAS_LESS <= len(sample):
        return False
    halves = sample[::2].count(0), sample[1::2].count(0)
    wide = max(halves) > len(sample) // 2 * 9 // 10 and min(halves) * 100 < len(sample)
    return not (wide or sample.startswith(_UTF16))


def _read_archive(form: str, stream: Stream, name: str, layer: Layer) -> Iterator[Member | Skipped]:
    names, found = Names(name), False
    try:
        for entry in _entries(form, stream, layer):
            layer.count_member()
            if layer.stopped:
                break
            found = True
            yield from _read_entry(entry, names.name(entry.path), layer)
            if layer.stopped:
                break
    except Broken as broken:
        cause = stream.broken or broken
        yield Skipped(name, cause.reason, cause.detail, partial=found)
        return
    except Exception as error:  # the libraries raise what they like on data that somebody has made up
        corrupt = Broken("corrupt", str(error) or type(error).__name__)
        yield Skipped(name, corrupt.reason, corrupt.detail, partial=found)
        return
    if layer.stop:
        yield Skipped(name, layer.stop.reason, layer.stop.detail, partial=found)


def _entries(form: str, stream: Stream, layer: Layer) -> Iterator[Entry]:
    if form == "tar":
        layer.expands = False
        return tar_entries(stream)
    file, most = stream.file, layer.limits.held_bytes
    if file is None:  # it is inside compressed data, and has to be read from its end
        held = _first_of(stream, most + 1)
        if sum(map(len, held)) <= most:
            file = io.BytesIO(b"".join(held))
        elif form == "zip":
            whole = Stream(_following(held, stream))
            layer.read_so_far = whole.tell
            return forward_zip_entries(whole, layer.limits)
        else:
            raise Broken("too_large", f"a {form} archive inside compressed data, larger than {most} bytes")
    layer.taken = file.seek(0, io.SEEK_END)
    return (zip_entries if form == "zip" else seven_zip_entries)(file, layer.limits)


def _first_of(stream: Stream, count: int) -> deque[bytes]:
    """Return the next bytes of a stream, about as many as asked for."""
    held: deque[bytes] = deque()
    while count > 0 and (block := stream.block()):
        held.append(block)
        count -= len(block)
    return held


def _following(held: deque[bytes], stream: Stream) -> Iterator[bytes]:
    while held:
        yield held.popleft()
    yield from stream.whole()


def _read_entry(entry: Entry, name: str, layer: Layer) -> Iterator[Member | Skipped]:
    stop = refused(entry.path, layer.limits) or entry.stop
    if stop or entry.stream is None:
        if stop:
            yield Skipped(name, stop.reason, stop.detail)
        return
    own = layer
    if entry.packed is not None:
        own = Layer(layer.limits, layer, run=True)
        own.depth, own.taken = layer.depth, entry.packed
    stream = Stream(_charged(entry.stream.whole(), own), entry.stream.size, entry.stream.file)
    yield from read_stream(stream, name, own)
    if own is not layer:
        layer.direct += own.direct


def _charged(blocks: Iterator[bytes], layer: Layer) -> Iterator[bytes]:
    """Yield blocks as long as the layer that they come out of gives more; raises Broken then."""
    for block in blocks:
        layer.charge(len(block))
        for above in layer.chain():
            if above.stop:
                raise Broken(above.stop.reason, above.stop.detail)
        yield block


def _limited(stream: Stream, layer: Layer) -> Stream:
    """Return a stream that ends where a log is larger than allowed."""

    def blocks() -> Iterator[bytes]:
        most = layer.limits.member_bytes
        for block in stream.whole():
            if stream.position > most:
                raise Broken("too_large", f"larger than {most} bytes")
            yield block

    return Stream(blocks(), stream.size)
