//! Problem documents: how every refusal and every failure is told (RFC 9457).

use std::error::Error;
use std::fmt::Write as _;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hui_loyalty::orders::checks::Refusal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::codes::{self, Code, Retry};

/// The media type of problem documents.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// How long to wait where nothing better is known.
const RETRY_AFTER_S: u64 = 1;

/// A refusal or a failure on its way to the caller.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    code: &'static Code,
    detail: String,
    errors: Vec<FieldProblem>,
    retry_after_s: Option<u64>,
    /// What happened inside, for the log; never shown.
    cause: Option<String>,
}

/// What is wrong with one part of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// Where in the body: a JSON pointer; for a query parameter `?` and its name.
    #[schema(example = "/lines/0/paid")]
    pub pointer: String,
    /// The stable code of what is wrong there.
    #[schema(example = "amount.out_of_range")]
    pub code: String,
    /// A sentence.
    pub message: String,
}

/// A problem document (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// Where the code is described.
    #[schema(example = "/api/docs#points.insufficient")]
    pub r#type: String,
    /// What the kind of problem is called, in the language asked for (`zh` or `en`).
    pub title: String,
    /// The HTTP status.
    #[schema(example = 422)]
    pub status: u16,
    /// What is the matter this time.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub detail: String,
    /// The stable code to branch on.
    #[schema(example = "points.insufficient")]
    pub code: String,
    /// Whether and how to send the request again.
    pub retry: Retry,
    /// The parts of the input that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldProblem>,
    /// The request's id in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// Which language titles are told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Language {
    /// English.
    #[default]
    English,
    /// Chinese.
    Chinese,
}

impl Problem {
    /// A problem of a kind, with a sentence about this time.
    pub(crate) fn new(code: &'static Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), retry_after_s: None, cause: None }
    }

    /// A problem with one part of the body.
    pub(crate) fn at(
        code: &'static Code,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        let message = message.into();
        Self::new(code, message.clone()).with(pointer, code.name, message)
    }

    /// A failure on our side: the chain of causes goes to the log, not to the caller.
    pub(crate) fn internal(error: &(dyn Error + 'static)) -> Self {
        let mut problem = Self::new(&codes::SERVER_ERROR, "the log has the details");
        problem.cause = Some(chain(error));
        problem
    }

    /// A failure of the database or of something else that comes back: nothing was recorded.
    pub(crate) fn unavailable(code: &'static Code, error: &(dyn Error + 'static)) -> Self {
        let mut problem = Self::new(code, "send the request again with the same key");
        problem.cause = Some(chain(error));
        problem
    }

    /// Adds what is wrong with one part of the input.
    #[must_use]
    pub(crate) fn with(
        mut self,
        pointer: impl Into<String>,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        self.errors.push(FieldProblem {
            pointer: pointer.into(),
            code: code.into(),
            message: message.into(),
        });
        self
    }

    /// Says how many seconds to wait before the next try.
    #[must_use]
    pub(crate) fn after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// What the rules found wrong with a body: the first gives the code. `None` when nothing is.
    pub(crate) fn refused(refusals: &[Refusal]) -> Option<Self> {
        let first = refusals.first()?;
        let code = codes::named(first.code).unwrap_or(&codes::INPUT_REFUSED);
        let problem = Self::new(code, first.detail.clone());
        Some(refusals.iter().fold(problem, |problem, refusal| {
            problem.with(refusal.pointer.clone(), refusal.code, refusal.detail.clone())
        }))
    }

    /// Its kind.
    pub(crate) fn code(&self) -> &'static Code {
        self.code
    }

    /// The HTTP status it is answered with.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What happened inside, for the log.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The document.
    pub(crate) fn body(&self, language: Language, request_id: Option<&str>) -> ProblemBody {
        ProblemBody {
            r#type: format!("/api/docs#{}", self.code.name),
            title: match language {
                Language::English => self.code.title.to_owned(),
                Language::Chinese => self.code.title_zh.to_owned(),
            },
            status: self.code.status,
            detail: self.detail.clone(),
            code: self.code.name.to_owned(),
            retry: self.code.retry,
            errors: self.errors.clone(),
            request_id: request_id.map(str::to_owned),
        }
    }

    /// The answer, in a language and with the request's id in it.
    pub(crate) fn answer(&self, language: Language, request_id: Option<&str>) -> Response {
        let body = serde_json::to_vec(&self.body(language, request_id)).unwrap_or_default();
        let mut response =
            (self.status(), [(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))], body)
                .into_response();
        let waits = matches!(self.code.status, 429 | 503) || self.code.retry == Retry::Later;
        if waits {
            let seconds = self.retry_after_s.unwrap_or(RETRY_AFTER_S);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.code.status == 401 {
            let challenge = HeaderValue::from_static("Bearer realm=\"hui\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response.extensions_mut().insert(self.clone());
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.answer(Language::English, None)
    }
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}
