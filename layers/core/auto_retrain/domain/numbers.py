"""Numbers in sentences for people."""

_LEAST_P_VALUE = 1e-300


def shown_number(value: float) -> str:
    """With four decimals; large and tiny numbers with a few digits, because nobody reads a hundred of them."""
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        return f"{value:.4f}"
    return f"{value:.6g}" if abs(value) > 1 else f"{value:.4g}"


def shown_p_value(p_value: float) -> str:
    """With three digits; it is never 0, only too small for a float."""
    return f"{p_value:.3g}" if p_value >= _LEAST_P_VALUE else f"< {_LEAST_P_VALUE:g}"


def stated_p_value(p_value: float) -> str:
    """The same with its name: "p = 0.03"."""
    return f"p = {p_value:.3g}" if p_value >= _LEAST_P_VALUE else f"p < {_LEAST_P_VALUE:g}"
