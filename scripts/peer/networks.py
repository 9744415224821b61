"""The networks of videogan's experiments in PyTorch, layer for layer, to time beside.

Clips are N x C x T x H x W in [-1, 1]. With ONEDNN set, transposed convolutions of two and
three dimensions run as the data gradient of a convolution, which oneDNN computes;
torch.nn's own of version 1.13 unroll windows for a matrix product.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils import spectral_norm

ONEDNN = False


class _Adjoint(torch.autograd.Function):
    """y with <y, v> = <x, conv(v, w)> for all v."""

    @staticmethod
    def _gradient(of, image, w, stride, pad, want):
        axes = len(stride)
        return torch.ops.aten.convolution_backward(
            of, image, w, None, stride, pad, (1,) * axes, False, (0,) * axes, 1, want)

    @staticmethod
    def forward(ctx, x, w, stride, pad):
        ctx.save_for_backward(x, w)
        ctx.geometry = stride, pad
        size = [(n - 1) * s - 2 * p + k for n, s, p, k in zip(x.shape[2:], stride, pad, w.shape[2:])]
        image = x.new_empty([x.shape[0], w.shape[1]] + size)     # of which only the shape is read
        return _Adjoint._gradient(x, image, w, stride, pad, (True, False, False))[0]

    @staticmethod
    def backward(ctx, gy):
        x, w = ctx.saved_tensors
        stride, pad = ctx.geometry
        gy, axes = gy.contiguous(), len(stride)
        gx = gw = None
        if ctx.needs_input_grad[0]:
            gx = torch.ops.aten.convolution(gy, w, None, stride, pad, (1,) * axes, False, (0,) * axes, 1)
        if ctx.needs_input_grad[1]:
            gw = _Adjoint._gradient(x, gy, w, stride, pad, (False, True, False))[1]
        return gx, gw, None, None


def _transposed(base):
    class Transposed(base):
        def forward(self, x):
            if not ONEDNN:
                return super().forward(x)
            y = _Adjoint.apply(x, self.weight, self.stride, self.padding)
            return y if self.bias is None else y + self.bias.view(1, -1, *[1] * (y.dim() - 2))
    return Transposed


Up1, Up2, Up3 = nn.ConvTranspose1d, _transposed(nn.ConvTranspose2d), _transposed(nn.ConvTranspose3d)


def block(up, norm, i, o, k=4, s=2, p=1):
    return [up(i, o, k, s, p, bias=False), norm(o), nn.ReLU(True)]


class SceneGenerator(nn.Module):
    """VGAN's two streams (Vondrick et al. 2016): z of 100 to 3 x 32 x 64 x 64, and the mask."""

    def __init__(self):
        super().__init__()
        video = block(Up3, nn.BatchNorm3d, 100, 512, (2, 4, 4), 1, 0)
        still = block(Up2, nn.BatchNorm2d, 100, 512, 4, 1, 0)
        for i, o in (512, 256), (256, 128), (128, 64):
            video += block(Up3, nn.BatchNorm3d, i, o)
            still += block(Up2, nn.BatchNorm2d, i, o)
        self.video, self.still = nn.Sequential(*video), nn.Sequential(*still, Up2(64, 3, 4, 2, 1), nn.Tanh())
        self.foreground, self.mask = Up3(64, 3, 4, 2, 1), Up3(64, 1, 4, 2, 1)

    def forward(self, z):
        h = self.video(z[:, :, None, None, None])
        f, m = torch.tanh(self.foreground(h)), torch.sigmoid(self.mask(h))
        b = self.still(z[:, :, None, None])[:, :, None]
        return m * f + (1 - m) * b, m


