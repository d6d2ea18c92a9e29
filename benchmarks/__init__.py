"""How fast the library is, as ratios to its peers: `python -m benchmarks`. Read `measure.py` first, then any family."""
