//! Reads who and where from a kubeconfig, and writes one that leads through the proxy.
//!
//! Owns the few fields that the meter needs. Credentials are never printed: errors name the field, not its value.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The second context of a written kubeconfig, for switching to and fro.
pub const OTHER_CONTEXT: &str = "meter-other";

/// The current context of a kubeconfig.
pub struct Kubeconfig {
    context: String,
    cluster: Value,
    user: Value,
    dir: PathBuf,
}

impl Kubeconfig {
    /// Reads a file.
    ///
    /// # Errors
    /// When it can't be read or its current context is not complete.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let dir = path.parent().map(Path::to_path_buf).unwrap_or_default();
        Self::parse(&text, dir).with_context(|| format!("{} is no usable kubeconfig", path.display()))
    }

    /// Reads the text of a kubeconfig; relative files are taken from `dir`.
    ///
    /// # Errors
    /// When its current context is not complete.
    pub fn parse(text: &str, dir: PathBuf) -> Result<Self> {
        let whole: Value = serde_saphyr::from_str(text).map_err(|_| anyhow!("it is no YAML"))?;
        let context = whole["current-context"].as_str().context("it has no current context")?.to_owned();
        let entry = |list: &str, name: &str, inner: &str| -> Result<Value> {
            let entries = whole[list].as_array().map(Vec::as_slice).unwrap_or_default();
            let found = entries.iter().find(|entry| entry["name"] == name);
            Ok(found.with_context(|| format!("there is no {name:?} in its {list}"))?[inner].clone())
        };
        let place = entry("contexts", &context, "context")?;
        let cluster = entry("clusters", place["cluster"].as_str().unwrap_or_default(), "cluster")?;
        let user = entry("users", place["user"].as_str().unwrap_or_default(), "user")?;
        Ok(Self { context, cluster, user, dir })
    }

    /// Returns host and port of the server.
    ///
    /// # Errors
    /// When the URL is not one of HTTPS.
    pub fn server(&self) -> Result<(String, u16)> {
        let url = self.cluster["server"].as_str().context("its cluster has no server")?;
        let rest = url.strip_prefix("https://").context("its server is not reached by https")?;
        let authority = rest.split('/').next().unwrap_or_default();
        match authority.rsplit_once(':') {
            Some((host, port)) => {
                Ok((host.trim_matches(['[', ']']).to_owned(), port.parse().context("no port")?))
            }
            None => Ok((authority.to_owned(), 443)),
        }
    }

    /// Returns the name that the server's certificate is for.
    ///
    /// # Errors
    /// When the URL is not one of HTTPS.
    pub fn server_name(&self) -> Result<String> {
        match self.cluster["tls-server-name"].as_str() {
            Some(name) => Ok(name.to_owned()),
            None => Ok(self.server()?.0),
        }
    }

    /// Returns the authority that signed the server's certificate, as PEM.
    ///
    /// # Errors
    /// When there is none or it can't be read.
    pub fn authority(&self) -> Result<Vec<u8>> {
        self.pem(&self.cluster, "certificate-authority")
    }

    /// Returns the client's certificate and key, as PEM.
    ///
    /// # Errors
    /// When there are none or they can't be read.
    pub fn identity(&self) -> Result<(Vec<u8>, Vec<u8>)> {
        Ok((self.pem(&self.user, "client-certificate")?, self.pem(&self.user, "client-key")?))
    }

    fn pem(&self, of: &Value, field: &str) -> Result<Vec<u8>> {
        if let Some(data) = of[format!("{field}-data")].as_str() {
            return STANDARD.decode(data).map_err(|_| anyhow!("{field}-data is no base64"));
        }
        let file = of[field].as_str().with_context(|| format!("it has no {field}"))?;
        fs::read(self.dir.join(file)).with_context(|| format!("cannot read its {field}"))
    }

    /// Writes a kubeconfig with the same rights that leads to this address. It is JSON, which is YAML.
    ///
    /// # Errors
    /// When credentials can't be read or the file can't be written.
    pub fn write_through(&self, address: SocketAddr, path: &Path) -> Result<()> {
        let (certificate, key) = self.identity()?;
        let mut cluster = json!({
            "server": format!("https://{address}"),
            "certificate-authority-data": STANDARD.encode(self.authority()?),
        });
        let name = self.server_name()?;
        if name != address.ip().to_string() {
            cluster["tls-server-name"] = name.into();
        }
        let user = json!({
            "client-certificate-data": STANDARD.encode(certificate),
            "client-key-data": STANDARD.encode(key),
        });
        let context = |name: &str, namespace: &str| json!({"name": name, "context": {"cluster": "meter", "user": "meter", "namespace": namespace}});
        ensure!(self.context != OTHER_CONTEXT, "{OTHER_CONTEXT} is the meter's own context");
        let whole = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "meter", "preferences": {},
            "clusters": [{"name": "meter", "cluster": cluster}],
            "users": [{"name": "meter", "user": user}],
            "contexts": [context("meter", "default"), context(OTHER_CONTEXT, "kube-system")],
        });
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        options.open(path)?.write_all(whole.to_string().as_bytes())?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "current-context: here\nclusters:\n- name: c\n  cluster: {server: 'https://10.1.2.3:6443', certificate-authority-data: Y2E=}\n\
        users:\n- name: u\n  user: {client-certificate-data: Y3J0, client-key-data: a2V5}\ncontexts:\n- name: here\n  context: {cluster: c, user: u}\n";

    #[test]
    fn the_written_file_leads_to_the_proxy_and_still_checks_the_server_s_name() {
        let before = Kubeconfig::parse(TEXT, PathBuf::new()).unwrap();
        assert_eq!(before.server().unwrap(), ("10.1.2.3".to_owned(), 6443));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kubeconfig");
        before.write_through(([127, 0, 0, 1], 4242).into(), &path).unwrap();
        let after = Kubeconfig::read(&path).unwrap();
        assert_eq!(after.server().unwrap(), ("127.0.0.1".to_owned(), 4242));
        assert_eq!(after.server_name().unwrap(), "10.1.2.3");
        assert_eq!(after.authority().unwrap(), b"ca");
        assert_eq!(after.identity().unwrap(), (b"crt".to_vec(), b"key".to_vec()));
    }

    #[test]
    fn what_is_missing_is_named_and_no_credential_is_quoted() {
        let text = TEXT.replace("Y3J0", "not base64!");
        let error =
            Kubeconfig::parse(&text, PathBuf::new()).ok().unwrap().identity().unwrap_err().to_string();
        assert!(error.contains("client-certificate-data") && !error.contains("not base64"), "{error}");
        let error = Kubeconfig::parse("clusters: []", PathBuf::new()).err().unwrap().to_string();
        assert_eq!(error, "it has no current context");
    }
}
