//! Building the page: text goes in as text, never as markup.

use gloo::events::{EventListener, EventListenerOptions};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, Event, HtmlElement, HtmlInputElement};

thread_local! {
    static DOCUMENT: Option<Document> = web_sys::window().and_then(|window| window.document());
}

/// The document of this page.
pub(crate) fn document() -> Option<Document> {
    DOCUMENT.with(Clone::clone)
}

/// The element with this id.
pub(crate) fn by_id(id: &str) -> Option<Element> {
    document()?.get_element_by_id(id)
}

/// The element with this id as the kind that it is.
pub(crate) fn typed<T: JsCast>(id: &str) -> Option<T> {
    by_id(id)?.dyn_into().ok()
}

/// Puts text into the element with this id.
pub(crate) fn set_text(id: &str, text: &str) {
    if let Some(element) = by_id(id) {
        set_text_of(&element, text);
    }
}

/// Puts text into an element, only if it differs: a live region speaks at each change.
pub(crate) fn set_text_of(element: &Element, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
    }
}

/// Shows or hides the element with this id.
pub(crate) fn show(id: &str, shown: bool) {
    if let Some(element) = typed::<HtmlElement>(id) {
        element.set_hidden(!shown);
    }
}

/// Sets an attribute of the element with this id.
pub(crate) fn set(id: &str, name: &str, value: &str) {
    if let Some(element) = by_id(id) {
        let _ = element.set_attribute(name, value);
    }
}

/// Disables or enables the control (or fieldset) with this id.
pub(crate) fn disable(id: &str, disabled: bool) {
    if let Some(element) = by_id(id) {
        let _ = element.toggle_attribute_with_force("disabled", disabled);
    }
}

/// The value of the input or select with this id.
pub(crate) fn value(id: &str) -> String {
    let element = by_id(id).map(JsValue::from).unwrap_or_default();
    crate::api::text(&element, "value").unwrap_or_default()
}

/// Sets the value of the input or select with this id.
pub(crate) fn set_value(id: &str, value: &str) {
    if let Some(element) = by_id(id) {
        let _ = js_sys::Reflect::set(&element, &"value".into(), &value.into());
    }
}

/// Whether the checkbox with this id is checked.
pub(crate) fn is_checked(id: &str) -> bool {
    typed::<HtmlInputElement>(id).is_some_and(|input| input.checked())
}

/// Checks or clears the checkbox with this id.
pub(crate) fn set_checked(id: &str, checked: bool) {
    if let Some(input) = typed::<HtmlInputElement>(id) {
        input.set_checked(checked);
    }
}

/// The radio buttons of a group.
fn radios(group: &str) -> Vec<HtmlInputElement> {
    let found = document().and_then(|document| {
        document
            .query_selector_all(&format!("input[name={group}]"))
            .ok()
    });
    let Some(found) = found else {
        return Vec::new();
    };
    (0..found.length())
        .filter_map(|index| found.item(index)?.dyn_into::<HtmlInputElement>().ok())
        .collect()
}

/// Checks the radio button with this value and no other of the group.
pub(crate) fn choose(group: &str, value: &str) {
    for radio in radios(group) {
        let wanted = radio.value() == value;
        if radio.checked() != wanted {
            radio.set_checked(wanted);
        }
    }
}

/// Brings the keyboard to the button of a group that is checked.
pub(crate) fn focus_choice(group: &str) {
    let checked = radios(group).into_iter().find(HtmlInputElement::checked);
    if let Some(radio) = checked {
        let _ = radio.focus();
    }
}

