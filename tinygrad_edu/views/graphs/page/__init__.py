"""The page of a graph: what `page.py` hands to the scripts of `views/page`, so that it can be explored in a browser."""
