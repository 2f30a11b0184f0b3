# shellcheck shell=bash
# What tests do to the cluster beyond killing and starting parts. Sourced by `cluster`, which owns the settings.

# etcd POST PATH, over its JSON gateway; kubectl is the HTTP client that is there anyway.
etcd_post() {
    in_net kubectl --kubeconfig=/dev/null --server="http://127.0.0.1:$ETCD_PORT" create --raw "$1" -f -
}

# The API server answers an old watch from its own cache as long as that lasts: kill it first to see "expired".
compact() {
    local revision
    revision=$(echo '{"key":"AA=="}' | etcd_post /v3/kv/range | sed 's/.*"revision":"\([0-9]*\)".*/\1/')
    echo "{\"revision\": \"$revision\", \"physical\": true}" | etcd_post /v3/kv/compaction >/dev/null
    echo "compacted to revision $revision"
}

rotate_certs() (
    umask 077
    cd "$PKI"
    serving_cert
    cert admin-new /O=system:masters/CN=admin clientAuth
    kubeconfig admin "$(certificate admin-new)" >.new
    mv .new admin-new.kubeconfig
    await "the API server's new certificate" serves_current
    echo "$PKI/admin-new.kubeconfig"
)

serves_current() {
    [ "$(in_net openssl s_client -connect "127.0.0.1:$API_PORT" </dev/null 2>/dev/null | openssl x509 -noout -serial)" \
        = "$(openssl x509 -noout -serial -in "$PKI/apiserver.crt")" ]
}

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

# A service account's token, signed here with the server's own key: the API gives none for less than ten minutes.
# The server forgives a minute of clock skew, which is taken off.
token() (
    local user=$1 seconds=$2 now uid claims unsigned
    umask 077
    cd "$PKI"
    uid=$(in_net kubectl get serviceaccount "$user" -n team-a -o 'jsonpath={.metadata.uid}')
    now=$(date +%s)
    claims="{\"iss\": \"https://kubernetes.default.svc.cluster.local\",
        \"aud\": [\"https://kubernetes.default.svc.cluster.local\"],
        \"sub\": \"system:serviceaccount:team-a:$user\", \"iat\": $now, \"nbf\": $now, \"exp\": $((now + seconds - 60)),
        \"kubernetes.io\": {\"namespace\": \"team-a\", \"serviceaccount\": {\"name\": \"$user\", \"uid\": \"$uid\"}}}"
    unsigned=$(printf '{"alg": "RS256"}' | base64url).$(printf '%s' "$claims" | base64url)
    printf '%s.%s' "$unsigned" "$(printf '%s' "$unsigned" | openssl dgst -sha256 -sign sa.key -binary | base64url)" >.new
    mv .new "token-$user"
    kubeconfig "$user" "tokenFile: $PKI/token-$user" team-a >"token-$user.kubeconfig"
    echo "$PKI/token-$user.kubeconfig"
)

# Fake nodes and pods by kwok, for list and watch load; no logs and no exec. A taint keeps real pods away. To undo:
#   kubectl delete namespace crowd; kubectl delete nodes -l type=kwok --wait=false
crowd() {
    local nodes=$1 pods=$2 i
    start kwok
    for ((i = 1; i <= nodes; i++)); do
        cat <<END
---
apiVersion: v1
kind: Node
metadata:
  name: fake-$i
  labels: {type: kwok, kubernetes.io/hostname: fake-$i, topology.kubernetes.io/zone: zone-$((i % 3))}
  annotations: {kwok.x-k8s.io/node: fake, node.alpha.kubernetes.io/ttl: "0"}
spec: {taints: [{key: kwok.x-k8s.io/node, value: fake, effect: NoSchedule}]}
END
    done | in_net kubectl create -f - >/dev/null
    in_net kubectl create namespace crowd >/dev/null
    for ((i = 0; pods > 0; i++, pods -= 500)); do
        cat <<END
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: crowd-$i, namespace: crowd}
spec:
  replicas: $((pods < 500 ? pods : 500))
  selector: {matchLabels: {app: crowd-$i}}
  template:
    metadata: {labels: {app: crowd-$i, tier: fake}}
    spec:
      nodeSelector: {type: kwok}
      tolerations: [{key: kwok.x-k8s.io/node, operator: Exists}]
      containers: [{name: main, image: fake, resources: {requests: {cpu: 10m, memory: 8Mi}}}]
END
    done | in_net kubectl create -f - >/dev/null
    echo "$nodes fake nodes, $2 fake pods in namespace crowd"
}
