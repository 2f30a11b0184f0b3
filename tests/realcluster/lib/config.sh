# shellcheck shell=bash
# Configuration files of the node's parts. Sourced by `cluster`, which owns the settings.

DNS=10.96.0.10

make_config() {
    mkdir -p "$ETC"/{cni,manifests} "$STATE/pods" "$STATE"/over/{kubelet,cni,log,run}
    containerd_config >"$ETC/containerd.toml"
    kubelet_config >"$ETC/kubelet.yaml"
    proxy_config >"$ETC/proxy.yaml"
    echo "nameserver $DNS" >"$ETC/resolv.conf"
    cat >"$ETC/cni/10-bridge.conflist" <<END
{"cniVersion": "0.4.0", "name": "$NAME", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true, "ipam":
    {"type": "host-local", "ranges": [[{"subnet": "$PODS"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
END
}

# Without CAP_SYS_RESOURCE no oom_score_adj may be lowered: hence restrict_oom_score_adj here and
# oomScoreAdj: 0 below. An overlay on an overlay is refused, as in a container: then files are copied.
containerd_config() {
    local snapshotter=overlayfs
    [ "$(stat -f -c %T "$STATE")" != overlayfs ] || snapshotter=native
    cat <<END
version = 2
root = "$STATE/containerd/root"
state = "$STATE/containerd/state"
[grpc]
  address = "$SOCK"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$ETC/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "$snapshotter"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
[plugins."io.containerd.internal.v1.opt"]
  path = "$STATE/containerd/opt"
END
}

# failCgroupV1: a kubelet refuses cgroup v1 unless told. The pressure limits are off but for memory:
# a full disk of the machine is not the tests' matter.
kubelet_config() {
    cat <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
containerRuntimeEndpoint: unix://$SOCK
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $PKI/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $PKI/node1.crt
tlsPrivateKeyFile: $PKI/node1.key
cgroupDriver: cgroupfs
cgroupRoot: /$NAME
failCgroupV1: false
clusterDomain: cluster.local
clusterDNS: ["$DNS"]
resolvConf: $ETC/resolv.conf
podLogsDir: $STATE/pods
staticPodPath: $ETC/manifests
failSwapOn: false
oomScoreAdj: 0
maxOpenFiles: 20000
imageGCHighThresholdPercent: 100
nodeStatusUpdateFrequency: 5s
syncFrequency: 10s
evictionHard: {memory.available: 100Mi, nodefs.available: 0%, imagefs.available: 0%, nodefs.inodesFree: 0%}
END
}

proxy_config() {
    cat <<END
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: $PKI/proxy.kubeconfig}
clusterCIDR: $PODS
mode: iptables
hostnameOverride: node1
oomScoreAdj: 0
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
END
}
