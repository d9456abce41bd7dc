"""Makes `data/damagedJpegs.json`: tiny damaged JPEGs and what Pillow makes of them.

    python3 test/golden/make_damaged_jpegs.py            writes it; needs libjpeg-turbo's cjpeg, too
    python3 test/golden/make_damaged_jpegs.py --check    asks this Pillow again about the files in it

Each entry: `{name, jpeg, size, sha256}`, the file in base64, the hash that of the RGB of `convert("RGB")`; `sha256` is null
where Pillow refuses the file. Made with Pillow 9.4.0 and libjpeg-turbo 2.1.5 on x86-64; others differ where AC coefficients
are wholly missing.
"""

import base64
import hashlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

DATA = pathlib.Path(__file__).parent / "data" / "damagedJpegs.json"
EOI = b"\xff\xd9"
SEPARATE = "0; 1; 2;"
SUCCESSIVE = (
    "0,1,2: 0-0, 0, 1; 0: 1-5, 0, 2; 2: 1-63, 0, 1; 1: 1-63, 0, 1; 0: 6-63, 0, 2; 0: 1-63, 2, 1;"
    " 0,1,2: 0-0, 1, 0; 2: 1-63, 1, 0; 1: 1-63, 1, 0; 0: 1-63, 1, 0;"
)


def picture(width, height, mode="RGB", seed=0):
    y, x = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(seed).normal(0, 12, (height, width, 3))
    waves = np.stack([128 + 90 * np.sin(x / 5 + i) * np.cos(y / 7 - i) for i in range(3)], -1)
    return Image.fromarray(np.clip(waves + noise, 0, 255).astype(np.uint8)).convert(mode)


