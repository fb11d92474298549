"""Numbers as people read them: three digits, and a letter for thousands and millions."""

from __future__ import annotations

NO_VALUE = "–"


def number_text(value: float | None) -> str:
    """A number such as 0.043, 51.7, 1,234 or 25.8k; a dash for none."""
    if value is None:
        return NO_VALUE
    size = abs(value)
    if size >= 999_500:
        return f"{_three_digits(value / 1e6)}M"
    if size >= 9_999.5:
        return f"{_three_digits(value / 1e3)}k"
    if size >= 999.5:
        return f"{value:,.0f}"
    return _three_digits(value) if size >= 0.0005 else "0"


def _three_digits(value: float) -> str:
    if value == int(value):
        return str(int(value))
    decimals = 0 if abs(value) >= 99.95 else 1 if abs(value) >= 9.995 else 2 if abs(value) >= 0.9995 else 3
    return f"{value:.{decimals}f}"
