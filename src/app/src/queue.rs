//! Work that has to be done one piece after the other: read, change, write.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

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

/// Begins `work` at once, beside whatever else is under way; what is returned waits for its result.
/// Nothing comes of work that has failed to run to its end.
pub(crate) fn begin<T: 'static>(
    work: impl Future<Output = T> + 'static,
) -> impl Future<Output = Option<T>> {
    let result = Rc::new(RefCell::new(None));
    let place = Rc::clone(&result);
    let done = future_to_promise(async move {
        let value = work.await;
        place.replace(Some(value));
        Ok(JsValue::UNDEFINED)
    });
    async move {
        // The promise is only ever resolved.
        let _ = JsFuture::from(done).await;
        result.take()
    }
}
