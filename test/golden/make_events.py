"""Makes test/golden/data/training/events.tfevents: an event file as TensorBoard's own writer writes it (pip install tensorboard).

    python3 test/golden/make_events.py
    python3 test/golden/make_events.py --check      whether it still writes what is stored
"""

import base64
import io
import pathlib
import sys

try:
    from tensorboard.compat.proto.event_pb2 import Event, SessionLog
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter
except ImportError:
    if "--check" not in sys.argv:
        raise
    sys.exit(print("skipped: there is no TensorBoard here (pip install tensorboard)"))

FILE = pathlib.Path(__file__).parent / "data/training/events.tfevents"
NOW = 1_700_000_000.25
# Two pixels, red and blue.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAADUlEQVR4nGP4zwAE/wEHAAH/4iOeWQAAAABJRU5ErkJggg=="
)


def events():
    yield Event(wall_time=NOW, file_version="brain.Event:2")
    yield Event(wall_time=NOW, step=301, session_log=SessionLog(status=SessionLog.START))
    numbers = [("loss/D_A", 0.25), ("loss/G_A", float("nan")), ("learning rate", 2e-4)]
    values = [Summary.Value(tag=tag, simple_value=value) for tag, value in numbers]
    yield Event(wall_time=NOW, step=301, summary=Summary(value=values))
    image = Summary.Image(height=1, width=2, colorspace=3, encoded_image_string=PNG)
    yield Event(wall_time=NOW, step=70_000, summary=Summary(value=[Summary.Value(tag="A → B → A", image=image)]))


def written():
    class Kept(io.BytesIO):
        def close(self):
            pass

    buffer = Kept()
    writer = RecordWriter(buffer)
    for event in events():
        writer.write(event.SerializeToString())
    return buffer.getvalue()


if "--check" in sys.argv:
    if FILE.read_bytes() != written():
        sys.exit(f"{FILE}: TensorBoard writes other bytes")
else:
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_bytes(written())
