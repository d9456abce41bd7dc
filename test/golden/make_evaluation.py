"""Makes test/golden/data/evaluation/*.json: what the definitions of the papers give with NumPy in double precision.

    python3 test/golden/make_evaluation.py
    python3 test/golden/make_evaluation.py --check      whether they still give what is stored

Where SciPy and scikit-image are installed, their own functions are held to the same numbers.
"""

import base64
import json
import pathlib
import sys

import numpy as np

try:
    import scipy.linalg
    from skimage import metrics
except ImportError:
    scipy = metrics = None

DATA = pathlib.Path(__file__).parent / "data/evaluation"


def ssim(a, b):
    """Wang et al. 2004, window by window, mean over channels."""
    x = np.arange(11) - 5.0
    line = np.exp(-(x**2) / (2 * 1.5**2))
    window = np.outer(line, line) / line.sum() ** 2
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    found = []
    for channel in range(3):
        u, v = [p[..., channel].astype(float) for p in (a, b)]
        for i in range(u.shape[0] - 10):
            for j in range(u.shape[1] - 10):
                p, q = [m[i : i + 11, j : j + 11] for m in (u, v)]
                mp, mq = (window * p).sum(), (window * q).sum()
                vp, vq = (window * (p - mp) ** 2).sum(), (window * (q - mq) ** 2).sum()
                covariance = (window * (p - mp) * (q - mq)).sum()
                found.append((2 * mp * mq + c1) * (2 * covariance + c2) / ((mp**2 + mq**2 + c1) * (vp + vq + c2)))
    return float(np.mean(found))


def frechet(a, b):
    """Heusel et al. 2017; the trace of a root is the sum of the roots of eigenvalues."""
    s, t = [np.atleast_2d(np.cov(f, rowvar=False)) for f in (a, b)]
    roots = np.sqrt(np.clip(np.linalg.eigvals(s @ t).real, 0, None))
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(s) + np.trace(t) - 2 * roots.sum())


def kernel(a, b):
    """Binkowski et al. 2018: the unbiased estimate over all pictures, of which there are as many in both sets."""
    n, size = a.shape
    k = lambda x, y: (x @ y.T / size + 1) ** 3
    within = [(m.sum() - np.trace(m)) / (n * (n - 1)) for m in (k(a, a), k(b, b))]
    return float(sum(within) - 2 * k(a, b).mean())


def pictures():
    rng = np.random.default_rng(5)
    y, x = np.mgrid[0:23, 0:31]
    smooth = np.stack([120 + 100 * np.sin(x / 5 + c) * np.cos(y / 7) for c in range(3)], -1)
    noise = rng.integers(0, 256, smooth.shape)
    little = np.clip(smooth + rng.normal(0, 12, smooth.shape), 0, 255)
    yield "noise", smooth, little
    yield "shifted", smooth, np.roll(smooth, 2, 1)
    yield "unlike", smooth, noise
    yield "inverted", noise, 255 - noise
    yield "one window", noise[:11, :11], little[:11, :11]


def picture_cases():
    for name, a, b in pictures():
        a, b = [p.astype(np.uint8) for p in (a, b)]
        error = a.astype(float) - b
        case = {
            "name": name,
            "width": a.shape[1],
            "height": a.shape[0],
            "a": base64.b64encode(a.tobytes()).decode(),
            "b": base64.b64encode(b.tobytes()).decode(),
            "l1": float(np.abs(error).mean()),
            "psnr": float(10 * np.log10(255**2 / (error**2).mean())),
            "ssim": ssim(a, b),
        }
        if metrics is not None:
            other = metrics.structural_similarity(
                a, b, channel_axis=2, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
            )
            assert abs(other - case["ssim"]) < 1e-9, (name, other, case["ssim"])
            assert abs(metrics.peak_signal_noise_ratio(a, b, data_range=255) - case["psnr"]) < 1e-9
        yield case


def feature_cases():
    rng = np.random.default_rng(6)
    for name, n, m, size in [("many", 60, 60, 5), ("few", 7, 7, 12), ("uneven", 40, 15, 9), ("one feature", 8, 8, 1)]:
        mix = rng.normal(size=(size, size))
        a = (rng.normal(size=(n, size)) @ mix).astype(np.float32)
        b = (rng.normal(size=(m, size)) @ mix * 1.3 + 0.4).astype(np.float32)
        x, y = a.astype(float), b.astype(float)
        case = {"name": name, "a": a.ravel().tolist(), "b": b.ravel().tolist(), "sizes": [n, m, size], "frechet": frechet(x, y)}
        if scipy is not None and min(n, m) > size:
            s, t = [np.atleast_2d(np.cov(f, rowvar=False)) for f in (x, y)]
            root = scipy.linalg.sqrtm(s @ t)
            other = ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(s + t - 2 * root.real)
            assert abs(other - case["frechet"]) < 1e-9 * other, (name, other, case["frechet"])
        yield case | ({"kernel": kernel(x, y)} if n == m else {})


FILES = {"pictures.json": picture_cases, "features.json": feature_cases}


def same(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return abs(a - b) <= 1e-9 * max(1, abs(a)) if isinstance(a, float) else a == b


for name, cases in FILES.items():
    made = list(cases())
    if "--check" in sys.argv:
        if not same(made, json.loads((DATA / name).read_text())):
            sys.exit(f"{name}: NumPy gives other numbers")
    else:
        DATA.mkdir(exist_ok=True)
        (DATA / name).write_text("[\n" + ",\n".join(map(json.dumps, made)) + "\n]\n")
