package fashion

// What the external tests read of the package's inside.
var (
	ExportReadImages = readImages
	ExportReadLabels = readLabels
)