def by_pillow(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return split(buffer.getvalue())


def by_cjpeg(image, *options, script=None):
    with tempfile.TemporaryDirectory() as folder:
        source, scans = pathlib.Path(folder) / "source.ppm", pathlib.Path(folder) / "scans"
        image.save(source)
        if script is not None:
            scans.write_text(script)
            options += ("-scans", str(scans))
        made = subprocess.run(["cjpeg", *options, str(source)], check=True, capture_output=True)
    return split(made.stdout)


def split(content):
    """SOI, the segments, each scan with its data, EOI."""
    parts, at = [content[:2]], 2
    while content[at + 1] != 0xD9:
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if content[at + 1] == 0xDA:
            while not (content[end] == 0xFF and content[end + 1] != 0 and not 0xD0 <= content[end + 1] <= 0xD7):
                end += 1
        parts.append(content[at:end])
        at = end
    return parts + [content[at:]]


def is_scan(part):
    return part[1] == 0xDA


def only_scans(parts, chosen):
    """Only some of the scans, by their number."""
    number, kept = -1, []
    for part in parts:
        number += is_scan(part)
        if not is_scan(part) or number in chosen:
            kept.append(part)
    return b"".join(kept)


def with_data(parts, change, number=0):
    """With other entropy-coded data in one of the scans."""
    scans = [i for i, part in enumerate(parts) if is_scan(part)]
    i = scans[number]
    header = 2 + int.from_bytes(parts[i][2:4], "big")
    changed = parts[i][:header] + change(parts[i][header:])
    return b"".join(parts[:i] + [changed] + parts[i + 1 :])


def restart(data, number, new):
    """With other bytes in place of the restart marker of that number, the first of its kind."""
    marker = bytes([0xFF, 0xD0 + number])
    assert marker in data
    return data.replace(marker, new, 1)


def without(parts, *markers):
    return b"".join(part for part in parts if part[1] not in markers)


def with_ids(parts, frame_ids, scan_ids):
    whole = []
    for part in parts:
        part = bytearray(part)
        if part[1] in (0xC0, 0xC2):
            part[10:19:3] = frame_ids
        if part[1] == 0xDA:
            part[5 : 5 + 2 * part[4] : 2] = scan_ids[: part[4]]
        whole.append(bytes(part))
    return b"".join(whole)


def endless(accepted):
    """A baseline file without its end marker, which Pillow reads or not: it depends on how far libjpeg looks ahead."""
    for seed in range(1000):
        content = b"".join(by_pillow(picture(24, 16, seed=seed), quality=60)[:-1])
        if (judge(content)["sha256"] is not None) == accepted:
            return content
    raise AssertionError("no such file")


def progressive():
    parts = by_pillow(picture(40, 24), quality=70, progressive=True)
    yield "the first scan", only_scans(parts, [0])
    yield "the first three scans", only_scans(parts, [0, 1, 2])
    yield "all but the last scan", only_scans(parts, range(9))
    yield "the first scan, half of it", with_data(split(only_scans(parts, [0])), lambda d: d[: len(d) // 2])
    yield "the second scan, half of it", with_data(split(only_scans(parts, [0, 1])), lambda d: d[: len(d) // 2], 1)
    yield "the last scan, a third of it", with_data(parts, lambda d: d[: len(d) // 3], 9)
    yield "a scan twice", b"".join(parts[:-1] + [part for part in parts if is_scan(part)][1:2] + [EOI])
    for sampling, (width, height) in (("1x1", (17, 41)), ("2x2", (40, 70)), ("2x1", (32, 9)), ("1x2", (9, 33))):
        made = by_cjpeg(picture(width, height), "-sample", sampling, script=SUCCESSIVE)
        for count in (1, 2, 4, 7):
            yield f"{count} of 10 scans, {sampling}", only_scans(made, range(count))
    yield "scans 0 and 5", only_scans(by_cjpeg(picture(40, 24), script=SUCCESSIVE), [0, 5])
    yield "no scan for DC", only_scans(by_cjpeg(picture(24, 16), script=SUCCESSIVE), [1, 2, 3, 4, 5])
    grey = by_pillow(picture(50, 50, "L"), quality=70, progressive=True)
    yield "the first scan, grey", only_scans(grey, [0])
    yield "the first scan, two blocks wide", only_scans(by_pillow(picture(16, 40, "L"), progressive=True), [0])
    cmyk = by_pillow(picture(20, 20, "CMYK"), quality=70, progressive=True)
    yield "the first two scans, CMYK", only_scans(cmyk, [0, 1])


def restarts():
    parts = by_cjpeg(picture(72, 48), "-restart", "2B")
    for what, number, new in (
        ("lost", 1, b""),
        ("one ahead", 1, b"\xff\xd2"),
        ("two ahead", 1, b"\xff\xd3"),
        ("one behind", 2, b"\xff\xd1"),
        ("three ahead", 1, b"\xff\xd4"),
        ("of another kind", 1, b"\xff\xdc"),
        ("no marker", 1, b"\xff\x11"),
    ):
        yield f"restart marker {what}", with_data(parts, lambda d: restart(d, number, new))
    parts = by_cjpeg(picture(72, 48), "-restart", "2B", "-progressive")
    for what, new in (("lost", b""), ("of another kind", b"\xff\xdc")):
        yield f"progressive, restart marker {what}", with_data(parts, lambda d: restart(d, 1, new))
    parts = by_cjpeg(picture(40, 24), "-restart", "1B")
    yield "restart markers without an interval", without(parts, 0xDD)
    yield "an interval without restart markers", b"".join(by_pillow(picture(40, 24))).replace(
        b"\xff\xda", b"\xff\xdd\0\4\0\2\xff\xda", 1
    )


def data():
    parts = by_pillow(picture(40, 24), quality=70)
    yield "data that end early", with_data(parts, lambda d: d[: len(d) // 2])
    yield "no data", with_data(parts, lambda d: b"")
    yield "data that go on", with_data(parts, lambda d: d + b"\x55" * 20)
    for seed in (1, 2, 3, 4):
        noise = np.random.default_rng(seed).integers(0, 255, 400, np.uint8).tobytes()
        yield f"random data {seed}", with_data(parts, lambda d: noise)
    coarse = by_pillow(picture(40, 24), quality=2, progressive=True)
    noise = np.random.default_rng(9).integers(0, 255, 60, np.uint8).tobytes()
    yield "random data, coarse and progressive", with_data(coarse, lambda d: noise)
    yield "an unknown marker in the data", with_data(parts, lambda d: d[:30] + b"\xff\x5a" + d[30:])
    yield "a marker that stands alone in the data", with_data(parts, lambda d: d[:30] + b"\xff\x01" + d[30:])
    yield "no end, read", endless(True)
    yield "no end, refused", endless(False)
    yield "cut", with_data(parts, lambda d: d[:50])[:-2]
    yield "rubbish behind the data", b"".join(parts[:-1] + [b"\xff\xc4\0\5\1\2\3", EOI])
    # A DC difference of 1 takes four bits, and so does the end of a block.
    yield "data whose last bit is the last of a byte", b"".join(by_pillow(Image.new("L", (8, 8), 130), quality=50))
    yield "a comment behind the data", b"".join(parts[:-1] + [b"\xff\xfe\0\5abc", EOI])


def stuffing():
    """More bytes FF than one before a stuffed zero: what libjpeg's two ways of reading leave of each other is seen."""
    for name, seed, count, first in (("each", 0, 9, 0), ("the second", 1, 1, 1), ("the third", 1, 1, 2)):
        parts = by_pillow(picture(64, 48, "L", seed), quality=90)

        def change(content):
            pieces = content.split(b"\xff\0")
            ends = [b"\xff\xff\0" if first <= i < first + count else b"\xff\0" for i in range(len(pieces) - 1)]
            return b"".join(a + b for a, b in zip(pieces, [*ends, b""]))

        yield f"a byte FF before {name} stuffed zero", with_data(parts, change)


def headers():
    parts = by_pillow(picture(24, 16), quality=70)
    yield "no Huffman tables", without(parts, 0xC4)
    avi = b"\xff\xe0\0\x10AVI1" + bytes(10)
    yield "no Huffman tables, AVI1", b"".join([parts[0], avi, *[p for p in parts[2:] if p[1] != 0xC4]])
    yield "no Huffman tables, grey", without(by_pillow(picture(24, 16, "L")), 0xC4)
    yield "no Huffman tables, progressive", without(by_pillow(picture(24, 16), progressive=True), 0xC4)
    yield "no quantisation tables", without(parts, 0xDB)
    yield "one id for all components", with_ids(parts, [1, 1, 1], [1, 1, 1])
    yield "one id for two components", with_ids(parts, [1, 2, 2], [1, 2, 2])
    yield "an id that the frame does not have", with_ids(parts, [1, 2, 3], [1, 2, 4])
    separate = by_cjpeg(picture(24, 16), script=SEPARATE)
    yield "one id for all components, scans apart", with_ids(separate, [1, 1, 1], [1])
    yield "two scans of three", only_scans(separate, [0, 2])
    yield "a sequential scan twice", b"".join(separate[:-1] + [part for part in separate if is_scan(part)][:1] + [EOI])
    yield "a second scan behind the only one", b"".join(parts[:-1] + [parts[-2], EOI])
    yield "rubbish between segments", b"".join([*parts[:3], b"rubbish", *parts[3:]])
    yield "a segment of length 0", b"".join([parts[0], b"\xff\xe5\0\0", *parts[1:]])
    yield "tables on their own before the picture", b"".join(
        [parts[0], *[p for p in parts if p[1] in (0xDB, 0xC4)], EOI, without(parts, 0xDB, 0xC4)]
    )
    yield "two beginnings", b"".join([parts[0], *parts])
    yield "a marker of no segment", b"".join([*parts[:2], b"\xff\x01", *parts[2:]])


def judge(content):
    try:
        rgb = Image.open(io.BytesIO(content)).convert("RGB")
    except Exception:  # Whatever Pillow raises is its refusal.
        return {"size": None, "sha256": None}
    return {"size": list(rgb.size), "sha256": hashlib.sha256(rgb.tobytes()).hexdigest()}


def check():
    entries = json.loads(DATA.read_text())
    for entry in entries:
        found = judge(base64.b64decode(entry["jpeg"]))
        if found != {"size": entry["size"], "sha256": entry["sha256"]}:
            sys.exit(f"{DATA.name}: this Pillow reads {entry['name']!r} otherwise")
    print(f"{len(entries)} damaged JPEGs passed")


def main():
    if "--check" in sys.argv:
        check()
        return
    entries = [
        {"name": name, "jpeg": base64.b64encode(content).decode(), **judge(content)}
        for make in (progressive, restarts, data, stuffing, headers)
        for name, content in make()
    ]
    lines = ",\n".join(json.dumps(entry) for entry in entries)
    DATA.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
