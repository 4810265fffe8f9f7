#!/usr/bin/env bash
# Ten minutes on a machine with an NVIDIA GPU, on which there need be no network and no Go: is the backend right, how fast is it, and as much training as fits. Packed by
# pack.sh. Run it in a checkout of the project:
#
#	bash DIR/run.sh           LIMIT=585 seconds in all; results in a new folder of $OUT, or of DIR/results
#
# At home, `cp -r RESULTS/published/. notebooks/published/` adds the finished trainings to the published runs; RESULTS/log has the rest. The plugin is JAX's, of the Python that
# $PYTHON names (python3): an environment with jax[cuda13] or jax[cuda12] 0.11.2 or later. With PyTorch in it too, that is timed as well.
set -uo pipefail
SECONDS=0
pack=$(cd "$(dirname "$0")" && pwd)
checkout=$PWD
LIMIT=${LIMIT:-585} PROFILE=${PROFILE:-full} PYTHON=${PYTHON:-python3}
OUT=${OUT:-$pack/results}/$(date -u +%Y%m%d-%H%M%S)
PATH=$(dirname "$(command -v "$PYTHON")"):$PATH # where the plugin is looked for
work=${TMPDIR:-/var/tmp}/fashionlab-campaign
mkdir -p "$OUT" "$work/data" "$work/runs"
exec > >(tee "$OUT/log") 2>&1
[ -d /dev/shm ] && [ -w /dev/shm ] && mkdir -p /dev/shm/fashionlab-runs && runs=/dev/shm/fashionlab-runs || runs=$work/runs # checkpoints into memory
for p in fashionlab kernel-setup; do [ -x "$work/$p" ] || { xz -dc "$pack/$p.xz" >"$work/$p" && chmod +x "$work/$p"; } || exit 1; done
[ -e "$work/data/t10k-labels-idx1-ubyte" ] || xz -dc "$pack/data.tar.xz" | tar -x -C "$work/data" || exit 1
mkdir -p "$OUT/published" && cp -r notebooks/published/. "$OUT/published/" || exit 1 # the GAN's reference classifier is one of them
export FASHIONLAB_PROGRAM="$work/fashionlab" FASHIONLAB_HOME="$work/home" FASHION_MNIST_DIR="$work/data" FASHION_RUNS="$runs" FASHION_PUBLISHED="$OUT/published"
export PYTHONUNBUFFERED=1
touch "$work/started"

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
export work runs

echo "## $(date -u +%FT%TZ)"
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
# 1. Does it work? Ends here where it does not, with what the libraries' loader says.
run 90 "GPU" doctor -gpu
GPU=$(sed -n 's/^ok  *GPU .*xla_\(cuda1[23]\).*/\1/p' "$OUT/log" | head -1)
if ! grep -q '^ok  *GPU ' "$OUT/log"; then
	LD_DEBUG=libs timeout 40 "$work/kernel-setup" doctor -gpu 2>&1 | grep -iE 'error|cannot|cuda' | grep -v 'trying file' | head -40
	exit 3
fi
GPU=${GPU:-cuda13}
run 60 "values, float32" check -gpu "$GPU" -float32 -recipes "${CHECK:-cnn,residual,gan,resnet50-small-stem,convnext-transfer}"
# Which libraries it has opened: the list in kernel-setup/internal/cuda/cuda13.txt must hold them.
(for _ in 1 2 3 4 5 6 7 8; do
	sleep 3
	m=$(grep -hoE '/[^ ]+/lib(cu|nv)[^ ]*' "/proc/$(pgrep -n fashionlab)/maps" 2>/dev/null | sort -u | tr '\n' ' ')
	[ -n "$m" ] && l=$m
done; echo "libraries: ${l:-none seen}") &
run 40 "values as it trains, TF32" check -gpu "$GPU" -recipes "${CHECK:-cnn,residual,gan}"
# 2. How fast, beside JAX and PyTorch?
bench() { run "$1" "steps of $2, batch $3" bench -gpu "$GPU" -model "$2" -batch "$3" -peers "$PYTHON"; }
bench 60 residual 64
bench 120 resnet50-small-stem 256
bench 60 cnn 64,512
run 40 "deterministic: what it costs" bench -gpu "$GPU" -deterministic -model cnn -batch 64
# 3. Is a training repeated bit for bit? The same one twice, with the checksum of its predictions.
for how in "" -deterministic; do
	for time in first second; do
		rm -rf "$runs/smoke/cnn"
		run 20 "the $time time ${how:-as it trains}" train -gpu "$GPU" $how -recipe cnn -profile smoke -epochs 2 >"$OUT/twice.log" 2>&1
		sha256sum <"$runs/smoke/cnn/predictions/validation.npz"
	done
done
# 4. Train, side by side on the one GPU, as many epochs as fit: a cosine that is cut off is no training.
nvidia-smi dmon -s um -d 5 -c 200 >"$OUT/dmon.log" 2>/dev/null &
ms=$(awk '/^resnet50-small-stem, batch 256|^resnet50, batch 256/ {f=1} f && /^fashionlab/ {print $(NF-4); exit}' "$OUT/log")
epochs=$(awk -v ms="${ms:-40}" -v s=$(($(left) - 70)) 'BEGIN {e = int(s / (0.188 * ms * 1.6 + 1)); print (e > 60 ? 60 : e < 8 ? 8 : e)}') # 188 steps an epoch
IFS=';' read -ra jobs <<<"${TRAIN:-resnet50-small-stem -epochs $epochs;gan -weights;residual-wide -epochs $epochs -weights}"
declare -A running
for job in "${jobs[@]}"; do
	set -- $job
	(run $(($(left) - 22)) "train $job" train -gpu "$GPU" -recipe "$1" -profile "$PROFILE" -publish "${@:2}" >"$OUT/$1.log" 2>&1) &
	running[$1]=$!
done
while sleep 10; [ "$(left)" -gt 20 ]; do
	alive=0
	for name in "${!running[@]}"; do
		kill -0 "${running[$name]}" 2>/dev/null && alive=1
		echo "$SECONDS s $name: $(tail -1 "$OUT/$name.log" | cut -c1-150)"
	done
	[ $alive = 0 ] && break
done
for name in "${!running[@]}"; do echo "=== $name"; tail -3 "$OUT/$name.log"; done
# 5. Bring home: what was published now, what an unfinished training had measured, and what XLA found out about fast kernels.
(cd "$OUT/published" && find . -type f ! -newer "$work/started" -exec sh -c 'cmp -s "$1" "$2/notebooks/published/$1" && rm "$1"' sh {} "$checkout" \;; find . -type d -empty -delete)
tar -C "$runs" -cJf "$OUT/unfinished.tar.xz" --exclude='*.safetensors' .
[ -d "$work/home/cuda/autotune" ] && tar -C "$work/home/cuda" -cJf "$OUT/autotune.tar.xz" autotune
ls -lR "$OUT" | tail -60
echo "## done at $SECONDS s; results in $OUT"
