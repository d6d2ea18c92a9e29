"""Views of the recorded graph: formulas, source code, scalars, pictures. They read the record and the rules alone."""
