"""How large a holdout in parts may be, so that its versions are compared within the time of a function."""

# One takes a microsecond at most, as was measured, with the two transfers from S3 at 80 MB/s: 80 % of the time.
MAX_NUMBERS = 720_000_000
# Ids, labels, answers and the rest of a row take the time of so many numbers.
NUMBERS_OF_A_ROW = 4


def numbers_to_read(rows: int, challengers: int, probabilities: int, slices: int) -> int:
    """How many numbers are read for all challengers: of each row its probabilities, columns of slices and the rest."""
    return rows * challengers * (NUMBERS_OF_A_ROW + probabilities + slices)


def too_many_numbers(rows: int, challengers: int, probabilities: int, slices: int) -> str:
    """The sentence about more of them than may be."""
    numbers = numbers_to_read(rows, challengers, probabilities, slices)
    return (
        f"{challengers} x {rows:,} rows in parts with {probabilities} probabilities and {slices} columns of slices are "
        f"{numbers:,} numbers to compare, where a row counts as {NUMBERS_OF_A_ROW} more, and a function has time for "
        f"{MAX_NUMBERS:,}: take a shorter triggers.evaluation_window_days, or fewer variants"
    )
