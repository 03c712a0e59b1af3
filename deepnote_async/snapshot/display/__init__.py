"""How documents and results are shown to people: pages for Jupyter, notebooks in nbformat, files in HTML."""
