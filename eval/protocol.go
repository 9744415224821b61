package eval

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Names of measures in a Protocol.
const (
	MeasureInceptionScore  = "inception-score"
	MeasureFrechetDistance = "frechet-distance"
	MeasureKernelDistance  = "kernel-distance"
	MeasurePrecision       = "precision"
	MeasureRecall          = "recall"
	MeasureDensity         = "density"
	MeasureCoverage        = "coverage"
	MeasureModes           = "modes"
	MeasureModesKL         = "modes-kl"
	MeasureDuplicates      = "duplicates" // share of groups with a pair of near duplicates
	MeasureNearest         = "nearest-distance"
	MeasureTransfer        = "transfer-accuracy"
	MeasureSSIM            = "ssim"
	MeasurePSNR            = "psnr"
)

// Protocol is all that decides a score besides what is scored. Two scores compare only where their protocols are equal
// (Differences). A field that a measure has no use for is zero.
type Protocol struct {
	Measure    string     `json:"measure"`          // one of the names above, or another in their manner
	Preset     string     `json:"preset,omitempty"` // the published protocol that was followed, if one
	Classifier Classifier `json:"classifier"`
	Input      Input      `json:"input"`
	// Samples is the number of generated clips scored, in each repeat.
	Samples    int       `json:"samples"`
	Repeats    int       `json:"repeats,omitempty"` // measurements with other seeds; 0: 1
	Splits     int       `json:"splits,omitempty"`
	Epsilon    float64   `json:"epsilon"`
	Neighbours int       `json:"neighbours,omitempty"`  // k of precision, recall, density and coverage
	Subsets    int       `json:"subsets,omitempty"`     // of the kernel distance
	SubsetSize int       `json:"subset_size,omitempty"` // clips in each, and in each group of the birthday test
	Threshold  float64   `json:"threshold,omitempty"`   // of the birthday test: clips nearer than this are duplicates
	Reference  Reference `json:"reference"`
	Transfer   Transfer  `json:"transfer,omitzero"` // of the transfer accuracy
	// Seed draws latents, reference clips and subsets.
	Seed    uint64  `json:"seed"`
	Subject Subject `json:"subject"`
	Version string  `json:"version"` // of the program that measured
}

// Classifier is the network whose outputs are measured.
type Classifier struct {
	Name  string `json:"name"`  // "c3d-small", "MoViNet-A0"
	Hash  string `json:"hash"`  // SHA-256 of its weights
	Mode  Mode   `json:"mode"`  // how its dropout behaves
	Layer string `json:"layer"` // "prob", "fc7", "logits"
}

// Mode says how the classifier's dropout behaves.
type Mode string

const (
	// ModeEval has dropout off, as everybody means it.
	ModeEval Mode = "eval"
	// ModeDropout has dropout active on the hidden layers of the classifier while it scores. TGAN's published program does
	// so: 'with chainer.using_config('train', False) and chainer.no_backprop_mode()' enters the second manager only.
	ModeDropout Mode = "dropout"
)

// Input is what a clip goes through before the classifier sees it, in this order.
type Input struct {
	Frames    int    `json:"frames,omitempty"`
	Clipped   bool   `json:"clipped,omitempty"`   // values are first clipped to [-1, 1]
	Range     string `json:"range,omitempty"`     // what [-1, 1] becomes: "[0, 256] float", "[0, 1]"
	Resize    Resize `json:"resize,omitempty"`    // how frames are scaled to Width×Height; empty: not scaled
	Width     int    `json:"width,omitempty"`     // pixels
	Height    int    `json:"height,omitempty"`    // pixels
	MeanFile  string `json:"mean_file,omitempty"` // the mean volume that is subtracted
	MeanLeft  int    `json:"mean_left,omitempty"` // its first column and row, for the scaled frames
	MeanTop   int    `json:"mean_top,omitempty"`
	Crop      int    `json:"crop,omitempty"`     // side of the square cut from the centre afterwards; 0: none
	Channels  string `json:"channels,omitempty"` // order: "RGB", "BGR", "grey"
	Subsample int    `json:"subsample,omitempty"`
}

// Resize is an interpolation between pixels.
type Resize string

// Interpolations that protocols name.
const (
	ResizeNone     Resize = ""
	ResizeCubic    Resize = "cubic"
	ResizeBilinear Resize = "bilinear"
)

// Reference is the real clips that a measure compares with.
type Reference struct {
	Dataset   string `json:"dataset,omitempty"`
	IndexHash string `json:"index_hash,omitempty"` // SHA-256 of the dataset's index
	Split     string `json:"split,omitempty"`      // file of the split: "trainlist01.txt"
	Samples   int    `json:"samples,omitempty"`    // real clips used
}

// Transfer is how a discriminator's layers were put to use on labelled clips. The share of correct test videos is the
// score; Samples are the test videos, Reference.Samples the training videos that had labels.
type Transfer struct {
	Method       string  `json:"method"`       // what was trained: "probe", "finetune", …
	Labels       float64 `json:"labels"`       // share of the training videos that had labels
	Classes      int     `json:"classes"`      //
	Dropout      float64 `json:"dropout"`      // of whole channels below the head
	Rate         float64 `json:"rate"`         // of Adam, constant
	Beta1        float64 `json:"beta1"`        //
	Beta2        float64 `json:"beta2"`        //
	Steps        int     `json:"steps"`        //
	Batch        int     `json:"batch"`        // windows a step
	Windows      int     `json:"windows"`      // of a test video, whose mean probability decides
	Features     int     `json:"features"`     // windows of a training video that frozen features are taken of
	Settle       int     `json:"settle"`       // batches by which frozen layers took their running statistics
	Standardized bool    `json:"standardized"` // frozen features, by channel
	OwnSplit     bool    `json:"own_split"`    // each discriminator was measured on the split that it was trained on
}

