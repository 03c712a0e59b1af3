"""Curves in a plane whose axes are both logarithmic: in letters for a terminal, and as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from string import ascii_uppercase

from attrs import frozen

_STEPS = (1, 2, 5)
_WIDTH, _HEIGHT = 64, 20
"""Of the plane in the terminal, in characters."""
_SVG_WIDTH, _SVG_HEIGHT = 640, 420
_LEFT, _TOP, _BELOW, _LEGEND = 70, 40, 60, 250
_COLOURS = ("#d62728", "#1f77b4", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#17becf", "#7f7f7f")


@frozen
class Curve:
    """Points that belong together, in the order of a knob.

    Attributes:
        name: for the legend.
        points: pairs of x and y, all above zero.
    """

    name: str
    points: Sequence[tuple[float, float]]


@frozen
class Axis:
    """A logarithmic axis that all points fit on.

    Attributes:
        low: where it begins, a power of ten times 1, 2 or 5.
        high: where it ends, the same.
    """

    low: float
    high: float

    @classmethod
    def around(cls, values: Iterable[float]) -> Axis:
        """Make one that reaches to the next ticks beyond all values."""
        seen = list(values)
        ticks = _ticks(min(seen) / 10, max(seen) * 10)
        low = max(tick for tick in ticks if tick <= min(seen))
        high = min(tick for tick in ticks if tick >= max(seen))
        return cls(low, high if high > low else low * 10)

    @property
    def ticks(self) -> Sequence[float]:
        """Where numbers stand."""
        return _ticks(self.low, self.high)

    def place(self, value: float) -> float:
        """Give where a value lies: 0 at the beginning, 1 at the end."""
        return math.log(value / self.low) / math.log(self.high / self.low)


def ascii_plot(curves: Sequence[Curve], across: str, up: str) -> str:
    """Draw curves with letters; where two points fall together, the curve named first is seen.

    Example:
        >>> print(ascii_plot([Curve("a rule", [(1, 10), (10, 1)])], "delay s", "requests"))  # doctest: +ELLIPSIS
        requests
            10 |A...
    """
    x_axis, y_axis = _axes(curves)
    rows = [[" "] * (_WIDTH + 1) for _ in range(_HEIGHT + 1)]
    for letter, curve in reversed(list(zip(ascii_uppercase, curves, strict=False))):
        for x, y in curve.points:
            rows[_HEIGHT - round(y_axis.place(y) * _HEIGHT)][round(x_axis.place(x) * _WIDTH)] = letter
    marks = {_HEIGHT - round(y_axis.place(tick) * _HEIGHT): f"{tick:g}" for tick in y_axis.ticks}
    lines = [up, *(f"{marks.get(number, ''):>6} |{''.join(row)}".rstrip() for number, row in enumerate(rows))]
    below = [" "] * (_WIDTH + 8)
    for tick in x_axis.ticks:
        at = round(x_axis.place(tick) * _WIDTH)
        below[at : at + len(f"{tick:g}")] = f"{tick:g}"
    lines += [" " * 7 + "+" + "-" * (_WIDTH + 1), " " * 8 + "".join(below).rstrip(), f"{across:>{_WIDTH + 9}}"]
    lines += [f"  {letter}  {curve.name}" for letter, curve in zip(ascii_uppercase, curves, strict=False)]
    return "\n".join(lines)


def svg_plot(curves: Sequence[Curve], title: str, across: str, up: str) -> str:
    """Draw curves as the text of an SVG file."""
    x_axis, y_axis = _axes(curves)
    width, height = _LEFT + _SVG_WIDTH + _LEGEND, _TOP + _SVG_HEIGHT + _BELOW
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif">',
        '<rect width="100%" height="100%" fill="white"/>',
        _text(_LEFT, 22, title, size=15),
        _text(_LEFT + _SVG_WIDTH / 2, _TOP + _SVG_HEIGHT + 45, across, anchor="middle"),
        f'<g transform="translate(18 {_TOP + _SVG_HEIGHT / 2}) rotate(-90)">{_text(0, 0, up, anchor="middle")}</g>',
    ]
    for tick in x_axis.ticks:
        x = _x(x_axis, tick)
        parts += [
            _line(x, _TOP, x, _TOP + _SVG_HEIGHT),
            _text(x, _TOP + _SVG_HEIGHT + 20, f"{tick:g}", anchor="middle"),
        ]
    for tick in y_axis.ticks:
        y = _y(y_axis, tick)
        parts += [_line(_LEFT, y, _LEFT + _SVG_WIDTH, y), _text(_LEFT - 8, y + 4, f"{tick:g}", anchor="end")]
    for number, curve in enumerate(curves):
        colour = _COLOURS[number % len(_COLOURS)]
        places = [(_x(x_axis, x), _y(y_axis, y)) for x, y in curve.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in places]
        y = _TOP + 12 + 20 * number
        parts.append(f'<circle cx="{_LEFT + _SVG_WIDTH + 20}" cy="{y}" r="4" fill="{colour}"/>')
        parts.append(_text(_LEFT + _SVG_WIDTH + 32, y + 4, curve.name))
    return "\n".join([*parts, "</svg>", ""])


def _axes(curves: Sequence[Curve]) -> tuple[Axis, Axis]:
    points = [point for curve in curves for point in curve.points]
    return Axis.around(x for x, _ in points), Axis.around(y for _, y in points)


def _ticks(low: float, high: float) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [float(f"{step}e{decade}") for decade in decades for step in _STEPS]
    return [tick for tick in ticks if low <= tick <= high]


def _x(axis: Axis, value: float) -> float:
    return _LEFT + axis.place(value) * _SVG_WIDTH


def _y(axis: Axis, value: float) -> float:
    return _TOP + (1 - axis.place(value)) * _SVG_HEIGHT


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#dddddd"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'
