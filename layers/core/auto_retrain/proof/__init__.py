"""Verifies audit chains and their anchors: what is wrong, and where; nothing here reads a store."""