// Subject is what was scored.
type Subject struct {
	// Kind is "ema" or "raw" for a generator's weights, "real" for clips of a dataset, "still" for the last of the frames
	// that a generator is given, held.
	Kind       string `json:"kind"`
	Checkpoint string `json:"checkpoint,omitempty"` // SHA-256 of the checkpoint; of the dataset's index for real clips
	Step       int    `json:"step,omitempty"`       // of the checkpoint
}

// Baseline says whether it is what generators are held to, and has no step.
func (s Subject) Baseline() bool { return s.Kind == "real" || s.Kind == "still" }

// field is one value of a protocol as text.
type field struct {
	name, value string
	// compared fields must agree before two scores stand in one column. The rest says what was scored, by which draw and by
	// which program.
	compared bool
}

// fields lists every value of a protocol; a test holds the list to the struct.
func (p Protocol) fields() []field {
	on := func(name string, value any) field { return field{name, fmt.Sprint(value), true} }
	off := func(name string, value any) field { return field{name, fmt.Sprint(value), false} }
	return []field{
		on("measure", p.Measure),
		off("preset", p.Preset), // a name for fields below
		on("classifier.name", p.Classifier.Name),
		on("classifier.hash", p.Classifier.Hash),
		on("classifier.mode", p.Classifier.Mode),
		on("classifier.layer", p.Classifier.Layer),
		on("input.frames", p.Input.Frames),
		on("input.clipped", p.Input.Clipped),
		on("input.range", p.Input.Range),
		on("input.resize", p.Input.Resize),
		on("input.width", p.Input.Width),
		on("input.height", p.Input.Height),
		on("input.mean_file", p.Input.MeanFile),
		on("input.mean_left", p.Input.MeanLeft),
		on("input.mean_top", p.Input.MeanTop),
		on("input.crop", p.Input.Crop),
		on("input.channels", p.Input.Channels),
		on("input.subsample", p.Input.Subsample),
		on("samples", p.Samples),
		on("repeats", p.Repeats),
		on("splits", p.Splits),
		on("epsilon", strconv.FormatFloat(p.Epsilon, 'g', -1, 64)),
		on("neighbours", p.Neighbours),
		on("subsets", p.Subsets),
		on("subset_size", p.SubsetSize),
		on("threshold", strconv.FormatFloat(p.Threshold, 'g', -1, 64)),
		on("reference.dataset", p.Reference.Dataset),
		on("reference.index_hash", p.Reference.IndexHash),
		on("reference.split", p.Reference.Split),
		on("reference.samples", p.Reference.Samples),
		on("transfer.method", p.Transfer.Method),
		on("transfer.labels", strconv.FormatFloat(p.Transfer.Labels, 'g', -1, 64)),
		on("transfer.classes", p.Transfer.Classes),
		on("transfer.dropout", strconv.FormatFloat(p.Transfer.Dropout, 'g', -1, 64)),
		on("transfer.rate", strconv.FormatFloat(p.Transfer.Rate, 'g', -1, 64)),
		on("transfer.beta1", strconv.FormatFloat(p.Transfer.Beta1, 'g', -1, 64)),
		on("transfer.beta2", strconv.FormatFloat(p.Transfer.Beta2, 'g', -1, 64)),
		on("transfer.steps", p.Transfer.Steps),
		on("transfer.batch", p.Transfer.Batch),
		on("transfer.windows", p.Transfer.Windows),
		on("transfer.features", p.Transfer.Features),
		on("transfer.settle", p.Transfer.Settle),
		on("transfer.standardized", p.Transfer.Standardized),
		on("transfer.own_split", p.Transfer.OwnSplit),
		off("seed", p.Seed),
		off("subject.kind", p.Subject.Kind),
		off("subject.checkpoint", p.Subject.Checkpoint),
		off("subject.step", p.Subject.Step),
		off("version", p.Version),
	}
}

// Difference is a field in which two protocols disagree.
type Difference struct {
	Field, A, B string
}

// String writes the difference as "samples: 2048 and 9984".
func (d Difference) String() string {
	return fmt.Sprintf("%s: %s and %s", d.Field, short(d.A), short(d.B))
}

// short cuts hashes to what a person compares, and shows what is empty.
func short(value string) string {
	switch {
	case value == "":
		return "none"
	case len(value) == sha256.Size*2 && strings.Trim(value, "0123456789abcdef") == "":
		return value[:12]
	}
	return value
}

// Differences lists the fields that keep a score by a apart from one by b: none, if the two may be compared. What was
// scored (subject), the seed that drew it and the version of the program may differ.
func Differences(a, b Protocol) []Difference {
	var differences []Difference
	other := b.fields()
	for i, f := range a.fields() {
		if f.compared && f.value != other[i].value {
			differences = append(differences, Difference{f.name, f.value, other[i].value})
		}
	}
	return differences
}

// Hash names the protocol, all of it: SHA-256 in hexadecimal of its JSON.
func (p Protocol) Hash() string { return hashJSON(p) }

// hashJSON is SHA-256 of a struct of strings and finite numbers, which JSON can always write.
func hashJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		text = []byte(fmt.Sprintf("%#v", v))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
