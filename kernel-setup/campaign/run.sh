#!/usr/bin/env bash
# Ten minutes on a machine with an NVIDIA GPU, on which there need be no network and no Go: is the backend right, how fast is it, and as many trainings as fit. Packed by
# pack.sh. Run it in a checkout of the project:
#
#	bash DIR/run.sh [check] [time] [train]     all three without arguments
#
# LIMIT=585 seconds in all; the results are in $OUT, or in DIR/results. JOBS names a file of trainings, DIR/jobs without it: the flags of `train`, a line for each, the most important
# first, of which LANES=4 are made at once. A line that begins with & is made beside them; &40 has it use 40% of the GPU at most; @RUN has it wait for a run, or several with commas between.
#
# At home, `tar -C notebooks/published -xf published.tar.xz` adds the finished trainings to the published runs. The plugin is JAX's, of the Python that
# $PYTHON names (python3): an environment with jax[cuda13] or jax[cuda12] 0.11.2 or later. With PyTorch in it too, that is timed as well.
set -uo pipefail
trap '[ -z "${mps:-}" ] || echo quit | timeout 5 nvidia-cuda-mps-control; kill $(jobs -p) 2>/dev/null' EXIT
SECONDS=0
pack=$(cd "$(dirname "$0")" && pwd)
parts=" ${*:-check time train} "
LIMIT=${LIMIT:-585} PYTHON=${PYTHON:-python3} JOBS=${JOBS:-$pack/jobs} LANES=${LANES:-4} OUT=${OUT:-$pack/results}
PATH=$(dirname "$(command -v "$PYTHON")"):$PATH # where the plugin is looked for
work=${TMPDIR:-/var/tmp}/fashionlab-campaign
mkdir -p "$OUT" "$work/data" "$work/runs" "$work/logs"
exec > >(tee -a "$OUT/log") 2>&1
[ -d /dev/shm ] && [ -w /dev/shm ] && mkdir -p /dev/shm/fashionlab-runs && runs=/dev/shm/fashionlab-runs || runs=$work/runs # checkpoints into memory
rm -rf "$work/logs"/* "$work"/twice* "$work"/mps-try # of an earlier call
for p in fashionlab kernel-setup; do [ "$work/$p" -nt "$pack/$p.xz" ] || { xz -dc "$pack/$p.xz" >"$work/$p" && chmod +x "$work/$p"; } || exit 1; done
[ -e "$work/data/t10k-labels-idx1-ubyte" ] || xz -dc "$pack/data.tar.xz" | tar -x -C "$work/data" || exit 1
[ -d "$work/published" ] || cp -r notebooks/published "$work/published" || exit 1 # the GAN's reference classifier is one of them
[ -e "$work/started" ] || { touch "$work/started" && sleep 1; }
export FASHIONLAB_PROGRAM="$work/fashionlab" FASHIONLAB_HOME="$work/home" FASHION_MNIST_DIR="$work/data" FASHION_RUNS="$runs" FASHION_PUBLISHED="$work/published"
export PYTHONUNBUFFERED=1 work runs

part() { [[ $parts == *" $1 "* ]]; }
left() { echo $((LIMIT - SECONDS)); }
# stage SECONDS NAME COMMAND...: bounded, and never ends the script.
stage() {
	local most=$1 name=$2 rest
	shift 2
	rest=$(left)
	[ "$rest" -lt 6 ] && { echo "## $name: no time left"; return 1; }
	[ "$most" -gt "$rest" ] && most=$rest
	echo "## $name at $SECONDS s, at most $most s"
	timeout -k 3 "$most" "$@"
	local rc=$?
	echo "## $name ended with $rc at $SECONDS s"
	return $rc
}
# What is given to kernel-setup insists on the GPU: here the CPU must not compute instead.
run() { stage "$1" "$2" "$work/kernel-setup" "${@:3}"; }

echo "## $(date -u +%FT%TZ), $(nproc) processors"
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
# Does it work at all? Ends here where it does not, with what the libraries' loader says.
run 90 "GPU" doctor -gpu 2>&1 | tee "$work/logs/doctor"
if ! grep -q '^ok  *GPU ' "$work/logs/doctor"; then
	LD_DEBUG=libs timeout 40 "$work/kernel-setup" doctor -gpu 2>&1 | grep -iE 'error|cannot|cuda' | grep -v 'trying file' | head -40
	exit 3
fi
GPU=$(sed -n 's/^ok  *GPU .*xla_\(cuda1[23]\).*/\1/p' "$work/logs/doctor" | head -1)
GPU=${GPU:-cuda13}

# 1. Is it right, and is a training repeated bit for bit? All at once: nothing is timed here.
# twice HOW: the same training two times, with the checksums of its predictions.
twice() {
	for time in first second; do
		FASHION_RUNS="$work/twice$1/$time" run 60 "the $time time $1" train -gpu "$GPU" $1 -recipe cnn -profile smoke -epochs 2
		echo "the $time time $1: $(sha256sum <"$work/twice$1/$time/smoke/cnn/predictions/validation.npz")"
	done
}
if part check; then
	run 75 "values, float32" check -gpu "$GPU" -float32 -recipes "${CHECK:-cnn,residual,gan,resnet50-small-stem,convnext-transfer}" >"$work/logs/values-float32" 2>&1 &
	run 75 "values as it trains, TF32" check -gpu "$GPU" -recipes "${CHECK:-cnn,residual,gan,resnet50-small-stem}" >"$work/logs/values" 2>&1 &
	twice "" >"$work/logs/twice" 2>&1 &
	twice -deterministic >"$work/logs/twice-deterministic" 2>&1 &
	# Which libraries it has opened: the list in kernel-setup/internal/cuda/cuda13.txt must hold them.
	for _ in 1 2 3 4 5 6; do
		sleep 3
		m=$(grep -hoE '/[^ ]+/lib(cu|nv)[^ ]*' "/proc/$(pgrep -n fashionlab)/maps" 2>/dev/null | sort -u | tr '\n' ' ')
		[ -n "$m" ] && l=$m
	done
	echo "libraries: ${l:-none seen}"
	wait $(jobs -p)
	tail -n 40 "$work"/logs/values-float32 "$work"/logs/values
	tail -n 100 "$work"/logs/twice* | grep -v '^ *$' | cut -c1-200 | tail -60
