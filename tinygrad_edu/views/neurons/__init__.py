"""Pictures of networks as neurons: circles by layer, weights as lines, and what an example wants of them.

    model.py                    the plain description: layers, weights, activations, nudges
    reading.py, running.py      columns of units from modules, run and recorded; costs and gradients
    scene.py                    what stands where
    measures.py, placing.py, labelling.py, explaining.py        how large, where, what stands on lines, what below
    captions.py, shades.py      how numbers are written, and shown as grey
    svg.py, tiles.py, text.py   the two ways to show it
    diagram.py, saving.py       `diagram(model, x, y)`, the object it gives, and its files
"""
