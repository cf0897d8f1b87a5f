"use strict";
(() => {
  const form = document.querySelector(".filter");
  const output = form.querySelector("output");
  const rows = [...document.querySelectorAll("tr.clause")].map((row) => {
    const next = row.nextElementSibling;
    return {
      row,
      failures: next && next.classList.contains("failures") ? next : null,
      words: row.querySelector("th").textContent.toLowerCase(),
    };
  });
  const sections = [...document.querySelectorAll("section.chapter")];

  const keep = { all: () => true, open: (row) => "open" in row.dataset, differs: (row) => "differs" in row.dataset };

  function filter() {
    const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const which = keep[form.elements.which.value];
    let shown = 0;
    for (const entry of rows) {
      const visible = which(entry.row) && words.every((word) => entry.words.includes(word));
      entry.row.hidden = !visible;
      if (entry.failures) entry.failures.hidden = !visible;
      shown += visible;
    }
    for (const section of sections) section.hidden = !section.querySelector("tr.clause:not([hidden])");
    output.value = shown === rows.length ? "" : `${shown} of ${rows.length} clauses`;
  }

  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.closest("[hidden]")) {
      form.reset();
      filter();
    }
    const failures = target.nextElementSibling;
    if (target.matches("tr.clause") && failures && failures.classList.contains("failures")) {
      for (const details of failures.querySelectorAll("details")) details.open = true;
    }
    target.scrollIntoView();
  }

  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", reveal);
  addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.target.matches("input, select, textarea")) {
      event.preventDefault();
      form.elements.words.focus();
    }
  });
  reveal();
})();
