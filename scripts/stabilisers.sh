#!/bin/sh
# The study of docs/stabilisers.md: VGAN-small and TGAN-small on Moving MNIST and on UCF101, TGAN's discriminator held by
# nothing, R1, weight clipping, singular value clipping and spectral normalization, for the same number of clips.
#
#   scripts/stabilisers.sh train [RUN...]   the whole grid, a seed after the other, or these runs only: mnist-tgan-svc-seed1
#   scripts/stabilisers.sh judge            UCF101's classifier of 8 frames
#   scripts/stabilisers.sh score [RUN...]   every kept checkpoint to STEPS by them; the last also by MoViNet-A0, where MOVINET names it
#   scripts/stabilisers.sh table            OUT/mnist and OUT/ucf: tables and plots, mean and deviation over the seeds
#
# Each goes on where it was stopped, and passes over what is finished. With a larger STEPS finished runs go on as well.
# Settings come from the environment:
#   OUT=runs/study   DATA=UCF101 (its folder, or one made by 'videogan prepare'; empty: Moving MNIST alone)
#   SEEDS="1 2 3"    STEPS=300        VIDEOGAN=bin/videogan        SPLIT=1 (of UCF101, for training)
#   SCORE_STEPS="150 300 1500" (the checkpoints that are scored; empty: every one that was kept)
#   JUDGE_MNIST=pretrained:mnist32    JUDGE_UCF=OUT/judge-ucf    MOVINET=movinet_a0_stream_int8.tflite (empty: without)
set -eu

OUT=${OUT:-runs/study}
DATA=${DATA:-}
SEEDS=${SEEDS:-1 2 3}
STEPS=${STEPS:-300}
SCORE_STEPS=${SCORE_STEPS:-}
SPLIT=${SPLIT:-1}
JUDGE_MNIST=${JUDGE_MNIST:-pretrained:mnist32}
JUDGE_UCF=${JUDGE_UCF:-$OUT/judge-ucf}
MOVINET=${MOVINET:-}
VIDEOGAN=${VIDEOGAN:-bin/videogan}

# One protocol judges both models: 8 frames of 32×32, batches of 16, a checkpoint that stays every 150 steps.
common='train.batch=16 data.size=32 data.frames=8 train.checkpoint_every=150 train.keep_every=150 train.sample_every=750 train.samples=8'
common="$common gan.order=usual gan.critic=1 gan.ema=0.999"

# The step that a constraint was published with, at a rate that gets somewhere in so few steps.
adam='gan.generator.optimizer=adam gan.discriminator.optimizer=adam'
adam_gan='gan.generator.lr=4e-4 gan.generator.beta1=0.5 gan.generator.beta2=0.999 gan.discriminator.lr=4e-4 gan.discriminator.beta1=0.5 gan.discriminator.beta2=0.999'
adam_r1='gan.generator.lr=6e-4 gan.generator.beta1=0 gan.generator.beta2=0.99 gan.discriminator.lr=6e-4 gan.discriminator.beta1=0 gan.discriminator.beta2=0.99'
adam_sn='gan.generator.lr=4e-4 gan.generator.beta1=0 gan.generator.beta2=0.9 gan.discriminator.lr=4e-4 gan.discriminator.beta1=0 gan.discriminator.beta2=0.9'
rmsprop='gan.generator.optimizer=rmsprop gan.discriminator.optimizer=rmsprop gan.generator.lr=5e-4 gan.discriminator.lr=5e-4'

# settings CONSTRAINT: what sets its runs apart.
settings() {
	case $1 in
	none) # the papers' plain GAN: batch normalization in D (Vondrick et al. 2016, Sec. 3.3)
		echo "gan.loss=non_saturating gan.constraint.kind=none gan.r1.gamma=0 dis.batch_norm=true $adam $adam_gan" ;;
	r1) # what tgan-small and vgan-small come with (Mescheder et al. 2018)
		echo "gan.loss=non_saturating gan.constraint.kind=none gan.r1.gamma=0.5 gan.r1.every=4 dis.batch_norm=false $adam $adam_r1" ;;
	clip) # WGAN (Arjovsky et al. 2017), whose ±0.01 leaves a discriminator of this width without gradients
		echo "gan.loss=wasserstein gan.constraint.kind=weight_clipping gan.constraint.clip=0.05 gan.r1.gamma=0 dis.batch_norm=true $rmsprop" ;;
	svc) # TGAN (Saito et al. 2017, Sec. 4)
		echo "gan.loss=wasserstein gan.constraint.kind=singular_value_clipping gan.constraint.every=5 gan.r1.gamma=0 dis.batch_norm=true $rmsprop" ;;
	sn) # SN-GAN (Miyato et al. 2018)
		echo "gan.loss=hinge gan.constraint.kind=spectral_norm gan.r1.gamma=0 dis.batch_norm=false $adam $adam_sn" ;;
	*) echo "stabilisers.sh: no constraint '$1': want none, r1, clip, svc or sn" >&2; return 2 ;;
	esac
}

