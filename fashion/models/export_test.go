package models

// What the external tests use of the package's internals.
var StudyModels = studyModels
