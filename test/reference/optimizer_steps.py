"""Goes on with an optimiser that was saved: reads JSON lines of requests, and prints the parameter after each of some steps.

A request has the file of a checkpoint {parameter, optimizer}, the name of the optimiser's class, gradients, and where to save
the checkpoint then.
"""

import json
import sys

import torch

for line in sys.stdin:
    request = json.loads(line)
    checkpoint = torch.load(request["file"])
    parameter = torch.nn.Parameter(checkpoint["parameter"].clone())
    optimizer = getattr(torch.optim, request["optimizer"])([parameter], lr=123.0)
    optimizer.load_state_dict(checkpoint["optimizer"])
    after = []
    for gradient in request["gradients"]:
        parameter.grad = torch.tensor(gradient).reshape(parameter.shape)
        optimizer.step()
        after.append(parameter.detach().reshape(-1).tolist())
    torch.save({"parameter": parameter.detach(), "optimizer": optimizer.state_dict()}, request["to"])
    print(json.dumps(after))
