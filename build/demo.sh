#!/bin/bash
# A real burn-in, end to end, on this machine and on nothing of value: two throw-away loop devices, reached through a
# throw-away SSH server on loopback. One is sound; the other, where nbdkit is there, has two bad places. Everything is
# removed at the end but the report.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(id -u)" != 0 ]; then
	echo "The demo makes loop devices and a login of its own, so it needs root; asking sudo."
	exec sudo --preserve-env=PATH,HOME "$0" "$@"
fi
build/deps.sh
burnish=$PWD/build/bin/burnish-cli
report=$PWD/build/bin/demo-report.txt
dir=$(mktemp -d /var/lib/burnish-demo.XXXXXX)
sshd_pid=""
loops=()
cleanup() {
	trap - EXIT INT TERM
	[ -z "$sshd_pid" ] || kill "$sshd_pid" 2>/dev/null || true
	pkill -KILL -f "^$dir/" 2>/dev/null || true
	for l in "${loops[@]}"; do losetup -d "$l" 2>/dev/null || true; done
	if mountpoint -q "$dir/bad" 2>/dev/null; then fusermount3 -u "$dir/bad" || true; fi
	sleep 0.2
	rm -rf "$dir"
}
trap cleanup EXIT INT TERM

mkdir -p /run/sshd
ssh-keygen -q -t ed25519 -N '' -f "$dir/host"
ssh-keygen -q -t ed25519 -N '' -f "$dir/key"
port=$(shuf -i 20000-40000 -n 1)
cat >"$dir/sshd_config" <<CONFIG
Port $port
ListenAddress 127.0.0.1
HostKey $dir/host
AuthorizedKeysFile $dir/key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
PidFile none
SetEnv HOME=$dir
CONFIG
/usr/sbin/sshd -D -f "$dir/sshd_config" -E "$dir/sshd.log" &
sshd_pid=$!
for _ in $(seq 100); do ssh-keyscan -p "$port" 127.0.0.1 >/dev/null 2>&1 && break; sleep 0.1; done

truncate -s 256M "$dir/sound.img"
loops+=("$(losetup --direct-io=on -f --show "$dir/sound.img")")
if command -v nbdkit >/dev/null && command -v nbdfuse >/dev/null; then
	# A small drive, since this stand-in is slow, whose sectors 10000 and 20000 cannot be read.
	mkdir "$dir/plugin"
	truncate -s 16M "$dir/plugin/bytes"
	cat >"$dir/plugin/faulty.sh" <<'PLUGIN'
#!/bin/bash
d=$(dirname "$0")/bytes
bad() { local lba=$1; [ "$2" -lt $((lba * 512 + 512)) ] && [ $(($2 + $3)) -gt $((lba * 512)) ]; }
case $1 in
thread_model) echo parallel ;;
get_size) stat -c %s "$d" ;;
can_write | can_flush) exit 0 ;;
flush) exit 0 ;;
pread) { bad 10000 "$4" "$3" || bad 20000 "$4" "$3"; } && { echo EIO >&2; exit 1; }
	dd if="$d" iflag=skip_bytes,count_bytes skip="$4" count="$3" bs=1M status=none ;;
pwrite) dd of="$d" oflag=seek_bytes iflag=fullblock seek="$4" bs=1M conv=notrunc status=none ;;
*) exit 2 ;;
esac
PLUGIN
	chmod +x "$dir/plugin/faulty.sh"
	touch "$dir/bad"
	nbdfuse "$dir/bad" [ nbdkit --exit-with-parent sh "$dir/plugin/faulty.sh" ] 2>/dev/null &
	for _ in $(seq 100); do [ "$(stat -c %s "$dir/bad")" -gt 0 ] && break; sleep 0.1; done
	loops+=("$(losetup --direct-io=on -f --show "$dir/bad")")
fi

run() { echo; echo "\$ burnish $*"; "$burnish" --data-dir "$dir/data" "$@"; }
run nas add demo --host 127.0.0.1 --port "$port" --user root --key "$dir/key" --virtual-drives --state-dir "$dir/nas" \
	--host-key "$(ssh-keygen -lf "$dir/host.pub" | awk '{print $2}')"
run drives demo
code=0
drives=()
for l in "${loops[@]}"; do drives+=(--drive "$l"); done
run start demo "${drives[@]}" --plan standard --without-smart --wait || code=$?
run jobs
"$burnish" --data-dir "$dir/data" jobs --json | sed 's/.*"id":"\([^"]*\)".*/\1/' | while read -r job; do
	"$burnish" --data-dir "$dir/data" show "$job"
	echo
done >"$report"
run clean demo
echo
echo "The report is in $report."
# The sound drive must pass and, where there is one, the bad drive must fail.
[ "$code" = $((${#loops[@]} - 1)) ] || { echo "the verdicts are not what the drives deserve (exit code $code)" >&2; exit 1; }
