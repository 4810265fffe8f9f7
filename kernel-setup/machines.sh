#!/usr/bin/env bash
# Tries the set-up as people with other machines have it: in a fresh clone with an empty HOME, in environments that once made it fail, and in a minimal Debian.
#
#	bash kernel-setup/machines.sh            all, on this machine: about 15 minutes
#	bash kernel-setup/machines.sh CASE...    some of them
#	bash kernel-setup/machines.sh minimal    both commands of the README in a Debian with python3, python3-venv and a C compiler
#	bash kernel-setup/machines.sh container  the steps of the Dockerfile
#
# The last two need root and debootstrap, and are not among "all".
#
# It prints a line per case and ends with 1 if one failed; the outputs are in the folder that it names. Go's, pip's and apt's caches and mirrors are the user's.
set -uo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d) # outside of the module
failed=0
export GOCACHE=$(go env GOCACHE) GOMODCACHE=$(go env GOMODCACHE) PIP_CACHE_DIR=${PIP_CACHE_DIR:-$HOME/.cache/pip}
echo "outputs: $work"

# copy CASE: a fresh clone and an empty HOME; sets here and HOME.
copy() {
	here="$work/$1/fashion lab"
	mkdir -p "$work/$1/home"
	git clone -q . "$here" "${@:2}"
	# What is not committed yet is tried too.
	git ls-files -z --modified --others --exclude-standard | while IFS= read -r -d '' f; do
		if [ -f "$f" ]; then mkdir -p "$here/$(dirname "$f")" && cp "$f" "$here/$f"; else rm -f "$here/$f"; fi
	done
	export HOME="$work/$1/home"
}

setup() { (cd "$here" && go run ./kernel-setup "$@"); }
smoke() { setup run -profile smoke -only 01 "$@"; }

plain() { copy plain && smoke && setup doctor; }
no_pip() { # as Debian's python3 without python3-pip, and a Python of uv
	copy no_pip && python3 -m venv --without-pip "$HOME/python" && PATH="$HOME/python/bin:$PATH" VIRTUAL_ENV="$HOME/python" smoke
}
uv() {
	copy uv && python3 -m venv "$HOME/tools" && "$HOME/tools/bin/pip" install -q uv && "$HOME/tools/bin/uv" venv -q "$HOME/python" &&
		PATH="$HOME/python/bin:$PATH" VIRTUAL_ENV="$HOME/python" smoke
}
require_virtualenv() { copy require_virtualenv && PIP_REQUIRE_VIRTUALENV=1 smoke; }
pip_configured() { # for the user's own work
	copy pip_configured && mkdir -p "$HOME/.config/pip" && printf '[global]\nrequire-virtualenv = true\n[install]\nuser = true\n' >"$HOME/.config/pip/pip.conf" && smoke
}
shadowed() { # packages of the user's own
	copy shadowed && echo 'raise ImportError("shadowed")' | tee "$here/json.py" "$here/notebooks/nbformat.py" >"$HOME/asyncio.py" && PYTHONPATH="$HOME:$here" smoke
}
xdg_data() { copy xdg_data && XDG_DATA_HOME="$HOME/data" smoke && [ -d "$HOME/data/jupyter/kernels/fashionlab" ]; }
goflags() { copy goflags && GOFLAGS=-mod=mod smoke; }
gowork() { copy gowork && GOWORK=off smoke; }
relative_runs() { # trained once, wherever it is asked for
	copy relative_runs && (cd "$here" && FASHION_RUNS=my/runs go run ./kernel-setup run -profile smoke -only 02 &&
		FASHION_RUNS=runs go -C .. run -C "fashion lab" ./kernel-setup doctor >/dev/null
		FASHION_RUNS=my/runs go run ./kernel-setup train -recipe cnn -profile smoke) &&
		[ "$(find "$work/relative_runs" -name recipe.json -path '*smoke/cnn/*' | wc -l)" = 1 ]
}
crlf() { copy crlf -c core.autocrlf=true && sed -i 's/$/\r/' "$here/go.mod" "$here/kernel-setup/internal/python/requirements.lock" && smoke; }
brackets() { copy brackets && mv "$here" "$work/brackets/a [copy] of * it?" && here="$work/brackets/a [copy] of * it?" && smoke; }
comma() { # which GoNB cannot take
	copy comma && mv "$here" "$work/comma/a,b" && here="$work/comma/a,b" && ! smoke 2>"$HOME/said" && grep -q 'has a comma in its name' "$HOME/said" && [ ! -e "$HOME/.cache/fashionlab" ]
}
read_only() { # a clear error where nothing can be written, and all well where folders are named
	copy read_only && mount --bind "$here" "$here" && mount -o remount,ro,bind "$here" || return 1
	(cd "$here" && ! go run ./kernel-setup run -profile smoke -only 01 2>"$HOME/said" && grep -q -e '-out' "$HOME/said" &&
		FASHION_RUNS="$HOME/runs" go run ./kernel-setup run -profile smoke -only 02 -out "$HOME/out")
	local rc=$?
	umount "$here"
	return $rc
}
no_compiler() { # said before the set-up, and by doctor
	copy no_compiler && mkdir "$HOME/bin" && for p in go git python3 env bash uname sed grep; do ln -s "$(command -v $p)" "$HOME/bin/$p"; done
	(cd "$here" && unset CC; export PATH="$HOME/bin" && ! go run ./kernel-setup run -profile smoke 2>"$HOME/said" && grep -q 'no C compiler "gcc"' "$HOME/said" &&
		! go run ./kernel-setup doctor >"$HOME/doctor" && grep -q 'missing  C compiler' "$HOME/doctor")
}
flags_after() { # files first, and what other programs take
	copy flags_after && setup predict testdata/photos/cmyk.jpg testdata/photos/lossy.webp -json >"$HOME/json" && python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$HOME/json" &&
		setup test -run TestSuiteTestsEachPackage && (cd "$here" && timeout -s INT 30 go run ./kernel-setup lab --no-browser --port=0 >"$HOME/lab" 2>&1
		grep -q '/lab?token=' "$HOME/lab")
}

