"""Prints network.json: I3D in plain PyTorch, an eighth as wide, on weights and a clip made by a formula.

The network is written here from the paper (Carreira and Zisserman 2017, Fig. 3), with functions of torch.nn.functional
only. Weights have the names of the common PyTorch port; each is a sequence of numbers seeded by the CRC-32 of its name.

    python3 reference.py > network.json
"""
import json
import zlib

import numpy as np
import torch
import torch.nn.functional as F

DIVIDE, CLASSES, FRAMES, SIZE, CLIPS = 8, 7, 11, 64, 2

BLOCKS = {
    "Mixed_3b": (64, 96, 128, 16, 32, 32), "Mixed_3c": (128, 128, 192, 32, 96, 64),
    "Mixed_4b": (192, 96, 208, 16, 48, 64), "Mixed_4c": (160, 112, 224, 24, 64, 64), "Mixed_4d": (128, 128, 256, 24, 64, 64),
    "Mixed_4e": (112, 144, 288, 32, 64, 64), "Mixed_4f": (256, 160, 320, 32, 128, 128),
    "Mixed_5b": (256, 160, 320, 32, 128, 128), "Mixed_5c": (384, 192, 384, 48, 128, 128),
}


def numbers(name, n):
    """n numbers between -1 and 1: a linear congruential generator modulo 2^32."""
    state, out = zlib.crc32(name.encode()), np.empty(n)
    for i in range(n):
        state = (state * 1664525 + 1013904223) % 2**32
        out[i] = state / 2**31 - 1
    return out


def array(name, *shape):
    x = numbers(name, int(np.prod(shape))).reshape(shape)
    if name.endswith("conv3d.weight"):
        x = x * np.sqrt(6 / np.prod(shape[1:]))
    elif name.endswith("running_var"):
        x = 1 + x / 4
    elif name.endswith("bn.weight"):
        x = 1 + x / 2
    else:
        x = x / 10
    return torch.tensor(x.astype(np.float32))


def same(x, kernel, stride):
    pads = []
    for size, k, s in reversed(list(zip(x.shape[2:], kernel, stride))):
        over = max((-(-size // s) - 1) * s + k - size, 0)
        pads += [over // 2, over - over // 2]
    return F.pad(x, pads)


def unit(name, x, channels, kernel=1, stride=1):
    channels //= DIVIDE
    w = array(name + ".conv3d.weight", channels, x.shape[1], kernel, kernel, kernel)
    x = F.conv3d(same(x, (kernel,) * 3, (stride,) * 3), w, stride=stride)
    bn = [array(name + ".bn." + part, channels) for part in ("running_mean", "running_var", "weight", "bias")]
    return F.relu(F.batch_norm(x, *bn, training=False, eps=1e-3))


def pool(x, kernel, stride):
    return F.max_pool3d(same(x, kernel, stride), kernel, stride)


def mixed(name, x):
    b0, b1a, b1b, b2a, b2b, b3b = BLOCKS[name]
    return torch.cat([
        unit(name + ".b0", x, b0),
        unit(name + ".b1b", unit(name + ".b1a", x, b1a), b1b, 3),
        unit(name + ".b2b", unit(name + ".b2a", x, b2a), b2b, 3),
        unit(name + ".b3b", pool(x, (3, 3, 3), (1, 1, 1)), b3b)], 1)


def main():
    x = torch.tensor(numbers("clip", CLIPS * 3 * FRAMES * SIZE * SIZE).astype(np.float32)).reshape(CLIPS, 3, FRAMES, SIZE, SIZE)
    h = unit("Conv3d_1a_7x7", x, 64, 7, 2)
    stem = h
    h = pool(h, (1, 3, 3), (1, 2, 2))
    h = unit("Conv3d_2c_3x3", unit("Conv3d_2b_1x1", h, 64), 192, 3)
    h = pool(h, (1, 3, 3), (1, 2, 2))
    for name in BLOCKS:
        if name == "Mixed_4b":
            h = pool(h, (3, 3, 3), (2, 2, 2))
        if name == "Mixed_5b":
            h = pool(h, (2, 2, 2), (2, 2, 2))
        h = mixed(name, h)
    h = F.avg_pool3d(h, (2, SIZE // 32, SIZE // 32), 1)
    features = h.squeeze(4).squeeze(3).mean(2)
    w, b = array("logits.conv3d.weight", CLASSES, h.shape[1], 1, 1, 1), array("logits.conv3d.bias", CLASSES)
    logits = F.conv3d(h, w, b).squeeze(4).squeeze(3).mean(2)
    digits = lambda t: [float("%.7g" % v) for v in t.flatten().tolist()]
    print(json.dumps({
        "divide": DIVIDE, "classes": CLASSES, "clips": CLIPS, "frames": FRAMES, "size": SIZE, "torch": torch.__version__,
        "stem_mean": float(stem.double().mean()), "stem_shape": list(stem.shape),
        "features": digits(features), "logits": digits(logits),
    }))


main()
