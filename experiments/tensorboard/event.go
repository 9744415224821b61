package tensorboard

import (
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Scalar is one number under its name; slashes in the name make TensorBoard's groups.
type Scalar struct {
	Tag   string
	Value float64 // kept as float32, all that the format has; what is not finite stays so
}

// Numbers of fields, as in event.proto and summary.proto.
const (
	eventWallTime, eventStep, eventVersion, eventSummary, eventSession = 1, 2, 3, 5, 7

	sessionStatus, sessionStart = 1, 1

	summaryValue = 1

	valueTag, valueSimple, valueImage = 1, 2, 4

	imageHeight, imageWidth, imageColours, imageBytes = 1, 2, 3, 4
)

// fileVersion opens every event file; from version 2 on, a session's start discards what
// older files hold of its step and later.
const fileVersion = "brain.Event:2"

// event is the start of an Event: when it happened, in seconds since 1970, and at which step.
func event(step int, at time.Time) []byte {
	seconds := float64(at.UnixMicro()) / 1e6 // nanoseconds would be rounded
	b := protowire.AppendTag(nil, eventWallTime, protowire.Fixed64Type)
	b = protowire.AppendFixed64(b, math.Float64bits(seconds))
	if step != 0 { // proto3 leaves out zeros
		b = appendNumber(b, eventStep, step)
	}
	return b
}

// versionEvent is the first of a file.
func versionEvent(at time.Time) []byte {
	return appendBytes(event(0, at), eventVersion, []byte(fileVersion))
}

// startEvent says that steps from this one on, where older files have them, were lost.
func startEvent(step int, at time.Time) []byte {
	return appendBytes(event(step, at), eventSession, appendNumber(nil, sessionStatus, sessionStart))
}

func scalarsEvent(step int, at time.Time, scalars []Scalar) []byte {
	var summary []byte
	for _, s := range scalars {
		value := appendBytes(nil, valueTag, []byte(s.Tag))
		value = protowire.AppendTag(value, valueSimple, protowire.Fixed32Type)
		value = protowire.AppendFixed32(value, math.Float32bits(float32(s.Value)))
		summary = appendBytes(summary, summaryValue, value)
	}
	return appendBytes(event(step, at), eventSummary, summary)
}

// imageEvent holds a picture as its file; colours is 1 of grey, 3 of RGB, 4 with alpha.
func imageEvent(step int, at time.Time, tag string, width, height, colours int, file []byte) []byte {
	image := appendNumber(nil, imageHeight, height)
	image = appendNumber(image, imageWidth, width)
	image = appendNumber(image, imageColours, colours)
	image = appendBytes(image, imageBytes, file)
	value := appendBytes(nil, valueTag, []byte(tag))
	value = appendBytes(value, valueImage, image)
	return appendBytes(event(step, at), eventSummary, appendBytes(nil, summaryValue, value))
}

func appendNumber(b []byte, field protowire.Number, value int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), uint64(value))
}

func appendBytes(b []byte, field protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), value)
}
