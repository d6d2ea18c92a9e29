"""The engine: tensors and their record, operations and their rules, the walk and the backward pass.

Read in this order: `modes`, `tensors`, `rules`, `ops`, `walk`, `backprop`, `passes`. The rest serves them: `operators`
(the methods of Tensor), `values` (what may enter), `positions`, `places` and `assignments` (which line of the user's
code, which variable), `sending` and `plain_loop` (the backward pass, faster), `failures` (errors in words),
`formatting`, `storage` (pickling), `written` (programs that are written and run).
"""
