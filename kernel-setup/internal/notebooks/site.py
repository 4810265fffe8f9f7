"""Writes notebooks as a site of plain files: site.py ROOT OUT NOTEBOOK.ipynb...

ROOT is the module's folder, whose files the notebooks link to. OUT has the report already, report.html. Nothing in the pages refers to another server."""
import html
import os
import re
import sys

sys.modules["rfc3987_syntax"] = None  # see execute.py

import nbformat
from latex2mathml.converter import convert
from nbconvert.filters.markdown_mistune import markdown2html_mistune
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import GoLexer, get_lexer_for_filename
from pygments.util import ClassNotFound


def markdown(text):
    """Returns HTML, with formulas as MathML."""
    page = markdown2html_mistune(text)
    parts = re.split(r"(<pre.*?</pre>|<code.*?</code>)", page, flags=re.S)
    for i in range(0, len(parts), 2):
        parts[i] = re.sub(r"\$([^$<]+)\$", lambda m: formula(html.unescape(m[1])), parts[i])
    page = re.sub(r'<a class="anchor-link".*?</a>', "", "".join(parts))
    return page.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")


def formula(tex):
    """Returns MathML; an unknown command is an error."""
    found = convert(tex)
    if "\\" in found:
        raise ValueError(f"the formula ${tex}$ has a command that is not known")
    return found.replace("<mi>ln</mi>", '<mi>ln</mi><mspace width="0.17em"></mspace>')


def code(source, lexer=GoLexer()):
    return highlight(source, lexer, HtmlFormatter(nowrap=False, cssclass="code"))


def output(o):
    if o.output_type == "stream":
        return f"<pre>{html.escape(o.text)}</pre>"
    if o.output_type == "error":
        return f"<pre>{html.escape(o.ename)}: {html.escape(o.evalue)}</pre>"
    if "text/html" in o.data:
        return f'<div class="wide">{o.data["text/html"]}</div>' if o.data["text/html"].strip() else ""
    if "text/markdown" in o.data:
        return markdown(o.data["text/markdown"])
    return f"<pre>{html.escape(o.data.get('text/plain', ''))}</pre>"


def cell(c):
    if c.cell_type == "markdown":
        return markdown(c.source)
    shown = "".join(output(o) for o in c.outputs)
    return code(c.source) + (f'<div class="output">{shown}</div>' if shown else "")


def is_solutions(name):
    return name.endswith("-solutions")


def listed(pages):
    """The pages that navigation and index list: solutions are found where one looks for them, beside the exercises."""
    return [p for p in pages if not is_solutions(p[0])]


def name_of(path):
    return os.path.splitext(os.path.basename(path))[0]


def heading(notebook):
    return re.search(r"^# (.*)", notebook.cells[0].source, re.M)[1].strip()


def navigation(pages, here, up=""):
    items = [("index.html", "All notebooks"), *((name + ".html", title) for name, title, _ in listed(pages)), ("report.html", "Results")]
    links = "".join(f'<li><a href="{up}{href}"{" aria-current=page" if href == here else ""}>{html.escape(title)}</a></li>' for href, title in items)
    return f"<nav><details><summary>Contents</summary><ul>{links}</ul></details></nav>"


def page(title, body, nav="", script=""):
    style = STYLE.replace("/*code*/", HtmlFormatter(style="default").get_style_defs(".code")).replace("/*dark*/", HtmlFormatter(style="github-dark").get_style_defs(".code"))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{html.escape(title)}</title>
