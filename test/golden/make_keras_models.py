"""The generator of Keras' example of CycleGAN, saved by Keras itself in each of its formats, and what Keras computes with it.

    KERAS_BACKEND=torch python3 test/golden/make_keras_models.py     writes test/golden/data/kerasModels

Needs Keras 3, with whichever backend. make_keras_files.py writes what older versions of Keras wrote.
"""

import base64
import json
from pathlib import Path

import keras
import numpy as np
from keras import layers

OUT = Path(__file__).parent / "data" / "kerasModels"


@keras.saving.register_keras_serializable()
class ReflectionPadding2D(layers.Layer):
    def __init__(self, padding=(1, 1), **others):
        super().__init__(**others)
        self.padding = tuple(padding)

    def call(self, x):
        width, height = self.padding
        return keras.ops.pad(x, [[0, 0], [height, height], [width, width], [0, 0]], mode="reflect")

    def get_config(self):
        return {**super().get_config(), "padding": self.padding}


def normed(x):
    return layers.GroupNormalization(groups=1)(x)


def generator(filters, blocks, name):
    """Convolutions have no bias but the last, and norms are of one group of all channels, as in the example."""
    taken = keras.Input((None, None, 3))
    conv = lambda x, count, size, **more: layers.Conv2D(count, size, use_bias=False, **more)(x)
    x = layers.Activation("relu")(normed(conv(ReflectionPadding2D((3, 3))(taken), filters, 7)))
    for i in (1, 2):
        x = layers.Activation("relu")(normed(conv(x, filters * 2**i, 3, strides=2, padding="same")))
    for _ in range(blocks):
        y = layers.Activation("relu")(normed(conv(ReflectionPadding2D()(x), filters * 4, 3)))
        x = layers.add([x, normed(conv(ReflectionPadding2D()(y), filters * 4, 3))])
    for i in (1, 0):
        x = layers.Conv2DTranspose(filters * 2**i, 3, strides=2, padding="same", use_bias=False)(x)
        x = layers.Activation("relu")(normed(x))
    x = layers.Conv2D(3, 7)(ReflectionPadding2D((3, 3))(x))
    return keras.Model(taken, layers.Activation("tanh")(x), name=name)


def encoded(array):
    return base64.b64encode(np.ascontiguousarray(array, "<f4").tobytes()).decode()


def main():
    rng = np.random.default_rng(11)
    model = generator(2, 1, "generator_G")
    for weight in model.weights:
        bound = np.sqrt(3 / np.prod(weight.shape[:3])) if len(weight.shape) == 4 else 0.4
        center = 1 if "gamma" in weight.path else 0
        weight.assign(rng.uniform(center - bound, center + bound, weight.shape).astype("float32"))
    OUT.mkdir(exist_ok=True)
    model.save(OUT / "whole.keras")
    model.save(OUT / "whole.h5")
    model.save_weights(OUT / "only.weights.h5")
    picture = rng.uniform(-1, 1, (1, 14, 18, 3)).astype("float32")
    made = keras.ops.convert_to_numpy(model(picture))
    facts = {
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "input": {"shape": list(picture.shape), "elements": encoded(picture)},
        "output": {"shape": list(made.shape), "elements": encoded(made)},
        "weights": [{"path": one.path, "shape": list(one.shape), "elements": encoded(keras.ops.convert_to_numpy(one))} for one in model.weights],
    }
    (OUT / "kerasModels.json").write_text(json.dumps(facts, indent=1) + "\n")


main()
