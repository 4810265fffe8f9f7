package report

// What Write writes, one by one.
var (
	Generators = generators
	HTML       = writeHTML
	JSON       = writeJSON
	Print      = printTable
)
