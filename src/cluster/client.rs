//! kube's client on our own way to the server: typed calls get the same credentials, stages, deadlines and
//! words for failures as everything else.
//!
//! Lists and watches do not come through here: their bodies are decoded while they arrive.

use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::BodyExt;
use kube::api::PostParams;
use kube::core::{ClusterResourceScope, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::body::Body;
use super::handle::Cluster;
use crate::model::{Problem, ProblemKind};

/// How long a review may take.
const LIMIT: Duration = Duration::from_secs(10);

/// The cluster's own stack as the service that kube's client sends through.
#[derive(Clone)]
struct Way(Cluster);

impl tower::Service<Request<kube::client::Body>> for Way {
    type Response = Response<Body>;
    type Error = Problem;
    type Future = BoxFuture<'static, Result<Self::Response, Problem>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Problem>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<kube::client::Body>) -> Self::Future {
        let cluster = self.0.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_err(|error| {
                Problem::new(ProblemKind::Internal, format!("cannot put a request together: {error}"))
            })?;
            let request = Request::from_parts(parts, body.to_bytes().to_vec());
            cluster.send_review(request, LIMIT).await
        })
    }
}

impl Cluster {
    /// Asks one of the review APIs, which answer a question by a POST that changes nothing.
    ///
    /// # Errors
    /// As [`Cluster::send`]; [`ProblemKind::Malformed`] when the answer is no review.
    pub(crate) async fn ask<K>(&self, question: &K) -> Result<K, Problem>
    where
        K: Resource<DynamicType = (), Scope = ClusterResourceScope> + Clone + DeserializeOwned + Serialize,
        K: std::fmt::Debug,
    {
        let api = kube::Api::<K>::all(kube::Client::new(Way(self.clone()), "default"));
        let params = PostParams::default();
        let answer = api.create(&params, question);
        match tokio::time::timeout(LIMIT + Duration::from_millis(250), answer).await {
            Ok(answer) => answer.map_err(|error| problem(error, &K::kind(&()))),
            Err(_) => {
                let what = format!("the answer to {} was not complete in time", K::kind(&()));
                Err(Problem::new(ProblemKind::Timeout, what).hint("the connection is slow or half-dead"))
            }
        }
    }
}

/// Our own problem comes back as it went in; kube's errors may hold whole answers, so only their family is told.
fn problem(error: kube::Error, asked: &str) -> Problem {
    match error {
        kube::Error::Service(source) => match source.downcast::<Problem>() {
            Ok(problem) => *problem,
            Err(_) => Problem::new(ProblemKind::Internal, format!("{asked} was not sent")),
        },
        kube::Error::SerdeError(error) => Problem::new(
            ProblemKind::Malformed,
            format!("cannot read the answer to {asked}: line {} column {}", error.line(), error.column()),
        ),
        _ => Problem::new(ProblemKind::Malformed, format!("the answer to {asked} is not what was asked")),
    }
}
