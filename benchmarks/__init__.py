"""Speed against peers, accuracy against cost: ``python -m benchmarks.wave``.

Prints machine and versions; never gates the tests.
"""
