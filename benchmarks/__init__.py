"""Figures of the issue list, measured on demand: ``python -m benchmarks [PREFIX]``.

Every module holds ``MEASURES``, a table from the name of a figure to the function that measures it.
Nothing is asserted here; what each figure should be stands in docs/benchmarks.md.
"""
