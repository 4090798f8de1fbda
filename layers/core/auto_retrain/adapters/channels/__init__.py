"""Channels that notify people."""
