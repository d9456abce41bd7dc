"""Damaged JPEGs and what Pillow makes of them: damagedJpegs.py FOLDER SEED COUNT [FILE.jpg …]

Damages JPEGs, made by Pillow, by libjpeg's cjpeg where there is one, and those given, in COUNT random ways. Writes
FOLDER/cases.bin, one file after the other, and prints a JSON line for each: `{length, what, size, sha256}`, the last of
the RGB of `convert("RGB")`, or `{length, what, error}`.
"""

import hashlib
import io
import json
import pathlib
import random
import shutil
import subprocess
import sys
import warnings

import numpy as np
from PIL import Image

MOST_PIXELS = 1_000_000

warnings.simplefilter("ignore")


def picture(rng, mode):
    width, height = rng.choice([(rng.randint(1, 80), rng.randint(1, 80)), (rng.randint(1, 40), rng.randint(1, 40))])
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for _ in range({"L": 1, "RGB": 3, "CMYK": 4}[mode]):
        a, b, c = (rng.uniform(2, 20) for _ in range(3))
        wave = 128 + 90 * np.sin(x / a + c) * np.cos(y / b - c)
        noise = np.random.default_rng(rng.getrandbits(32)).normal(0, rng.choice([0, 3, 30]), wave.shape)
        planes.append(np.clip(wave + noise, 0, 255))
    pixels = np.stack(planes, -1).astype(np.uint8)
    return Image.fromarray(pixels[..., 0] if mode == "L" else pixels, mode)


def by_pillow(rng):
    buffer = io.BytesIO()
    image = picture(rng, rng.choice(["L", "RGB", "RGB", "RGB", "CMYK"]))
    image.save(
        buffer,
        "JPEG",
        quality=rng.choice([3, 20, 50, 75, 90, 100]),
        progressive=rng.random() < 0.6,
        optimize=rng.random() < 0.3,
        **({"subsampling": rng.choice([0, 1, 2])} if image.mode == "RGB" else {}),
    )
    return buffer.getvalue()


SCRIPTS = [
    "0,1,2;",
    "0; 1; 2;",
    "0; 1,2;",
    "0,1,2: 0-0, 0, 0; 0: 1-63, 0, 0; 1: 1-63, 0, 0; 2: 1-63, 0, 0;",
    "0: 0-0, 0, 2; 1: 0-0, 0, 1; 2: 0-0, 0, 0; 0: 0-0, 2, 1; 1: 0-0, 1, 0; 0: 0-0, 1, 0; 0: 1-5, 0, 3; 2: 1-63, 0, 1;"
    " 0: 6-63, 0, 3; 0: 1-63, 3, 2; 1: 1-9, 0, 0; 0: 1-63, 2, 1; 2: 1-63, 1, 0; 0: 1-63, 1, 0; 1: 10-63, 0, 0;",
]


def by_cjpeg(rng, folder):
    mode = rng.choice(["L", "RGB", "RGB"])
    source, script = folder / "source.ppm", folder / "script"
    picture(rng, mode).save(source)
    options = ["-quality", str(rng.choice([5, 50, 75, 95]))]
    if rng.random() < 0.7:
        options += ["-restart", rng.choice(["1", "1B", "2B", "3B", "7B"])]
    if mode == "RGB":
        options += ["-sample", rng.choice(["1x1", "2x1", "1x2", "2x2", "4x1", "4x2", "1x1,2x1,1x1"])]
        if rng.random() < 0.5:
            script.write_text(rng.choice(SCRIPTS))
            options += ["-scans", str(script)]
        elif rng.random() < 0.5:
            options += ["-progressive"]
    elif rng.random() < 0.5:
        options += ["-progressive"]
    if rng.random() < 0.25:
        options += ["-arithmetic"]
    elif rng.random() < 0.3:
        options += ["-optimize"]
    return subprocess.run(["cjpeg", *options, str(source)], check=True, capture_output=True).stdout


def split(content):
    """SOI, segments, each scan with its data, EOI."""
    parts, at = [content[:2]], 2
    while at < len(content):
        code = content[at + 1]
        if code == 0xD9:
            parts.append(content[at:])
            break
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if code == 0xDA:
            while not (content[end] == 0xFF and content[end + 1] != 0 and not 0xD0 <= content[end + 1] <= 0xD7):
                end += 1
        parts.append(content[at:end])
        at = end
    return parts


