"""Benchmarks of the project, in groups that run one by one: `make bench`, or `python -m benchmarks --help`."""
