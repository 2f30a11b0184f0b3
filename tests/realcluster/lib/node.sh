# shellcheck shell=bash
# The node's namespaces, its link to the machine, its cgroups and mounts: made, entered and removed.
# Sourced by `cluster`, which owns the settings.

enter=() # what to put before a command that shall run beside the parts

# in_net CMD...: in the cluster's network only.
in_net() {
    if [ "$TIER" = node ]; then nsenter --net="/run/netns/$NAME" -- "$@"; else "$@"; fi
}

# The process that is PID 1 inside: killing it ends everything.
find_node() {
    local outer init
    outer=$(cat "$STATE/node" 2>/dev/null) || return 0
    [ "$(cat "/proc/$outer/comm" 2>/dev/null)" = unshare ] || return 0 # its PID is somebody else's by now
    init=$(cat "/proc/$outer/task/$outer/children" 2>/dev/null) || return 0
    enter=(nsenter --target "${init% }" --net --pid --mount --)
}

# The directories in which the node's cgroup root is made: v1 hierarchies, or v2.
cgroups() {
    if [ -f /sys/fs/cgroup/cgroup.controllers ]; then echo /sys/fs/cgroup; else printf '%s\n' /sys/fs/cgroup/*/; fi
}

make_node() {
    local dir file
    ip netns add "$NAME"
    ip link add "$NAME" type veth peer name eth0 netns "$NAME"
    ip addr add "$HOST_IP/30" dev "$NAME"
    ip link set "$NAME" up
    in_net ip link set lo up
    in_net ip addr add "$NODE_IP/30" dev eth0
    in_net ip link set eth0 up
    in_net ip route add "$SERVICES" dev eth0 # Service addresses must be routable before they are translated
    in_net sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
    while read -r dir; do mkdir -p "$dir/$NAME"; done < <(cgroups)
    if [ -d "/sys/fs/cgroup/cpuset/$NAME" ]; then # v1: a new cpuset starts empty
        for file in cpuset.cpus cpuset.mems; do
            cat "/sys/fs/cgroup/cpuset/$file" >"/sys/fs/cgroup/cpuset/$NAME/$file"
        done
    fi
    export BIN STATE TIER
    # nsenter, not `ip netns exec`: that remounts /sys and hides the cgroups.
    (
        cd /
        exec setsid nsenter --net="/run/netns/$NAME" -- unshare --pid --mount --mount-proc --fork --kill-child \
            "$here/cluster" init >"$LOG/init.log" 2>&1 </dev/null
    ) &
    echo $! >"$STATE/node"
    await "the node's namespaces" test -e "$STATE/inside"
    find_node
}

# PID 1 inside. A failing command here would end the whole cluster: the mounts come first, and then it only waits
# and, being a shell, reaps what the container shims leave.
node_init() {
    # Paths that the kubelet, CNI and containerd fix: private directories over them.
    mkdir -p /var/lib/{kubelet,cni} /var/log/containers /run/{netns,containerd}
    mount --bind "$STATE/over/kubelet" /var/lib/kubelet
    mount --bind "$STATE/over/cni" /var/lib/cni
    mount --bind "$STATE/over/log" /var/log/containers
    mount --bind "$STATE/over/run" /run/containerd
    mount -t tmpfs tmpfs /run/netns
    mount --bind "$STATE" "$STATE"
    mount --make-rshared "$STATE" # for mount propagation into containers
    touch "$STATE/inside"
    sleep infinity &
    wait
}

load_images() {
    local image
    for image in "$BIN"/*.tar; do
        "${enter[@]}" ctr -a "$SOCK" -n k8s.io images import "$image" >/dev/null
    done
}

# Everything of an earlier run with this index, also one whose state is gone: the network's name tells.
unmake_node() {
    local dir
    if [ -e "/run/netns/$NAME" ]; then
        await "the end of what runs in $NAME" end_of_network
        ip netns del "$NAME"
    fi
    ip link del "$NAME" 2>/dev/null || true
    while read -r dir; do
        [ ! -d "$dir/$NAME" ] || await "the end of $dir/$NAME" remove_cgroup "$dir/$NAME"
    done < <(cgroups)
}

end_of_network() {
    local pids
    pids=$(ip netns pids "$NAME")
    # shellcheck disable=SC2086 # a list
    [ -z "$pids" ] || { kill -9 $pids || true; return 1; }
}

remove_cgroup() {
    find "$1" -depth -type d -exec rmdir {} +
    [ ! -d "$1" ]
}
