"""Checks and runs notebooks, each in a kernel of its own; prints, as JSON, what each wrote to its standard output.

Arguments: the notebooks' paths.
"""

import json
import sys

import nbformat
from nbclient import NotebookClient


def output_of(path):
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return "".join(
        output.text
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "stream" and output.name == "stdout"
    )


print(json.dumps([output_of(path) for path in sys.argv[1:]]))
