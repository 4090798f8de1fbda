"""The command line, `auto-retrain` or `python -m auto_retrain.cli`: one file for each group of commands."""
