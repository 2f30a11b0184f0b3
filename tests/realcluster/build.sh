#!/bin/bash
# build.sh DIR PART...   Build the cluster's programs and images into DIR, each renamed into place
# when it is whole: what is in DIR is good, and what is there already is not built again.
#
# PARTs: api (etcd, kube-apiserver, kubectl), node (the rest of Kubernetes, metrics-server, the
# container images), crowd (kwok). Needs Go; modules come through the ordinary Go proxy.
# The images need GNU tar and a static busybox (Debian: busybox-static); no registry is asked.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
export CGO_ENABLED=0 GOFLAGS="-mod=readonly -buildvcs=false" GOWORK=off
work=$(mktemp -d "$out/.build.XXXXXX")
trap 'rm -rf "$work"' EXIT

# version MODULE: what its go.mod requires of it.
version() { (cd "$here/modules/$1" && go list -m -f '{{.Version}}' "$2"); }

# build MODULE PACKAGE PROGRAM [LDFLAGS]: one stripped static program.
build() {
    [ ! -x "$out/$3" ] || return 0
    local start=$SECONDS
    (cd "$here/modules/$1" && go build -trimpath -ldflags "-s -w ${4:-}" -o "$work/$3" "$2")
    mv "$work/$3" "$out/$3"
    echo "built $3: $((SECONDS - start)) s, $(du -m "$out/$3" | cut -f1) MB"
}

# What `kubectl version` shows is put in at link time, as a release build does.
kubernetes() {
    local v major minor flags="" var program
    v=$(version k8s k8s.io/kubernetes)
    major=${v#v} major=${major%%.*}
    minor=${v#v*.} minor=${minor%%.*}
    for var in gitVersion="$v" gitMajor="$major" gitMinor="$minor" gitTreeState=archive gitCommit=module; do
        flags+=" -X k8s.io/component-base/version.$var -X k8s.io/client-go/pkg/version.$var"
    done
    for program; do build k8s "k8s.io/kubernetes/cmd/$program" "$program" "$flags"; done
}

# kwok's own "fast" stages: nodes are Ready and pods Running at once.
stages() {
    [ ! -e "$out/kwok-stages.yaml" ] || return 0
    local dir f
    dir=$(cd "$here/modules/kwok" && go list -m -f '{{.Dir}}' sigs.k8s.io/kwok)/kustomize/stage
    for f in node/fast/node-initialize node/heartbeat-with-lease/node-heartbeat-with-lease \
        pod/fast/pod-ready pod/fast/pod-complete pod/fast/pod-delete; do
        echo ---
        cat "$dir/$f.yaml"
    done >"$work/stages"
    mv "$work/stages" "$out/kwok-stages.yaml"
}

# image FILE ROOT COMMAND TAG...: ROOT as a one-layer image in the form of `docker save`.
image() {
    local file=$1 root=$2 command=$3 layer config tags
    shift 3
    cd "$work"
    tar --create --file layer.tar --directory "$root" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 .
    layer=$(sha256sum layer.tar | cut -d' ' -f1)
    cat >config.json <<END
{"architecture": "$(go env GOARCH)", "os": "linux", "created": "1970-01-01T00:00:00Z",
 "config": {"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], "Cmd": ["$command"]},
 "rootfs": {"type": "layers", "diff_ids": ["sha256:$layer"]}, "history": [{"created": "1970-01-01T00:00:00Z"}]}
END
    config=$(sha256sum config.json | cut -d' ' -f1)
    mv config.json "$config.json"
    tags=$(printf ', "%s"' "$@")
    echo "[{\"Config\": \"$config.json\", \"RepoTags\": [${tags#, }], \"Layers\": [\"layer.tar\"]}]" >manifest.json
    tar --create --file "$file" --owner=0 --group=0 --mtime=@0 "$config.json" layer.tar manifest.json
    mv "$file" "$out/$file"
    echo "built image $*"
}

# localhost/pause:1 holds a pod's namespaces open; localhost/busybox:1 and :2 are the same, for rollouts.
images() {
    local root applet
    if [ ! -e "$out/pause.tar" ]; then
        mkdir "$work/pause"
        (cd "$here/images" && go build -trimpath -ldflags '-s -w' -o "$work/pause/pause" pause.go)
        image pause.tar "$work/pause" /pause localhost/pause:1
    fi
    [ ! -e "$out/busybox.tar" ] || return 0
    root=$work/busybox
    mkdir -p "$root"/{bin,etc,proc,sys,dev,root,tmp}
    chmod 1777 "$root/tmp"
    cp "$(command -v busybox)" "$root/bin/busybox"
    for applet in $("$root/bin/busybox" --list); do
        [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
    done
    printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/tmp:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\nuser:x:1000:\n' >"$root/etc/group"
    image busybox.tar "$root" sh localhost/busybox:1 localhost/busybox:2
}

for part; do
    case $part in
    api)
        build etcd go.etcd.io/etcd/server/v3 etcd
        kubernetes kube-apiserver kubectl
        ;;
    node)
        kubernetes kube-controller-manager kube-scheduler kubelet kube-proxy
        build metrics-server sigs.k8s.io/metrics-server/cmd/metrics-server metrics-server
        images
        ;;
    crowd)
        build kwok sigs.k8s.io/kwok/cmd/kwok kwok
        stages
        ;;
    *)
        echo "unknown part: $part" >&2
        exit 2
        ;;
    esac
done
