"""ONNX models that PyTorch's dynamo exporter wrote, with what PyTorch computes with them: the networks of make_onnx_models.py.

    python3 test/golden/make_dynamo_models.py          adds them to test/golden/data/onnxModels

Needs PyTorch 2.9 or newer, and onnxscript. Weights of one of the models lie in a file beside it, as the exporter does unless it is told otherwise.
"""

import json
import warnings

import torch
from make_onnx_models import DATA, ResNet, UNet, encoded, floats, initialised

warnings.filterwarnings("ignore")


def picture():
    given = json.loads((DATA / "onnxModels.json").read_text())["input"]
    return floats(given["elements"]).reshape(given["shape"])


def main():
    torch.manual_seed(26)
    torch.set_num_threads(1)
    x = picture()
    any_sides = ({0: torch.export.Dim.DYNAMIC, 2: torch.export.Dim.DYNAMIC, 3: torch.export.Dim.DYNAMIC},)
    networks = {
        "torch_dynamo_resnet": (ResNet(), {"dynamic_shapes": any_sides, "external_data": False}, [0, 1]),
        "torch_dynamo_unet": (UNet(), {}, [-1, 1]),
    }
    cases = []
    for name, (network, options, bounds) in networks.items():
        network = initialised(network)
        given = torch.cat([x, x.flip(3)]) if "dynamic_shapes" in options else x
        path = DATA / f"{name}.onnx"
        torch.onnx.export(network, (given,), path, dynamo=True, input_names=["input"], output_names=["output"], **options)
        with torch.no_grad():
            output = network(x)
        cases.append({"file": path.name, "range": bounds, "shape": list(output.shape), "output": encoded(output)})
    (DATA / "dynamoModels.json").write_text(json.dumps({"cases": cases}, indent=1) + "\n")


main()
