//! The files of the leak test, plain and under a strict content security policy.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, LOCATION,
};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::{App, Failure, failure};
use crate::random;

/// Longest file that is served.
const MAX_FILE: u64 = 16 << 20;

/// Answers with the file that the path names; `index.html` for a folder.
pub(super) async fn serve(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Failure> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(failure(
            StatusCode::METHOD_NOT_ALLOWED,
            "files can only be read",
        ));
    }
    let www = app.www.as_deref().ok_or_else(|| {
        failure(
            StatusCode::NOT_FOUND,
            "no files here: the peer was started without --www",
        )
    })?;
    let path = request.uri().path();
    if path == "/strict" {
        return Ok((StatusCode::PERMANENT_REDIRECT, [(LOCATION, "/strict/")]).into_response());
    }
    let (path, strict) = match path.strip_prefix("/strict/") {
        Some(rest) => (rest, true),
        None => (path.trim_start_matches('/'), false),
    };
    let file = www.join(relative(path).ok_or_else(no_file)?);
    let file = if file.is_dir() {
        file.join("index.html")
    } else {
        file
    };
    let body = read(www, &file).await.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => no_file(),
        _ => failure(StatusCode::FORBIDDEN, "the file can't be served"),
    })?;
    answer(&file, body, strict)
}

fn no_file() -> Failure {
    failure(StatusCode::NOT_FOUND, "no such file")
}

fn answer(file: &Path, body: Vec<u8>, strict: bool) -> Result<Response, Failure> {
    let kind = content_type(file);
    if kind != HTML {
        return Ok(with_policy(
            ([(CONTENT_TYPE, kind)], body).into_response(),
            strict,
            None,
        ));
    }
    let nonce =
        random::token(16).map_err(|error| failure(StatusCode::INTERNAL_SERVER_ERROR, error))?;
    let body = match String::from_utf8(body) {
        Ok(html) => html.replace("{{nonce}}", &nonce).into_bytes(),
        Err(error) => error.into_bytes(),
    };
    Ok(with_policy(
        ([(CONTENT_TYPE, kind)], body).into_response(),
        strict,
        Some(&nonce),
    ))
}

fn with_policy(mut response: Response, strict: bool, nonce: Option<&str>) -> Response {
    // Asked for anew each time, but fit for the browsers' back/forward cache.
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if strict {
        let nonce = nonce
            .map(|nonce| format!(" 'nonce-{nonce}'"))
            .unwrap_or_default();
        if let Ok(policy) = HeaderValue::from_str(&format!("script-src 'self'{nonce}")) {
            response
                .headers_mut()
                .insert(CONTENT_SECURITY_POLICY, policy);
        }
    }
    response
}

/// Reads a file that lies in `www`, links resolved.
async fn read(www: &Path, file: &Path) -> io::Result<Vec<u8>> {
    let (www, file) = (
        tokio::fs::canonicalize(www).await?,
        tokio::fs::canonicalize(file).await?,
    );
    let about = tokio::fs::metadata(&file).await?;
    if !file.starts_with(&www) || !about.is_file() || about.len() > MAX_FILE {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    tokio::fs::read(file).await
}

/// The path inside the folder, or none if it would lead out of it.
fn relative(path: &str) -> Option<PathBuf> {
    let decoded = percent_decoded(path)?;
    let path = PathBuf::from(decoded);
    let inside = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    inside.then_some(path)
}

fn percent_decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes)
        .ok()
        .filter(|path| !path.contains('\0'))
}

const HTML: &str = "text/html; charset=utf-8";

fn content_type(file: &Path) -> &'static str {
    match file
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default()
    {
        "html" => HTML,
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out_of_the_folder() {
        for path in [
            "../x",
            "a/../../x",
            "%2e%2e/x",
            "/etc/passwd",
            "%2Fetc/passwd",
            "a%00b",
            "%",
            "%g0",
            "a%",
        ] {
            assert_eq!(relative(path), None, "{path}");
        }
        assert_eq!(relative("a/b%20c.js"), Some(PathBuf::from("a/b c.js")));
        assert_eq!(relative(""), Some(PathBuf::new()));
    }
}
