"""Pages: what every page of the library shares, from the frame around it to how a notebook shows it.

    shell.py        a whole HTML document that may load nothing, and data inside of it
    bundle.py       what a notebook shows: a picture where no script runs, a page where one does
    words.py        every word that a graph's page says
    *.js, *.css     plain JavaScript and style sheets; `kit` and `page` serve all pages, the others one each
"""
