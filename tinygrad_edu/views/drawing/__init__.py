"""Drawing: colours, letters and strokes that all pictures share. It knows nothing of graphs."""
