"""What TensorBoard itself reads of the folder that is named: its scalars and pictures, as JSON (pip install tensorboard)."""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

accumulator = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0})
accumulator.Reload()
tags = accumulator.Tags()
scalars = {tag: [[e.step, repr(e.value)] for e in accumulator.Scalars(tag)] for tag in tags["scalars"]}
images = {tag: [[e.step, e.width, e.height, len(e.encoded_image_string)] for e in accumulator.Images(tag)] for tag in tags["images"]}
print(json.dumps({"scalars": scalars, "images": images}))
