#!/usr/bin/env python3
"""The same training step in PyTorch, written from the paper: the peer of `mae benchmark step --engine cuda`.

  pytorch_step.py --model vit_base|vit_large --batch N [--steps N] [--precision bf16|fp32] [--compile] [--device cuda|cpu]

Times forward, backward and AdamW on fresh masks; images are on the device before. With --compile the step goes through
torch.compile and scaled_dot_product_attention. Prints a JSON line. Needs PyTorch 2.
"""
import argparse
import json
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F

PATCH, SIDE, MASK_RATIO, EPS = 16, 224, 0.75, 1e-6
TOKENS, LENGTH = (SIDE // PATCH) ** 2, 3 * PATCH * PATCH
ENCODERS = {"vit_tiny": (192, 12, 3), "vit_base": (768, 12, 12), "vit_large": (1024, 24, 16)}  # width, depth, heads
DECODER = (512, 8, 16)


class Block(nn.Module):
    def __init__(self, width, heads, fused):
        super().__init__()
        self.heads, self.fused = heads, fused
        self.norm1, self.norm2 = nn.LayerNorm(width, EPS), nn.LayerNorm(width, EPS)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        images, tokens, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(images, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        if self.fused:
            attended = F.scaled_dot_product_attention(q, k, v)
        else:
            attended = (q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5).softmax(-1) @ v
        x = x + self.proj(attended.transpose(1, 2).reshape(images, tokens, width))
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


class Mae(nn.Module):
    def __init__(self, encoder, fused):
        super().__init__()
        width, depth, heads = ENCODERS[encoder]
        narrow, decoder_depth, decoder_heads = DECODER
        self.embed, self.class_token = nn.Linear(LENGTH, width), nn.Parameter(torch.zeros(1, 1, width))
        self.encoder = nn.Sequential(*[Block(width, heads, fused) for _ in range(depth)], nn.LayerNorm(width, EPS))
        self.to_decoder, self.mask_token = nn.Linear(width, narrow), nn.Parameter(torch.zeros(1, 1, narrow))
        decoder = [Block(narrow, decoder_heads, fused) for _ in range(decoder_depth)]
        self.decoder = nn.Sequential(*decoder, nn.LayerNorm(narrow, EPS))
        self.predict = nn.Linear(narrow, LENGTH)
        # fixed tables; their values do not change the time
        self.register_buffer("positions", torch.randn(1, TOKENS, width))
        self.register_buffer("decoder_positions", torch.randn(1, TOKENS + 1, narrow))

    def forward(self, patches, noise):
        images, keep = patches.shape[0], int(TOKENS * (1 - MASK_RATIO))
        shuffled = noise.argsort(1)
        restore = shuffled.argsort(1)
        kept = shuffled[:, :keep, None]
        visible = torch.gather(patches, 1, kept.expand(-1, -1, LENGTH))
        positions = self.positions.expand(images, -1, -1)
        x = self.embed(visible) + torch.gather(positions, 1, kept.expand(-1, -1, positions.shape[2]))
        x = self.encoder(torch.cat([self.class_token.expand(images, -1, -1), x], 1))
        x = self.to_decoder(x)
        filled = torch.cat([x[:, 1:], self.mask_token.to(x.dtype).expand(images, TOKENS - keep, -1)], 1)
        filled = torch.gather(filled, 1, restore[:, :, None].expand(-1, -1, x.shape[2]))
        x = self.decoder(torch.cat([x[:, :1], filled], 1) + self.decoder_positions)
        predicted = self.predict(x)[:, 1:].float()
        mask = (restore >= keep).float()
        return (((predicted - patches) ** 2).mean(2) * mask).sum() / mask.sum()


def optimiser(model, device):
    decayed = [p for p in model.parameters() if p.ndim > 1]
    plain = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=1e-4, betas=(0.9, 0.95), **({"fused": True} if device == "cuda" else {}))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--model", choices=ENCODERS, default="vit_base")
    options.add_argument("--batch", type=int, default=256)
    options.add_argument("--steps", type=int, default=10)
    options.add_argument("--precision", choices=["bf16", "fp32"], default="bf16")
    options.add_argument("--compile", action="store_true")
    options.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    a = options.parse_args()
    torch.manual_seed(0)
    model = Mae(a.model, a.compile).to(a.device)
    adam_w = optimiser(model, a.device)
    forward = torch.compile(model) if a.compile else model
    patches = torch.randn(a.batch, TOKENS, LENGTH, device=a.device)
    seconds = []
    for _ in range(3 + a.steps):  # the first compile and warm up
        start = time.perf_counter()
        noise = torch.rand(a.batch, TOKENS, device=a.device)
        with torch.autocast(a.device, torch.bfloat16, enabled=a.precision == "bf16"):
            loss = forward(patches, noise)
        adam_w.zero_grad(set_to_none=True)
        loss.backward()
        adam_w.step()
        last = loss.item()  # waits for the device
        if a.device == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    free, total = torch.cuda.mem_get_info() if a.device == "cuda" else (0, 0)
    print(json.dumps({
        "model": a.model, "batch": a.batch, "precision": a.precision, "compiled": a.compile,
        "torch": torch.__version__, "step_seconds": statistics.median(seconds[3:]),
        "min_step_seconds": min(seconds[3:]), "max_step_seconds": max(seconds[3:]),
        "gpu_memory_mib": (total - free) >> 20, "loss": last}))


if __name__ == "__main__":
    main()