class TemporalGenerator(nn.Module):
    """TGAN's two generators (Saito et al. 2017), at any size: z of 100 to C x T x H x W."""

    def __init__(self, temporal, width, least, channels, frames, size):
        super().__init__()
        start = frames >> len(temporal)
        t = block(Up1, nn.BatchNorm1d, 100, temporal[0], start, 1, 0)
        for i, o in zip(temporal, temporal[1:]):
            t += block(Up1, nn.BatchNorm1d, i, o)
        self.temporal = nn.Sequential(*t, Up1(temporal[-1], 100, 4, 2, 1), nn.Tanh())
        self.width, self.frames = width, frames
        self.slow, self.fast = (nn.Sequential(nn.Linear(100, 16 * width, bias=False), nn.BatchNorm1d(16 * width), nn.ReLU(True))
                                for _ in range(2))
        layers, i, at = [], 2 * width, 4
        while at < size:
            o = max(i // 2, least)
            layers += block(Up2, nn.BatchNorm2d, i, o)
            i, at = o, 2 * at
        self.image = nn.Sequential(*layers, nn.Conv2d(i, channels, 3, 1, 1), nn.Tanh())

    def forward(self, z):
        n, t, w = len(z), self.frames, self.width
        z1 = self.temporal(z[:, :, None]).transpose(1, 2).reshape(n * t, 100)
        slow = self.slow(z).view(n, 1, w, 4, 4).expand(n, t, w, 4, 4).reshape(n * t, w, 4, 4)
        x = self.image(torch.cat([slow, self.fast(z1).view(n * t, w, 4, 4)], 1))
        return x.view(n, t, *x.shape[1:]).transpose(1, 2).contiguous(), None


class Discriminator(nn.Module):
    """Halves size and time in each layer; scores N."""

    def __init__(self, channels, frames, size, width, norm, spectral):
        super().__init__()
        wrap = spectral_norm if spectral else (lambda m: m)
        layers, i, o = [], channels, width
        while size > 4:
            inner = norm and len(layers) > 0
            layers.append(wrap(nn.Conv3d(i, o, 4, 2, 1, bias=not inner)))
            layers += [nn.BatchNorm3d(o)] if inner else []
            layers.append(nn.LeakyReLU(0.2, True))
            i, o, size, frames = o, 2 * o, size // 2, max(frames // 2, 1)
        self.layers = nn.Sequential(*layers, wrap(nn.Conv3d(i, 1, (frames, 4, 4))))

    def forward(self, x):
        return self.layers(x).flatten()


def build(model):
    """generator, discriminator, clip shape (C, T, H, W)"""
    if model == "vgan":
        return SceneGenerator(), Discriminator(3, 32, 64, 64, True, False), (3, 32, 64, 64)
    if model == "tgan-small":
        return (TemporalGenerator([256, 128, 128], 64, 16, 1, 8, 32),
                Discriminator(1, 8, 32, 32, False, False), (1, 8, 32, 32))
    return (TemporalGenerator([512, 256, 128, 128], 256, 32, 3, 16, 64),
            Discriminator(3, 16, 64, 64, True, model == "tgan-sn"), (3, 16, 64, 64))


def start(net):
    """DCGAN's start: weights N(0, 0.02), scales N(1, 0.02), no shifts."""
    for m in net.modules():
        if isinstance(m, nn.modules.batchnorm._BatchNorm):
            nn.init.normal_(m.weight, 1, 0.02)
        elif hasattr(m, "kernel_size") or isinstance(m, nn.Linear):
            nn.init.normal_(getattr(m, "weight_orig", m.weight), 0, 0.02)
            if m.bias is not None:
                nn.init.zeros_(m.bias)
    return net


def losses(model):
    """of D (real scores, fake scores) and of G (fake scores, mask)"""
    if model == "tgan-sn":
        return lambda r, f: F.relu(1 - r).mean() + F.relu(1 + f).mean(), lambda f, _: -f.mean()
    if model == "tgan-svc":
        return lambda r, f: f.mean() - r.mean(), lambda f, _: -f.mean()
    return (lambda r, f: F.softplus(-r).mean() + F.softplus(f).mean(),
            lambda f, mask: F.softplus(-f).mean() + (0 if mask is None else 0.1 * mask.abs().mean()))
