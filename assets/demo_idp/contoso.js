// Submits the form that takes a Response to the application, and copies settings. Pages work without it.
for (const form of document.querySelectorAll("form[data-auto-submit]")) form.submit();
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  });
}
