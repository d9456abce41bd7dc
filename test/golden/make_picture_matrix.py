"""Pictures as the usual tools write them, and what Pillow makes of them.

    python3 test/golden/make_picture_matrix.py                        writes data/pictureMatrix.json, of small pictures
    python3 test/golden/make_picture_matrix.py --check                asks this Pillow again about the files in it
    python3 test/golden/make_picture_matrix.py --folder F 640 427     writes larger ones to F, and F/expected.json

Each entry: `{name, file, size, sha256}`, the file in base64 (or its name in the folder), the hash that of the RGB of
`convert("RGB")`. The tools are Debian's: cwebp, gif2webp, img2webp and webpmux (libwebp), tiffcp (libtiff), giftool and
gifbuild (giflib), gifsicle, convert (ImageMagick), cjpeg (libjpeg-turbo), and Pillow. Made with Pillow 9.4.0.
"""

import base64
import hashlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile

from PIL import Image

DATA = pathlib.Path(__file__).parent / "data" / "pictureMatrix.json"


def picture(width, height):
    pixels = bytes(
        (value + (x * 7919 + y * 104729 + x * y) % 23) % 256
        for y in range(height)
        for x in range(width)
        for value in ((x * 200) // width, (y * 200) // height, ((x + y) * 150) // (width + height))
    )
    return Image.frombytes("RGB", (width, height), pixels)


def with_alpha(image):
    alpha = Image.linear_gradient("L").resize(image.size)
    return Image.merge("RGBA", [*image.split(), alpha])


WEBPS = {
    "cwebp-q75": "cwebp -quiet IN -o OUT",
    "cwebp-q10": "cwebp -quiet -q 10 IN -o OUT",
    "cwebp-sharp": "cwebp -quiet -sharp_yuv -m 6 IN -o OUT",
    "cwebp-segments": "cwebp -quiet -segments 4 -sns 100 -partition_limit 50 IN -o OUT",
    "cwebp-simple-filter": "cwebp -quiet -nostrong -f 60 -q 30 IN -o OUT",
    "cwebp-lossless": "cwebp -quiet -lossless IN -o OUT",
    "cwebp-lossless-z9": "cwebp -quiet -z 9 IN -o OUT",
    "cwebp-near-lossless": "cwebp -quiet -near_lossless 40 IN -o OUT",
    "cwebp-alpha": "cwebp -quiet ALPHA -o OUT",
    "cwebp-alpha-fast": "cwebp -quiet -alpha_method 0 -alpha_filter none ALPHA -o OUT",
    "cwebp-alpha-best": "cwebp -quiet -alpha_q 50 -alpha_filter best ALPHA -o OUT",
    "cwebp-alpha-lossless": "cwebp -quiet -lossless ALPHA -o OUT",
    "cwebp-exif": "cwebp -quiet -metadata all JPEG -o OUT",
    "convert-webp": "/usr/bin/convert IN -quality 60 OUT",
    "gif2webp": "gif2webp -quiet GIFS -o OUT",
    "gif2webp-lossy": "gif2webp -quiet -lossy GIFS -o OUT",
    "img2webp": "img2webp IN ALPHA -o OUT",
}
TIFFS = {
    "tiffcp-none": "tiffcp -c none TIFF OUT",
    "tiffcp-lzw": "tiffcp -c lzw TIFF OUT",
    "tiffcp-lzw-predictor": "tiffcp -c lzw:2 TIFF OUT",
    "tiffcp-zip": "tiffcp -c zip TIFF OUT",
    "tiffcp-zip-predictor": "tiffcp -c zip:2:p9 TIFF OUT",
    "tiffcp-packbits": "tiffcp -c packbits TIFF OUT",
    "tiffcp-strips": "tiffcp -c zip -r 3 TIFF OUT",
    "tiffcp-tiles": "tiffcp -c lzw -t -w 16 -l 32 TIFF OUT",
    "tiffcp-planes": "tiffcp -c zip -p separate TIFF OUT",
    "tiffcp-planes-tiles": "tiffcp -c zip:2 -p separate -t -w 32 -l 16 TIFF OUT",
    "tiffcp-big-endian": "tiffcp -c lzw -B TIFF OUT",
    "tiffcp-bigtiff": "tiffcp -c zip -8 TIFF OUT",
    "tiffcp-low-bit-first": "tiffcp -c none -f lsb2msb TIFF OUT",
    "tiffcp-low-bit-first-lzw": "tiffcp -c lzw -f lsb2msb TIFF OUT",
    "convert-tiff": "/usr/bin/convert IN -compress zip OUT",
    "convert-tiff-16": "/usr/bin/convert IN -depth 16 -compress lzw OUT",
    "convert-tiff-16-big": "/usr/bin/convert IN -depth 16 -endian MSB -compress none OUT",
    "convert-tiff-grey": "/usr/bin/convert IN -colorspace gray -compress none OUT",
    "convert-tiff-bits": "/usr/bin/convert IN -colorspace gray -dither FloydSteinberg -monochrome -compress none OUT",
    "convert-tiff-white-is-zero": "/usr/bin/convert IN -colorspace gray -define quantum:polarity=min-is-white -compress none OUT",
    "convert-tiff-palette": "/usr/bin/convert IN -colors 12 -type palette -compress lzw OUT",
    "convert-tiff-alpha": "/usr/bin/convert ALPHA -compress zip OUT",
    "convert-tiff-associated": "/usr/bin/convert ALPHA -define tiff:alpha=associated -compress zip OUT",
    "convert-tiff-cmyk": "/usr/bin/convert IN -colorspace CMYK -compress zip OUT",
    "convert-tiff-turned": "/usr/bin/convert IN -orient LeftBottom -compress none OUT",
    "convert-tiff-pages": "/usr/bin/convert IN ALPHA -compress zip OUT",
}
GIFS = {
    "convert-gif": "/usr/bin/convert IN OUT",
    "convert-gif-interlaced": "/usr/bin/convert IN -interlace line OUT",
    "convert-gif-alpha": "/usr/bin/convert ALPHA OUT",
    "convert-gif-animated": "/usr/bin/convert -delay 10 IN ALPHA OUT",
    "gifsicle-crop": "gifsicle --crop 3,2+15x9 GIF -o OUT",
    "gifsicle-screen": "gifsicle --logical-screen 40x30 --no-warnings GIF -o OUT",
    "gifsicle-interlaced": "gifsicle -i --colors 8 GIF -o OUT",
    "giftool-background": "giftool -b 5 < GIF > OUT",
    "gifbuild": "gifbuild -d < GIF | gifbuild > OUT",
}
OTHERS = {
    "convert-bmp.bmp": "/usr/bin/convert IN BMP3:OUT",
    "convert-bmp-2.bmp": "/usr/bin/convert IN BMP2:OUT",
    "convert-bmp-alpha.bmp": "/usr/bin/convert ALPHA OUT",
    "convert-bmp-palette.bmp": "/usr/bin/convert IN -colors 16 -type palette BMP3:OUT",
    "convert-bmp-bits.bmp": "/usr/bin/convert IN -monochrome BMP3:OUT",
    "convert-ppm.ppm": "/usr/bin/convert IN OUT",
    "convert-ppm-plain.ppm": "/usr/bin/convert IN -compress none OUT",
    "convert-pgm.pgm": "/usr/bin/convert IN -colorspace gray OUT",
    "convert-pbm.pbm": "/usr/bin/convert IN -monochrome OUT",
    "cjpeg-arithmetic.jpg": "cjpeg -arithmetic -outfile OUT PPM",
    "cjpeg-arithmetic-progressive.jpg": "cjpeg -arithmetic -progressive -sample 2x1 -outfile OUT PPM",
    "convert-cmyk.jpg": "/usr/bin/convert IN -colorspace CMYK OUT",
    "convert-cmyk-progressive.jpg": "/usr/bin/convert IN -colorspace CMYK -interlace plane -sampling-factor 4:2:0 OUT",
    "convert-png-16.png": "/usr/bin/convert IN -depth 16 PNG48:OUT",
    "convert-png-interlaced.png": "/usr/bin/convert ALPHA -interlace plane OUT",
}


def commands():
    for extension, tools in {".webp": WEBPS, ".tif": TIFFS, ".gif": GIFS, "": OTHERS}.items():
        for name, command in tools.items():
            yield name + extension, command


def write(folder, image):
    """All files to a folder; yields their names."""
    inputs = {name: folder / f"input.{name.lower()}" for name in ("PPM", "TIFF", "GIF")}
    inputs |= {"IN": folder / "input.png", "ALPHA": folder / "alpha.png", "GIFS": folder / "inputs.gif", "JPEG": folder / "input.jpg"}
    for name in ("PPM", "TIFF", "IN"):
        image.save(inputs[name])
    small = image.quantize(16)
    small.save(inputs["GIF"])
    small.save(inputs["GIFS"], save_all=True, append_images=[small.rotate(180)], duration=100)
    with_alpha(image).save(inputs["ALPHA"])
    exif = Image.Exif()
    exif[0x0112] = 3
    image.save(inputs["JPEG"], exif=exif.tobytes(), quality=95)
    for name, command in commands():
        words = command.replace("OUT", name)
        for key in sorted(inputs, key=len, reverse=True):
            words = " ".join(inputs[key].name if word == key else word for word in words.split(" "))
        subprocess.run(words, shell=True, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        yield name


def by_pillow(data):
    rgb = Image.open(io.BytesIO(data)).convert("RGB")
    return {"size": list(rgb.size), "sha256": hashlib.sha256(rgb.tobytes()).hexdigest()}


def main():
    if "--folder" in sys.argv:
        folder = pathlib.Path(sys.argv[2])
        names = list(write(folder, picture(int(sys.argv[3]), int(sys.argv[4]))))
        cases = [{"name": name, **by_pillow((folder / name).read_bytes())} for name in names]
        (folder / "expected.json").write_text(json.dumps(cases))
        return
    if "--check" in sys.argv:
        cases = json.loads(DATA.read_text())["cases"]
        for case in cases:
            found = by_pillow(base64.b64decode(case["file"]))
            if found != {key: case[key] for key in found}:
                sys.exit(f"{DATA}: Pillow {Image.__version__} makes something else of {case['name']}")
    else:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            names = list(write(folder, picture(31, 22)))
            files = {name: (folder / name).read_bytes() for name in names}
        cases = [{"name": name, "file": base64.b64encode(data).decode(), **by_pillow(data)} for name, data in files.items()]
        DATA.write_text(json.dumps({"pillow": Image.__version__, "cases": cases}, indent=1) + "\n")
    print(f"{len(cases)} pictures")


if __name__ == "__main__":
    main()
