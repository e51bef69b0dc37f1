//! Work that has to be done one piece after the other: read, change, write.

use std::cell::RefCell;
use std::future::Future;

use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

thread_local! {
    static LAST: RefCell<Option<Promise>> = const { RefCell::new(None) };
}

/// Does `work` when all work that was handed in before is done. Storage is read and written only
/// here, so that no change is lost between the reading and the writing of another.
pub(crate) async fn in_turn<T>(work: impl Future<Output = T>) -> T {
    let mut release = None;
    let done = Promise::new(&mut |resolve, _| release = Some(resolve));
    let before = LAST.with(|last| last.replace(Some(done)));
    if let Some(before) = before {
        // These promises are only ever resolved.
        let _ = JsFuture::from(before).await;
    }
    let result = work.await;
    if let Some(release) = release {
        finish(&release);
    }
    result
}

fn finish(release: &Function) {
    let _ = release.call0(&JsValue::NULL);
}
