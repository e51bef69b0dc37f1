//! Commands and answers over a browser's WebSocket: the DevTools protocol and WebDriver BiDi both
//! number their commands and answer with the number.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::AuditError;

/// Longest message: a screenshot of a long page.
const MAX_MESSAGE: usize = 256 << 20;
/// How long a command may take.
const COMMAND_TIME: Duration = Duration::from_secs(30);

/// A connection to a browser.
pub(super) struct BrowserSocket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last: u64,
}

impl BrowserSocket {
    /// Connects to `ws://…`.
    pub(super) async fn connect(url: &str) -> Result<Self, AuditError> {
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE));
        let request = url
            .into_client_request()
            .map_err(|_| AuditError::Browser("its address"))?;
        let connected = connect_async_with_config(request, Some(config), true).await;
        let (stream, _) = connected.map_err(|_| AuditError::Browser("the connection to it"))?;
        Ok(Self { stream, last: 0 })
    }

    /// Sends a command, and waits for its answer. Events that come between are passed over.
    ///
    /// `session` names a DevTools session.
    pub(super) async fn command(
        &mut self,
        method: &'static str,
        params: Value,
        session: Option<&str>,
    ) -> Result<Value, AuditError> {
        self.last += 1;
        let mut command = json!({ "id": self.last, "method": method, "params": params });
        if let (Some(session), Some(command)) = (session, command.as_object_mut()) {
            command.insert("sessionId".to_owned(), session.into());
        }
        let failed = AuditError::Browser(method);
        let answer = tokio::time::timeout(COMMAND_TIME, self.exchange(&command.to_string())).await;
        let Ok(Some(answer)) = answer else {
            return Err(failed);
        };
        match answer.get("result") {
            Some(result) => Ok(result.clone()),
            None => Err(failed),
        }
    }

    async fn exchange(&mut self, command: &str) -> Option<Value> {
        self.stream.send(Message::text(command)).await.ok()?;
        loop {
            if let Message::Text(text) = self.stream.next().await?.ok()? {
                let message: Value = serde_json::from_str(&text).ok()?;
                if message.get("id").and_then(Value::as_u64) == Some(self.last) {
                    return Some(message);
                }
            }
        }
    }
}