def scans(parts):
    return [i for i, part in enumerate(parts) if part[:2] == b"\xff\xda"]


def somewhere_in_data(rng, parts):
    """A scan, and a place in its data."""
    i = rng.choice(scans(parts))
    start = 2 + int.from_bytes(parts[i][2:4], "big")
    return i, rng.randint(start, max(start, len(parts[i]) - 1))


def insert(parts, i, at, new, drop=0):
    parts[i] = parts[i][:at] + new + parts[i][at + drop :]


def flip(rng, parts):
    for _ in range(rng.choice([1, 1, 2, 8])):
        i, at = somewhere_in_data(rng, parts)
        if at < len(parts[i]):
            insert(parts, i, at, bytes([parts[i][at] ^ (1 << rng.randrange(8))]), 1)


def random_bytes(rng, parts):
    i, at = somewhere_in_data(rng, parts)
    insert(parts, i, at, rng.randbytes(rng.randint(1, 6)), rng.randint(0, 6))


def drop_data(rng, parts):
    i, at = somewhere_in_data(rng, parts)
    insert(parts, i, at, b"", rng.choice([1, 2, 3, 10, 100, 1000]))


def marker_in_data(rng, parts):
    i, at = somewhere_in_data(rng, parts)
    code = rng.choice([0xD9, 0xD9, 0xD0 + rng.randrange(8), 0x01, 0xC4, 0xDC, 0xE1, 0xFE, 0xDA, rng.randint(1, 255)])
    insert(parts, i, at, bytes([0xFF] * rng.choice([1, 1, 1, 2]) + [code]), rng.choice([0, 0, 2]))


def zero_in_data(rng, parts):
    i, at = somewhere_in_data(rng, parts)
    insert(parts, i, at, b"\xff" * rng.randint(1, 3) + b"\0", rng.choice([0, 2]))


def restart_markers(rng, parts):
    places = [
        (i, at)
        for i in scans(parts)
        for at in range(len(parts[i]) - 1)
        if parts[i][at] == 0xFF and 0xD0 <= parts[i][at + 1] <= 0xD7
    ]
    if not places:
        return marker_in_data(rng, parts)
    for _ in range(rng.choice([1, 1, 2, 4])):
        i, at = rng.choice(places)
        new = rng.choice([b"", b"", b"\xff", bytes([0xFF, rng.randrange(256)]), bytes([0xFF, 0xD0 + rng.randrange(8)])])
        insert(parts, i, at, new, 2)
    return None


def end_early(rng, parts):
    i, at = somewhere_in_data(rng, parts)
    parts[i] = parts[i][:at]
    parts[i + 1 :] = [b"\xff\xd9"] if rng.random() < 0.8 else []


def cut_end(rng, parts):
    whole = b"".join(parts)
    parts[:] = [whole[: -rng.choice([1, 2, 2, 2, 3, 4, 5, 6, 8, 12])] + rng.choice([b"", b"", b"", b"\0", b"\0" * 9])]


def drop_scans(rng, parts):
    for _ in range(rng.choice([1, 1, 2, 5])):
        if len(scans(parts)) > 1:
            del parts[rng.choice(scans(parts))]


def last_scans(rng, parts):
    found = scans(parts)
    keep = rng.randint(1, len(found))
    if keep < len(found):
        del parts[found[keep] : -1]


def reorder(rng, parts):
    found = scans(parts)
    i, j = rng.choice(found), rng.choice(found)
    if rng.random() < 0.5:
        parts[i], parts[j] = parts[j], parts[i]
    else:
        parts.insert(i, parts[j])


def drop_segment(rng, parts):
    del parts[rng.randrange(1, len(parts))]


def double_segment(rng, parts):
    i = rng.randrange(0, len(parts))
    parts.insert(rng.randrange(1, len(parts)), parts[i])


def rubbish_between(rng, parts):
    rubbish = rng.choice([b"\0", b"\xff", b"\xff\0\xff\0", b"abc", rng.randbytes(3), b"\xff\xd3", b"\xff\xdc\0\4\0\5"])
    parts.insert(rng.randrange(1, len(parts) + 1), rubbish)


