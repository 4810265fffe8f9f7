"""Makes keras.json: what Keras's augmentation layers do with forced parameters.

    KERAS_BACKEND=torch python make.py    # keras 3.15.1, torch 2.15

On TensorFlow the layers give the same but for fill "wrap": there a place between the last column and the first becomes
one of the two instead of a mixture.
"""

import json
import os

assert os.environ.get("KERAS_BACKEND") == "torch", "set KERAS_BACKEND=torch"

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(1)
B, H, W, C = 4, 9, 7, 2
images = rng.random((B, H, W, C), dtype=np.float32).round(3)
tensor = keras.ops.convert_to_tensor
cases = []


def case(name, augmentation, parameters, layer, transformation, exact=False):
    """Records what a layer makes of the images; augmentation and parameters are in the project's terms."""
    out = layer.transform_images(tensor(images), {k: tensor(v) for k, v in transformation.items()}, training=True)
    cases.append({"name": name, "exact": exact, "augmentation": augmentation, "parameters": parameters,
                  "want": [round(float(v), 6) for v in keras.ops.convert_to_numpy(out).ravel()]})


def column(values, *shape):
    return np.array(values, np.float32).reshape(B, *shape)


def draws(low, high):
    return [round(float(v), 4) for v in rng.uniform(low, high, B)]


def rotation(name, turns, exact=False, **how):
    layer = layers.RandomRotation(1.0, fill_mode=how.get("fill", "constant"), fill_value=how.get("fill_value", 0.0),
                                  interpolation=how.get("interpolation", "bilinear"))
    zeros = np.zeros(B, np.float32)
    matrix = layer._compute_affine_matrix(0.5, 0.5, tensor(column(turns) * 360), tensor(zeros), tensor(zeros),
                                          tensor(zeros + 1), tensor(zeros), tensor(zeros), H, W)
    case(name, {"rotation": {"low": -1, "high": 1}, **how}, [{"rotation": t} for t in turns], layer,
         {"rotation_matrix": keras.ops.convert_to_numpy(matrix)}, exact)


def zoom(name, height, width, **how):
    layer = layers.RandomZoom(0.9, 0.9, fill_mode=how.get("fill", "constant"), fill_value=how.get("fill_value", 0.0),
                              interpolation=how.get("interpolation", "bilinear"))
    case(name, {"zoom": {"low": -0.9, "high": 0.9}, **how}, [{"zoom_height": h, "zoom_width": w} for h, w in zip(height, width)], layer,
         {"height_zoom": 1 + column(height, 1), "width_zoom": 1 + column(width, 1)})


def translation(name, height, width, exact=False, **how):
    layer = layers.RandomTranslation(1.0, 1.0, fill_mode=how.get("fill", "constant"), fill_value=how.get("fill_value", 0.0),
                                     interpolation=how.get("interpolation", "bilinear"))
    pixels = np.stack([column(width) * W, column(height) * H], 1)
    case(name, {"translation_height": {"low": -1, "high": 1}, **how},
         [{"translation_height": h, "translation_width": w} for h, w in zip(height, width)], layer,
         {"translations": pixels.round() if exact else pixels}, exact)


flips = [(False, False), (True, False), (False, True), (True, True)]
for mode, horizontal, vertical in [("horizontal", True, False), ("vertical", False, True)]:
    drawn = [(x if horizontal else False, y if vertical else False) for x, y in flips]
    case("flip " + mode, {"flip": mode}, [{"flip_horizontal": x, "flip_vertical": y} for x, y in drawn],
         layers.RandomFlip(mode), {"flips": np.array([x or y for x, y in drawn]).reshape(B, 1, 1, 1)}, exact=True)

for fill in ["constant", "nearest", "reflect", "wrap"]:
    rotation("rotation, " + fill, draws(-1, 1), fill=fill)
    zoom("zoom, " + fill, draws(-0.9, 0.9), draws(-0.9, 0.9), fill=fill)
    translation("translation, " + fill, draws(-0.9, 0.9), draws(-0.9, 0.9), fill=fill)
    translation("whole pixels, " + fill, [0, 1 / H, -2 / H, 5 / H], [1 / W, 0, -3 / W, 2 / W], exact=True, fill=fill)
rotation("rotation, nearest pixel", draws(-1, 1), interpolation="nearest")
zoom("zoom, nearest pixel", draws(-0.9, 0.9), draws(-0.9, 0.9), interpolation="nearest", fill="reflect")
translation("translation, filled with grey", draws(-0.9, 0.9), draws(-0.9, 0.9), fill_value=0.4)

values = draws(-1, 1)
case("contrast", {"contrast": {"low": -1, "high": 1}}, [{"contrast": v} for v in values],
     layers.RandomContrast(1.0, value_range=(0, 1)), {"contrast_factor": 1 + column(values, 1, 1, 1)})
values = draws(-1, 1)
case("brightness", {"brightness": {"low": -1, "high": 1}}, [{"brightness": v} for v in values],
     layers.RandomBrightness(1.0, value_range=(0, 1)), {"rgb_delta": column(values, 1, 1, 1)})

layer = layers.RandomErasing(value_range=(0, 1), fill_value=0.3)
top, left, height, width = draws(0, 0.5), draws(0, 0.5), draws(0.1, 0.5), draws(0.1, 0.5)
corners = [column(left) * W, (column(left) + column(width)) * W, column(top) * H, (column(top) + column(height)) * H]
masks = layer._generate_batch_mask((B, H, W, C), [tensor(c) for c in corners])
case("cutout", {"cutout": {"count": 1, "probability": 1, "scale": {"low": 0, "high": 1}, "fill_value": 0.3}},
     [{"patches": [{"top": t, "left": l, "height": h, "width": w}]} for t, l, h, w in zip(top, left, height, width)], layer,
     {"apply_erasing": np.ones(B, bool), "batch_masks": keras.ops.convert_to_numpy(masks),
      "fill_value": np.full((B, H, W, C), 0.3, np.float32)}, exact=True)

with open("keras.json", "w") as f:
    json.dump({"keras": keras.__version__, "shape": [B, H, W, C], "images": [round(float(v), 3) for v in images.ravel()],
               "cases": cases}, f)
    f.write("\n")
