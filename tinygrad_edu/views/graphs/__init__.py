"""The picture of a recorded graph: a plain description of it, filters, and one file for each form it can take."""
