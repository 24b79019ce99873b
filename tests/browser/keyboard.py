"""The keyboard alone, as somebody uses the product who has no mouse: from stop to stop, each of which must show that it has the focus."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import Locator, Page, expect

_STOPS: Final = 120
# How everything looks that can have the focus, or holds what can, as long as it has it not. What moves is taken at its end.
_LOOK: Final = """() => {
    for (const one of document.getAnimations()) if (one instanceof CSSTransition) one.finish();
    window.lookOf = (one) => {
        const style = getComputedStyle(one), outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
        return [outlined ? style.outline : "", style.boxShadow, style.borderColor].join(" | ");
    };
    window.framesOf = (one) => [one, ...(one.matches("input") ? [one.parentElement, one.form] : [])].filter(Boolean);
    window.unfocused ??= new WeakMap();
    const stops = document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex], [contenteditable]");
    for (const one of [...stops].flatMap(window.framesOf)) {
        if (!one.contains(document.activeElement)) window.unfocused.set(one, window.lookOf(one));
    }
}"""
_STANDING: Final = """target => {
    if (!window.unfocused) return {there: false, lost: true};  // another page came meanwhile
    for (const one of document.getAnimations()) if (one instanceof CSSTransition) one.finish();
    const found = document.activeElement, box = found.getBoundingClientRect();
    // A search box stands in a frame that is marked in its place.
    const differs = (one) => (window.unfocused.has(one) ? window.unfocused.get(one) !== window.lookOf(one) : one === found);
    const marked = window.framesOf(found).some(differs);
    const look = `${window.unfocused.get(found)} -> ${window.lookOf(found)}`;
    const name = `${found.localName}.${found.className} ${found.name ?? ""} ${found.textContent.trim().slice(0, 40)}: ${look}`;
    return {there: found === target, lost: found === document.body, shown: marked && box.width > 0 && box.height > 0, name};
}"""


class Keyboard:
    """Presses keys on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        """One key after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type where the focus is."""
        self.page.keyboard.type(text)

    def go_to(self, target: Locator, key: str = "Tab") -> None:
        """Press Tab (or Shift+Tab) until `target` has the focus; every stop on the way must look other than it does without the focus."""
        expect(target).to_be_visible()
        for _stop in range(_STOPS):
            self.page.evaluate(_LOOK)
            self.page.keyboard.press(key)
            standing = target.evaluate(_STANDING)
            assert standing["lost"] or standing["shown"], f"nobody sees the focus on {standing['name']}"
            if standing["there"]:
                return
        raise AssertionError(f"Tab does not lead to {target} on {self.page.url}")

    def enter(self, target: Locator) -> None:
        """Go to a link or button, and press it."""
        self.go_to(target)
        self.page.keyboard.press("Enter")

    def choose(self, target: Locator, text: str) -> None:
        """Go to a select, and go down to the option that says `text`."""
        self.go_to(target)
        chosen = target.locator("option:checked")
        for _option in range(_STOPS):
            if text in (chosen.text_content() or ""):
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no option says {text}")
