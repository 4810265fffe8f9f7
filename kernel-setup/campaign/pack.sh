#!/usr/bin/env bash
# Packs what a machine with a GPU and nothing else needs for run.sh: the programs, the data set, that script and its jobs, about 45 MB.
#
#	bash kernel-setup/campaign/pack.sh [DIR]     DIR: out/campaign without it
#
# Carry DIR and a checkout of the project there, and run `bash DIR/run.sh` in the checkout.
set -euo pipefail
cd "$(dirname "$0")/../.."
dir=${1:-out/campaign}
go run ./kernel-setup setup -gpu off # the data set and the C compiler
mkdir -p "$dir/data"
go build -trimpath -ldflags='-s -w' -o "$dir/fashionlab" ./fashion/cmd/fashionlab
CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o "$dir/kernel-setup" ./kernel-setup
data=$({ go run ./kernel-setup doctor || true; } | sed -n 's/^ok  *Fashion-MNIST .* in //p')
[ -d "$data" ] || { echo "doctor names no folder of the data set" >&2; exit 1; }
for file in "$data"/*-ubyte*; do
	case $file in
	*.gz) gzip -dc "$file" >"$dir/data/$(basename "$file" .gz)" ;;
	*) cp "$file" "$dir/data/" ;;
	esac
done
tar -C "$dir/data" -cf - . | xz -9 -T0 >"$dir/data.tar.xz"
rm -r "$dir/data"
xz -9 -T0 -f "$dir/fashionlab" "$dir/kernel-setup"
cp kernel-setup/campaign/run.sh kernel-setup/campaign/jobs "$dir/"
du -sh "$dir"
