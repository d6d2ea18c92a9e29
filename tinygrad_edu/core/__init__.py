"""The engine: tensors and their record, operations and their rules, the walk and the backward pass.

Read in this order: `modes`, `tensors`, `rules`, `ops`, `walk`, `backprop`, `passes`. The rest serves them: `operators`
(the methods of Tensor), `values` (what may enter), `positions` (which line of the user's code), `sending` and
`plain_loop` (the backward pass, faster), `failures` (errors in words), `formatting`, `storage` (pickling).
"""
