# shellcheck shell=bash
# Certificates and kubeconfigs. Sourced by `cluster`, which owns the settings.

new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

# cert FILE SUBJECT USAGE [SAN]: renamed into place, as the API server may be reading.
cert() {
    new_key "$1.new"
    openssl req -new -key "$1.new.key" -subj "$2" -out "$1.csr"
    { echo "extendedKeyUsage=$3"; [ -z "${4-}" ] || echo "subjectAltName=$4"; } >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 \
        -extfile "$1.ext" -out "$1.new.crt" 2>/dev/null
    rm "$1.csr" "$1.ext"
    mv "$1.new.key" "$1.key"
    mv "$1.new.crt" "$1.crt"
}

serving_cert() {
    local k=kubernetes
    cert apiserver /CN=kube-apiserver serverAuth \
        "DNS:$k,DNS:$k.default,DNS:$k.default.svc,DNS:localhost,IP:127.0.0.1,IP:10.96.0.1,IP:$NODE_IP"
}

# certificate USER: the user part of a kubeconfig, for the certificate of that name
certificate() {
    echo "client-certificate-data: $(base64 -w0 "$1.crt"), client-key-data: $(base64 -w0 "$1.key")"
}

# kubeconfig USER CREDENTIAL [NAMESPACE] [HOST]
kubeconfig() {
    cat <<END
apiVersion: v1
kind: Config
clusters:
- name: $NAME
  cluster: {server: "https://${4:-127.0.0.1}:$API_PORT", certificate-authority-data: $(base64 -w0 "$PKI/ca.crt")}
users:
- name: $1
  user: {$2}
contexts:
- name: $1@$NAME
  context: {cluster: $NAME, user: $1, namespace: ${3:-default}}
current-context: $1@$NAME
END
}

make_pki() (
    umask 077
    mkdir -p "$PKI/outside"
    cd "$PKI"
    new_key ca
    openssl req -x509 -new -key ca.key -subj "/CN=$NAME-ca" -days 3650 -out ca.crt \
        -addext keyUsage=critical,keyCertSign,digitalSignature,cRLSign
    openssl genrsa -out sa.key 2048 2>/dev/null
    openssl rsa -in sa.key -pubout -out sa.pub 2>/dev/null
    serving_cert
    cert kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client clientAuth
    cert front-proxy /CN=front-proxy-client clientAuth
    cert admin /O=system:masters/CN=admin clientAuth
    cert dev /CN=dev clientAuth # low rights, see manifests/users.yaml
    kubeconfig admin "$(certificate admin)" >admin.kubeconfig
    kubeconfig dev "$(certificate dev)" team-a >dev.kubeconfig
    # The same for who is not in the cluster's network.
    kubeconfig admin "$(certificate admin)" default "$OUTSIDE" >outside/admin.kubeconfig
    kubeconfig dev "$(certificate dev)" team-a "$OUTSIDE" >outside/dev.kubeconfig
    [ "$TIER" = node ] || exit 0
    cert controller-manager /CN=system:kube-controller-manager clientAuth
    cert scheduler /CN=system:kube-scheduler clientAuth
    cert proxy /CN=system:kube-proxy clientAuth
    cert node1 /O=system:nodes/CN=system:node:node1 serverAuth,clientAuth "DNS:node1,IP:$NODE_IP"
    cert metrics-server /CN=metrics-server serverAuth,clientAuth DNS:metrics-server.kube-system.svc
    for user in controller-manager scheduler proxy node1 metrics-server; do
        kubeconfig $user "$(certificate $user)" >$user.kubeconfig
    done
)
