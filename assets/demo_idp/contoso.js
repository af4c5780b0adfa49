// Submits the form that takes an answer to the application, goes on after a sign-out, and copies settings.
// Pages work without it.
for (const form of document.querySelectorAll("form[data-auto-submit]")) form.submit();
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  });
}
for (const next of document.querySelectorAll("a[data-continue]")) {
  // The page is loaded when its frames are.
  window.addEventListener("load", () => next.click());
}
