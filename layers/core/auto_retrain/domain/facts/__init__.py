"""Facts about models and jobs, in the past tense: each has its fields, an id and one sentence for people.

A fact that is recorded again has the same id, so it can be stored once. People are notified of announced facts.
Each file belongs to a stage, so that a function loads only the facts that it records.
"""
