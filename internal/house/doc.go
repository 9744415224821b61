// Package house holds the rules of this code base as tests: which room may
// import which, where C and FFmpeg are bound, what no source file does, and
// that every link in the documentation leads somewhere. It has no code of its
// own.
//
//	go test ./internal/house
//
// A failing test names the file, the line and the rule. Where a rule is wrong,
// change it here, in the same commit as the code that needs it.
package house