# debian ROOT PACKAGE...: a Debian of its own in a folder, with this machine's Go, certificates and mirrors.
debian() {
	local root=$1 mirror
	mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(ORIGIN)' 'Created-By: Packages' | sed -n 's/ bookworm Debian$//p' | head -1)
	mkdir -p "$root" && debootstrap --variant=minbase --include="$(IFS=,; echo "${*:2}")" bookworm "$root" "${mirror:-http://deb.debian.org/debian}" || return 1
	cp /etc/resolv.conf "$root/etc/" && rm -rf "$root/etc/ssl/certs" && cp -rL /etc/ssl/certs "$root/etc/ssl/" && cp -r "$(go env GOROOT)" "$root/usr/local/go" || return 1
	[ -f /etc/pip.conf ] && cp /etc/pip.conf "$root/etc/"
	[ -d "${PIP_FIND_LINKS:-}" ] && mkdir -p "$root$PIP_FIND_LINKS" && cp -r "$PIP_FIND_LINKS/." "$root$PIP_FIND_LINKS/"
	echo '127.0.0.1 localhost' >"$root/etc/hosts" # which an installer makes, and debootstrap does not
	mount --bind /proc "$root/proc" && mount --bind /dev "$root/dev"
}
# inside ROOT USER COMMAND: runs a shell command in it, with an environment of its own.
inside() {
	local root=$1 user=$2 v settings=()
	for v in PIP_CERT PIP_INDEX_URL PIP_FIND_LINKS; do [ -n "${!v:-}" ] && settings+=("$v=${!v}"); done
	[ -n "${PIP_CERT:-}" ] && settings+=("SSL_CERT_FILE=$PIP_CERT")
	chroot "$root" /usr/bin/env -i PATH=/usr/local/go/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME="$([ "$user" = root ] && echo /root || echo "/home/$user")" GOTOOLCHAIN=local GOFLAGS=-buildvcs=false \
		GOPROXY="$(go env GOPROXY)" GOSUMDB="$(go env GOSUMDB)" "${settings[@]}" "${ENVIRONMENT[@]}" setpriv --reuid="$user" --regid="$user" --init-groups sh -c "$3"
}
ENVIRONMENT=()

# minimal: what the README asks for and no more, as root; the README's commands as they stand, or at another profile: PROFILE=smoke.
minimal() {
	local root="$work/minimal/root" flags=${PROFILE:+-profile $PROFILE}
	debian "$root" python3 python3-venv gcc libc6-dev ca-certificates && git clone -q . "$root/study" &&
		inside "$root" root "cd /study && go run ./kernel-setup run $flags && go run ./kernel-setup doctor && go run ./kernel-setup test"
	local rc=$?
	umount "$root/proc" "$root/dev"
	return $rc
}

# container: the steps of the Dockerfile, without an engine; then JupyterLab as it starts it.
container() {
	local root="$work/container/root" user=root dir=/ line word rest rc=0
	debian "$root" gcc libc6-dev git ca-certificates && git clone -q . "$work/container/context" || return 1 # what the image golang has
	while read -r word rest; do
		case $word in
		RUN) inside "$root" "$user" "cd $dir && $rest" || { rc=1; break; } ;;
		USER) user=$rest ;;
		WORKDIR) dir=$rest ;;
		ENV) ENVIRONMENT+=($rest) ;;
		COPY) # --chown=USER FROM... TO
			set -- $rest
			for line in "${@:2:$#-2}"; do cp -r "$work/container/context/$line" "$root$dir/"; done
			chroot "$root" chown -R "${1#--chown=}" "$dir" ;;
		CMD) rest=$(python3 -c 'import json, shlex, sys; print(shlex.join(json.loads(sys.argv[1])))' "$rest")
			inside "$root" "$user" "cd $dir && timeout -s INT 60 $rest --port=0" >"$work/container/lab" 2>&1
			grep -q '/lab?token=' "$work/container/lab" || rc=1 ;;
		esac
	done < <(sed -e ':a' -e '/\\$/N; s/\\\n//; ta' kernel-setup/Dockerfile | grep -v '^#')
	umount "$root/proc" "$root/dev"
	return $rc
}

all="plain no_pip uv require_virtualenv pip_configured shadowed xdg_data goflags gowork relative_runs crlf brackets comma read_only no_compiler flags_after"
for case in ${*:-$all}; do
	mkdir -p "$work/$case"
	SECONDS=0
	if (set -e; "$case") >"$work/$case.log" 2>&1; then
		echo "ok      $case ($SECONDS s)"
	else
		echo "FAILED  $case ($SECONDS s): $(tail -1 "$work/$case.log")"
		failed=1
	fi
done
exit $failed
