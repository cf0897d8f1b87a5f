"""`detach` copies instead of sharing memory."""

from __future__ import annotations

from conformance.backend import Backend
from conformance.meta.broken.sound import base, copying, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "autograd.detach.alias",
        "autograd.detach.plain",
        "device.duplicate.deep",
        "device.duplicate.pickle",
        "device.module.nothing",
        "gradmode.no-grad.detach",
        "mutation.inplace.detached",
        "mutation.saved.again",
        "mutation.version.detach",
        "mutation.version.late",
        "numpy.export.detached",
        "optim.step.place",
        "program.cnn.accuracy",
        "program.cnn.curve",
        "program.devices.curve",
        "program.gan.optimizers",
        "program.lenet.gradient",
        "program.lenet.shape",
        "program.mlp.curve",
        "program.parallel.curve",
        "program.parallel.split",
        "program.pipeline.resumed",
        "program.resnet.gradient",
        "program.shared.curve",
        "program.unet.gradient",
        "save.share.detached",
        "view.alias.every",
        "view.stride.every",
    ),
}


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("Tensor.detach",), copying)
    return found
