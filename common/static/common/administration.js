// The administration's pages under a policy without `unsafe-eval`: Alpine's build for such policies calls registered components and
// evaluates simple expressions, but knows no global function and no statement. The package's few of those are given names here, before
// Alpine looks at the page.

const COMPONENTS = ["searchForm", "searchDropdown", "searchCommand"];
const KEPT = "sidebarDesktopOpen";

function kept() {
  return localStorage.getItem(KEPT) !== "0";
}

// What stood at the body: the state of sidebar and tabs.
function administrationPage(firstTab) {
  return {
    activeTab: firstTab,
    sidebarMobileOpen: false,
    sidebarDesktopOpen: kept(),
    init() {
      const tab = typeof getCurrentTab === "function" ? getCurrentTab() : "";
      this.activeTab = tab || firstTab;
      this.$watch(KEPT, (open) => localStorage.setItem(KEPT, open ? "1" : "0"));
    },
    // So that a form that is shown again opens at the same tab.
    formAddress() {
      const address = window.location.pathname + window.location.search;
      return this.activeTab && this.activeTab !== "general" ? `${address}#${this.activeTab}` : address;
    },
  };
}

// Statements become calls of functions that the expression's own scope holds.
const REPLACED = {
  "openSearchResults = true; currentIndex = 0": "showResults(true)",
  "openSearchResults = true;": "showResults(false)",
  "openSearchResults = false; if ($refs.searchInput.value === '') { $refs.searchInput.blur() } else { $refs.searchInput.value = '' }":
    "leaveResults()",
};

function searchResults() {
  return {
    ...window.searchDropdown(),
    showResults(fromStart) {
      this.openSearchResults = true;
      if (fromStart) this.currentIndex = 0;
    },
    leaveResults() {
      this.openSearchResults = false;
      const input = this.$refs.searchInput;
      if (input.value === "") input.blur();
      else input.value = "";
    },
  };
}

function rewriteStatements() {
  const body = document.body;
  const firstTab = /activeTab: '([^']*)'/.exec(body.getAttribute("x-data") ?? "")?.[1] ?? "";
  body.setAttribute("x-data", `administrationPage('${firstTab}')`);
  body.removeAttribute("x-init");
  for (const element of document.querySelectorAll("*")) {
    for (const { name, value } of [...element.attributes]) {
      if (!name.startsWith("x-")) continue;
      const short = value.trim().replace(/\s+/g, " ");
      if (short in REPLACED) element.setAttribute(name, REPLACED[short]);
      else if (short.startsWith("sidebarDesktopOpen = !sidebarDesktopOpen;")) element.setAttribute(name, "sidebarDesktopOpen = !sidebarDesktopOpen");
      else if (short === "'width: ' + changeListWidth + 'px'") element.setAttribute(name, "{ width: changeListWidth + 'px' }");
      else if (name === "x-bind:action") element.setAttribute(name, "formAddress()");
      else if (short.startsWith("if (!$event.metaKey")) element.setAttribute(name, "selectItem(false, false)");
    }
  }
}

// The package's htmx would write a `<style>` for its indicators.
window.htmx.config.includeIndicatorStyles = false;
window.htmx.config.allowEval = false;

document.addEventListener("alpine:init", () => {
  rewriteStatements();
  window.Alpine.data("theme", window.theme);
  window.Alpine.data("administrationPage", administrationPage);
  for (const name of COMPONENTS) window.Alpine.data(name, window[name]);
  window.Alpine.data("searchDropdown", searchResults);
});

// What the package leaves without a name for screen readers: fields in the rows of a table, which their column names, and the boxes that
// stand for a select, which its label names.
function nameFields() {
  for (const field of document.querySelectorAll("[data-inline-formset] td :is(input, select, textarea):not([type='hidden'])")) {
    const name = [...field.closest("td").classList].find((each) => each.startsWith("field-"))?.slice("field-".length);
    const heading = field.closest("table").querySelector(`thead .column-${name}`)?.innerText || field.closest("td").querySelector("label")?.innerText;
    if (heading && !field.labels?.length) field.setAttribute("aria-label", heading.replace("*", "").trim());
  }
  for (const box of document.querySelectorAll(".select2-selection")) {
    const label = box.closest(".select2")?.previousElementSibling?.labels?.[0];
    for (const part of label ? [box, ...box.querySelectorAll("[role]:not([role='presentation'])")] : []) {
      part.setAttribute("aria-label", label.innerText.replace("*", "").trim());
    }
  }
}

// After the searching selects, which jQuery makes when it finds the page ready.
window.addEventListener("load", () => (window.django?.jQuery ?? ((work) => work()))(nameFields));
document.addEventListener("formset:added", nameFields);
