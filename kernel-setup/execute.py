"""Executes a notebook and tells its progress as JSON lines: execute.py NOTEBOOK KERNEL OUT.ipynb OUT.html"""
import json
import os
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter

source, kernel, out, html = sys.argv[1:]


def tell(**event):
    print(json.dumps(event), flush=True)


def write(path, text):
    with open(path + ".part", "w", encoding="utf-8") as f:
        f.write(text)
    os.replace(path + ".part", path)


notebook = nbformat.read(source, as_version=4)
code = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
tell(cells=len(code))


def finished(cell, cell_index, **_):
    tell(done=code.index(cell_index) + 1)


client = NotebookClient(notebook, kernel_name=kernel, timeout=None, record_timing=False, on_cell_executed=finished,
                        resources={"metadata": {"path": os.path.dirname(source)}})
status = 0
try:
    client.execute()
except CellExecutionError as e:
    tell(error=f"{e.ename}: {e.evalue}")
    status = 1
write(out, nbformat.writes(notebook) + "\n")
write(html, HTMLExporter(embed_images=True).from_notebook_node(notebook)[0])
sys.exit(status)
