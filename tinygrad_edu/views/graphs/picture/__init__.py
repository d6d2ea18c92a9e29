"""The picture of a graph as SVG: `svg.py` puts together what the other files measure and draw, a part of it each."""