def header_byte(rng, parts):
    choices = [i for i, part in enumerate(parts) if part[1:2] not in (b"\xe0", b"\xe1", b"\xd8", b"\xd9", b"")]
    i = rng.choice(choices)
    end = 2 + int.from_bytes(parts[i][2:4], "big")
    at = rng.randrange(1, end)
    new = rng.choice([rng.randrange(256), parts[i][at] ^ (1 << rng.randrange(8)), 0, 1, 0x11, 0x22])
    insert(parts, i, at, bytes([new]), 1)


def component_ids(rng, parts):
    for i, part in enumerate(parts):
        if part[:1] == b"\xff" and part[1:2] in (b"\xc0", b"\xc1", b"\xc2"):
            for c in range(part[9]):
                if rng.random() < 0.6:
                    insert(parts, i, 10 + 3 * c, bytes([rng.choice([1, 1, 2, 3])]), 1)
    if rng.random() < 0.7:
        for i in scans(parts):
            for c in range(parts[i][4]):
                if rng.random() < 0.5:
                    insert(parts, i, 5 + 2 * c, bytes([rng.choice([1, 1, 2, 3])]), 1)


def without_tables(rng, parts):
    del rng
    parts[:] = [part for part in parts if part[:2] != b"\xff\xc4"]


def restart_interval(rng, parts):
    segment = b"\xff\xdd\0\4" + rng.choice([0, 1, 2, 3, 5, 300]).to_bytes(2, "big")
    parts.insert(rng.choice(scans(parts)), segment)


def tail(rng, parts):
    rest = rng.choice([b"", b"\xff", b"\xff\xc4", b"\xff\xc4\0\x13\0", b"\xff\xe1\xff\xff", b"\xff\x02", b"\0" * 5, b"\xff\xc0"])
    parts[-1] = rest + rng.choice([b"", b"\xff\xd9"])


DAMAGES = [
    flip,
    flip,
    random_bytes,
    drop_data,
    marker_in_data,
    zero_in_data,
    restart_markers,
    restart_markers,
    end_early,
    end_early,
    cut_end,
    drop_scans,
    last_scans,
    last_scans,
    reorder,
    drop_segment,
    double_segment,
    rubbish_between,
    header_byte,
    header_byte,
    component_ids,
    without_tables,
    restart_interval,
    tail,
]


def damaged(rng, content):
    parts, names = split(content), []
    for _ in range(rng.choice([1, 1, 1, 1, 2, 3])):
        damage = rng.choice(DAMAGES)
        try:
            damage(rng, parts)
        except (IndexError, ValueError):  # An earlier damage has left no such place.
            continue
        names.append(damage.__name__)
    return b"".join(parts), "+".join(names)


def judge(content):
    """What Pillow says, or nothing for a picture that would take too long."""
    try:
        image = Image.open(io.BytesIO(content))
        if image.size[0] * image.size[1] > MOST_PIXELS:
            return None
        rgb = image.convert("RGB")
    except Exception as error:  # Whatever Pillow raises is its refusal.
        return {"error": f"{type(error).__name__}: {error}"}
    return {"size": rgb.size, "sha256": hashlib.sha256(rgb.tobytes()).hexdigest()}


def main():
    folder, seed, count = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    rng = random.Random(seed)
    given = [pathlib.Path(file).read_bytes() for file in sys.argv[4:]]
    makers = [by_pillow] + [lambda rng: rng.choice(given)] * bool(given)
    if shutil.which("cjpeg"):
        makers += [lambda rng: by_cjpeg(rng, folder)] * 2
    with open(folder / "cases.bin", "wb") as cases:
        base, left = b"", 0
        while count > 0:
            if left == 0:
                base, left = rng.choice(makers)(rng), 20
            left -= 1
            content, what = damaged(rng, base)
            verdict = judge(content)
            if verdict is None or not content.startswith(b"\xff\xd8"):
                continue
            cases.write(content)
            print(json.dumps({"length": len(content), "what": what, **verdict}))
            count -= 1


main()
