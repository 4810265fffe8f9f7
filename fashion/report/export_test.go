package report

// What Write writes, one by one.
var (
	Claims     = printClaims
	Generators = generators
	HTML       = writeHTML
	JSON       = writeJSON
	Print      = printTable
)
