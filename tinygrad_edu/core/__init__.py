"""The engine: tensors and their record, operations and their rules, the walk and the backward pass.

Read in this order: `modes`, `tensors`, `ops`, `walk`, `backprop`. The rest serves them: `operators` (the methods of
Tensor), `values` (what may enter), `positions` (which line of the user's code), `formatting`, `storage` (pickling).
"""
