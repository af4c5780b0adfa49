"use strict";
// Sends a page's form once, and shows that it is on its way. Without JavaScript, and when someone comes back with the Back button, its visible button does it.
const [visit] = performance.getEntriesByType("navigation");
if (!visit || visit.type !== "back_forward") {
  document.querySelector(".spinner")?.removeAttribute("hidden");
  document.querySelector("form[data-auto-submit]")?.submit();
}

// The console: comfort only, everything works without it.
for (const button of document.querySelectorAll("button[data-copy]")) {
  const value = document.getElementById(button.dataset.copy);
  if (!value || !navigator.clipboard) continue;
  const text = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(value.value ?? value.textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = text; }, 2000);
  });
}
for (const place of document.querySelectorAll("[data-drop]")) {
  const input = place.querySelector("input[type=file]");
  const over = (is) => (event) => { event.preventDefault(); place.classList.toggle("over", is); };
  place.addEventListener("dragover", over(true));
  place.addEventListener("dragleave", over(false));
  place.addEventListener("drop", (event) => {
    over(false)(event);
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  });
}
const strip = document.querySelector(".sections");
const current = strip?.querySelector("[aria-current]");
if (current) strip.scrollLeft = current.offsetLeft - strip.offsetLeft - 12;