/// Gives the radio buttons of choices the name and the description that their labels show: told one
/// after the other, a screen reader says first which it is.
pub(crate) fn describe_choices(document: &Document) {
    let Ok(choices) = document.query_selector_all(".choice") else {
        return;
    };
    for index in 0..choices.length() {
        let choice = choices
            .item(index)
            .and_then(|node| node.dyn_into::<Element>().ok());
        let Some(choice) = choice else { continue };
        let part = |selector| choice.query_selector(selector).ok().flatten();
        let Some(input) = part("input").and_then(|input| input.dyn_into::<HtmlInputElement>().ok())
        else {
            continue;
        };
        let parts = [(".name", "aria-labelledby"), (".what", "aria-describedby")];
        for (selector, attribute) in parts {
            if let Some(words) = part(selector) {
                words.set_id(&format!("{}-{}{selector}", input.name(), input.value()));
                let _ = input.set_attribute(attribute, &words.id());
            }
        }
    }
}

/// The value of the button of a group that is checked.
pub(crate) fn chosen(group: &str) -> String {
    radios(group)
        .into_iter()
        .find(HtmlInputElement::checked)
        .map(|radio| radio.value())
        .unwrap_or_default()
}

/// Calls `then` with the value whenever the person chooses another button of the group.
pub(crate) fn on_choice(group: &str, then: impl Fn(String) + Clone + 'static) {
    for radio in radios(group) {
        let then = then.clone();
        let chosen = radio.clone();
        listen(&radio, "change", move |_| {
            if chosen.checked() {
                then(chosen.value());
            }
        });
    }
}

/// Listens on the element with this id for as long as the page lives.
pub(crate) fn on(id: &str, event: &'static str, then: impl FnMut(&Event) + 'static) {
    if let Some(element) = by_id(id) {
        listen(&element, event, then);
    }
}

/// Listens on an element for as long as the page lives.
pub(crate) fn listen(element: &Element, event: &'static str, then: impl FnMut(&Event) + 'static) {
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(element, event, options, then).forget();
}

/// An element under construction.
pub(crate) struct Build(Option<Element>);

/// Starts an element.
pub(crate) fn element(tag: &str) -> Build {
    Build(document().and_then(|document| document.create_element(tag).ok()))
}

impl Build {
    /// With this class.
    pub(crate) fn class(self, class: &str) -> Self {
        self.attribute("class", class)
    }

    /// With this attribute.
    pub(crate) fn attribute(self, name: &str, value: &str) -> Self {
        if let Some(element) = &self.0 {
            let _ = element.set_attribute(name, value);
        }
        self
    }

    /// With this text.
    pub(crate) fn text(self, text: &str) -> Self {
        if let Some(element) = &self.0 {
            element.set_text_content(Some(text));
        }
        self
    }

    /// With this child.
    pub(crate) fn child(self, child: Self) -> Self {
        if let (Some(element), Some(child)) = (&self.0, child.0) {
            let _ = element.append_child(&child);
        }
        self
    }

    /// With this text after what is already in it.
    pub(crate) fn text_after(self, text: &str) -> Self {
        if let Some(element) = &self.0 {
            let text = document().map(|document| document.create_text_node(text));
            if let Some(text) = text {
                let _ = element.append_child(&text);
            }
        }
        self
    }

    /// The element, if the page could make it.
    pub(crate) fn done(self) -> Option<Element> {
        self.0
    }
}

/// Replaces what is in `parent` by these.
pub(crate) fn fill(parent: &Element, children: impl IntoIterator<Item = Build>) {
    parent.set_text_content(None);
    append(parent, children);
}

/// Adds these at the end of `parent`.
pub(crate) fn append(parent: &Element, children: impl IntoIterator<Item = Build>) {
    for child in children {
        if let Some(child) = child.0 {
            let _ = parent.append_child(&child);
        }
    }
}

/// The id of the element that the keyboard is on.
pub(crate) fn focused_id() -> String {
    let focused = document().and_then(|document| document.active_element());
    focused.map(|element| element.id()).unwrap_or_default()
}

/// Puts the keyboard on the element with this id.
pub(crate) fn focus(id: &str) {
    if let Some(element) = typed::<HtmlElement>(id) {
        let _ = element.focus();
    }
}
