//! What only a browser can show.
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use std::rc::Rc;

use iceveil_core::host::Host;
use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

use crate::dom::{self, element};
use crate::queue::{begin, in_turn};
use crate::{api, background};

wasm_bindgen_test_configure!(run_in_browser);

async fn pause(milliseconds: u32) {
    api::within(milliseconds, &Promise::new(&mut |_, _| {})).await;
}

#[wasm_bindgen_test]
async fn work_in_turn_is_done_in_turn() {
    let order = Rc::new(RefCell::new(Vec::new()));
    let steps = [(1, 30), (2, 1), (3, 10)].map(|(step, wait)| {
        let order = Rc::clone(&order);
        begin(in_turn(async move {
            order.borrow_mut().push(step);
            pause(wait).await;
            order.borrow_mut().push(step);
        }))
    });
    for step in steps {
        step.await;
    }
    assert_eq!(*order.borrow(), [1, 1, 2, 2, 3, 3]);
}

#[wasm_bindgen_test]
async fn work_that_was_begun_runs_beside() {
    let slow = begin(async {
        pause(20).await;
        1
    });
    let quick = begin(async { 2 });
    assert_eq!((quick.await, slow.await), (Some(2), Some(1)));
}

#[wasm_bindgen_test]
async fn waiting_has_an_end() {
    let never = Promise::new(&mut |_, _| {});
    assert!(api::within(5, &never).await.is_none());
    let now = Promise::resolve(&JsValue::from(7));
    assert_eq!(api::within(1000, &now).await, Some(JsValue::from(7)));
}

#[wasm_bindgen_test]
fn text_is_never_markup() {
    let built = element("p")
        .text("<img src=x onerror=alert(1)>")
        .done()
        .unwrap();
    assert_eq!(built.child_element_count(), 0);
    let line = element("p")
        .child(element("b").text("a"))
        .text_after("<i>b</i>")
        .done()
        .unwrap();
    assert_eq!(line.text_content().unwrap(), "a<i>b</i>");
    dom::fill(&line, [element("i").attribute("title", "\"><script>")]);
    assert_eq!(line.child_element_count(), 1);
}

#[wasm_bindgen_test]
async fn without_the_browsers_api_calls_fail_and_nothing_breaks() {
    assert_eq!(
        api::call("storage.local.get", &[]).await,
        Err(api::ApiError::Missing)
    );
    assert_eq!(
        api::call("nothing.at.all", &[]).await,
        Err(api::ApiError::Missing)
    );
    let sender = api::object(&[("id", "someone else".into())]);
    let request = api::object(&[("type", "policy".into())]);
    assert!(background::message(&request, &sender).await.is_null());
    assert!(
        background::message(&JsValue::NULL, &JsValue::NULL)
            .await
            .is_null()
    );
}

#[wasm_bindgen_test]
async fn a_full_store_is_told_from_other_failures() {
    let quota = js_sys::Error::new("QUOTA_BYTES quota exceeded");
    assert_eq!(
        api::ApiError::from(JsValue::from(quota)),
        api::ApiError::Quota
    );
    let other = js_sys::Error::new("No tab with id: 3");
    let words = "No tab with id: 3".to_owned();
    assert_eq!(
        api::ApiError::from(JsValue::from(other)),
        api::ApiError::Failed(words)
    );
    assert!(
        JsFuture::from(Promise::resolve(&JsValue::NULL))
            .await
            .is_ok()
    );
}

#[wasm_bindgen_test]
fn the_browser_reads_international_names() {
    iceveil_core::host::read_names_by(api::to_ascii);
    let read = |text: &str| Host::parse(text).map(|host| (host.to_string(), host.to_unicode()));
    for (text, ascii, shown) in [
        (
            "München.example",
            "xn--mnchen-3ya.example",
            "münchen.example",
        ),
        (
            "XN--MNCHEN-3YA.example",
            "xn--mnchen-3ya.example",
            "münchen.example",
        ),
        ("例え.テスト", "xn--r8jz45g.xn--zckzah", "例え.テスト"),
        ("Meet.Example.", "meet.example", "meet.example"),
        ("127.1", "127.0.0.1", "127.0.0.1"),
        ("[2001:DB8:0:0::1]", "2001:db8::1", "2001:db8::1"),
    ] {
        assert_eq!(
            read(text),
            Ok((ascii.to_owned(), shown.to_owned())),
            "{text}"
        );
    }
    for text in [
        "a b.example",
        "ä/b",
        "ü@b.example",
        "ä%41.example",
        "ä?b",
        "ä..b",
    ] {
        assert!(read(text).is_err(), "{text}");
    }
}
