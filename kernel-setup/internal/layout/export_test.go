package layout

// What the tests of package layout_test need beside the package's own names: they import layouttest, which imports layout.
const InheritVariable = inheritVariable

var (
	JupyterData       = jupyterData
	MakePathsAbsolute = makePathsAbsolute
)
