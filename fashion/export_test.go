package fashion

// What the external tests use of the package's internals.
var (
	ExportReadImages = readImages
	ExportReadLabels = readLabels
)
