"""The command line: `python -m auto_retrain.cli`, for people and for pipelines that apply policies."""