# train RUN: a name of the form DATA-MODEL-CONSTRAINT-seedN.
train() {
	run=$1
	seed=${run##*-seed}
	IFS=- read -r data model constraint rest <<-NAME
		$run
	NAME
	case $data in
	mnist) source='data.source=moving-mnist' ;;
	ucf) source="data.source=ucf101 data.split=$SPLIT data.root=${DATA:?set DATA to the folder of UCF101}" ;;
	*) echo "stabilisers.sh: no data '$data' in '$run': want mnist or ucf" >&2; return 2 ;;
	esac
	if [ -e "$OUT/$run/checkpoints/$(stepname).safetensors" ]; then
		return 0
	fi
	echo "$run"
	if [ -e "$OUT/$run/checkpoints" ]; then
		"$VIDEOGAN" train "$model-small" --out "$OUT/$run" --resume --set "train.steps=$STEPS"
		return
	fi
	own=$(settings "$constraint")
	set --
	for one in seed="$seed" train.steps="$STEPS" $common $source $own; do
		set -- "$@" --set "$one"
	done
	"$VIDEOGAN" train "$model-small" --out "$OUT/$run" "$@"
}

# judge: a C3D-small of 8 frames for UCF101; that of Moving MNIST is in the program.
judge() {
	resume=
	if [ -e "$JUDGE_UCF/training.safetensors" ]; then
		resume=--resume
	elif [ -e "$JUDGE_UCF/classifier.safetensors" ]; then
		return 0
	fi
	"$VIDEOGAN" classifier train --data "${DATA:?set DATA to the folder of UCF101}" --frames 8 --steps 1500 --set train.test_every=250 \
		--out "$JUDGE_UCF" $resume
}

# score RUN: what was scored already is not scored again. Real clips are scored once for each data, as part of a run.
score() {
	run=$1
	data=${run%%-*}
	judge=$JUDGE_MNIST
	[ "$data" = mnist ] || judge=$JUDGE_UCF
	for checkpoint in "$OUT/$run"/checkpoints/step-*.safetensors; do
		step=${checkpoint##*/step-}
		step=${step%.safetensors}
		if [ "$step" -gt "$STEPS" ] || ! wanted "$(expr "$step" + 0)" || exists "$OUT/$run"/scores/inception-score-c3d-small*-ema-step-"$step"*.json; then
			continue
		fi
		"$VIDEOGAN" score "$OUT/$run" --classifier "$judge" --measure inception,frechet,modes --samples 1024 --repeats 1 \
			--step "$(expr "$step" + 0)" --cache "$OUT/cache" $(real "$data" c3d-small)
	done
	if [ -n "$MOVINET" ] && ! exists "$OUT/$run"/scores/inception-score-MoViNet-A0*-ema-"$(stepname)"*.json; then
		"$VIDEOGAN" score "$OUT/$run" --classifier "$MOVINET" --measure inception,kernel --samples 128 --repeats 1 \
			--step "$STEPS" --cache "$OUT/cache" $(real "$data" MoViNet-A0)
	fi
}

# wanted STEP: whether it is one of SCORE_STEPS.
wanted() {
	case " ${SCORE_STEPS:-$1} " in
	*" $1 "*) ;;
	*) return 1 ;;
	esac
}

# stepname is how files name the last step.
stepname() { printf 'step-%06d' "$STEPS"; }

# real DATA CLASSIFIER: --real where no run holds a score of its real clips.
real() {
	exists "$OUT/$1"-*/scores/inception-score-"$2"*-real*.json || echo --real
}

# exists FILE...: whether there is the first, which is a pattern where nothing fits it.
exists() { [ -e "$1" ]; }

# grid: the names of all runs.
grid() {
	for seed in $SEEDS; do
		for data in mnist ucf; do
			[ "$data$DATA" = ucf ] && continue
			for network in vgan-none tgan-none tgan-clip tgan-svc tgan-sn tgan-r1; do
				echo "$data-$network-seed$seed"
			done
		done
	done
}

do=${1:-help}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- $(grid)
case $do in
train | score)
	for run; do
		"$do" "$run"
	done
	;;
judge)
	judge
	;;
table)
	for data in mnist ucf; do
		[ "$data$DATA" = ucf ] || "$VIDEOGAN" study "$OUT/$data"-*-seed* --step "$STEPS" --out "$OUT/$data"
	done
	;;
*)
	sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
esac
