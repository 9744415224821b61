package transfer

// Published is an accuracy on UCF101 that somebody printed.
type Published struct {
	Name     string  `json:"name"`
	Accuracy float64 `json:"accuracy"` // percent, 101 classes, mean of the three splits
	Source   string  `json:"source"`
}

// PublishedRows are the accuracies that Vondrick, Pirsiavash and Torralba 2016 print beside their own (Sec. 4.2). The
// network is VGAN's discriminator at 64×64 and 32 frames, trained on two million clips from Flickr. Numbers on fewer
// classes or smaller clips do not compare with them; their order does.
func PublishedRows() []Published {
	const source = "Vondrick et al. 2016, Sec. 4.2"
	return []Published{
		{"chance", 0.9, source},
		{"VGAN's D, random initialization", 36.7, source},
		{"STIP features", 43.9, source + ", after Soomro et al. 2012"},
		{"temporal coherence", 45.4, source + ", after Hadsell et al. 2006"},
		{"VGAN's D, logistic regression", 49.3, source},
		{"shuffle and learn", 50.2, source + ", after Misra et al. 2016"},
		{"VGAN's D, fine-tuning", 52.1, source},
		{"supervised by ImageNet", 91.4, source},
	}
}
