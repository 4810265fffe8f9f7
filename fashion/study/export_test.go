package study

// SharedErrorsFile is the file of JudgedErrors.
var SharedErrorsFile = sharedErrors

// TestLabelsFile is the file of JudgedTestLabels.
var TestLabelsFile = testLabels
