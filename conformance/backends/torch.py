"""PyTorch on the host, and on CUDA devices where there are some."""

from __future__ import annotations

import safetensors.torch
import torch
import torch.nn.utils.prune

from conformance.backend import Backend
from conformance.backends import torch_vision


def backend() -> Backend:
    """Return PyTorch with the devices of this machine."""
    torch.set_warn_always(True)  # many warnings are given once in a process
    cuda = tuple(f"cuda:{index}" for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0))
    no_accelerator = {
        "accelerator": "PyTorch sees no accelerator on this machine",
        "pin": "PyTorch pins memory for an accelerator, and sees none on this machine",
    }
    return Backend(
        name="torch",
        version=torch.__version__,
        namespace=torch,
        devices=("cpu", *cuda),
        accelerator=cuda[0] if cuda else None,
        lacks={**({} if cuda else no_accelerator), **torch_vision.lacks()},
        companions={"safetensors": safetensors.torch, **torch_vision.companions()},
        synchronize=torch.cuda.synchronize if cuda else None,
    )
