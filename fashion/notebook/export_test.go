package notebook

// ProgressLine is the line of Live.
var ProgressLine = progressLine