fi

# 2. How fast, beside JAX and PyTorch?
bench() { run "$1" "steps of $2, batch $3" bench -gpu "$GPU" -model "$2" -batch "$3" -peers "$PYTHON"; }
if part time; then
	for b in ${BENCH:-cnn:64 residual:64 cnn:512 resnet50-small-stem:256 gan:64}; do bench 60 "${b%:*}" "${b#*:}"; done
	run 20 "deterministic: what it costs" bench -gpu "$GPU" -deterministic -model cnn -batch 64
fi

# 3. Train, side by side on the one GPU.
# train NAME FLAGS...: a line of the jobs.
train() {
	local name=$1
	shift
	run $(($(left) - 16)) "train $*" train -gpu "$GPU" "$@" >"$work/logs/train-$name" 2>&1 </dev/null
	echo "$SECONDS s: $(tail -1 "$work/logs/train-$name"), train $*: $(grep -h 'accuracy on' "$work/logs/train-$name" | tail -1 | sed 's/.*: best/best/')"
}
if part train; then
	(exec timeout "$(left)" nvidia-smi dmon -s um -d 5) >"$OUT/dmon.log" 2>/dev/null &
	monitor=$!
	# NVIDIA's multi-process service has the kernels of several processes run at the same time; without it they take turns.
	if [ "${MPS:-1}" = 1 ] && command -v nvidia-cuda-mps-control >/dev/null; then
		export CUDA_MPS_PIPE_DIRECTORY=$work/mps CUDA_MPS_LOG_DIRECTORY=$work/mps-log
		mkdir -p "$CUDA_MPS_PIPE_DIRECTORY" "$CUDA_MPS_LOG_DIRECTORY"
		nvidia-cuda-mps-control -d && mps=1
		FASHION_RUNS=$work/mps-try run 30 "with the multi-process service" train -gpu "$GPU" -recipe cnn -profile smoke -epochs 1 | tail -3
		[ "${PIPESTATUS[0]}" = 0 ] || { echo quit | timeout 5 nvidia-cuda-mps-control; mps=; tail -3 "$CUDA_MPS_LOG_DIRECTORY"/*; unset CUDA_MPS_PIPE_DIRECTORY CUDA_MPS_LOG_DIRECTORY; }
	fi
	echo "multi-process service: ${mps:-0}; $LANES lanes; $(wc -l <"$JOBS") jobs"
	# beside NUMBER LINE: a line with & or @.
	beside() {
		local first=${2%% *} run
		case $first in
		'&'?*) export CUDA_MPS_ACTIVE_THREAD_PERCENTAGE=${first#&} ;;
		@*) for run in $(tr , ' ' <<<"${first#@}"); do
			until [ -e "$runs/$run/done" ]; do
				[ "$(left)" -gt 30 ] || return
				sleep 1
			done
		done ;;
		esac
		train "$1" ${2#* }
	}
	n=0
	while read -r line; do
		n=$((n + 1))
		case $line in '&'* | '@'*) beside "$n" "$line" & ;; esac
	done <"$JOBS"
	# A lane takes the next line that no other has taken.
	lane() {
		local i=0 line
		while read -r line; do
			i=$((i + 1))
			case $line in '&'* | '@'* | '#'*) continue ;; esac
			mkdir "$work/taken-$i" 2>/dev/null || continue
			[ "$(left)" -lt 40 ] && return
			train "$i" $line
		done <"$JOBS"
	}
	rm -rf "$work"/taken-*
	for _ in $(seq "$LANES"); do
		lane &
		sleep 0.3
	done
	while sleep 10; [ "$(left)" -gt 14 ] && jobs -rp | grep -qv "^$monitor$"; do
		echo "$SECONDS s: $(for f in "$work"/logs/train-*; do tail -c 120 "$f" | tr '\r' '\n' | tail -1 | cut -c1-60; done | grep -v '^##' | tr '\n' '|' | cut -c1-1500)"
	done
	kill "$monitor" 2>/dev/null
	# Bring home what was published now.
	(cd "$work/published" && find . -type f -newer "$work/started" | tar -cJf "$OUT/published.tar.xz" -T -)
	(cd "$runs" && find . -name best.safetensors -path "${WEIGHTS:-none}" | tar -cf "$OUT/weights.tar" -T - 2>/dev/null)
	tail -n 3 "$work"/logs/train-* >"$OUT/trainings.log"
fi
[ -d "$work/home/cuda/autotune" ] && tar -C "$work/home/cuda" -cJf "$OUT/autotune.tar.xz" autotune
ls -l "$OUT"
echo "## done at $SECONDS s"
