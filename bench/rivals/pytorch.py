"""One contestant: answers every line on standard input with the milliseconds of one forward.

    python3 pytorch.py WEIGHTS.pth THREADS WIDTH HEIGHT
    python3 pytorch.py --export WEIGHTS.pth MODEL.onnx WIDTH HEIGHT     the same network for ONNX Runtime
"""

import pathlib
import sys
import time

import numpy as np
import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "test" / "golden"))
from make_golden import ResNetGenerator  # noqa: E402


def load(weights, width, height):
    net = ResNetGenerator().eval()
    net.load_state_dict(torch.load(weights, map_location="cpu"))
    index = np.arange(3 * width * height, dtype=np.int64)
    values = ((index * 7919) % 1009 / 1009).astype(np.float32)
    return net, torch.from_numpy(values).reshape(1, 3, height, width)


def main():
    if sys.argv[1] == "--export":
        weights, model, width, height = sys.argv[2:]
        net, x = load(weights, int(width), int(height))
        torch.onnx.export(net, x, model, opset_version=11)
        return
    weights, threads, width, height = sys.argv[1:]
    torch.set_num_threads(int(threads))
    net, x = load(weights, int(width), int(height))
    print(f"ready PyTorch {torch.__version__}", flush=True)
    with torch.no_grad():
        for _ in sys.stdin:
            start = time.perf_counter()
            out = net(x)
            print((time.perf_counter() - start) * 1000, float(out.reshape(-1)[1000]), flush=True)


if __name__ == "__main__":
    main()
