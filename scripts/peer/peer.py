"""Times one part of training in PyTorch and prints one JSON object; 'videogan bench peer' runs it.

  peer.py step     --model vgan|tgan-sn|tgan-svc|tgan-small --batch N --steps N [--onednn]
  peer.py sample   --model ... --batch N --clips N [--onednn]
  peer.py clip     --method gram|svd --runs N
"""
import argparse
import json
import resource
import time

import torch
from torch import nn

import networks


def train(a):
    g, d, shape = networks.build(a.model)
    networks.start(g), networks.start(d)
    lr, betas = (6e-4, (0, 0.99)) if a.model == "tgan-small" else (2e-4, (0.5, 0.999))
    if a.model == "tgan-svc":
        opt_g, opt_d = (torch.optim.RMSprop(net.parameters(), 5e-5) for net in (g, d))
    else:
        opt_g, opt_d = (torch.optim.Adam(net.parameters(), lr, betas) for net in (g, d))
    loss_d, loss_g = networks.losses(a.model)
    real = torch.rand(a.batch, *shape) * 2 - 1
    weights = list(d.parameters())

    def step(number):
        with torch.no_grad():
            fake = g(torch.rand(a.batch, 100) * 2 - 1)[0]
        loss = loss_d(d(real), d(fake))
        if a.model == "tgan-small" and number % 4 == 0:          # R1, gamma 0.5, every fourth step
            x = real.clone().requires_grad_()
            slope, = torch.autograd.grad(d(x).sum(), x, create_graph=True)
            loss = loss + 4 * 0.5 / 2 * slope.square().sum((1, 2, 3, 4)).mean()
        opt_d.zero_grad(set_to_none=True)
        loss.backward()
        opt_d.step()
        for p in weights:
            p.requires_grad_(False)
        fake, mask = g(torch.rand(a.batch, 100) * 2 - 1)
        loss = loss_g(d(fake), mask)
        opt_g.zero_grad(set_to_none=True)
        loss.backward()
        opt_g.step()
        for p in weights:
            p.requires_grad_(True)
        return loss

    out = {"generator_parameters": sum(p.numel() for p in g.parameters()),
           "discriminator_parameters": sum(p.numel() for p in weights), "steps_s": []}
    for number in range(a.steps + 1):
        begin = time.perf_counter()
        step(number)
        if number == 0:
            out["first_step_at"] = time.time()
        else:
            out["steps_s"].append(time.perf_counter() - begin)
    out["step_s"] = sum(out["steps_s"]) / a.steps
    out["rss_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if a.model != "tgan-small":
        out["gflop_per_step"] = count(g, d, lambda: step(1)) / 1e9
    return out


def count(g, d, step):
    """FLOP of a step: each layer's forward pass, and as much again for each gradient that is taken."""
    total = [0.0]

    def hook(module, inputs, output):
        x, w = inputs[0], module.weight
        small = x if isinstance(module, nn.modules.conv._ConvTransposeNd) else output
        spatial = small.numel() // small.shape[1]                 # positions of all samples
        work = 2.0 * spatial * w.numel()
        gradients = torch.is_grad_enabled() * (x.requires_grad + next(module.parameters()).requires_grad)
        total[0] += work * (1 + gradients)

    layers = [m for net in (g, d) for m in net.modules()
              if isinstance(m, (nn.modules.conv._ConvNd, nn.Linear))]
    handles = [m.register_forward_hook(hook) for m in layers]
    step()
    for h in handles:
        h.remove()
    return total[0]


@torch.no_grad()
def sample(a):
    g = networks.start(networks.build(a.model)[0]).eval()
    times = []
    for _ in range(2):                                            # the first pass touches every page
        begin = time.perf_counter()
        for _ in range(0, a.clips, a.batch):
            g(torch.rand(a.batch, 100) * 2 - 1)
        times.append(time.perf_counter() - begin)
    return {"sample_s": times[1], "rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


@torch.no_grad()
def clip(a):
    """Singular values over 1 become 1, in every layer of TGAN's discriminator."""
    d, times = networks.build("tgan-svc")[1], []
    weights = [m.weight for m in d.modules() if isinstance(m, nn.Conv3d)]
    for w in weights:                                        # as ours: a quarter of the singular values are over 1
        nn.init.normal_(w, 0, 0.93 * w[0].numel() ** -0.5)
    first = [w.clone() for w in weights]
    for _ in range(a.runs + 1):
        for w, f in zip(weights, first):
            w.copy_(f)
        begin = time.perf_counter()
        for w in weights:
            m = w.flatten(1)
            if a.method == "svd":
                u, s, v = torch.linalg.svd(m, full_matrices=False)
                m = (u * s.clamp(max=1)) @ v
            else:                                                 # of the small product with itself
                e, u = torch.linalg.eigh(m @ m.T)
                s = e.clamp(min=0).sqrt()
                over = s > 1
                m = m - (u[:, over] * (1 - 1 / s[over])) @ (u[:, over].T @ m)
            w.copy_(m.view_as(w))
        times.append(time.perf_counter() - begin)
    return {"clip_s": sorted(times[1:])[a.runs // 2]}


P = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
P.add_argument("what", choices=["step", "sample", "clip"])
P.add_argument("--model", default="vgan", choices=["vgan", "tgan-sn", "tgan-svc", "tgan-small"])
P.add_argument("--batch", type=int, default=4)
P.add_argument("--steps", type=int, default=2, help="measured after a first one")
P.add_argument("--clips", type=int, default=64)
P.add_argument("--runs", type=int, default=3)
P.add_argument("--method", default="gram", choices=["gram", "svd"])
P.add_argument("--onednn", action="store_true", help="transposed convolutions through oneDNN")
P.add_argument("--threads", type=int, default=2)
a = P.parse_args()
networks.ONEDNN = a.onednn
torch.manual_seed(0)
torch.set_num_threads(a.threads)
print(json.dumps({"step": train, "sample": sample, "clip": clip}[a.what](a)))
