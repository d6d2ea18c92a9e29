"""Layouts: where the boxes and lines of a picture go. They know sizes and names, nothing of tensors."""
