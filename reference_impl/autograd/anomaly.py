"""Anomaly mode: nodes remember where they were recorded, and backward stops at the first NaN."""

from __future__ import annotations

import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

_PACKAGE = str(Path(__file__).resolve().parents[1])


class Anomaly:
    """The state, one for all threads.

    enabled    nodes remember where they are recorded, and failing ones tell
    check_nan  backward raises at a NaN
    """

    __slots__ = ("check_nan", "enabled")

    def __init__(self) -> None:
        self.enabled = False
        self.check_nan = True


class _Running(threading.local):
    """The node that this thread is running backward."""

    node: Any = None


ANOMALY = Anomaly()
_RUNNING = _Running()
_TRACES: WeakKeyDictionary[Any, tuple[str, Any]] = WeakKeyDictionary()


def is_anomaly_enabled() -> bool:
    """Whether anomaly mode is on."""
    return ANOMALY.enabled


def is_anomaly_check_nan_enabled() -> bool:
    """Whether backward raises at a NaN once anomaly mode is on."""
    return ANOMALY.check_nan


def set_anomaly_enabled(enabled: bool, check_nan: bool = True) -> None:
    """Switches anomaly mode. TypeError for what is no bool."""
    for i, (name, value) in enumerate((("enabled", enabled), ("check_nan", check_nan))):
        if not isinstance(value, bool):
            found = type(value).__name__
            raise TypeError(f"set_anomaly_enabled(): argument '{name}' (position {i + 1}) must be bool, not {found}")
    ANOMALY.enabled, ANOMALY.check_nan = enabled, check_nan


class set_detect_anomaly:  # noqa: N801
    """Switches anomaly mode: at once when called, and until the end of the block when used with `with`."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = ANOMALY.enabled, ANOMALY.check_nan
        set_anomaly_enabled(mode, check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: object) -> None:
        set_anomaly_enabled(*self._before)


class detect_anomaly:  # noqa: N801
    """A context manager: anomaly mode is on inside. Warns that this is slow."""

    def __init__(self, check_nan: bool = True) -> None:
        self._before = ANOMALY.enabled, ANOMALY.check_nan
        self.check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
            "debugging.",
            stacklevel=2,
        )

    def __enter__(self) -> None:
        set_anomaly_enabled(True, self.check_nan)

    def __exit__(self, *exc: object) -> None:
        set_anomaly_enabled(*self._before)


def remember(node: Any) -> None:
    """Notes where a node is recorded: the frames outside of this library, and the node that is run backward there."""
    frames = traceback.extract_stack()
    while frames and frames[-1].filename.startswith(_PACKAGE):
        frames.pop()
    _TRACES[node] = "".join(traceback.format_list(frames)), _RUNNING.node


@contextmanager
def watched(node: Any) -> Iterator[None]:
    """Whatever is raised inside is preceded by a warning that tells where the node was recorded."""
    before, _RUNNING.node = _RUNNING.node, node
    try:
        yield
    except Exception:
        for text in _told(node):
            warnings.warn(text, UserWarning, stacklevel=4)
        raise
    finally:
        _RUNNING.node = before


def check(node: Any, gradients: Any, has_nan: Callable[[Any], bool]) -> None:
    """RuntimeError if one of the gradients that a node gave has a NaN."""
    for i, g in enumerate(gradients if ANOMALY.check_nan else ()):
        if g is not None and has_nan(g):
            raise RuntimeError(f"Function '{node.name()}' returned nan values in its {i}th output.")


def _told(node: Any) -> Iterator[str]:
    """Where a node was recorded; then, if that was while another node ran backward, where that one was."""
    yield f"Error detected in {node.name()}. {_trace(node, 'caused the error')}"
    while (node := _TRACES.get(node, ("", None))[1]) is not None:
        yield (
            f"\n\nPrevious calculation was induced by {node.name()}. {_trace(node, 'induced the previous calculation')}"
        )


def _trace(node: Any, what: str) -> str:
    if node not in _TRACES:
        return "No forward pass information available. Enable detect anomaly during forward pass for more information."
    return f"Traceback of forward call that {what}:\n{_TRACES[node][0]}"
