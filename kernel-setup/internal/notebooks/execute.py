"""Executes a notebook and writes its progress as JSON lines to the file descriptor 3: execute.py NOTEBOOK KERNEL OUT.ipynb OUT.html"""
import json
import os
import sys

sys.modules["rfc3987_syntax"] = None  # jsonschema does without; it parses a grammar for a second, for formats that notebooks have not

import nbformat
from bs4 import BeautifulSoup
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter

source, kernel, out, html = sys.argv[1:]
events = os.fdopen(3, "w", encoding="utf-8")


def report(**event):
    print(json.dumps(event), file=events, flush=True)


def write(path, text):
    with open(path + ".part", "w", encoding="utf-8") as f:
        f.write(text)
    os.replace(path + ".part", path)


notebook = nbformat.read(source, as_version=4)
code = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
report(cells=len(code))


def finished(cell_index, execute_reply, **_):
    if execute_reply["content"]["status"] == "ok":
        report(done=code.index(cell_index) + 1)


def failed(cell, cell_index, execute_reply):
    """Reports what the cell's program wrote to standard error, what GoNB shows as HTML, and the error that GoNB reports, as the last line."""
    said = "".join(output.text for output in cell.outputs if output.get("name") == "stderr")  # chunks end anywhere, also within a line
    lines = [said.rstrip("\n"), *shown(cell), execute_reply["content"]["evalue"]]
    report(failed=code.index(cell_index) + 1, error="\n".join(lines))


def shown(cell):
    """Returns the compiler's messages or the lines of the cell in a stack trace, without the lines of code around each."""
    lines = []
    for output in cell.outputs:
        page = BeautifulSoup(output.get("data", {}).get("text/html", ""), "html.parser")
        for context in page.select(".gonb-err-context"):
            context.decompose()
        for mark in page.select('[data-mime-type="application/vnd.jupyter.stderr"]'):
            lines += [line.get_text().rstrip() for line in mark.select("div")]
    return lines


def started(**_):
    report(kernel=client.km.provisioner.pid)


client = NotebookClient(notebook, kernel_name=kernel, timeout=None, record_timing=False, on_notebook_start=started, on_cell_executed=finished, on_cell_error=failed,
                        resources={"metadata": {"path": os.path.dirname(source)}})
status = 0
try:
    client.execute()
except CellExecutionError:
    status = 1
notebook.metadata.language_info["pygments_lexer"] = "go"  # GoNB names none, and the copies would colour the code as Python
write(out, nbformat.writes(notebook) + "\n")
wrapped = "<style>.jp-CodeCell pre, .jp-OutputArea pre, .jp-RenderedHTMLCommon pre { white-space: pre-wrap !important; overflow-wrap: anywhere; }</style></head>"
write(html, HTMLExporter(embed_images=True).from_notebook_node(notebook)[0].replace("</head>", wrapped, 1))
sys.exit(status)