<style>{style}</style>
</head>
<body>
{nav}
<main>
{body}
</main>
{script}</body>
</html>
"""


STYLE = """
:root { --ink: #222; --soft: #5d6670; --line: #d9dee3; --back: #fff; --tint: #f4f7fa; --link: #00609a; }
/*code*/
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ec; --soft: #a4adb6; --line: #3a424a; --back: #14181c; --tint: #1d2329; --link: #7cc0ec; }
  /*dark*/
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 58rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.7rem; line-height: 1.25; overflow-wrap: anywhere; } h2 { font-size: 1.3rem; margin-top: 2.2rem; }
a { color: var(--link); } p, li { overflow-wrap: break-word; } :is(p, li):has(> math) { overflow-x: auto; overflow-y: hidden; }
pre, code { font: .85em/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
pre { margin: 0; tab-size: 4; } .code, .output pre, p + pre { background: var(--tint); border: 1px solid var(--line); border-radius: .4rem; margin: 1rem 0 .5rem; padding: .6rem .8rem; }
.output { margin: .5rem 0 1.2rem; } .wide { overflow-x: auto; } .output img { background: #fff; border-radius: .4rem; }
table { border-collapse: collapse; font-size: .9rem; margin: .6rem 0; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .7rem .3rem 0; text-align: left; vertical-align: top; }
nav { background: var(--tint); border-bottom: 1px solid var(--line); padding: .4rem 1rem; }
nav ul { list-style: none; margin: .4rem 0; padding: 0; columns: 20rem; } nav a { display: block; padding: .3rem 0; text-decoration: none; }
nav summary { cursor: pointer; padding: .2rem 0; } nav [aria-current] { color: var(--ink); font-weight: 600; }
.turn { border-top: 1px solid var(--line); display: flex; flex-wrap: wrap; gap: .5rem 2rem; justify-content: space-between; margin-top: 2.5rem; padding: 1rem 0; }
.slides main { max-width: none; padding: 0; } .slides section { max-width: 64rem; min-height: 100vh; margin: 0 auto; padding: 2rem 1rem; }
@media (max-width: 30rem) { pre { tab-size: 2; } }
@media print {
  body { font-size: 10pt; } main { max-width: none; padding: 0; } nav, .turn { display: none; } a { color: inherit; text-decoration: none; }
  .wide { overflow: visible; } img, tr { break-inside: avoid; } h2, h3 { break-after: avoid; } .slides section { break-after: page; min-height: 0; }
}
"""

KEYS = """<script>
document.body.className = "slides";
addEventListener("keydown", e => {
  const step = {ArrowRight: 1, PageDown: 1, " ": 1, ArrowLeft: -1, PageUp: -1}[e.key];
  if (!step || e.altKey || e.ctrlKey || e.metaKey || e.shiftKey || e.key === " " && e.target.closest("summary")) return;
  e.preventDefault();
  const all = [...document.querySelectorAll("section")];
  const here = all.findLastIndex(s => s.getBoundingClientRect().top < innerHeight / 2);
  all[Math.min(Math.max(here + step, 0), all.length - 1)].scrollIntoView();
});
</script>
"""


def slides(notebook):
    """Returns a slide for each heading and each cell with a figure. The tag skip leaves a cell out, slide begins a new one, and - adds a cell to the one before."""
    sections = []
    for c in notebook.cells:
        tags = c.metadata.get("tags", [])
        if "skip" in tags:
            continue
        figure = c.cell_type == "code" and any("<img" in o.get("data", {}).get("text/html", "") for o in c.outputs)
        begins = figure or re.match(r"#+ ", c.source)
        if not sections or "slide" in tags or begins and "-" not in tags:
            sections.append("")
        body = cell(c)
        if c.cell_type == "code":
            body = f"<details><summary>code</summary>{code(c.source)}</details>" + "".join(output(o) for o in c.outputs)
        sections[-1] += body
    return "".join(f"<section>{s}</section>\n" for s in sections)


def main(root, out, paths):
    pages = []
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        pages.append((name_of(path), heading(notebook), notebook))
    sources = set()

    def linked(body, folder, up=""):
        """Has links lead to the pages: of notebooks, and of the module's files, which become pages too."""
        def target(m):
            href, _, fragment = m[1].partition("#")
            if re.match(r"[a-z]+:", href) or not href:
                return m[0]
            if href.endswith(".ipynb"):
                return f'href="{up}{name_of(href)}.html{"#" + fragment if fragment else ""}"'
            file = os.path.relpath(os.path.normpath(os.path.join(folder, href)), root)
            if file.startswith("..") or not os.path.isfile(os.path.join(root, file)):
                return m[0]
            sources.add(file)
            return f'href="{up}source/{file}.html"'
        return re.sub(r'href="([^"]*)"', target, body)

    def write(name, text):
        path = os.path.join(out, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".part", "w", encoding="utf-8") as f:
            f.write(text)
        os.replace(path + ".part", path)

    for i, (name, title, notebook) in enumerate(pages):
        folder = os.path.join(root, "notebooks", "solutions" if is_solutions(name) else "")
        near = listed(pages) if not is_solutions(name) else []
        turn = "".join(f'<a href="{pages[j][0]}.html">{html.escape(arrow.replace("-", pages[j][1]))}</a>' for j, arrow in ((i - 1, "← -"), (i + 1, "- →")) if 0 <= j < len(near))
        body = "\n".join(cell(c) for c in notebook.cells) + f'<div class="turn">{turn}<a href="slides/{name}.html">as slides</a></div>'
        write(f"{name}.html", page(title, linked(body, folder), navigation(pages, f"{name}.html")))
        write(f"slides/{name}.html", page(title, linked(slides(notebook), folder, "../"), script=KEYS))
    rows = "".join(f'<li><a href="{name}.html">{html.escape(title)}</a> (<a href="slides/{name}.html">slides</a>)</li>' for name, title, _ in listed(pages))
    index = f'<h1>Image classification of fashion items</h1><p>The notebooks as they were executed, and all <a href="report.html">results</a>.</p><ul>{rows}</ul>'
    write("index.html", page("Image classification of fashion items", index, navigation(pages, "index.html")))
    with open(os.path.join(out, "report.html"), encoding="utf-8") as f:
        report = f.read()
    write("report.html", report.replace("<main>", '<main>\n<p><a href="index.html">All notebooks</a></p>', 1))
    for file in sorted(sources):
        with open(os.path.join(root, file), encoding="utf-8") as f:
            text = f.read()
        try:
            body = code(text, get_lexer_for_filename(file))
        except ClassNotFound:
            body = f"<pre>{html.escape(text)}</pre>"
        up = "../" * (file.count("/") + 1)
        write(f"source/{file}.html", page(file, f"<h1>{html.escape(file)}</h1>{body}", navigation(pages, "", up)))


main(sys.argv[1], sys.argv[2], sys.argv[3:])
