//! Large answers under way at the same time: who asks for little is not kept waiting by them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http_body_util::BodyExt;
use tokio::sync::mpsc;

use super::super::{Options, task};
use super::client::Client;
use super::{PATIENCE, bare_with};

const TABLE: (&str, &str) = ("accept", "application/json;as=Table;v=v1;g=meta.k8s.io");
const GZIP: (&str, &str) = ("accept-encoding", "gzip");
const INITIAL: &str = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";

/// Asks for each of the paths, waits for all their first bytes, then asks for something small; returns how many
/// of the large answers had come to their end by then.
async fn ended_before_a_small_answer(large: &[(&str, &[(&'static str, &'static str)])]) -> usize {
    let sim = bare_with(Options { pods: 12_000, ..Options::default() }).await;
    let client = Arc::new(Client::new(&sim, "admin"));
    let ended = Arc::new(AtomicUsize::new(0));
    let (started, mut starts) = mpsc::channel(large.len());
    let mut readers = Vec::new();
    for (path, headers) in large {
        let (client, ended, started) = (client.clone(), ended.clone(), started.clone());
        let (path, headers) = ((*path).to_owned(), headers.to_vec());
        readers.push(task::spawn(async move {
            let mut body = client.open("GET", &path, &headers, Vec::new()).await.unwrap().into_body();
            let mut has_started = false;
            while let Some(frame) = body.frame().await {
                let text = frame.unwrap().into_data().unwrap();
                if !std::mem::replace(&mut has_started, true) {
                    started.send(()).await.unwrap();
                }
                // Only the streaming lists say so, and never end themselves.
                if memchr::memmem::find(&text, b"initial-events-end").is_some() {
                    break;
                }
            }
            ended.fetch_add(1, Ordering::SeqCst);
        }));
    }
    let asking = async {
        for _ in large {
            starts.recv().await.unwrap();
        }
        client.read("/version").await;
        ended.load(Ordering::SeqCst)
    };
    let seen = tokio::time::timeout(PATIENCE, asking).await.unwrap();
    for reader in readers {
        reader.abort();
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_question_is_answered_while_large_lists_are_compressed() {
    let list: (&str, &[_]) = ("/api/v1/pods", &[GZIP]);
    assert_eq!(ended_before_a_small_answer(&[list; 4]).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_question_is_answered_while_tables_streams_and_metrics_are_made() {
    let stream = format!("/api/v1/pods?watch=1&{INITIAL}");
    let large: [(&str, &[_]); 4] = [
        ("/api/v1/pods", &[TABLE]),
        (&stream, &[TABLE]),
        ("/apis/metrics.k8s.io/v1beta1/pods", &[]),
        ("/apis/metrics.k8s.io/v1beta1/pods", &[GZIP]),
    ];
    assert_eq!(ended_before_a_small_answer(&large).await, 0);
}
