"""The inputs and outputs of the functions that the state machine runs: ids and short words, never data.

Each file belongs to a stage, so that a function loads only the messages that it reads and writes.
"""
