package study

// SharedErrorsFile is the file of JudgedErrors.
var SharedErrorsFile = sharedErrors
