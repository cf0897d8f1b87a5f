"""A training run that can be broken off: what it is made of, an epoch, its state, and going on from one."""

from __future__ import annotations

from typing import Any


class Run:
    """A small model with dropout, Adam with AMSGrad, a schedule, and batches that are drawn."""

    def __init__(self, torch: Any, device: str, seed: bool = True) -> None:
        if seed:
            torch.manual_seed(3)
        self.torch = torch
        kind = device.split(":")[0]
        self.generators = [torch] if kind == "cpu" else [torch, getattr(torch, kind)]
        layers = (torch.nn.Linear(4, 6), torch.nn.Dropout(0.5), torch.nn.Linear(6, 1))
        self.model = torch.nn.Sequential(*layers)
        for p in self.model.parameters():
            p.data.fill_(0.25)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.1, amsgrad=True)
        self.schedule = torch.optim.lr_scheduler.StepLR(self.optimizer, 1, 0.5)
        self.losses: list[float] = []

    def epoch(self, number: int) -> None:
        """Three batches, and a step of the schedule."""
        for batch in range(3):
            x = self.torch.rand(5, 4)
            self.optimizer.zero_grad()
            loss = ((self.model(x) - x.sum(1, keepdim=True) * (batch + number)) ** 2).mean()
            loss.backward()
            self.optimizer.step()
            self.losses.append(loss.item())
        self.schedule.step()

    def state(self, epoch: int) -> dict[str, Any]:
        """A checkpoint."""
        return {
            "epoch": epoch,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "random": [each.get_rng_state() for each in self.generators],
        }

    def resume(self, state: dict[str, Any]) -> int:
        """Take a checkpoint over; the epoch to go on with."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        for each, kept in zip(self.generators, state["random"], strict=True):
            each.set_rng_state(kept)
        epoch: int = state["epoch"]
        return epoch
