// The keyboard is the terminal's as soon as it is there, and whenever the page is come back to: nobody has to click first.
const listen = () => document.querySelector(".xterm-helper-textarea")?.focus();

new MutationObserver(listen).observe(document.body, { attributes: true, attributeFilter: ["class"] });
addEventListener("focus", listen);
