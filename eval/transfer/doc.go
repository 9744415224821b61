// Package transfer measures what a discriminator has learned from clips without labels: how well its features tell the
// classes of labelled clips, beside a network of the same layers that begins at random.
//
// As Vondrick, Pirsiavash and Torralba 2016 do (Sec. 4.2; main_ucf.lua of their release), the discriminator loses its
// head, gets dropout and a layer of class scores instead, and is trained on labelled clips: from random weights
// (MethodScratch), with its own layers frozen, which is logistic regression on its features (MethodProbe), or as a whole
// (MethodFinetune). MethodUntrained, logistic regression on layers that were never trained, tells what the architecture
// gives by itself. Run measures all of them for some shares of the labels and some numbers of classes, a cell each:
//
//	study, err := transfer.Run(ctx, device, networks, data, transfer.DefaultConfig(), transfer.Options{Dir: "transfer"})
//	err = study.WriteText(os.Stdout)
//
// Finished cells are kept in the folder; the same call goes on after an interrupt.
package transfer
