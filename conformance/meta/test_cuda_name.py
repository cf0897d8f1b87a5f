"""The simulated accelerator bears the name `cuda`, so that programs written for a GPU run where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "REFERENCE_IMPL_ACCELERATOR": "cuda"}

PROGRAM = """
import reference_impl as torch

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1)).to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
x, y = torch.ones(4, 2).cuda(), torch.zeros(4, 1, device="cuda:0")
losses = []
for _ in range(3):
    optimizer.zero_grad()
    loss = ((model(x) - y) ** 2).sum()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
torch.cuda.synchronize()
assert x.is_cuda and model[0].weight.is_cuda and model[0].weight.grad.is_cuda
assert losses[2] <= losses[0], losses
with torch.cuda.device(1):
    assert torch.ones(1, device="cuda").device == torch.device("cuda:1")
print(torch.cuda.device_count(), model[0].weight.device, str(x[0, 0]))
"""


def test_a_program_for_a_gpu() -> None:
    """It finds two devices, trains on the first, and prints tensors with their device."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, env=ENVIRONMENT, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "2 cuda:0 tensor(1., device='cuda:0')\n"


def test_the_clauses_of_devices() -> None:
    """They hold under that name as under its own."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "spec", "conformance"]
    command += ["--backend", "reference", "--ignore", "conformance/meta", "--profile", "quick", "--select", "device.*"]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, cwd=ROOT, timeout=300)
    assert done.returncode == 0, done.stdout
