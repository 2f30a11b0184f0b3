# shellcheck shell=bash
# The parts of the cluster: their command lines, starting and killing one. Sourced by `cluster`, which owns
# the settings.

SOCK=$STATE/containerd.sock

# The parts of this tier, in the order of their start.
parts() {
    case $TIER in
    api) echo etcd apiserver ;;
    node) echo containerd etcd apiserver controller-manager scheduler kubelet proxy metrics-server ;;
    esac
}

# arguments PART: puts its command line into `argv`.
arguments() {
    local config=$PKI/$1.kubeconfig
    local fast=(--leader-elect=false --bind-address=127.0.0.1 --kube-api-qps=500 --kube-api-burst=1000)
    case $1 in
    containerd) argv=(containerd -c "$ETC/containerd.toml") ;;
    etcd) etcd_arguments ;;
    apiserver) apiserver_arguments ;;
    controller-manager)
        argv=(kube-controller-manager --kubeconfig="$config" "${fast[@]}"
            --authentication-kubeconfig="$config" --authorization-kubeconfig="$config"
            --use-service-account-credentials=true --service-account-private-key-file="$PKI/sa.key"
            --root-ca-file="$PKI/ca.crt" --cluster-signing-cert-file="$PKI/ca.crt"
            --cluster-signing-key-file="$PKI/ca.key")
        ;;
    scheduler)
        argv=(kube-scheduler --kubeconfig="$config" "${fast[@]}"
            --authentication-kubeconfig="$config" --authorization-kubeconfig="$config")
        ;;
    kubelet)
        argv=(kubelet --config="$ETC/kubelet.yaml" --kubeconfig="$PKI/node1.kubeconfig"
            --hostname-override=node1 --node-ip="$NODE_IP" --root-dir="$STATE/kubelet" --cert-dir="$STATE/kubelet/pki")
        ;;
    proxy) argv=(kube-proxy --config="$ETC/proxy.yaml") ;;
    metrics-server) # the resolution must be larger than the timeout, or it panics
        argv=(metrics-server --kubeconfig="$config"
            --authentication-kubeconfig="$config" --authorization-kubeconfig="$config"
            --secure-port=4443 --tls-cert-file="$PKI/metrics-server.crt" --tls-private-key-file="$PKI/metrics-server.key"
            --kubelet-certificate-authority="$PKI/ca.crt" --kubelet-preferred-address-types=InternalIP
            --metric-resolution=10s --kubelet-request-timeout=5s)
        ;;
    kwok)
        argv=(kwok --config="$BIN/kwok-stages.yaml" --cidr=10.128.0.0/16 --node-lease-duration-seconds=40
            --manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake)
        ;;
    *)
        echo "no such part: $1" >&2
        return 2
        ;;
    esac
}

etcd_arguments() {
    local client=http://127.0.0.1:$ETCD_PORT peer=http://127.0.0.1:$((ETCD_PORT + 1))
    # A hundred thousand pods with their revisions are more than the usual 2 GB.
    argv=(etcd --name "$NAME" --data-dir "$STATE/etcd" --unsafe-no-fsync --quota-backend-bytes=8589934592
        --listen-client-urls "$client" --advertise-client-urls "$client"
        --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "$NAME=$peer")
}

apiserver_arguments() {
    argv=(kube-apiserver --etcd-servers="http://127.0.0.1:$ETCD_PORT"
        --secure-port="$API_PORT" --advertise-address="$NODE_IP"
        --tls-cert-file="$PKI/apiserver.crt" --tls-private-key-file="$PKI/apiserver.key"
        --client-ca-file="$PKI/ca.crt" --kubelet-certificate-authority="$PKI/ca.crt"
        --kubelet-client-certificate="$PKI/kubelet-client.crt" --kubelet-client-key="$PKI/kubelet-client.key"
        --kubelet-preferred-address-types=InternalIP
        --service-account-key-file="$PKI/sa.pub" --service-account-signing-key-file="$PKI/sa.key"
        --service-account-issuer=https://kubernetes.default.svc.cluster.local
        --service-cluster-ip-range="$SERVICES" --authorization-mode=Node,RBAC
        --enable-admission-plugins=NodeRestriction --allow-privileged=true
        --requestheader-client-ca-file="$PKI/ca.crt" --requestheader-allowed-names=front-proxy-client
        --requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group
        --requestheader-extra-headers-prefix=X-Remote-Extra-
        --proxy-client-cert-file="$PKI/front-proxy.crt" --proxy-client-key-file="$PKI/front-proxy.key"
        --enable-aggregator-routing=true)
    if [ "$TIER" = node ]; then
        argv+=(--bind-address=0.0.0.0)
    else # nobody makes service accounts here, so no pod may wait for its own
        argv+=(--bind-address=127.0.0.1 --disable-admission-plugins=ServiceAccount)
    fi
    # In one file: who counts requests reads on from where he was.
    [ ! -e "$STATE/audit.yaml" ] ||
        argv+=(--audit-policy-file="$STATE/audit.yaml" --audit-log-path="$LOG/audit.log" --audit-log-maxsize=100000)
}

# start PART...: each in the background with its log in PART.log, its PID in the file pid/PART.
start() {
    local part argv
    for part; do
        ! alive "$part" || continue
        arguments "$part"
        echo "-- $(date -u +%T) ${argv[0]} starts" >>"$LOG/$part.log"
        # shellcheck disable=SC2016 # the inner shell is the one that becomes the part
        setsid "${enter[@]}" sh -c 'echo $$ >"$1"; shift; exec "$@"' sh "$STATE/pid/$part" "${argv[@]}" \
            >>"$LOG/$part.log" 2>&1 </dev/null &
    done
    for part; do
        case $part in
        etcd) await etcd in_net kubectl --kubeconfig=/dev/null --server="http://127.0.0.1:$ETCD_PORT" get --raw /health ;;
        apiserver) await "the API server" api /readyz ;;
        containerd) await containerd "${enter[@]}" ctr -a "$SOCK" version ;;
        *) await "$part" alive "$part" ;;
        esac
    done
}

# pid PART: its PID, in the node's PID namespace if there is one; nothing if it does not run.
# A PID may be somebody else's by now: the command must be the part's own.
pid() {
    local pid argv
    pid=$(cat "$STATE/pid/$1" 2>/dev/null) || return 0
    arguments "$1"
    # shellcheck disable=SC2016
    "${enter[@]}" sh -c 'tr "\0" "\n" <"/proc/$1/cmdline" | head -n 1 | grep -qx "$2"' sh "$pid" "${argv[0]}" 2>/dev/null || return 0
    echo "$pid"
}

alive() { [ -n "$(pid "$1")" ]; }

# kill_parts PART...: and waits until they are gone.
kill_parts() {
    local part pid argv
    for part; do
        arguments "$part" # a wrong name is an error, not a part that does not run
        pid=$(pid "$part")
        [ -n "$pid" ] || continue
        # shellcheck disable=SC2016
        "${enter[@]}" sh -c 'kill -9 "$1"' sh "$pid"
        await "the end of $part" ended "$pid"
    done
}

# ended PID: a dying process has no command line any more while its sockets are still open, so its state is asked.
ended() {
    # shellcheck disable=SC2016
    ! "${enter[@]}" sh -c 'grep -q "^State:[[:space:]]*[^ZX]" "/proc/$1/status"' sh "$1" 2>/dev/null
}
