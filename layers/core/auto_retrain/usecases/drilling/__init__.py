"""Drills: a rollback is rehearsed before anybody needs it."""
